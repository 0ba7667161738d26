// A storage account without keys and without anything public, its containers and its queues.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('Its containers.')
param containers string[]

@description('Its queues.')
param queues string[]

@description('Days that what was deleted or overwritten can be had back; 0: neither soft delete nor versions.')
param keepDays int

@description('Containers whose previous versions are kept for a week only.')
param brief string[]

@description('Containers whose files end, and after how many days.')
param ending { *: int }

@description('Containers whose files can be appended to and nothing else, and for how many days.')
param growing { *: int }

@description('How it is copied.')
param redundancy types.redundancy

@description('True: it is reached over private endpoints only. Event Grid still gets in as a trusted service, with its identity.')
param private bool

@description('True: its queues hold the work of the app, and its tables the requests and their history, so that writes there are logged, too.')
param holdsWork bool

@description('The workspace that logs who reads, writes and deletes.')
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: private ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: keepDays > 0
      deleteRetentionPolicy: keepDays > 0 ? { enabled: true, days: keepDays } : { enabled: false }
      containerDeleteRetentionPolicy: keepDays > 0 ? { enabled: true, days: keepDays } : { enabled: false }
    }

    resource container 'containers' = [
      for container in containers: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource tableService 'tableServices' existing = { name: 'default' }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for queue in queues: {
        name: queue
      }
    ]
  }
}

// Time-based retention, not locked: a lock has no property here, and cannot be undone. Append blobs still grow
// (allowProtectedAppendWrites).
resource retention 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-08-01' = [
  for one in items(growing): {
    name: '${name}/default/${one.key}/default'
    properties: {
      immutabilityPeriodSinceCreationInDays: one.value
      allowProtectedAppendWrites: true
    }
    dependsOn: [account::blobs::container]
  }
]

// Nothing else ends previous versions but the app, which deletes those of what it has moved. A week for what was
// overwritten unread: the app drops it again, also after it has stood still for some days. Once they are deleted here,
// soft delete keeps them for as long again.
resource expiry 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = if (keepDays > 0) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: concat(
        [
          {
            name: 'previous-versions'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'] }
              actions: { version: { delete: { daysAfterCreationGreaterThan: keepDays } } }
            }
          }
        ],
        map(brief, container => {
          name: 'previous-versions-in-${container}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${container}/'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: 7 } } }
          }
        }),
        // What is deleted so becomes a previous version, which the first rule ends.
        map(items(ending), one => {
          name: 'files-in-${one.key}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${one.key}/'] }
            actions: {
              baseBlob: { delete: { daysAfterCreationGreaterThan: one.value } }
              version: { delete: { daysAfterCreationGreaterThan: one.value } }
            }
          }
        })
      )
    }
  }
  dependsOn: [account::blobs]
}

resource blobLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'certflow'
  scope: account::blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: keepDays > 0 }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

// Not what is read and, in queues, taken out: that is most of it, and changes nothing that the alert changed-by-hand tells.
resource queueLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (holdsWork) {
  name: 'certflow'
  scope: account::queueService
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageWrite', enabled: true }]
  }
}

resource tableLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (holdsWork) {
  name: 'certflow'
  scope: account::tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}
