// Certflow starts certificate requests in Key Vault, hands out CSRs, merges the signed chains, and warns before
// certificates end. This file is all of it but the code and the event subscriptions. Prices: a month, list, US $, 2026.
//
// Cost: 4 to 8 $ with one vault (alerts 2.50 $, then the app), 15 to 70 $ with dozens and thousands of certificates.
// privateNetwork: about 61 $ more, and 7 $ for each further vault.
//
//   identity     one managed identity, for the app. Free
//   the app      Flex Consumption plan and site, Python 3.13. Cents for one vault, some dollars for dozens
//   vaults       existing ones by id; one without an id is made (default: one new vault). Cents for calls
//   storage      two accounts that refuse keys. Host: code package, queues, dead letters, tables (requests, history,
//                deliveries). Chains: what people drop and what became of it, CSRs, trusted CAs, rules. Under 1 $
//   Event Grid   the app's own topic, and one system topic for each vault and for the chain storage. Cents
//   logs         Log Analytics and Application Insights; new vaults, storage and topics log there, too. 2.30 $ a GB,
//                0.5 to 5 GB for one vault
//   alerts       five rules on the log, 0.50 $ each; one on the dead letters of each topic, ten of them free, then
//                0.10 $ each; an action group that mails alertsTo; a workbook
//   mail         Communication Services, only if notifications has mailTo and no smtp. 0.25 $ for 1,000 mails
//   private      only with privateNetwork: a network, six DNS zones at 0.50 $, endpoints at 7.30 $: seven, one for each
//                vault, and one for the vault with the secrets if it is none of them
//
// Who may do what (each role with its reason: modules/rbac.bicep)
//
//   the app      Vaults: create and read certificates and versions, merge chains, cancel and delete pending requests.
//                Not: delete or import certificates, change issuers (with builtInVaultRoles it could), read private
//                keys. Else: its storage; send events, telemetry, mail; read the secrets that notifications names
//   each topic   by an identity of its own: write dead letters, and with privateNetwork write to its queue
//   people       the groups in people, container by container (default: nobody, not even who deploys). On a new vault
//                no person gets a role
//   API callers  with a function key, which whoever may list the site's keys has: start, cancel, merge, in all vaults
//
// Reach: API, storage, new vaults and topic have public addresses; the API takes function keys, the rest Entra tokens
// only; Event Grid calls the app. With privateNetwork these are reached from inside only, and Event Grid writes to
// queues; the app still goes out to logs, mail and Teams. An existing vault's own firewall has to let the app in.
//
// Secrets: none in parameters or outputs. Teams URLs, other URLs and the mail password stay in the vault
// notifications.secretsVaultId; only their names are here. The host makes the function keys, in its storage.
//
// Existing vaults keep their settings, also their public access. They get grants, a system topic (or give theirs, which
// needs an identity, by topicId), and an endpoint if privateNetwork. The vault with the secrets gets grants on those.
//
// Before: a resource group; the rights to deploy, to assign roles and (unless builtInVaultRoles) to define them, in it
// and in the groups of existing vaults, their topics and the vault with the secrets; these vaults use Azure roles; the
// secrets are there; groups for people, or nobody can drop chains.
// Then: 1. this file; with privateNetwork a way in of your own (peering or VPN, DNS for the six zones); 2. the code;
// 3. subscriptions.bicep with the same parameters: Event Grid asks each function first, so the code must be there;
// 4. trusted CAs, rules, people's roles on a new vault.

import * as types from 'modules/types.bicep'
import { namesOf, placed, queues } from 'modules/names.bicep'

@description('Part of every name: lower-case letters, digits, hyphens.')
@minLength(1)
@maxLength(20)
param name string = 'certflow'

@description('The region. It needs Flex Consumption with Python 3.13: az functionapp list-flexconsumption-runtimes --runtime python --location <region>.')
param location string = resourceGroup().location

