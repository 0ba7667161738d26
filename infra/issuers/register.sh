#!/bin/sh
# Registers a CA account in a vault, which Bicep cannot: register.sh VAULT ISSUER PROVIDER ACCOUNT ORGANISATION
#   register.sh contoso-pki DigiCert DigiCert 123456 1234567
# ISSUER is the name that requests give; PROVIDER is DigiCert or GlobalSign. The password (DigiCert: the API key) is read
# from the terminal, or from standard input, and is on no command line.
set -eu
[ $# -eq 5 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
vault=$1 issuer=$2 provider=$3 account=$4 organisation=$5

if [ -t 0 ]; then
  printf 'Password of the account %s: ' "$account" >&2
  stty -echo; trap 'stty echo' EXIT
fi
IFS= read -r password || [ -n "$password" ]  # without a newline at its end, read fails although it has read
file=$(mktemp)
trap 'rm -f "$file"; [ ! -t 0 ] || stty echo' EXIT
# The body goes through a file that only we can read: arguments can be seen by everybody on the machine.
chmod 600 "$file"
escaped=$(printf '%s' "$password" | sed 's/\\/\\\\/g; s/"/\\"/g')
printf '{"provider": "%s", "credentials": {"account_id": "%s", "pwd": "%s"}, "org_details": {"id": "%s"}}' \
  "$provider" "$account" "$escaped" "$organisation" >"$file"
suffix=$(az cloud show --query suffixes.keyvaultDns --output tsv)
az rest --method put --url "https://${vault}${suffix}/certificates/issuers/${issuer}?api-version=7.4" \
  --resource "https://${suffix#.}" --body "@$file" --query '{issuer: id, provider: provider}'
