// The second phase of many-vaults.bicepparam.
using '../subscriptions.bicep'

param vaults = loadJsonContent('five-vaults.json')
