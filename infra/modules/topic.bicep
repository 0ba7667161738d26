// The topic on which the app says what happened (CloudEvents, Entra tokens only). Other systems may subscribe to it.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('True: it is published to over its private endpoint only.')
param private bool

@description('The workspace that logs what could not be published or delivered.')
param workspaceId string

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'certflow'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'DeliveryFailures', enabled: true }
      { category: 'PublishFailures', enabled: true }
    ]
  }
}

@description('Where events are published.')
output endpoint string = topic.properties.endpoint

@description('Its own identity, which delivers to queues and to the dead letters.')
output principalId string = topic.identity.principalId
