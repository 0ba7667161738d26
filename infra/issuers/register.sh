#!/bin/sh
# Registers a CA account in a vault, which Bicep cannot: register.sh VAULT ISSUER PROVIDER ACCOUNT ORGANISATION
#   register.sh contoso-pki DigiCert DigiCert 123456 1234567
# ISSUER is the name that requests give; PROVIDER is DigiCert or GlobalSign. The password (DigiCert: the API key) is read
# from the terminal, or from standard input, and is on no command line.
set -eu
[ $# -eq 5 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
vault=$1 issuer=$2 provider=$3 account=$4 organisation=$5

# What goes into the address or between the quotes of the body must be nothing else there. Vaults have such
# names (Learn, "Naming rules and restrictions for Azure resources", Microsoft.KeyVault); for issuers the REST reference
# names no rule, and CERTFLOW_ISSUERS takes these.
wrong() {
  printf 'register.sh: %s %s: only %s\n' "$1" "'$2'" "$3" >&2
  exit 2
}
case $vault in '' | *[!0-9A-Za-z-]*) wrong VAULT "$vault" 'letters, digits and hyphens (the name, not the address)' ;; esac
case $issuer in '' | *[!0-9A-Za-z-]*) wrong ISSUER "$issuer" 'letters, digits and hyphens' ;; esac
case $provider in DigiCert | GlobalSign) ;; *) wrong PROVIDER "$provider" 'DigiCert or GlobalSign' ;; esac
case $account in '' | *[!0-9A-Za-z@._+-]*) wrong ACCOUNT "$account" 'letters, digits and @ . _ + -' ;; esac
case $organisation in '' | *[!0-9A-Za-z@._+-]*) wrong ORGANISATION "$organisation" 'letters, digits and @ . _ + -' ;; esac

# A signal ends dash without what EXIT traps: the password would stay in its file, and the terminal without an echo.
file=''
trap '[ -z "$file" ] || rm -f "$file"; [ ! -t 0 ] || stty echo' EXIT
trap 'exit 130' INT TERM HUP
if [ -t 0 ]; then
  printf 'Password of the account %s: ' "$account" >&2
  stty -echo
fi
IFS= read -r password || true  # without a newline at its end, read fails although it has read
[ ! -t 0 ] || echo >&2
if [ -z "$password" ]; then
  echo 'register.sh: there was no password; nothing was registered' >&2
  exit 2
fi
# JSON has no control character in a text as it is (RFC 8259 §7), and no password has one: it was pasted with something.
if printf '%s' "$password" | LC_ALL=C grep -q '[[:cntrl:]]'; then
  echo 'register.sh: the password has a tab or another control character in it; paste it again without' >&2
  exit 2
fi
file=$(mktemp)
# The body goes through a file that only we can read: arguments can be seen by everybody on the machine.
chmod 600 "$file"
escaped=$(printf '%s' "$password" | sed 's/\\/\\\\/g; s/"/\\"/g')
printf '{"provider": "%s", "credentials": {"account_id": "%s", "pwd": "%s"}, "org_details": {"id": "%s"}}' \
  "$provider" "$account" "$escaped" "$organisation" >"$file"
suffix=$(az cloud show --query suffixes.keyvaultDns --output tsv)
az rest --method put --url "https://${vault}${suffix}/certificates/issuers/${issuer}?api-version=7.4" \
  --resource "https://${suffix#.}" --body "@$file" --query '{issuer: id, provider: provider}'
