// Who may do what: every grant of the deployment, the narrowest role on the smallest scope, each with its reason. The
// reason is kept in the assignment, too, so that the portal shows it.

import { placedVault } from 'names.bicep'
import * as types from 'types.bicep'

@description('Resource id of the identity of the app; it names the assignments.')
param identityId string

@description('Its principal.')
param principalId string

@description('Name of the host storage.')
param hostStorageName string

@description('Name of the chain storage.')
param chainStorageName string

@description('Name of the topic.')
param topicName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Name of the Communication Services resource; empty: mail does not go that way.')
param communicationName string

@description('The vaults.')
param vaults placedVault[]

@description('True: built-in roles on the vaults, where custom ones may not be defined. They can more: see below.')
param builtInVaultRoles bool

@description('The secrets that settings refer to, and the vault that holds them; none: null.')
param referred types.referred?

@description('The topics: each names its assignments by its resource id, and has a queue that takes its events, or none.')
param topics deliveringTopic[]

@description('Principals of the topics, in the same order.')
param topicPrincipals string[]

@description('Groups of people.')
param people types.people

@description('Tells two deployments in one tenant apart.')
param token string

@description('A topic that delivers.')
type deliveringTopic = {
  @description('Its resource id.')
  id: string
  @description('The queue that takes its events; empty: the app does.')
  queue: string
}

// --- Roles -----------------------------------------------------------------------------------------------------------

var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  eventGridDataSender: 'd5a91429-5739-47e2-a06b-3470a27159e7'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  communicationAndEmailServiceOwner: '09976791-48a7-449e-bb21-39d1a415f350'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  // Could also import, purge and delete certificates, and read and change the account at a CA.
  keyVaultCertificatesOfficer: 'a4417e6f-fecd-4de8-b567-7b0420556985'
  // Could also read the names and properties of keys and secrets.
  keyVaultReader: '21090545-7ca7-4776-b22c-e363652d74d2'
}

// Only what the app calls: nothing is deleted, imported, purged or backed up, and no key or secret is read.
resource operator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!builtInVaultRoles) {
  name: guid(resourceGroup().id, token, 'operator')
  properties: {
    roleName: 'Certflow certificate operator ${token}'
    description: 'Starts, watches and finishes certificate requests in a vault.'
    type: 'CustomRole'
    assignableScopes: groups
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/certificates/read' // look at pending requests, list certificates
          'Microsoft.KeyVault/vaults/certificates/create/action' // start a request, merge a chain
          'Microsoft.KeyVault/vaults/certificates/update/action' // ask for cancellation, delete a pending request
          'Microsoft.KeyVault/vaults/certificatecas/read' // name the issuers that a vault has
        ]
        notDataActions: []
      }
    ]
  }
}

resource observer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (!builtInVaultRoles && observes) {
  name: guid(resourceGroup().id, token, 'observer')
  properties: {
    roleName: 'Certflow certificate observer ${token}'
    description: 'Watches certificate requests in a vault, and changes nothing.'
    type: 'CustomRole'
    assignableScopes: groups
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['Microsoft.KeyVault/vaults/certificates/read']
        notDataActions: []
      }
    ]
  }
}

var observes = contains(map(vaults, vault => vault.observe), true)
var groups = union(
  [resourceGroup().id],
  map(vaults, vault => '/subscriptions/${vault.subscription}/resourceGroups/${vault.group}')
)
var operatorRole = builtInVaultRoles ? roles.keyVaultCertificatesOfficer : guid(resourceGroup().id, token, 'operator')
var observerRole = builtInVaultRoles ? roles.keyVaultReader : guid(resourceGroup().id, token, 'observer')

// --- The app: vaults and secrets -------------------------------------------------------------------------------------

module onVaults 'role-on-vault.bicep' = [
  for vault in vaults: {
    scope: resourceGroup(vault.subscription, vault.group)
    params: {
      vaultName: vault.name
      principalId: principalId
      identityId: identityId
      role: vault.observe ? observerRole : operatorRole
      why: vault.observe ? 'Certflow watches requests here.' : 'Certflow starts, watches and finishes requests here.'
    }
    dependsOn: [operator, observer]
  }
]

module onSecrets 'role-on-secret.bicep' = [
  for secret in referred.?names ?? []: {
    scope: resourceGroup(split(referred!.vaultId, '/')[2], split(referred!.vaultId, '/')[4])
    params: {
      vaultName: last(split(referred!.vaultId, '/'))
      secretName: secret
      principalId: principalId
      identityId: identityId
      role: roles.keyVaultSecretsUser
      why: 'A setting of Certflow refers to this secret.'
    }
  }
]

// --- The app: storage ------------------------------------------------------------------------------------------------

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: hostStorageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = { name: 'dead-letters' }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource queue 'queues' existing = [for topic in queued: { name: topic.queue }]
  }
}

