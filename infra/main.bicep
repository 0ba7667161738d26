// Certflow, all of it but the code and the event subscriptions. What is deployed, who may do what, and what it costs a
// month (list prices, US $, 2026). The default shape: about 4 to 21 $. With privateNetwork: about 60 $ more.
//
//   the app       Flex Consumption, Python 3.13. Paid by use: cents for one vault, some dollars for dozens of them
//   vaults        existing ones by id; one without an id is made (the default: one new vault). Cents for its calls
//   storage       two accounts without keys: one for the Functions host, dead letters and (private) event queues, one
//                 for chains, CSRs, trusted CAs and rules. Under 1 $
//   Event Grid    the app's own topic, and a system topic for each vault and for the chain storage. Cents
//   logs          Log Analytics and Application Insights: about 2.30 $ a GB, 0.5 to 5 GB a month
//   alerts        five rules on the logs, 0.50 to 1.50 $ each by how often they look, one free metric rule for each
//                 topic, a workbook, and an action group that mails alertsTo
//   mail          Azure Communication Services, if mailTo is set and no mail server. 0.25 $ for 1,000 mails
//   private       with privateNetwork only: a network, DNS zones, seven private endpoints and one more for each vault,
//                 7 $ an endpoint
//
// The app has one managed identity. It may create certificates and new versions in the vaults below, read them, merge
// signed chains, and cancel or delete pending requests; work with its own storage; send events, telemetry and mail; and
// read those secrets, one by one, that the notifications name. It may not delete or import certificates, read private
// keys, or change issuers (with builtInVaultRoles it could). Each Event Grid topic has an identity of its own, which may
// write dead letters and, with privateNetwork, to its queue. Every grant and its reason: modules/rbac.bicep.
//
// There are no storage keys and no secret in a parameter or an output: Teams URLs and passwords are named here and stay in
// Key Vault. The connection string of Application Insights is an address only: sending needs the identity's role.
// Existing vaults keep their settings; they get grants, a system topic, and with privateNetwork an endpoint.
//
// Before: a resource group; the right to assign roles (and to define them, unless builtInVaultRoles) on it and on the
// groups of existing vaults, which use Azure roles; the secrets that the parameters name. Then: 1. this file; 2. the code;
// 3. subscriptions.bicep with the same parameters (Event Grid asks the functions first, so they have to be there). Callers
// of the app's API need its function key (README, "Deploy").

import * as types from 'modules/types.bicep'
import { namesOf, placed, queues } from 'modules/names.bicep'

@description('Part of every name: lower-case letters, digits, hyphens; a letter at its beginning.')
@minLength(1)
@maxLength(20)
param name string = 'certflow'

@description('The region. It needs Flex Consumption with Python 3.13: az functionapp list-flexconsumption-locations.')
param location string = resourceGroup().location

@description('The vaults. With an id: that existing vault, also in another group or subscription. Without: a new one. The alias names it in messages and in the API.')
@minLength(1)
param vaults types.vault[] = [{ alias: 'main' }]

@description('Messages about certificates: mail, Teams, other services. As soon as one of their secrets is named, secretsVaultId is needed.')
param notifications types.notifications = {}

@description('How the app behaves where its defaults do not fit: patience, ladder of expiry, renewal, digest, schedules (README, Settings).')
param choices types.choices = {}

@description('Entra groups, by object id, that may drop chains, read CSRs, see quarantined files or set trusted CAs. Default: nobody.')
param people types.people = {}

@description('Mail addresses for alerts about Certflow itself. Empty: the rules run, and nobody is told.')
param alertsTo string[] = []

@description('True: app, storage, vaults and topic are reached over private endpoints, and Event Grid delivers to queues. Logs, mail and Teams are not private. Deploy the code from inside that network.')
param privateNetwork bool = false

@description('The addresses of the private network: a /24 that overlaps nothing it is peered with.')
param networkAddresses string = '10.83.0.0/24'

@description('True: built-in roles on the vaults, for those who may not define roles. Certificates Officer could also delete, import and purge certificates, and change issuers.')
param builtInVaultRoles bool = false

@description('Upper limit of instances; those that run are paid.')
@minValue(40)
@maxValue(1000)
param instances int = 40

@description('Instances for HTTP that are always there, and always paid (about 15 $ a month each).')
@minValue(0)
@maxValue(20)
param readyInstances int = 0

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param keepLogsDays int = 30

