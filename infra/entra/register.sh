#!/bin/sh
# Registers in Entra what callers sign in to, and prints what Bicep takes (signIn). Nothing secret is made.
#   register.sh [-n NAME] [--role ROLE]… [--assign ID=ROLE]… [--redirect URL]… [--client APP_ID]…
# Two applications: NAME-api (certflow-api), which tokens are for, and NAME-page, by which people sign in in a browser.
# --role makes an app role beside the four that Certflow brings; --assign gives one to a managed identity, an app, a person
# or a group, by object id; --redirect is an address of the page; --client an application that may call for people without
# asking them. Run it again whenever you like: it adds what is missing, and takes nothing away.
# Needs in Entra: Cloud Application Administrator (Application Developer without --assign). Never run against a real tenant.
set -eu
usage() { sed -n '2,8p' "$0" >&2; exit 2; }
wrong() { printf 'register.sh: %s %s: only %s\n' "$1" "'$2'" "$3" >&2; exit 2; }

# What goes into an address or between the quotes of JSON must be nothing else there.
name_of() { case $2 in '' | [!0-9A-Za-z]* | *[!0-9A-Za-z._-]*) wrong "$1" "$2" 'letters, digits and . _ -, a letter or a digit first' ;; esac; }
# grep looks at each line by itself, so a line break has to be refused before.
is() { case $2 in *[!0-9A-Za-z._~:/%-]*) return 1 ;; esac; printf '%s' "$2" | grep -Eqx "$1"; }
guid() { is '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' "$2" || wrong "$1" "$2" 'a GUID in lower-case letters'; }
address() { is '(https://|http://localhost[:/])[0-9A-Za-z._~:/%-]+' "$2" || wrong "$1" "$2" 'https://…, or http://localhost…'; }

name=certflow roles='' assigned='' redirects='' clients=''
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || usage
  case $1 in
    -n) name_of "$1" "$2"; name=$2 ;;
    --role) name_of "$1" "$2"; roles="$roles $2" ;;
    --assign) guid "$1" "${2%%=*}"; name_of "$1" "${2#*=}"; assigned="$assigned $2" ;;
    --redirect) address "$1" "$2"; redirects="$redirects $2" ;;
    --client) guid "$1" "$2"; clients="$clients $2" ;;
    *) usage ;;
  esac
  shift 2
done

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 130' INT TERM HUP

# The same in each tenant, so that a second run finds what the first has made: ids have to be unique in an application only.
scope=c5f10e00-0000-4000-8000-000000000001
azure_cli=04b07795-8ddb-461a-bbee-02f9e1bf7b46 # Learn, "First-party Microsoft applications in sign-in reports"
id_of() {
  case $1 in
    Certflow.Reader) echo c5f10e00-0000-4000-8000-000000000011 ;;
    Certflow.Requester) echo c5f10e00-0000-4000-8000-000000000012 ;;
    Certflow.Approver) echo c5f10e00-0000-4000-8000-000000000013 ;;
    Certflow.Operator) echo c5f10e00-0000-4000-8000-000000000014 ;;
    # Made of the name, as register.ps1 makes it; version 8 of RFC 9562.
    *) printf '%s' "$1" | openssl dgst -sha256 | awk '{ h = $NF; print substr(h, 1, 8) "-" substr(h, 9, 4) "-8" substr(h, 14, 3) "-8" substr(h, 18, 3) "-" substr(h, 21, 12) }' ;;
  esac
}

# What was just made is not known everywhere at once.
again() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 6 ] || return 1
    sleep "${PAUSE:-5}"
  done
}
ask() { into=$1; shift; az "$@" >"$here/$into" || exit 2; }
# A list of JSON: what is in a file, and what is given.
joined() {
  others=$(sed -e '1s/^\[//' -e '$s/]$//' "$here/$1")
  case $others in *[![:space:]]*) printf '[%s%s]' "$others" "${2:+,$2}" ;; *) printf '[%s]' "$2" ;; esac
}
upsert() {
  printf '{"displayName": "%s", "signInAudience": "AzureADMyOrg"}' "$1" >"$here/body"
  az rest --method patch --url "$graph/applications(uniqueName='$1')" --output none \
    --headers Content-Type=application/json Prefer=create-if-missing --body "@$here/body"
}
seen() { az rest --method get --url "$graph/applications(uniqueName='$1')" --query '[[id, appId]]' --output tsv >"$here/ids"; }
change() { az rest --method patch --url "$graph/applications/$1" --headers Content-Type=application/json --body "@$here/body" --output none; }
principal() {
  az rest --method patch --url "$graph/servicePrincipals(appId='$1')" --output none \
    --headers Content-Type=application/json Prefer=create-if-missing --body "@$here/body"
}

ask tenant account show --query tenantId --output tsv
ask graph cloud show --query endpoints.microsoftGraphResourceId --output tsv
graph=$(cat "$here/graph")
graph=${graph%/}/v1.0

