# After `azd deploy`: the platform learns of the functions, Event Grid is subscribed to, and the app is asked how it is.
# azd has put its environment here: SITE_NAME and API_URL are outputs of main.bicep.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..')

# az has a subscription of its own, which need not be azd's.
$site = az functionapp show --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
  --name $env:SITE_NAME --query id --output tsv
if ($LASTEXITCODE -ne 0) { throw "The site $env:SITE_NAME is not there." }
az rest --method post --url "${site}/syncfunctiontriggers?api-version=2024-04-01" --output none
if ($LASTEXITCODE -ne 0) { throw 'The triggers could not be synchronised.' }

# The functions are there some seconds after the package is, and the key of the blob webhook a little later.
foreach ($try in 1..5) {
  az deployment group create --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
    --name certflow-subscriptions --parameters subscriptions.bicepparam --output none
  if ($LASTEXITCODE -eq 0) { break }
  if ($try -eq 5) { throw 'The event subscriptions could not be made; what is missing is said above.' }
  Start-Sleep -Seconds 30
}

if ($env:CERTFLOW_PRIVATE -eq 'true') {
  Write-Output "Certflow is deployed. From within its network: curl $env:API_URL/health"
  exit 0
}
Invoke-RestMethod -Uri "$env:API_URL/health" -MaximumRetryCount 10 -RetryIntervalSec 6 | Out-Null
Write-Output "Certflow answers at $env:API_URL"
