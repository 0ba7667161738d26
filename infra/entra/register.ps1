# Registers in Entra what callers sign in to, and prints what Bicep takes (signIn). Nothing secret is made.
#   ./register.ps1 [-Name NAME] [-Role ROLE,…] [-Assign ID=ROLE,…] [-Redirect URL,…] [-Client APP_ID,…]
# It does what register.sh does, whose first lines say what each is for; needs PowerShell 7 and az. Never run.
param(
  [ValidatePattern('^[0-9A-Za-z][0-9A-Za-z._-]*$')] [string] $Name = 'certflow',
  [ValidatePattern('^[0-9A-Za-z][0-9A-Za-z._-]*$')] [string[]] $Role = @(),
  [ValidatePattern('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}=[0-9A-Za-z][0-9A-Za-z._-]*$')] [string[]] $Assign = @(),
  [ValidatePattern('^(https://|http://localhost[:/])[0-9A-Za-z._~:/%-]+$')] [string[]] $Redirect = @(),
  [ValidatePattern('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')] [string[]] $Client = @()
)
$ErrorActionPreference = 'Stop'

# The same in each tenant, so that a second run finds what the first has made: ids have to be unique in an application only.
$scope = 'c5f10e00-0000-4000-8000-000000000001'
$azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46' # Learn, "First-party Microsoft applications in sign-in reports"
$known = [ordered]@{
  'Certflow.Reader'    = 'c5f10e00-0000-4000-8000-000000000011'
  'Certflow.Requester' = 'c5f10e00-0000-4000-8000-000000000012'
  'Certflow.Approver'  = 'c5f10e00-0000-4000-8000-000000000013'
  'Certflow.Operator'  = 'c5f10e00-0000-4000-8000-000000000014'
}
function Get-RoleId([string] $value) {
  if ($known.Keys -ccontains $value) { return $known[$value] }
  # Made of the name, as register.sh makes it; version 8 of RFC 9562.
  $bytes = [Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($value))
  $hex = [Convert]::ToHexString($bytes).ToLowerInvariant()
  "$($hex.Substring(0, 8))-$($hex.Substring(8, 4))-8$($hex.Substring(13, 3))-8$($hex.Substring(17, 3))-$($hex.Substring(20, 12))"
}

