// The Event Grid system topic of a vault or of the chain storage, in its resource group and region. A source has only one.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('The region of its source.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('The resource that it tells of.')
param sourceId string

@description('What kind of source that is.')
param topicType ('Microsoft.KeyVault.vaults' | 'Microsoft.Storage.StorageAccounts')

@description('The workspace that logs what could not be delivered.')
param workspaceId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: sourceId
    topicType: topicType
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'certflow'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}

@description('Its own identity, which delivers to queues and to the dead letters.')
output principalId string = topic.identity.principalId