@description('The vaults. With an id: an existing one, in any group or subscription. Without: a new one. Messages and the API call it by its alias.')
@minLength(1)
param vaults types.vault[] = [{ alias: 'main' }]

@description('Who hears about certificates: mail, Teams, other services. Secrets are named here; secretsVaultId is the vault that holds them.')
param notifications types.notifications = {}

@description('Settings of the app that differ from the defaults: waiting times, expiry warnings, renewal, digest, schedules (README, Settings).')
param choices types.choices = {}

@description('Entra groups, by object id, a list for each task: return chains and read CSRs; read quarantined files; set trusted CAs and rules. Default: nobody, so nobody can drop chains.')
param people types.people = {}

@description('Mail addresses for alerts about Certflow itself. Empty: alerts fire, and nobody gets mail.')
param alertsTo string[] = []

@description('True: private endpoints for app, storage, vaults and topic, no public access to what is new, and Event Grid delivers to queues. Logs, mail and Teams stay public. Deploy the code from inside the network.')
param privateNetwork bool = false

@description('Addresses of the private network: a /24 that overlaps no network you will peer with it. This file makes no peering.')
param networkAddresses string = '10.83.0.0/24'

@description('True: built-in roles on the vaults, for those who may not define roles. Certificates Officer could also delete, import and purge certificates, and change issuers; it reads no private keys.')
param builtInVaultRoles bool = false

@description('Most instances at one time of each function group: the HTTP functions together, the blob trigger, and every other function scale by themselves. Only those that run are paid.')
@minValue(40)
@maxValue(1000)
param instances int = 40

@description('Instances for HTTP that always run (2 GB), and are always paid: 15 to 21 $ a month each.')
@minValue(0)
@maxValue(20)
param readyInstances int = 0

@description('Days that logs are kept. Beyond 31: about 0.10 $ a GB and month.')
@minValue(30)
@maxValue(730)
param keepLogsDays int = 30

@description('Where Communication Services keeps its data: Europe, United States, …')
param mailDataLocation string = 'Europe'

@description('Tags of all resources.')
param tags types.tags = {}

var names = namesOf(name, resourceGroup().id)
var placedVaults = [for vault in vaults: placed(vault, name, resourceGroup().id)]
// Ids are made of names, not of outputs, which what-if cannot see. So modules name what they depend on.
var identityId = resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', names.identity)
var workspaceId = resourceId('Microsoft.OperationalInsights/workspaces', names.workspace)
var hostStorageId = resourceId('Microsoft.Storage/storageAccounts', names.hostStorage)
var chainStorageId = resourceId('Microsoft.Storage/storageAccounts', names.chainStorage)
var topicId = resourceId('Microsoft.EventGrid/topics', names.topic)
var chainTopicId = resourceId('Microsoft.EventGrid/systemTopics', names.chainTopic)
var siteId = resourceId('Microsoft.Web/sites', names.site)
var vaultTopicIds = [
  for vault in placedVaults: resourceId(
    vault.topicSubscription,
    vault.topicGroup,
    'Microsoft.EventGrid/systemTopics',
    vault.topic
  )
]
// Whatever settings refer to: Teams flows, other services (urlsSecret has their URLs), the password for mail.
var secretNames = union(
  map(notifications.?teams.?further ?? [], flow => flow.urlSecret),
  filter(
    [notifications.?teams.?urlSecret, notifications.?urlsSecret, notifications.?smtp.?passwordSecret],
    secret => secret != null
  )
)
var secretsVaultId = empty(secretNames)
  ? ''
  : notifications.?secretsVaultId ?? fail('notifications.secretsVaultId is missing: the vault that has the secrets named there')
var sendsByAzure = !empty(notifications.?mailTo ?? []) && notifications.?smtp == null

// --- The identity, and where logs go ---------------------------------------------------------------------------------

module identity 'modules/identity.bicep' = {
  params: { name: names.identity, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
    keepDays: keepLogsDays
  }
}

