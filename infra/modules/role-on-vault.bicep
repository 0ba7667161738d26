// What the app may do in one vault: one of our two roles, or a built-in one.

@description('The vault.')
param vaultName string

@description('Principal of the identity.')
param principalId string

@description('Resource id of the identity: it names the assignment, and is known before the identity is there.')
param identityId string

@description('Id (a GUID) of the role.')
param role string

@description('Why.')
param why string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityId, role)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    description: why
  }
}
