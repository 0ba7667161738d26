#!/bin/sh
# What is missing before a deployment: it changes nothing, and says for each what to do.
#   preflight.sh -g GROUP -l LOCATION [-v VAULT_ID]… [-o VAULT_ID] [-a API_CLIENT_ID]
# GROUP is the resource group of the deployment; -v names an existing vault (again for each), -o the vault with the secrets,
# -a the application that signIn.apiClientId names.
# Status: 0, nothing is missing; 1, something is; 2, it could not be asked. What only a deployment tells is said at the end.
set -eu
usage() { sed -n '2,6p' "$0" >&2; exit 2; }

# Ids are a list with blanks between them, and name the parts that az is asked for.
is_vault() {
  case $1 in
    *[[:space:]*?[]*) ;;
    /subscriptions/*/resourceGroups/*/providers/Microsoft.KeyVault/vaults/*/*) ;;
    /subscriptions/*/resourceGroups/*/providers/Microsoft.KeyVault/vaults/?*) return ;;
  esac
  echo "'$1' is no resource id of a vault: /subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/…" >&2
  exit 2
}

group='' location='' vaults='' secrets='' api=''
while [ $# -gt 0 ]; do
  case $1 in
    -g) group=${2-} ;;
    -l) location=${2-} ;;
    -v) is_vault "${2-}"; vaults="$vaults $2" ;;
    -o) is_vault "${2-}"; secrets=$2 ;;
    -a) api=${2-} ;;
    *) usage ;;
  esac
  [ $# -gt 1 ] || usage
  shift 2
done
[ -n "$group" ] && [ -n "$location" ] || usage

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 130' INT TERM HUP
missing=0
ok() { echo "ok       $1"; }
miss() { missing=1; echo "missing  $1"; echo "         $2"; }
ask() { into=$1; shift; az "$@" --output tsv >"$here/$into" 2>"$here/error" || { cat "$here/error" >&2; exit 2; }; }

# One subscription, and the providers that it has to have registered.
providers() {
  ask provided provider list --subscription "$1" --query "[?registrationState=='Registered'].namespace"
  for one in $2; do
    if grep -qix "Microsoft.$one" "$here/provided"; then
      ok "provider Microsoft.$one in $1"
    else
      miss "provider Microsoft.$one in $1" "az provider register --subscription $1 --namespace Microsoft.$one"
    fi
  done
}

# A scope, an action, and what to do without it. A right is what one role gives and does not except (Learn, Azure RBAC).
right() {
  ask rights rest --method get --url "$1/providers/Microsoft.Authorization/permissions?api-version=2022-04-01" \
    --query "value[].[join(' ', actions), join(' ', notActions)]"
  if awk -F '\t' -v wanted="$2" '
    function covers(list, patterns, n, i, pattern) {
      n = split(tolower(list), patterns, " ")
      for (i = 1; i <= n; i++) {
        pattern = patterns[i]
        gsub(/\./, "[.]", pattern); gsub(/\*/, ".*", pattern)
        if (tolower(wanted) ~ ("^" pattern "$")) return 1
      }
      return 0
    }
    covers($1) && !covers($2) { found = 1 }
    END { exit !found }' "$here/rights"; then
    ok "$2 in $1"
  else
    miss "$2 in $1" "$3"
  fi
}

rights() {
  right "$1" Microsoft.Resources/deployments/write 'ask for Contributor there'
  right "$1" Microsoft.Authorization/roleAssignments/write "ask for Role Based Access Control Administrator there, or set roles: 'list'"
  right "$1" Microsoft.Authorization/roleDefinitions/write 'ask for User Access Administrator there, or set vaultRoleId or builtInVaultRoles'
}

ask account account show --query id
subscription=$(cat "$here/account")
providers "$subscription" 'App Communication EventGrid Insights KeyVault ManagedIdentity Network OperationalInsights Storage Web'

ask runtimes functionapp list-flexconsumption-runtimes --location "$location" --runtime python --query '[].version'
if grep -qx '3\.13' "$here/runtimes"; then
  ok "Flex Consumption with Python 3.13 in $location"
else
  miss "Flex Consumption with Python 3.13 in $location" 'take another region: az functionapp list-flexconsumption-locations --output table'
fi

ask exists group exists --name "$group"
if [ "$(cat "$here/exists")" = true ]; then
  rights "/subscriptions/$subscription/resourceGroups/$group"
else
  miss "the resource group $group" "az group create --name $group --location $location, and run this again for your rights in it"
fi

for vault in $vaults $secrets; do
  name=${vault##*/}
  of=$(echo "$vault" | cut -d / -f 3)
  ask vault resource show --ids "$vault" \
    --query '[[properties.enableRbacAuthorization, properties.publicNetworkAccess, properties.networkAcls.defaultAction, location]]'
  IFS='	' read -r by_roles public rule region <"$here/vault"
  if [ "$by_roles" = true ]; then
    ok "$name uses Azure roles"
  else
    miss "$name uses Azure roles, not access policies" \
      "give everybody who uses it a role first, then: az keyvault update --name $name --enable-rbac-authorization true"
  fi
  case $public,$rule in
    Disabled,* | *,Deny) miss "$name is open to the app" 'it has a firewall: set privateNetwork, or outbound with a subnet that it lets in' ;;
    *) ok "$name is open to the app" ;;
  esac
  rights "${vault%%/providers/*}"
  case " $vaults " in *" $vault "*) ;; *) continue ;; esac
  [ "$of" = "$subscription" ] || providers "$of" EventGrid
  ask topics eventgrid system-topic list --subscription "$of" --query '[].[id, source, identity.type]'
  awk -F '\t' -v wanted="$vault" 'tolower($2) == tolower(wanted)' "$here/topics" >"$here/topic"
  IFS='	' read -r topic _ identity <"$here/topic" || topic=
  if [ -z "$topic" ]; then
    ok "$name has no system topic, so it gets one (in $region)"
  elif case $topic in */evgst-*) false ;; esac; then
    case $identity in
      *SystemAssigned*) ok "$name has a system topic: give it as topicId: $topic" ;;
      *) miss "the system topic of $name has an identity of its own" \
        "az eventgrid system-topic update --subscription $of --resource-group $(echo "$topic" | cut -d / -f 5) --name ${topic##*/} --identity systemassigned, and give it as topicId: $topic" ;;
    esac
  else
    ok "$name has a system topic of Certflow, $topic: if of another deployment, give it as topicId"
  fi
done

if [ -n "$api" ]; then
  ask tokens ad app show --id "$api" --query api.requestedAccessTokenVersion
  ask closed ad sp show --id "$api" --query appRoleAssignmentRequired
  if [ "$(cat "$here/tokens")" = 2 ] && [ "$(cat "$here/closed")" = true ]; then
    ok "the application $api gives v2 tokens, to those with a role"
  else
    miss "the application $api gives v2 tokens, to those with a role" 'run infra/entra/register.sh again'
  fi
fi

echo 'not asked  a domain of Azure sends 5 mails a minute and 10 an hour: for more, a domain or mail server of your own'
[ "$missing" = 0 ] || { echo 'Something is missing: see above.'; exit 1; }