// --- Storage: one account for the Functions host, one for what people exchange with it -------------------------------

module hostStorage 'modules/storage.bicep' = {
  params: {
    name: names.hostStorage
    location: location
    tags: tags
    containers: ['app-package', 'dead-letters']
    // Those that Event Grid delivers to, each with its poison queue, which the app reads, too; the app makes the others.
    queues: privateNetwork ? flatten(map(items(queues), one => [one.value, '${one.value}-poison'])) : []
    keepDays: 0
    brief: []
    private: privateNetwork
    workspaceId: workspaceId
  }
  dependsOn: [monitoring]
}

module chainStorage 'modules/storage.bicep' = {
  params: {
    name: names.chainStorage
    location: location
    tags: tags
    containers: ['chains', 'chains-merged', 'chains-rejected', 'chains-quarantine', 'csr', 'trusted-cas', 'rules']
    queues: ['webjobs-blobtrigger-poison'] // drops whose names could not be put on our queue, when Event Grid calls the app
    keepDays: 30 // soft delete, and previous versions
    // The app itself deletes versions of what it has moved; what is left of them (taken away unread) ends after a week.
    brief: ['chains']
    private: privateNetwork
    workspaceId: workspaceId
  }
  dependsOn: [monitoring]
}

// --- Vaults: new ones; existing ones stay as they are ----------------------------------------------------------------

module newVaults 'modules/key-vault.bicep' = [
  for vault in placedVaults: if (vault.new) {
    params: {
      name: vault.name
      location: location
      tags: tags
      private: privateNetwork
      workspaceId: workspaceId
    }
    dependsOn: [monitoring]
  }
]

// --- Event Grid: system topics of vaults and chain storage, the app's own topic --------------------------------------

// A vault has one topic at most: its own by topicId, or a new one in its region.
module vaultTopics 'modules/vault-topics.bicep' = {
  params: { vaults: placedVaults, location: location, tags: tags, workspaceId: workspaceId }
  dependsOn: [monitoring, newVaults]
}

module chainTopic 'modules/system-topic.bicep' = {
  params: {
    name: names.chainTopic
    location: location
    tags: tags
    sourceId: chainStorageId
    topicType: 'Microsoft.Storage.StorageAccounts'
    workspaceId: workspaceId
  }
  dependsOn: [monitoring, chainStorage]
}

module topic 'modules/topic.bicep' = {
  params: {
    name: names.topic
    location: location
    tags: tags
    private: privateNetwork
    workspaceId: workspaceId
  }
  dependsOn: [monitoring]
}

// --- Mail ------------------------------------------------------------------------------------------------------------

module mail 'modules/mail.bicep' = if (sendsByAzure) {
  params: {
    mailName: names.mail
    communicationName: names.communication
    dataLocation: mailDataLocation
    tags: tags
  }
}

// --- Who may do what -------------------------------------------------------------------------------------------------

module rbac 'modules/rbac.bicep' = {
  params: {
    identityId: identityId
    principalId: identity.outputs.principalId
    hostStorageName: names.hostStorage
    chainStorageName: names.chainStorage
    topicName: names.topic
    insightsName: names.insights
    communicationName: sendsByAzure ? names.communication : ''
    vaults: placedVaults
    builtInVaultRoles: builtInVaultRoles
    referred: empty(secretNames) ? null : { vaultId: secretsVaultId, names: secretNames }
    topics: concat(map(vaultTopicIds, id => { id: id, queue: privateNetwork ? queues.vaultEvents : '' }), [
      { id: chainTopicId, queue: privateNetwork ? queues.drops : '' }
      { id: topicId, queue: privateNetwork ? queues.events : '' }
    ])
    topicPrincipals: concat(vaultTopics.outputs.principals, [
      chainTopic.outputs.principalId
      topic.outputs.principalId
    ])
    people: people
    token: names.token
  }
  dependsOn: [monitoring, hostStorage, chainStorage, newVaults, mail]
}

