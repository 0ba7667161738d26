// The app may read one secret, and no other.

@description('The vault.')
param vaultName string

@description('The secret.')
param secretName string

@description('Principal of the identity.')
param principalId string

@description('Resource id of the identity.')
param identityId string

@description('Id (a GUID) of the role.')
param role string

@description('Why.')
param why string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = { name: secretName }
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::secret.id, identityId, role)
  scope: vault::secret
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    description: why
  }
}
