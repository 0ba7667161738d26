// The event subscriptions of private.bicepparam alone, for a pipeline that places the code.
using '../subscriptions.bicep'

param name = 'certflow-prod'
param privateNetwork = true
param vaults = [
  {
    alias: 'prod'
    id: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/pki/providers/Microsoft.KeyVault/vaults/contoso-pki-prod'
  }
]
