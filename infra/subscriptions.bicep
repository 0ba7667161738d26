// The second phase, when the code is there: who is told of what. Event Grid asks the app whether it wants to be told, so
// the functions have to exist. The parameters are those of main.bicep: with others, something is not found.
//
//   a vault's events (new version, near its end, expired)  → vault_events     or the queue certflow-vault-events
//   a file in the container chains                         → dropped_chain    or the queue certflow-drops
//   the app's own topic                                    → notify           or the queue certflow-events
//
// All are tried for 24 hours, and what could not be delivered is kept in the container dead-letters of the host storage.

import * as types from 'modules/types.bicep'
import { namesOf, placed, queues } from 'modules/names.bicep'

@description('As in main.bicep.')
@minLength(1)
@maxLength(20)
param name string = 'certflow'

@description('As in main.bicep.')
@minLength(1)
param vaults types.vault[] = [{ alias: 'main' }]

@description('As in main.bicep. True: Event Grid cannot call a private app, so it delivers to queues.')
param privateNetwork bool = false

var names = namesOf(name, resourceGroup().id)
var placedVaults = [for vault in vaults: placed(vault, name, resourceGroup().id)]

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: names.hostStorage
}

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: names.site

  #disable-next-line BCP081 // no version of this type is described anywhere; only its listKeys is used
  resource host 'host' existing = { name: 'default' }
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: names.topic
}

// What the vaults say.
module vaultEvents 'modules/event-subscription.bicep' = [
  for vault in placedVaults: {
    scope: resourceGroup(vault.topicSubscription, vault.topicGroup)
    params: {
      topicName: vault.topic
      name: 'certflow-${names.token}'
      filter: {
        types: [
          'Microsoft.KeyVault.CertificateNewVersionCreated'
          'Microsoft.KeyVault.CertificateNearExpiry'
          'Microsoft.KeyVault.CertificateExpired'
        ]
        subject: ''
      }
      destination: {
        kind: privateNetwork ? 'queue' : 'function'
        functionId: '${site.id}/functions/vault_events'
        queue: queues.vaultEvents
        hostStorageId: hostStorage.id
      }
    }
  }
]

// A dropped file. The webhook's key is read here, and goes nowhere else.
module drops 'modules/event-subscription.bicep' = {
  params: {
    topicName: names.chainTopic
    name: 'certflow-${names.token}'
    filter: {
      types: ['Microsoft.Storage.BlobCreated']
      subject: '/blobServices/default/containers/chains/'
    }
    destination: {
      kind: privateNetwork ? 'queue' : 'blobWebhook'
      functionId: '${site.id}/functions/dropped_chain'
      queue: queues.drops
      hostStorageId: hostStorage.id
    }
    webhook: privateNetwork
      ? ''
      : 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.dropped_chain&code=${site::host.listKeys().systemKeys.blobs_extension}'
  }
}

// What we ourselves say, so that people are told.
resource ownEvents 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'certflow-${names.token}'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    destination: privateNetwork
      ? null
      : {
          endpointType: 'AzureFunction'
          properties: { resourceId: '${site.id}/functions/notify', maxEventsPerBatch: 1 }
        }
    deliveryWithResourceIdentity: privateNetwork
      ? {
          identity: { type: 'SystemAssigned' }
          destination: {
            endpointType: 'StorageQueue'
            properties: {
              resourceId: hostStorage.id
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
        properties: { resourceId: hostStorage.id, blobContainerName: 'dead-letters' }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}