# What was just made is not known everywhere at once.
function Invoke-Again([scriptblock] $do) {
  foreach ($try in 1..6) {
    $answer = & $do
    if ($LASTEXITCODE -eq 0) { return $answer }
    if ($try -lt 6) { Start-Sleep -Seconds 5 }
  }
  throw 'Entra did not take this: see above.'
}
function Set-Body($value) { ConvertTo-Json -InputObject $value -Depth 10 | Set-Content -Path $file -Encoding utf8NoBOM }
function Get-Application([string] $unique) {
  Invoke-Again {
    az rest --method get --url "$graph/applications(uniqueName='$unique')"
  } | ConvertFrom-Json
}
function Set-Application([string] $object, $value) {
  Set-Body $value
  Invoke-Again {
    az rest --method patch --url "$graph/applications/$object" --headers Content-Type=application/json --body "@$file" --output none
  } | Out-Null
}
function New-Application([string] $unique) {
  Set-Body @{ displayName = $unique; signInAudience = 'AzureADMyOrg' }
  az rest --method patch --url "$graph/applications(uniqueName='$unique')" --output none `
    --headers Content-Type=application/json Prefer=create-if-missing --body "@$file"
  if ($LASTEXITCODE -ne 0) { throw "$unique was not registered." }
  Get-Application $unique
}
function Set-Principal([string] $appId, [bool] $required) {
  Set-Body @{ appRoleAssignmentRequired = $required }
  Invoke-Again {
    az rest --method patch --url "$graph/servicePrincipals(appId='$appId')" --headers Content-Type=application/json Prefer=create-if-missing --body "@$file" --output none
  } | Out-Null
}

$file = New-TemporaryFile
try {
  $tenant = az account show --query tenantId --output tsv
  if ($LASTEXITCODE -ne 0) { throw 'Sign in first: az login' }
  $graph = "$((az cloud show --query endpoints.microsoftGraphResourceId --output tsv).TrimEnd('/'))/v1.0"

  # The API: its roles, its scope, v2 tokens that say whether they are a machine's. What others have added stays.
  $api = New-Application "$Name-api"
  $roles = @(@($known.Keys) + $Role | Select-Object -Unique | ForEach-Object {
      @{
        id = Get-RoleId $_; value = $_; displayName = $_; description = "The role $_ in access.json of Certflow."
        allowedMemberTypes = @('User', 'Application'); isEnabled = $true
      }
    })
  $scopes = @(@($api.api.oauth2PermissionScopes | Where-Object { $_ -and $_.id -ne $scope }) + @{
      id = $scope; value = 'access_as_user'; type = 'User'; isEnabled = $true
      adminConsentDisplayName = 'Call Certflow'; adminConsentDescription = 'Call Certflow as the person who is signed in.'
      userConsentDisplayName = 'Call Certflow'; userConsentDescription = 'Call Certflow as you.'
    })
  $claim = @{ name = 'idtyp'; essential = $true; additionalProperties = @('include_user_token') }
  Set-Application $api.id @{
    identifierUris = @(@($api.identifierUris | Where-Object { $_ -and $_ -ne "api://$($api.appId)" }) + "api://$($api.appId)")
    appRoles       = @(@($api.appRoles | Where-Object { $_ -and $roles.id -notcontains $_.id }) + $roles)
    optionalClaims = @{ accessToken = @(@($api.optionalClaims.accessToken | Where-Object { $_ -and $_.name -ne 'idtyp' }) + $claim) }
    api            = @{
      requestedAccessTokenVersion = 2
      oauth2PermissionScopes      = $scopes
      preAuthorizedApplications   = @($api.api.preAuthorizedApplications | Where-Object { $_ })
    }
  }
  Set-Principal $api.appId $true # who has no role gets no token

  # The page: a single-page application, without a secret.
  $page = New-Application "$Name-page"
  Set-Application $page.id @{
    spa                    = @{ redirectUris = @(@($page.spa.redirectUris) + $Redirect | Where-Object { $_ } | Select-Object -Unique) }
    requiredResourceAccess = @(@{ resourceAppId = $api.appId; resourceAccess = @(@{ id = $scope; type = 'Scope' }) })
  }
  Set-Principal $page.appId $false

  # Who may call for people without asking each: after the scope is there.
  $ours = @(@($azureCli, $page.appId) + $Client | Select-Object -Unique | ForEach-Object { @{ appId = $_; delegatedPermissionIds = @($scope) } })
  Set-Application $api.id @{
    api = @{
      requestedAccessTokenVersion = 2
      oauth2PermissionScopes      = $scopes
      preAuthorizedApplications   = @(@($api.api.preAuthorizedApplications | Where-Object { $_ -and $ours.appId -notcontains $_.appId }) + $ours)
    }
  }

  $resource = Invoke-Again {
    az rest --method get --url "$graph/servicePrincipals(appId='$($api.appId)')" --query id --output tsv
  }
  foreach ($one in $Assign) {
    $who, $what = $one -split '=', 2
    Set-Body @{ principalId = $who; resourceId = $resource; appRoleId = Get-RoleId $what }
    Invoke-Again {
      $said = az rest --method post --url "$graph/servicePrincipals/$resource/appRoleAssignedTo" --headers Content-Type=application/json --body "@$file" --output none 2>&1
      if ("$said" -match 'already exists') { $global:LASTEXITCODE = 0 } elseif ($LASTEXITCODE -ne 0) { Write-Warning "$said" }
    } | Out-Null
  }

  "param signIn = {`n  tenantId: '$tenant'`n  apiClientId: '$($api.appId)'`n  pageClientId: '$($page.appId)'`n}"
}
finally {
  Remove-Item $file
}
