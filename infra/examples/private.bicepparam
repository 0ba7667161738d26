// Nothing public: private endpoints, Event Grid over queues; Teams and a mail server, whose secrets are in a vault. Callers
// sign in, a group says who may do what, and chains come by the API alone.
using '../main.bicep'

param name = 'certflow-prod'
param privateNetwork = true
param networkAddresses = '10.20.30.0/24'
param vaults = [
  {
    alias: 'prod'
    id: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/pki/providers/Microsoft.KeyVault/vaults/contoso-pki-prod'
  }
]
param notifications = {
  mailTo: ['pki-team@example.com']
  smtp: {
    server: 'smtp.example.com:587'
    from: 'certflow@example.com'
    user: 'certflow'
    passwordSecret: 'certflow-smtp'
  }
  teams: { urlSecret: 'certflow-teams', further: [{ name: 'payments', urlSecret: 'certflow-teams-payments' }] }
  secretsVaultId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.KeyVault/vaults/contoso-platform'
  runbookUrl: 'https://wiki.example.com/certificates'
}
param signIn = {
  tenantId: '99999999-9999-9999-9999-999999999999'
  apiClientId: 'aaaaaaaa-0000-4000-8000-000000000001'
  pageClientId: 'aaaaaaaa-0000-4000-8000-000000000002'
}
param drops = false
param people = {
  uploaders: [{ id: '22222222-2222-2222-2222-222222222222', type: 'Group' }]
  trustees: [{ id: '33333333-3333-3333-3333-333333333333', type: 'Group' }]
  rules: [{ id: '66666666-6666-6666-6666-666666666666', type: 'Group' }]
  quarantine: [{ id: '44444444-4444-4444-4444-444444444444', type: 'Group' }]
  access: [{ id: '77777777-7777-7777-7777-777777777777', type: 'Group' }]
}
param alertsTo = ['platform-team@example.com']
param readyInstances = 1
