#!/bin/sh
# Proves Certflow in a real subscription: deploys it into a new group, has one chain merged, runs the checks that only
# Azure can answer, prints a report, and removes all that it made, also when it fails or is interrupted (Ctrl-C).
#
#   infra/prove.sh [--yes] [--group NAME] [--location REGION] [--package FILE]
#
# It needs the Azure CLI (a person signed in, Owner of the subscription), curl, openssl, and a package (make package). Without
# --yes it asks before it makes anything that costs. The vault is its own and not the template's: that one would stay
# for 90 days (purge protection).
# Ends with 0: no check failed; 1: one did, or something could not be removed; 2: nothing was begun; 130: interrupted.
#
# Azure knows roles and keys only after minutes, so what does not work is tried PROVE_TRIES times (60), PROVE_PAUSE
# seconds apart (10).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
yes='' group="certflow-prove-$(date +%m%d%H%M%S)-$$" location=westeurope package=$here/../dist/certflow.zip
tries=${PROVE_TRIES:-60} pause=${PROVE_PAUSE:-10}
name=prove begun='' failures=0

stop() { echo "prove: $*" >&2; exit 2; }

while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=1; shift; continue ;;
    --group | --location | --package) [ $# -gt 1 ] || stop "$1 needs a value" ;;
    *) sed -n '2,6p' "$0" >&2; exit 2 ;;
  esac
  case $1 in --group) group=$2 ;; --location) location=$2 ;; --package) package=$2 ;; esac
  shift 2
done

for program in az curl openssl; do command -v "$program" >/dev/null || stop "$program is not installed"; done
[ -f "$package" ] || stop "there is no $package: run make package, or name one with --package"
work=$(mktemp -d)
log=$work/log report=$work/report
: >"$log"
: >"$report"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# az says warnings where errors stand, too: all goes to the log, and its last lines into the report of a failure.
quietly() { "$@" 2>>"$log"; }
told() { quietly "$@" --output tsv; }
why() { tail -n 3 "$log" | tr '\n' ' ' | cut -c 1-300; }
note() { printf '%-11s %s\n' "$1" "$2" | tee -a "$report"; }
ok() { note ok "$1"; }
unjudged() { note 'not judged' "$1"; }
failed() { note failed "$1"; failures=$((failures + 1)); }

# Runs a command until it works, and prints what it says; `again` until it also says something.
surely() {
  left=$tries
  until said=$(quietly "$@"); do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep "$pause"
  done
  printf '%s\n' "$said"
}
speaks() { answer=$("$@") && [ -n "$answer" ] && printf '%s\n' "$answer"; }
again() { surely speaks "$@"; }
# Judges by a command that has to say something at last: what is well then, and what is not otherwise.
judge() {
  well=$1 otherwise=$2
  shift 2
  if again "$@" >/dev/null; then ok "$well"; else failed "$otherwise"; fi
}

# --- Removal ---------------------------------------------------------------------------------------------------------

gone() { surely "$@" >/dev/null || failed "remove it yourself: $*"; }

# Custom roles outlive their group, and cannot be deleted while they are assigned.
remove_roles() {
  ours="[?assignableScopes[?ends_with(@, '/resourceGroups/$group')]].name"
  roles=$(surely told az role definition list --custom-role-only true --scope "$place" --query "$ours") ||
    failed "look for custom roles of $group, and remove them yourself"
  for role in $roles; do
    for assigned in $(surely told az role assignment list --all --role "$role" --query '[].id'); do
      gone az role assignment delete --ids "$assigned"
    done
    gone az role definition delete --name "$role" --scope "$place"
  done
}

# Deleted with its group a workspace could be brought back for 14 days.
remove_workspaces() {
  listed=$(surely told az monitor log-analytics workspace list --resource-group "$group" --query '[].name') || listed=''
  for workspace in $listed; do
    gone az monitor log-analytics workspace delete --resource-group "$group" --workspace-name "$workspace" \
      --force true --yes
  done
}

remove() {
  echo 'Removing all that was made ...'
  exists=$(surely told az group exists --name "$group") || exists=unknown
  if [ "$exists" = true ]; then
    if [ "$(surely told az group show --name "$group" --query 'tags."certflow-prove"')" != "$begun" ]; then
      failed "the group $group is not ours: nothing in it was removed"
      return 0
    fi
    remove_roles
    remove_workspaces
    gone az group delete --name "$group" --yes
  fi
  deleted=$(surely told az keyvault list-deleted --resource-type vault --query "[?name=='$vault'].name") ||
    deleted=$vault
  [ -z "$deleted" ] || gone az keyvault purge --name "$vault" --location "$location"
  if [ "$(surely told az group exists --name "$group")" = false ]; then
    ok 'all that was made is removed'
  else
    failed "the group $group is still there: az group delete --name $group"
  fi
}

