// The role of the app on vaults, made once by whoever may define roles, for those who deploy and may not. Its id goes into
// vaultRoleId of main.bicep. With vaults in several subscriptions name them all; to add one later, deploy it again with all
// of them. Azure refuses to take one away while the role is assigned there.
//
//   az deployment sub create --location westeurope --name certflow-vault-role --template-file infra/vault-role.bicep \
//     --query properties.outputs.VAULT_ROLE_ID.value

targetScope = 'subscription'

import { operator } from 'modules/roles.bicep'

@description('Ids of the subscriptions that have vaults.')
@minLength(1)
param subscriptions string[] = [subscription().subscriptionId]

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'certflow', operator.kind)
  properties: {
    roleName: 'Certflow ${operator.kind} ${uniqueString(subscription().id)}'
    description: operator.description
    type: 'CustomRole'
    assignableScopes: map(subscriptions, one => '/subscriptions/${one}')
    permissions: [
      {
        actions: operator.actions
        notActions: []
        dataActions: operator.dataActions
        notDataActions: []
      }
    ]
  }
}

@description('Its id.')
output VAULT_ROLE_ID string = role.name
