#!/bin/sh
# After `azd deploy`: the platform learns of the functions, Event Grid is subscribed to, and the app is asked how it is.
# azd has put its environment here: SITE_NAME and API_URL are outputs of main.bicep.
set -eu
cd "$(dirname "$0")/.."

# az has a subscription of its own, which need not be azd's.
site=$(az functionapp show --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
  --name "$SITE_NAME" --query id --output tsv)
az rest --method post --url "$site/syncfunctiontriggers?api-version=2024-04-01" --output none

# The functions are there some seconds after the package is, and the key of the blob webhook a little later.
tries=0
until az deployment group create --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
  --name certflow-subscriptions --parameters subscriptions.bicepparam --output none; do
  tries=$((tries + 1))
  [ "$tries" -lt 5 ] || { echo 'The event subscriptions could not be made; what is missing is said above.' >&2; exit 1; }
  sleep 30
done

if [ "${CERTFLOW_PRIVATE:-false}" = true ]; then
  echo "Certflow is deployed. From within its network: curl $API_URL/health"
  exit 0
fi
curl --fail --silent --show-error --retry 10 --retry-delay 6 --retry-all-errors "$API_URL/health"
echo " Certflow answers at $API_URL"