# --- The API: its roles, its scope, v2 tokens that say whether they are a machine's --------------------------------------
upsert "$name-api"
again seen "$name-api"
IFS='	' read -r api_object api <"$here/ids"

ours='' ids=''
for role in Certflow.Reader Certflow.Requester Certflow.Approver Certflow.Operator $roles; do
  id=$(id_of "$role")
  case $ids in *"$id"*) continue ;; esac
  ids="$ids $id"
  ours="$ours${ours:+,}$(printf '{"id": "%s", "value": "%s", "displayName": "%s", "description": "The role %s in access.json of Certflow.", "allowedMemberTypes": ["User", "Application"], "isEnabled": true}' "$id" "$role" "$role" "$role")"
done
# What others have added stays: Graph refuses to take away what is enabled, and we have no business to.
at="$graph/applications/$api_object"
ask roles rest --method get --url "$at" --query "appRoles[?!contains('$ids', id)]" --output json
ask scopes rest --method get --url "$at" --query "api.oauth2PermissionScopes[?id!='$scope']" --output json
ask claims rest --method get --url "$at" --query "optionalClaims.accessToken[?name!='idtyp'] || \`[]\`" --output json
ask uris rest --method get --url "$at" --query "identifierUris[?@!='api://$api']" --output json
ask allowed rest --method get --url "$at" --query api.preAuthorizedApplications --output json
{
  printf '{"identifierUris": %s, ' "$(joined uris "\"api://$api\"")"
  printf '"appRoles": %s, ' "$(joined roles "$ours")"
  printf '"optionalClaims": {"accessToken": %s}, ' \
    "$(joined claims '{"name": "idtyp", "essential": true, "additionalProperties": ["include_user_token"]}')"
  printf '"api": {"requestedAccessTokenVersion": 2, "preAuthorizedApplications": %s, "oauth2PermissionScopes": %s}}' \
    "$(cat "$here/allowed")" \
    "$(joined scopes "{\"id\": \"$scope\", \"value\": \"access_as_user\", \"type\": \"User\", \"isEnabled\": true, \"adminConsentDisplayName\": \"Call Certflow\", \"adminConsentDescription\": \"Call Certflow as the person who is signed in.\", \"userConsentDisplayName\": \"Call Certflow\", \"userConsentDescription\": \"Call Certflow as you.\"}")"
} >"$here/body"
again change "$api_object"
# Who has no role gets no token.
printf '{"appRoleAssignmentRequired": true}' >"$here/body"
again principal "$api"

# --- The page: a single-page application, without a secret -----------------------------------------------------------------
upsert "$name-page"
again seen "$name-page"
IFS='	' read -r page_object page <"$here/ids"
ours='' kept='spa.redirectUris[?@'
for url in $redirects; do
  ours="$ours${ours:+,}\"$url\""
  kept="$kept && @!='$url'"
done
kept="$kept]"
ask redirects rest --method get --url "$graph/applications/$page_object" --query "$kept" --output json
printf '{"spa": {"redirectUris": %s}, "requiredResourceAccess": [{"resourceAppId": "%s", "resourceAccess": [{"id": "%s", "type": "Scope"}]}]}' \
  "$(joined redirects "$ours")" "$api" "$scope" >"$here/body"
again change "$page_object"
printf '{"appRoleAssignmentRequired": false}' >"$here/body"
again principal "$page"

# --- Who may call for people without asking each: after the scope is there -------------------------------------------------
ours='' ids=''
for client in "$azure_cli" "$page" $clients; do
  case $ids in *"$client"*) continue ;; esac
  ids="$ids $client"
  ours="$ours${ours:+,}{\"appId\": \"$client\", \"delegatedPermissionIds\": [\"$scope\"]}"
done
ask allowed rest --method get --url "$at" --query "api.preAuthorizedApplications[?!contains('$ids', appId)]" --output json
ask scopes rest --method get --url "$at" --query api.oauth2PermissionScopes --output json
printf '{"api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": %s, "preAuthorizedApplications": %s}}' \
  "$(cat "$here/scopes")" "$(joined allowed "$ours")" >"$here/body"
again change "$api_object"

# --- Roles -----------------------------------------------------------------------------------------------------------------
ask resource rest --method get --url "$graph/servicePrincipals(appId='$api')" --query id --output tsv
resource=$(cat "$here/resource")
assign() {
  az rest --method post --url "$graph/servicePrincipals/$resource/appRoleAssignedTo" --output none \
    --headers Content-Type=application/json --body "@$here/body" 2>"$here/error" || grep -qi 'already exists' "$here/error"
}
for one in $assigned; do
  printf '{"principalId": "%s", "resourceId": "%s", "appRoleId": "%s"}' \
    "${one%%=*}" "$resource" "$(id_of "${one#*=}")" >"$here/body"
  if ! again assign; then
    cat "$here/error" >&2
    echo "register.sh: $one was not assigned; all else is done." >&2
    exit 1
  fi
done

cat <<END
param signIn = {
  tenantId: '$(cat "$here/tenant")'
  apiClientId: '$api'
  pageClientId: '$page'
}
END
