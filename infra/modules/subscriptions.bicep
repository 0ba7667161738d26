// The event subscriptions. Each has one name, so that another delivery only changes where it leads to.
//
//   a vault's events (new version, near its end, expired)  → vault_events     or the queue certflow-vault-events
//   a file in the container chains                         → dropped_chain    or the queue certflow-drops
//   the app's own topic                                    → notify           or the queue certflow-events
//
// All are tried for 24 hours, and what could not be delivered is kept in the container dead-letters of the host storage.

import { delivery } from 'types.bicep'
import { placedVault, queues } from 'names.bicep'

@description('The vaults.')
param vaults placedVault[]

@description('Tells two deployments apart; part of the name of each subscription.')
param token string

@description('To queues, or to the functions, which have to be there then: Event Grid asks each whether it takes events.')
param deliverTo delivery

@description('Name of the site.')
param siteName string

@description('Resource id of the host storage, which has the queues and the dead letters.')
param hostStorageId string

@description('Name of the system topic of the chain storage.')
param chainTopicName string

@description('Name of the topic of the app.')
param topicName string

var queued = deliverTo == 'queues'

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: siteName
}

// What the vaults say.
module vaultEvents 'event-subscription.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.topicSubscription, vault.topicGroup)
    params: {
      topicName: vault.topic
      name: 'certflow-${token}'
      filter: {
        types: [
          'Microsoft.KeyVault.CertificateNewVersionCreated'
          'Microsoft.KeyVault.CertificateNearExpiry'
          'Microsoft.KeyVault.CertificateExpired'
        ]
        subject: ''
      }
      destination: {
        kind: queued ? 'queue' : 'function'
        functionId: '${site.id}/functions/vault_events'
        queue: queues.vaultEvents
        hostStorageId: hostStorageId
      }
    }
  }
]

// A dropped file. The webhook's key is read here, and goes nowhere else: in this module, which is deployed after the
// code, because the key is made when a blob trigger has started once.
module drops 'event-subscription.bicep' = {
  params: {
    topicName: chainTopicName
    name: 'certflow-${token}'
    filter: {
      types: ['Microsoft.Storage.BlobCreated']
      subject: '/blobServices/default/containers/chains/'
    }
    destination: {
      kind: queued ? 'queue' : 'blobWebhook'
      functionId: '${site.id}/functions/dropped_chain'
      queue: queues.drops
      hostStorageId: hostStorageId
    }
    webhook: queued
      ? ''
      : 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.dropped_chain&code=${listKeys('${site.id}/host/default', '2025-03-01').systemKeys.blobs_extension}'
  }
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

// Our own events, of which messages to people are made.
resource ownEvents 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'certflow-${token}'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: queued
      ? null
      : {
          endpointType: 'AzureFunction'
          properties: { resourceId: '${site.id}/functions/notify', maxEventsPerBatch: 1 }
        }
    deliveryWithResourceIdentity: queued
      ? {
          identity: { type: 'SystemAssigned' }
          destination: {
            endpointType: 'StorageQueue'
            properties: {
              resourceId: hostStorageId
              queueName: queues.events
              queueMessageTimeToLiveInSeconds: -1
            }
          }
        }
      : null
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: hostStorageId, blobContainerName: 'dead-letters' }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}
