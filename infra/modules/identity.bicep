// The identity that the app runs under: user-assigned, so that it has its roles before the app starts.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Its principal, for role assignments.')
output principalId string = identity.properties.principalId

@description('Its client id, for the app.')
output clientId string = identity.properties.clientId
