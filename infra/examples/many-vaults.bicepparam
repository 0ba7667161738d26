// Five vaults in four resource groups and two subscriptions: one has a system topic already, one is only watched, one is
// new. Teams without a secret: the identity of the app signs in to the flow. Logs go to a workspace that is there.
using '../main.bicep'

param vaults = loadJsonContent('five-vaults.json')
param delivery = 'functions'
param packageUri = 'https://packages.example.com/certflow.zip'
param notifications = {
  mailTo: ['pki-team@example.com', 'night-shift@example.com']
  teams: { url: 'https://example.com/workflows/certflow/triggers/manual/paths/invoke?api-version=1', auth: 'entra' }
  urlsSecret: 'certflow-urls'
  secretsVaultId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.KeyVault/vaults/contoso-platform'
  rules: 'rules/rules.json'
}
param choices = { vaultBudget: 1000, renewMost: 200, patienceManual: '7d' }
param signIn = {
  tenantId: '99999999-9999-9999-9999-999999999999'
  apiClientId: 'aaaaaaaa-0000-4000-8000-000000000001'
  pageClientId: 'aaaaaaaa-0000-4000-8000-000000000002'
  clients: ['04b07795-8ddb-461a-bbee-02f9e1bf7b46', 'aaaaaaaa-0000-4000-8000-000000000003']
  keysUntil: '2099-12-31' // until the last pipeline signs in
  keyDigests: ['b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9']
}
param alertsTo = ['platform-team@example.com']
param actionGroupIds = [
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.Insights/actionGroups/on-call'
]
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.OperationalInsights/workspaces/contoso-logs'
param instances = 100
param tags = { owner: 'platform-team' }