finish() {
  status=$?
  trap - EXIT
  trap '' INT TERM HUP
  if [ "$status" -eq 130 ]; then
    failed 'interrupted'
  elif [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
    failed "ended early: $(why)"
  fi
  remove || failed "the removal of $group ended early: $(why)"
  printf '\nReport of %s in %s\n' "$group" "$location"
  cat "$report"
  if [ "$failures" -gt 0 ]; then
    kept=$(mktemp)
    cp "$log" "$kept"
    echo "What az, curl and openssl said besides is in $kept"
  fi
  rm -rf "$work"
  [ "$status" -ne 0 ] || [ "$failures" -eq 0 ] || status=1
  exit "$status"
}

# --- What is deployed ------------------------------------------------------------------------------------------------

subscription=$(told az account show --query id) || stop "sign in first: az login. $(why)"
called=$(told az account show --query name)
me=$(told az ad signed-in-user show --query id) || stop "sign in as a person, a service principal cannot run this. $(why)"
exists=$(told az group exists --name "$group") || stop "is the group $group there? $(why)"
[ "$exists" = false ] || stop "the group $group exists, and would be removed with all in it: name another with --group"
place=/subscriptions/$subscription/resourceGroups/$group
vault=kvprove$(openssl rand -hex 6)
if [ -z "$yes" ]; then
  printf 'This deploys Certflow into a new group %s (%s) of the subscription %s (%s), at your expense.\n' \
    "$group" "$location" "$called" "$subscription"
  printf 'Go on? [y/N] '
  read -r answer || answer=''
  [ "$answer" = y ] || stop 'nothing was made'
fi

begun=$(openssl rand -hex 8)
trap finish EXIT

give_up() { failed "$1: $(why)"; exit 1; }

quietly az group create --name "$group" --location "$location" --tags "certflow-prove=$begun" --output none ||
  give_up 'the group could not be made'
quietly az keyvault create --name "$vault" --resource-group "$group" --location "$location" \
  --enable-rbac-authorization true --retention-days 7 --output none || give_up 'the vault could not be made'
vaults="[{\"alias\": \"main\", \"id\": \"$place/providers/Microsoft.KeyVault/vaults/$vault\"}]"

# The package is the one that is given, not that of a release.
deploy() {
  if [ "$1" = main ]; then set -- main packageUri=; fi
  quietly az deployment group create --resource-group "$group" --name "certflow-$1" --template-file "$here/$1.bicep" \
    --parameters "name=$name" "vaults=$vaults" ${2+"$2"} --output none && echo deployed
}

# A role that was just made may be unknown elsewhere (RoleDefinitionDoesNotExist): the second time it is there.
if deploy main >/dev/null; then
  ok 'main.bicep is deployed'
elif grep -q RoleDefinitionDoesNotExist "$log" && deploy main >/dev/null; then
  ok 'main.bicep is deployed, the second time: a role that it makes was not known everywhere yet'
else
  give_up 'main.bicep could not be deployed'
fi
site=$(told az functionapp list --resource-group "$group" --query '[0].name')
chains=$(told az storage account list --resource-group "$group" --query "[?ends_with(name, 'c${site##*-}')].name")
api=https://$(told az functionapp show --resource-group "$group" --name "$site" --query defaultHostName)/api
quietly az functionapp deployment source config-zip --resource-group "$group" --name "$site" --src "$package" \
  --build-remote false --output none || give_up 'the package could not be placed'
again deploy subscriptions >/dev/null || give_up 'the event subscriptions could not be made'
ok 'the package is placed, and the event subscriptions are made'

# --- What only Azure can answer --------------------------------------------------------------------------------------

# The key goes through a file that only we can read: arguments can be seen by everybody on the machine.
: >"$work/key"
call() { quietly curl --silent --show-error --fail --header "@$work/key" "$@"; }
route=$api/vaults/main/certificates/prove

again call "$api/health" >/dev/null || give_up 'GET health does not answer 200'
key=$(again told az functionapp keys list --resource-group "$group" --name "$site" --query functionKeys.default) ||
  give_up 'there is no function key'
printf 'x-functions-key: %s\n' "$key" >"$work/key"
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/../functions/__init__.py")
runs() { call "$api/status" | grep -F "\"version\":\"$version\""; }
judge "version $version runs" "GET status has not the version $version" runs

blobs_key() {
  told az functionapp keys list --resource-group "$group" --name "$site" --query systemKeys.blobs_extension
}
judge 'blobs_extension has a key' 'there is no key blobs_extension' blobs_key

storage=$place/providers/Microsoft.Storage/storageAccounts/$chains
may() {
  again told az role assignment create --role "Storage Blob Data $2" --assignee-object-id "$me" \
    --assignee-principal-type User --scope "$storage/blobServices/default/containers/$1" --query id >/dev/null ||
    give_up "the role on $1 could not be given"
}
may trusted-cas Contributor
may chains Contributor
may chains-quarantine Reader
put() {
  told az storage blob upload --account-name "$chains" --auth-mode login --container-name "$1" --name "$2" --file "$3" \
    --overwrite --query etag
}
list() {
  container=$1 what=$2
  shift 2
  told az storage blob list --account-name "$chains" --auth-mode login --container-name "$container" \
    --query "$what" "$@"
}

cd "$work"
cat >ca.ext <<'END'
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
END
cat >leaf.ext <<'END'
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:prove.example.com
authorityKeyIdentifier=keyid
END
quietly openssl req -newkey rsa:3072 -nodes -keyout root.key -out root.csr -subj '/O=Certflow/CN=Certflow proof root'
quietly openssl x509 -req -in root.csr -signkey root.key -days 3650 -sha256 -extfile ca.ext -out root.pem
again put trusted-cas main/root.pem root.pem >/dev/null || give_up 'the root could not be put into trusted-cas'

ask() {
  call "$route/create" --header "idempotency-key: $begun" --header 'content-type: application/json' --data '{
    "owner": "prove@example.com",
    "policy": {"x509_props": {"subject": "CN=prove.example.com", "sans": {"dns_names": ["prove.example.com"]}}}}'
}
again ask >/dev/null || give_up 'no request could be made (403 of Key Vault: the custom role; try builtInVaultRoles)'
ok "Key Vault takes the app's role"
csr() { call "$route/pending/csr" | tee prove.csr; }
again csr >/dev/null || give_up 'there is no CSR'
quietly openssl x509 -req -in prove.csr -CA root.pem -CAkey root.key -CAcreateserial -days 90 -sha256 \
  -extfile leaf.ext -out leaf.pem || give_up 'openssl cannot sign the CSR'