resource onHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for grant in [
    { role: roles.storageBlobDataOwner, why: 'The Functions host: leases, keys, and the package that it runs.' }
    { role: roles.storageQueueDataContributor, why: 'The Functions host and Certflow: work for all instances.' }
    { role: roles.storageTableDataContributor, why: 'Certflow: tracked requests, history, deliveries.' }
  ]: {
    name: guid(hostStorage.id, identityId, grant.role)
    scope: hostStorage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
      description: grant.why
    }
  }
]

// Container by container: the app itself cannot say whose certificates are taken.
var containers = [
  {
    name: 'chains'
    role: roles.storageBlobDataOwner
    why: 'The blob trigger wants this role where files are dropped; so does deleting versions.'
  }
  { name: 'chains-merged', role: roles.storageBlobDataContributor, why: 'Files that were merged, and reports.' }
  { name: 'chains-rejected', role: roles.storageBlobDataContributor, why: 'Files that were rejected, and reports.' }
  {
    name: 'chains-quarantine'
    role: roles.storageBlobDataContributor
    why: 'Files with a private key are put away here.'
  }
  { name: 'csr', role: roles.storageBlobDataContributor, why: 'CSRs are handed out here.' }
  {
    name: 'trusted-cas'
    role: roles.storageBlobDataReader
    why: 'Which CAs are trusted is read here, and set by people.'
  }
  { name: 'rules', role: roles.storageBlobDataReader, why: 'Who hears of what is read here, and set by people.' }
]

resource chainStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: chainStorageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = [for one in containers: { name: one.name }]
    resource peoples 'containers' existing = [for one in ofPeople: { name: one.container }]
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource poison 'queues' existing = { name: 'webjobs-blobtrigger-poison' }
  }
}

resource onContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, index) in containers: {
    name: guid(chainStorage::blobs::container[index].id, identityId, grant.role)
    scope: chainStorage::blobs::container[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
      description: grant.why
    }
  }
]

resource onPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(chainStorage::queues::poison.id, identityId, roles.storageQueueDataContributor)
  scope: chainStorage::queues::poison
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
    description: 'The blob trigger writes here what failed five times, and Certflow tells of it.'
  }
}

// --- The app: topic, telemetry, mail ---------------------------------------------------------------------------------

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: topicName
}

resource onTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(topic.id, identityId, roles.eventGridDataSender)
  scope: topic
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.eventGridDataSender)
    description: 'Certflow says here what happened.'
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identityId, roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
    description: 'Telemetry is taken with Entra tokens only.'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = if (!empty(communicationName)) {
  name: empty(communicationName) ? 'none' : communicationName
}

resource onCommunication 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(communicationName)) {
  name: guid(communication.id, identityId, roles.communicationAndEmailServiceOwner)
  scope: communication
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.communicationAndEmailServiceOwner
    )
    description: 'Certflow sends mail; no smaller built-in role can.'
  }
}

// --- Event Grid: the topics' own identities --------------------------------------------------------------------------

resource onDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in topics: {
    name: guid(hostStorage::blobs::deadLetters.id, one.id, roles.storageBlobDataContributor)
    scope: hostStorage::blobs::deadLetters
    properties: {
      principalId: topicPrincipals[index]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
      description: 'Events that could not be delivered for a day are kept here.'
    }
  }
]

var queued = filter(topics, one => !empty(one.queue))

resource onQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in queued: {
    name: guid(hostStorage::queues::queue[index].id, one.id, roles.storageQueueDataMessageSender)
    scope: hostStorage::queues::queue[index]
    properties: {
      principalId: topicPrincipals[indexOf(topics, one)]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageQueueDataMessageSender
      )
      description: 'Events are put into this queue, and no other.'
    }
  }
]

// --- People ----------------------------------------------------------------------------------------------------------

var ofPeople = filter(
  [
    { group: people.?uploaders, container: 'csr', role: roles.storageBlobDataReader, why: 'Fetch CSRs.' }
    { group: people.?uploaders, container: 'chains', role: roles.storageBlobDataContributor, why: 'Return chains.' }
    { group: people.?uploaders, container: 'chains-merged', role: roles.storageBlobDataReader, why: 'Read reports.' }
    { group: people.?uploaders, container: 'chains-rejected', role: roles.storageBlobDataReader, why: 'Read reports.' }
    { group: people.?trustees, container: 'trusted-cas', role: roles.storageBlobDataContributor, why: 'Say which CAs.' }
    { group: people.?trustees, container: 'rules', role: roles.storageBlobDataContributor, why: 'Say who hears what.' }
    {
      group: people.?quarantine
      container: 'chains-quarantine'
      role: roles.storageBlobDataReader
      why: 'Deal with keys.'
    }
  ],
  one => one.group != null
)

resource onPeoplesContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, index) in ofPeople: {
    name: guid(chainStorage::blobs::peoples[index].id, grant.group!, grant.role)
    scope: chainStorage::blobs::peoples[index]
    properties: {
      principalId: grant.group!
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
      description: grant.why
    }
  }
]
