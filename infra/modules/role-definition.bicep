// One of our own roles. Its one scope is this resource group, and never changes.

import * as roles from 'roles.bicep'

@description('The role.')
param definition roles.definition

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: definition.id
  properties: {
    roleName: definition.roleName
    description: definition.description
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: definition.actions
        notActions: []
        dataActions: definition.dataActions
        notDataActions: []
      }
    ]
  }
}
