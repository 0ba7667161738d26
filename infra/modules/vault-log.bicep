// The log of a vault that exists already: who did what. The vault itself stays as it is.

@description('The name of the vault.')
param vaultName string

@description('The name of the setting: of this deployment, since others may log the same vault.')
param name string

@description('The workspace that logs who did what.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: name
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}
