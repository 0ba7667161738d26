// Events of a system topic: to a function of the app, to its blob webhook, or to a queue.

import * as types from 'types.bicep'

@description('Name of the system topic.')
param topicName string

@description('Its name.')
param name string

@description('Which events, and whose.')
param filter types.eventFilter

@description('Where to.')
param destination types.destination

@description('The address of the webhook, which holds a key; empty for the other destinations.')
@secure()
param webhook string = ''

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: filter.types
      subjectBeginsWith: filter.subject
    }
    destination: destination.kind == 'function'
      ? { endpointType: 'AzureFunction', properties: { resourceId: destination.functionId, maxEventsPerBatch: 1 } }
      : destination.kind == 'blobWebhook'
          ? { endpointType: 'WebHook', properties: { endpointUrl: webhook, maxEventsPerBatch: 1 } }
          : null
    deliveryWithResourceIdentity: destination.kind == 'queue'
      ? {
          identity: { type: 'SystemAssigned' }
          destination: {
            endpointType: 'StorageQueue'
            properties: {
              resourceId: destination.hostStorageId
              queueName: destination.queue
              queueMessageTimeToLiveInSeconds: -1
            }
          }
        }
      : null
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: destination.hostStorageId, blobContainerName: 'dead-letters' }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}