// --- The private network and its endpoints ---------------------------------------------------------------------------

module network 'modules/private-network.bicep' = if (privateNetwork) {
  params: { name: names.network, location: location, tags: tags, addresses: networkAddresses }
}

// What the app calls has its endpoint before the app starts; the app gets its own afterwards.
var reached = concat(
  [
    { name: 'host-blob', id: hostStorageId, part: 'blob' }
    { name: 'host-queue', id: hostStorageId, part: 'queue' }
    { name: 'host-table', id: hostStorageId, part: 'table' }
    { name: 'chains-blob', id: chainStorageId, part: 'blob' }
    { name: 'chains-queue', id: chainStorageId, part: 'queue' }
    { name: 'topic', id: topicId, part: 'topic' }
  ],
  map(placedVaults, vault => { name: 'v-${vault.alias}', id: vault.id, part: 'vault' }),
  // Secrets are read over the network, too; a vault with an endpoint elsewhere would have no name here.
  empty(secretNames) || contains(map(placedVaults, vault => toLower(vault.id)), toLower(secretsVaultId))
    ? []
    : [{ name: 'secrets', id: secretsVaultId, part: 'vault' }]
)

// One after the other: a storage account takes one endpoint at a time (StorageAccountOperationInProgress).
@batchSize(1)
module endpoints 'modules/private-endpoint.bicep' = [
  for one in reached: if (privateNetwork) {
    params: {
      name: 'pe-${name}-${one.name}-${names.token}'
      location: location
      tags: tags
      subnetId: network!.outputs.endpointSubnetId
      targetId: one.id
      part: one.part
      zones: network!.outputs.zones
    }
    dependsOn: [hostStorage, chainStorage, topic, newVaults]
  }
]

module siteEndpoint 'modules/private-endpoint.bicep' = if (privateNetwork) {
  params: {
    name: 'pe-${name}-site-${names.token}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: siteId
    part: 'sites'
    zones: network!.outputs.zones
  }
  dependsOn: [app]
}

// --- The app: after its storage, its roles and its endpoints ---------------------------------------------------------

module app 'modules/app.bicep' = {
  params: {
    planName: names.plan
    siteName: names.site
    location: location
    tags: tags
    identityId: identityId
    clientId: identity.outputs.clientId
    hostStorageName: names.hostStorage
    chainStorageName: names.chainStorage
    insightsConnection: monitoring.outputs.connectionString
    topicEndpoint: topic.outputs.endpoint
    mailEndpoint: sendsByAzure ? mail!.outputs.endpoint : ''
    mailFrom: sendsByAzure ? mail!.outputs.from : notifications.?smtp.?from ?? ''
    vaults: placedVaults
    notifications: notifications
    choices: choices
    instances: instances
    readyInstances: readyInstances
    private: privateNetwork
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
  }
  dependsOn: [hostStorage, chainStorage, rbac, endpoints]
}

// --- Alerts, and a workbook ------------------------------------------------------------------------------------------

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    actionsName: names.actions
    workbookName: names.workbook
    location: location
    tags: tags
    to: alertsTo
    insightsName: names.insights
    vaults: map(placedVaults, vault => toLower(vault.alias))
    topicIds: concat(vaultTopicIds, [chainTopicId, topicId])
  }
  dependsOn: [monitoring, vaultTopics, chainTopic, topic]
}

// --- What the next steps need; azd stores it in its environment ------------------------------------------------------

@description('The site that the code is deployed to.')
output SITE_NAME string = names.site

@description('Address of its API. With privateNetwork: from inside the network only.')
output API_URL string = 'https://${app.outputs.host}/api'

@description('The account with the containers for chains, CSRs, trusted CAs and rules.')
output CHAIN_STORAGE string = names.chainStorage

@description('Names of the vaults, by alias.')
output VAULTS types.vaultNames = toObject(placedVaults, vault => vault.alias, vault => vault.name)
