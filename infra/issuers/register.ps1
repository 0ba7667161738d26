# Registers a CA account in a vault, which Bicep cannot:
#   ./register.ps1 -Vault contoso-pki -Issuer DigiCert -Provider DigiCert -Account 123456 -Organisation 1234567
# Issuer is the name that requests give. The password (DigiCert: the API key) is asked for.
param(
  # Both go into the address, and must be nothing else there: a name, not an address.
  [Parameter(Mandatory)] [ValidatePattern('^[0-9A-Za-z-]+$')] [string] $Vault,
  [Parameter(Mandatory)] [ValidatePattern('^[0-9A-Za-z-]+$')] [string] $Issuer,
  [Parameter(Mandatory)] [ValidateSet('DigiCert', 'GlobalSign')] [string] $Provider,
  [Parameter(Mandatory)] [string] $Account,
  [Parameter(Mandatory)] [string] $Organisation,
  [Parameter(Mandatory)] [securestring] $Password
)
$ErrorActionPreference = 'Stop'
$file = New-TemporaryFile
try {
  # The body goes through a file: arguments can be seen by everybody on the machine.
  @{
    provider    = $Provider
    credentials = @{ account_id = $Account; pwd = (ConvertFrom-SecureString -AsPlainText $Password) }
    org_details = @{ id = $Organisation }
  } | ConvertTo-Json | Set-Content -Path $file -Encoding utf8NoBOM
  $suffix = az cloud show --query suffixes.keyvaultDns --output tsv
  az rest --method put --url "https://${Vault}${suffix}/certificates/issuers/${Issuer}?api-version=7.4" `
    --resource "https://$($suffix.TrimStart('.'))" --body "@$file" --query '{issuer: id, provider: provider}'
  if ($LASTEXITCODE -ne 0) { throw 'The issuer was not registered.' }
}
finally {
  Remove-Item $file
}