@description('Where Communication Services keeps its data: Europe, United States, …')
param mailDataLocation string = 'Europe'

@description('Tags of all resources.')
param tags types.tags = {}

var names = namesOf(name, resourceGroup().id)
var placedVaults = [for vault in vaults: placed(vault, name, resourceGroup().id)]
// Ids are made of names, so that what-if can say beforehand what would change.
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
var secretNames = union(
  map(notifications.?teams.?further ?? [], flow => flow.urlSecret),
  filter(
    [notifications.?teams.?urlSecret, notifications.?urlsSecret, notifications.?smtp.?passwordSecret],
    secret => secret != null
  )
)
var sendsByAzure = !empty(notifications.?mailTo ?? []) && notifications.?smtp == null

// --- The identity, and where logs go -----------------------------------------------------------------------------------

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

// --- Storage: one account for the Functions host, one for chains and CSRs ------------------------------------------------

module hostStorage 'modules/storage.bicep' = {
  params: {
    name: names.hostStorage
    location: location
    tags: tags
    containers: ['app-package', 'dead-letters']
    queues: privateNetwork ? [queues.vaultEvents, queues.drops, '${queues.drops}-poison', queues.events] : []
    keepDays: 0
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
    queues: ['webjobs-blobtrigger-poison']
    keepDays: 30
    private: privateNetwork
    workspaceId: workspaceId
  }
  dependsOn: [monitoring]
}

// --- Vaults: existing ones stay as they are ------------------------------------------------------------------------------

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

module existingVaultLogs 'modules/vault-log.bicep' = [
  for vault in placedVaults: if (!vault.new) {
    scope: resourceGroup(vault.subscription, vault.group)
    params: { vaultName: vault.name, name: 'certflow-${names.token}', workspaceId: workspaceId }
    dependsOn: [monitoring]
  }
]

// --- Event Grid: what vaults and storage say, and what the app says ------------------------------------------------------

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

// --- Mail ----------------------------------------------------------------------------------------------------------------

module mail 'modules/mail.bicep' = if (sendsByAzure) {
  params: {
    mailName: names.mail
    communicationName: names.communication
    dataLocation: mailDataLocation
    tags: tags
  }
}

// --- Who may do what -----------------------------------------------------------------------------------------------------

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
    referred: notifications.?secretsVaultId == null
      ? null
      : { vaultId: notifications.?secretsVaultId ?? '', names: secretNames }
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

// --- The private way in and out ------------------------------------------------------------------------------------------

module network 'modules/private-network.bicep' = if (privateNetwork) {
  params: { name: names.network, location: location, tags: tags, addresses: networkAddresses }
}

// What the app calls has its endpoint before the app starts; the app itself gets one afterwards.
var reached = concat(
  [
    { name: 'host-blob', id: hostStorageId, part: 'blob' }
    { name: 'host-queue', id: hostStorageId, part: 'queue' }
    { name: 'host-table', id: hostStorageId, part: 'table' }
    { name: 'chains-blob', id: chainStorageId, part: 'blob' }
    { name: 'chains-queue', id: chainStorageId, part: 'queue' }
    { name: 'topic', id: topicId, part: 'topic' }
  ],
  map(placedVaults, vault => { name: vault.alias, id: vault.id, part: 'vault' })
)

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

// --- The app: when its storage, its roles and its way there are ready ---------------------------------------------------

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
    workspaceId: workspaceId
  }
  dependsOn: [hostStorage, chainStorage, rbac, endpoints]
}

// --- Alerts, and a workbook ----------------------------------------------------------------------------------------------

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    actionsName: names.actions
    workbookName: names.workbook
    location: location
    tags: tags
    to: alertsTo
    insightsName: names.insights
    topicIds: concat(vaultTopicIds, [chainTopicId, topicId])
  }
  dependsOn: [monitoring, vaultTopics, chainTopic, topic]
}

// --- What the next steps need; azd keeps these as its environment -------------------------------------------------------

@description('The site that the code is deployed to.')
output SITE_NAME string = names.site

@description('Its address.')
output API_URL string = 'https://${app.outputs.host}/api'

@description('The account with the containers for chains, CSRs, trusted CAs and rules.')
output CHAIN_STORAGE string = names.chainStorage

@description('The vaults that Certflow works with, by alias.')
output VAULTS types.vaultNames = toObject(placedVaults, vault => vault.alias, vault => vault.name)