cat leaf.pem root.pem >chain.pem
again put chains prove.pem chain.pem >/dev/null || give_up 'the chain could not be put into chains'
merged() { call "$route/history" | grep '"act":"merged"'; }
judge 'one chain is merged: the event came, and the app reads and moves files with roles on single containers' \
  'the chain was not merged: look for 403 in the log of the host, then at the event subscription of chains' merged

none_left() { [ -z "$(list chains "[?name=='prove.pem'].name" --include v)" ] && echo none; }
judge 'no version of a merged file is left in chains' 'a version of prove.pem is still in chains' none_left
dd if=/dev/zero of=large.pem bs=1048576 count=5 2>>"$log"
again put chains large.pem large.pem >/dev/null || failed 'a file of 5 MiB could not be put into chains'
put_away() { list chains-quarantine "[?contains(name, 'large.pem')].name"; }
judge 'a file over the limit of a chain is moved by Copy Blob' \
  'the file of 5 MiB is not in chains-quarantine' put_away

# --- Its telemetry, and the queries of its alerts ------------------------------------------------------------------

app=$(told az resource list --resource-group "$group" --resource-type Microsoft.Insights/components --query '[0].id')
app=$(told az resource show --ids "$app" --query properties.AppId)
insights=https://api.applicationinsights.io
# Runs the query in a file, and says what of its answer was asked for.
log_query() {
  told az rest --method post --url "$insights/v1/apps/$app/query" --resource "$insights" --body "@$1" --query "$2"
}
printf '{"query": "traces | where timestamp > ago(1h) | take 1"}' >traces.json
judge 'telemetry arrives' 'no record has come to Application Insights' log_query traces.json 'tables[0].rows[0]'
rules="$place/providers/Microsoft.Insights/scheduledQueryRules?api-version=2023-12-01"
listed=$(again told az rest --method get --url "$rules" --query 'value[].name') ||
  failed "no rule could be read, so no query was run: $(why)"
for rule in $listed; do
  quietly az rest --method get --url "$rules" --output json \
    --query "value[?name=='$rule'] | [0].{query: properties.criteria.allOf[0].query}" >rule.json
  if [ "$(log_query rule.json 'tables[0].name')" = PrimaryResult ]; then
    ok "the query of $rule runs"
  else
    failed "the query of $rule: $(why)"
  fi
done

unjudged 'a new vault by the template: it would stay for 90 days'
unjudged 'the private shape: from within its network alone (docs/deploy.md, "What to look at first")'
unjudged 'mail and Teams: deploy with notifications, and look into the mailbox'
unjudged 'standing-still: stop the site for half an hour, and the alert has to name every vault'
unjudged 'azd: azd up in another group'
