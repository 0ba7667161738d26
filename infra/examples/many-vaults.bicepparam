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
param alertsTo = ['platform-team@example.com']
param actionGroupIds = [
  '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.Insights/actionGroups/on-call'
]
param workspaceId = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers/Microsoft.OperationalInsights/workspaces/contoso-logs'
param instances = 100
param tags = { owner: 'platform-team' }
