// A spoke of the company's: its subnets, the vault's endpoint that is there already, DNS zones in the hub that Azure
// Policy fills, and the way out through the hub's firewall, which the route table of the app's subnet leads to.
using '../main.bicep'

param name = 'certflow-spoke'
param privateNetwork = true
param vaults = [
  {
    alias: 'prod'
    id: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/pki/providers/Microsoft.KeyVault/vaults/contoso-pki-prod'
  }
]
param network = {
  appSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/spoke-pki/subnets/certflow'
  endpointSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/spoke-pki/subnets/endpoints'
  zones: 'byPolicy'
  vaultEndpoints: false
}
param notifications = {
  mailTo: ['pki-team@example.com']
  smtp: { server: 'smtp.example.com:587', from: 'certflow@example.com' }
}
param signIn = {
  tenantId: '99999999-9999-9999-9999-999999999999'
  apiClientId: 'aaaaaaaa-0000-4000-8000-000000000001'
  pageClientId: 'aaaaaaaa-0000-4000-8000-000000000002'
}
param alertsTo = ['platform-team@example.com']
