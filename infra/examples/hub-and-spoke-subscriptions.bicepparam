// The second phase of hub-and-spoke.bicepparam.
using '../subscriptions.bicep'

param name = 'certflow-spoke'
param privateNetwork = true
param vaults = [
  {
    alias: 'prod'
    id: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/pki/providers/Microsoft.KeyVault/vaults/contoso-pki-prod'
  }
]
