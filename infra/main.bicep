// Certflow starts certificate requests in Key Vault, hands out CSRs, merges the signed chains, and warns before
// certificates end. This file is all of it, with the code where packageUri names a package. Prices: a month, list, US $,
// 2026.
//
// Cost: about 12 $ with one vault (the app 5 $, alerts 4 $, logs 2.40 $), 30 to 90 $ with two dozen (docs/operations.md).
// privateNetwork: about 61 $ more, and 7 $ for each further vault. outbound.fixedAddress: about 37 $.
//
//   identity     one managed identity, for the app. Free
//   the app      Flex Consumption plan and site, Python 3.13. 5 $ for one vault, up to 58 $ for two dozen
//   vaults       existing ones by id; one without an id is made (default: one new vault). Cents for calls
//   storage      two accounts that refuse keys. Host: code package, queues, dead letters, tables (requests, history,
//                deliveries). Chains: what people drop and what became of it, CSRs, trusted CAs, rules, access. Under 1 $
//   Event Grid   the app's own topic, and one system topic for each vault and for the chain storage. Cents
//   logs         Log Analytics (workspaceId: yours) and Application Insights; new vaults, storage and topics log there. 2.30 $ a GB,
//                1 GB for one vault
//   alerts       eight rules on logs, nine with signIn, 0.50 $ each; two on the lost events of each topic, ten of them free, then
//                0.10 $ each; an action group that mails alertsTo; a workbook
//   mail         Communication Services, only if notifications has mailTo and no smtp. 0.25 $ for 1,000 mails
//   private      only with privateNetwork: a network, six DNS zones at 0.50 $, endpoints at 7.30 $: seven, one for each
//                vault, and one for the vault with the secrets if it is none of them. With subnets and zones in network:
//                the endpoints alone
//   the way out  only with outbound.fixedAddress: a NAT gateway and its public address, and a network if there is none
//
// Who may do what (each role with its reason: modules/grants.bicep)
//
//   the app      Vaults: create and read certificates and versions, merge chains, cancel and delete pending requests.
//                Not: delete or import certificates, change issuers (with builtInVaultRoles it could), read private
//                keys. Else: its storage; send events, telemetry, mail; read the secrets that notifications names
//   each topic   by an identity of its own: write dead letters, and with delivery 'queues' write to its queue
//   people       those in people, container by container (default: whoever deploys drops chains, sets trusted CAs). On a
//                new vault no person gets a role
//   API callers  with signIn: what access.json grants them, or an app role while there is no such file. Without: with a
//                function key, which whoever may list the site's keys has, start, cancel, merge, in all vaults
//
// Reach: API, storage, new vaults and topic have public addresses; the API takes Entra tokens, or function keys
// without signIn, the rest Entra tokens only; with delivery 'functions' Event Grid calls the app. With privateNetwork these are reached from inside only; the
// app still goes out to logs, mail and Teams (through outbound.subnetId also without it). An existing vault's own firewall
// has to let the app in.
//
// Secrets: none in parameters or outputs. Teams URLs, other URLs and the mail password stay in the vault
// notifications.secretsVaultId; only their names are here. The host makes the function keys, in its storage.
//
// Existing vaults keep their settings, also their public access. They get grants, a system topic (or give theirs, which
// needs an identity, by topicId), and an endpoint if privateNetwork. The vault with the secrets gets grants on those.
//
// Before: with signIn two registered applications (infra/entra); a resource group; the rights to deploy, to assign roles (else roles: 'list') and to define them (else
// builtInVaultRoles, or vaultRoleId), in it and in the groups of existing vaults, their topics and the vault with the
// secrets; these vaults use Azure roles; the secrets are there. infra/preflight.sh looks for all of it.
// Then: with privateNetwork a way in of your own (peering or VPN, DNS for the six zones); the code, if packageUri is empty,
// and after it, if delivery is 'functions', subscriptions.bicep with the same parameters; trusted CAs, rules, people's
// roles on a new vault. What leaves the parameters stays granted: infra/grants.sh.

import * as types from 'modules/types.bicep'
import { checkedName, checkedSignIn, checkedVaultId, checkedVaults } from 'modules/checks.bicep'
import { releasedPackage } from 'modules/code.bicep'
import { definitionsOf, grant, grantsOf } from 'modules/grants.bicep'
import { chosenDelivery, namesOf, placed, queues, spelled } from 'modules/names.bicep'
import { allowed, mailDomainOf, ready, redundant, settingsTaken } from 'modules/sizes.bicep'
import { networkOf } from 'modules/network-shape.bicep'

@description('Part of every name: lower-case letters, digits and hyphens, with a letter or a digit first and last.')
@minLength(1)
@maxLength(20)
param name string = 'certflow'

@description('The region. It needs Flex Consumption with Python 3.13: az functionapp list-flexconsumption-runtimes --runtime python --location <region>.')
param location string = resourceGroup().location

@description('The vaults. With an id: an existing one, in any group or subscription. Without: a new one. Messages and the API call it by its alias.')
@minLength(1)
param vaults types.vault[] = [{ alias: 'main' }]

@description('Who gets messages about certificates: mail, Teams, other services. Secrets are named here; secretsVaultId is the vault that holds them.')
param notifications types.notifications = {}

@description('Settings of the app that differ from the defaults: waiting times, expiry warnings, renewal, digest, schedules (docs/settings.md).')
param choices types.choices = {}

@description('How people and pipelines sign in: the tenant and the two applications that infra/entra/register.sh registers. Empty: no sign-in; whoever has a function key may do everything in all vaults (the output SIGN_IN says which).')
param signIn types.signIn = {}

@description('False: chains come by the API alone (POST chains), which knows who calls; no person gets a right to put files where they would be dropped.')
param drops bool = true

@description('Who works with the files, a list for each task: return chains and read CSRs; set trusted CAs; set rules; read quarantined files; say who may do what. Default: whoever deploys does the first two.')
param people types.people = { uploaders: [{ id: 'deployer' }], trustees: [{ id: 'deployer' }] }

@description('Mail addresses for alerts about Certflow itself. Empty, and no actionGroupIds: alerts fire, and nobody gets mail.')
param alertsTo string[] = []

@description('Resource ids of action groups that get the alerts, beside alertsTo or, if that is empty, in its place.')
@maxLength(4)
param actionGroupIds string[] = []

@description('Resource id of a Log Analytics workspace that takes all logs, in any group or subscription. Empty: one is made.')
param workspaceId string = ''

@description('How events reach the app. queues: Event Grid puts them into queues of the host storage, without a key and without a first call that a cold start can refuse; after a rest a queue is looked into within two minutes. functions: Event Grid calls the functions, within seconds; the code has to be there first, and the subscription of the blob trigger holds a key. With privateNetwork: queues.')
param delivery types.delivery = 'queues'

@description('Address of the package with the code: https, reached without signing in, a SAS for a blob of your own; the history of the deployment shows it, so a SAS should end within hours. Default: the package of this release; while there is none, or with roles list, nothing. Empty: azd or a pipeline places the code.')
param packageUri string = roles == 'list' ? '' : releasedPackage()

@description('True: private endpoints for app, storage, vaults and topic, no public access to what is new, and Event Grid delivers to queues. Logs, mail and Teams stay public. Deploy the code from inside the network.')
param privateNetwork bool = false

@description('Addresses of the network, where one is made: a /24 that overlaps no network you will peer with it. This file makes no peering.')
param networkAddresses string = '10.83.0.0/24'

@description('With privateNetwork: subnets and DNS zones that are there already, as in a hub and spoke. Default: all are made.')
param network types.network = {}

@description('How the app goes out: through a subnet of yours although its API is public, or by one public address.')
param outbound types.outbound = {}

@description('list: gives no role and defines none; the output GRANTS says which the app, the topics and people need, for whoever may (infra/grants.sh makes commands of it). Leave packageUri out until they are made: neither the package nor, with queues, the event subscriptions follow before it is set. Only roles that are there already: see builtInVaultRoles, vaultRoleId.')
param roles 'assign' | 'list' = 'assign'

@description('Id of the role that the app gets on vaults, made once by whoever may (infra/vault-role.bicep): nothing else is defined then, so watched vaults and people get built-in roles. Empty: roles of its own.')
param vaultRoleId string = ''

@description('True: built-in roles only, for those who may not define roles. On vaults Certificates Officer could also delete, import and purge certificates, and change issuers; it reads no private keys. People could also delete files and containers.')
param builtInVaultRoles bool = false

@description('Most instances at one time of each function group: the HTTP functions together, the blob trigger, and every other function scale by themselves. Only those that run are paid.')
@minValue(40)
@maxValue(1000)
param instances int = 40

@description('Instances for HTTP that always run (2 GB), and are always paid: 15 to 21 $ a month each.')
@minValue(0)
@maxValue(20)
param readyInstances int = 0

@description('Further functions whose instances always run, by group: blob, or function:<name>. A queue that was idle is looked at within up to two minutes (azure-functions-host#10706); one instance makes it seconds.')
param alwaysReady types.readyGroup[] = []

@description('MB of memory of each instance; what is paid follows it.')
param instanceMemory 512 | 2048 | 4096 = 2048

@description('True: instances in several zones. Needs storageRedundancy with zones, and always runs, and bills, two instances for each function group.')
param zoneRedundant bool = false

@description('How both storage accounts are copied. From one without zones to one with: by a conversion of the account (az storage account migration start) before this is changed.')
param storageRedundancy types.redundancy = 'Standard_LRS'

@description('Further settings of the app, by name, such as those of Azure Monitor or of authentication. Those that are made of other parameters are refused here.')
param furtherSettings types.furtherSettings = {}

@description('Addresses that may call the API, as ranges: 203.0.113.0/24, 2001:db8::/32. Empty: all. Event Grid may, too, where it calls the functions. The deployment site stays open to those with a token.')
@maxLength(500)
param allowedAddresses string[] = []

@description('Days that files with private keys stay in chains-quarantine. 0: until somebody deletes them. Then they can be had back for another 30 days by those who may write there.')
@minValue(0)
@maxValue(3650)
param keepQuarantineDays int = 30

@description('Days for which nobody can change or delete a file of the record of acts; it only grows. 0: no such policy. Without a lock, whoever may manage the storage can end it.')
@minValue(0)
@maxValue(146000)
param keepActsDays int = 400

@description('True: you have locked that policy, which no deployment can undo or do (docs/operations.md). The template then leaves it as it is.')
param actsLocked bool = false

@description('Days that logs are kept in a workspace made here. Beyond 31: about 0.10 $ a GB and month.')
@minValue(30)
@maxValue(730)
param keepLogsDays int = 30

@description('Where Communication Services keeps its data: Europe, United States, …')
param mailDataLocation string = 'Europe'

@description('A domain of your own for mail, verified already. It takes more mail than one of Azure\'s: 30 a minute and 100 an hour, unless mailLimits says otherwise.')
param mailDomain types.mailDomain = {}

@description('Tags of all resources.')
param tags types.tags = {}

var names = namesOf(checkedName(name), resourceGroup().id)
var placedVaults = [for vault in checkedVaults(vaults): placed(vault, name, resourceGroup().id)]
// Ids are made of names, not of outputs, which what-if cannot see. So modules name what they depend on.
var identityId = resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', names.identity)
var logsId = empty(workspaceId) ? resourceId('Microsoft.OperationalInsights/workspaces', names.workspace) : workspaceId
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
var secretNames = types.secretsIn(notifications)
var secretsVaultId = empty(secretNames)
  ? ''
  : spelled(checkedVaultId(notifications.?secretsVaultId ?? fail('notifications.secretsVaultId is missing: the vault that has the secrets named there')))
var deliverTo = chosenDelivery(delivery, privateNetwork)
var queued = deliverTo == 'queues'
var net = networkOf(privateNetwork, network, outbound)
var readyGroups = ready(readyInstances, alwaysReady)
var storageSku = redundant(zoneRedundant, storageRedundancy)
var addresses = allowed(allowedAddresses, privateNetwork)
var ownSettings = settingsTaken(furtherSettings)
var callers = checkedSignIn(signIn)
var sendsByAzure = !empty(notifications.?mailTo ?? []) && notifications.?smtp == null
var ownMailDomain = mailDomainOf(mailDomain, sendsByAzure)
var ownSender = empty(ownMailDomain)
  ? ''
  : '${ownMailDomain.?sender ?? 'DoNotReply'}@${last(split(ownMailDomain.?id ?? '', '/'))}'

// --- The identity, and where logs go ---------------------------------------------------------------------------------

module identity 'modules/identity.bicep' = {
  params: { name: names.identity, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    givenWorkspaceId: workspaceId
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
    containers: ['app-package', 'dead-letters', 'inventory']
    // Those that Event Grid delivers to, each with its poison queue, which the app reads, too; the app makes the others.
    queues: queued ? flatten(map(items(queues), one => [one.value, '${one.value}-poison'])) : []
    redundancy: storageSku
    keepDays: 0
    brief: []
    growing: {}
    ending: {}
    holdsWork: true
    private: privateNetwork
    workspaceId: logsId
  }
  dependsOn: [monitoring]
}

module chainStorage 'modules/storage.bicep' = {
  params: {
    name: names.chainStorage
    location: location
    tags: tags
    containers: [
      'chains'
      'chains-merged'
      'chains-rejected'
      'chains-quarantine'
      'csr'
      'trusted-cas'
      'rules'
      'access'
      'acts'
    ]
    queues: ['webjobs-blobtrigger-poison'] // drops whose names could not be put on our queue, when Event Grid calls the app
    redundancy: storageSku
    keepDays: 30 // soft delete, and previous versions
    // The app itself deletes versions of what it has moved; what is left of them (taken away unread) ends after a week.
    brief: ['chains']
    holdsWork: false
    growing: keepActsDays > 0 && !actsLocked ? { acts: keepActsDays } : {}
    ending: keepQuarantineDays > 0 ? { 'chains-quarantine': keepQuarantineDays } : {}
    private: privateNetwork
    workspaceId: logsId
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
      workspaceId: logsId
    }
    dependsOn: [monitoring]
  }
]

// --- Event Grid: system topics of vaults and chain storage, the app's own topic --------------------------------------

// A vault has one topic at most: its own by topicId, or a new one in its region.
module vaultTopics 'modules/vault-topics.bicep' = {
  params: { vaults: placedVaults, location: location, tags: tags, workspaceId: logsId }
  dependsOn: [monitoring, newVaults]
}

module chainTopic 'modules/system-topic.bicep' = {
  params: {
    name: names.chainTopic
    location: location
    tags: tags
    sourceId: chainStorageId
    topicType: 'Microsoft.Storage.StorageAccounts'
    workspaceId: logsId
  }
  dependsOn: [monitoring, chainStorage]
}

module topic 'modules/topic.bicep' = {
  params: {
    name: names.topic
    location: location
    tags: tags
    private: privateNetwork
    workspaceId: logsId
  }
  dependsOn: [monitoring]
}

// --- Mail ------------------------------------------------------------------------------------------------------------

module mail 'modules/mail.bicep' = if (sendsByAzure) {
  params: {
    mailName: names.mail
    communicationName: names.communication
    dataLocation: mailDataLocation
    ownDomain: ownMailDomain
    tags: tags
  }
}

// --- Who may do what -------------------------------------------------------------------------------------------------

var topics = concat(map(vaultTopicIds, id => { id: id, queue: queued ? queues.vaultEvents : '' }), [
  { id: chainTopicId, queue: queued ? queues.drops : '' }
  { id: topicId, queue: queued ? queues.events : '' }
])
var granted = {
  group: resourceGroup().id
  token: names.token
  defines: roles == 'assign' && !builtInVaultRoles && empty(vaultRoleId)
  vaultRoleId: vaultRoleId
  vaults: placedVaults
  hostStorageId: hostStorageId
  chainStorageId: chainStorageId
  topicId: topicId
  insightsId: resourceId('Microsoft.Insights/components', names.insights)
  communicationId: sendsByAzure ? resourceId('Microsoft.Communication/communicationServices', names.communication) : ''
  secretsVaultId: secretsVaultId
  secretNames: secretNames
  topics: topics
  people: people
  drops: drops
}

module rbac 'modules/rbac.bicep' = if (roles == 'assign') {
  params: {
    definitions: definitionsOf(granted)
    grants: grantsOf(granted)
    identityId: identityId
    principalId: identity.outputs.principalId
    deployerId: deployer().objectId
    topicIds: map(topics, one => one.id)
    topicPrincipals: concat(vaultTopics.outputs.principals, [
      chainTopic.outputs.principalId
      topic.outputs.principalId
    ])
  }
  dependsOn: [monitoring, hostStorage, chainStorage, newVaults, mail]
}

// --- The private network and its endpoints ---------------------------------------------------------------------------

var networkId = net.made
  ? resourceId('Microsoft.Network/virtualNetworks', names.network)
  : split(net.appSubnetId, '/subnets/')[0]
var appSubnetId = net.made ? '${networkId}/subnets/app' : net.appSubnetId
var endpointSubnetId = net.made ? '${networkId}/subnets/endpoints' : net.endpointSubnetId

module ownNetwork 'modules/private-network.bicep' = if (net.made) {
  params: {
    name: names.network
    location: location
    tags: tags
    addresses: networkAddresses
    withEndpoints: privateNetwork
    gateway: net.fixedAddress ? { name: names.gateway, addressName: names.address } : null
    securityGroupId: network.?networkSecurityGroupId ?? ''
    routeTableId: network.?routeTableId ?? ''
  }
}

module ownZones 'modules/private-zones.bicep' = if (privateNetwork && net.zones == 'own') {
  params: {
    name: names.network
    tags: tags
    networkId: networkId
  }
  dependsOn: [ownNetwork]
}

var vaultEndpoints = network.?vaultEndpoints ?? true
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
  map(filter(placedVaults, vault => vault.new || vaultEndpoints), vault => {
    name: 'v-${vault.alias}'
    id: vault.id
    part: 'vault'
  }),
  // Secrets are read over the network, too; a vault with an endpoint elsewhere would have no name here.
  empty(secretNames) || contains(map(placedVaults, vault => toLower(vault.id)), toLower(secretsVaultId)) || !vaultEndpoints
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
      subnetId: endpointSubnetId
      targetId: one.id
      part: one.part
      inZone: net.zones != 'byPolicy'
      zones: net.zones == 'own' ? ownZones!.outputs.zones : net.?zoneIds
    }
    dependsOn: [ownNetwork, hostStorage, chainStorage, topic, newVaults]
  }
]

module siteEndpoint 'modules/private-endpoint.bicep' = if (privateNetwork) {
  params: {
    name: 'pe-${name}-site-${names.token}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: siteId
    part: 'sites'
    inZone: net.zones != 'byPolicy'
    zones: net.zones == 'own' ? ownZones!.outputs.zones : net.?zoneIds
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
    mailFrom: !sendsByAzure ? notifications.?smtp.?from ?? '' : empty(ownSender) ? mail!.outputs.from : ownSender
    vaults: placedVaults
    notifications: notifications
    choices: choices
    signIn: callers
    instances: instances
    ready: readyGroups
    memory: instanceMemory
    zoneRedundant: zoneRedundant
    furtherSettings: ownSettings
    allowedAddresses: addresses
    calledByEventGrid: !queued
    private: privateNetwork
    subnetId: appSubnetId
  }
  dependsOn: [ownNetwork, hostStorage, chainStorage, rbac, endpoints]
}

// --- The code, where it is not placed by azd or a pipeline -----------------------------------------------------------------

module code 'modules/code.bicep' = if (!empty(packageUri)) {
  params: { siteName: names.site, packageUri: packageUri }
  dependsOn: [app]
}

// --- Event subscriptions: what delivers to functions needs them to be there ------------------------------------------------

// Event Grid refuses a subscription whose topic may not write dead letters (MicrosoftDocs/azure-docs#98216), and a
// deployment that fails has no outputs, so nobody would know which grants to make: with roles 'list' they come with the code.
module subscriptions 'modules/subscriptions.bicep' = if (!empty(packageUri) || (queued && roles == 'assign')) {
  params: {
    vaults: placedVaults
    token: names.token
    deliverTo: deliverTo
    siteName: names.site
    hostStorageId: hostStorageId
    chainTopicName: names.chainTopic
    topicName: names.topic
  }
  dependsOn: [app, code, rbac]
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
    groups: actionGroupIds
    insightsName: names.insights
    workspaceId: logsId
    workspaceLocation: monitoring.outputs.workspaceLocation
    hostStorageName: names.hostStorage
    chainStorageName: names.chainStorage
    chainStorageId: chainStorageId
    principalId: identity.outputs.principalId
    signedIn: !empty(signIn)
    vaults: map(placedVaults, vault => toLower(vault.alias))
    topicIds: concat(vaultTopicIds, [chainTopicId, topicId])
  }
  dependsOn: [chainStorage, vaultTopics, chainTopic, topic]
}

// --- What the next steps need; azd stores it in its environment ------------------------------------------------------

@description('The site that the code is deployed to.')
output SITE_NAME string = names.site

@description('Address of its API. With privateNetwork: from inside the network only.')
output API_URL string = 'https://${app.outputs.host}/api'

@description('The address by which the app goes out, for firewalls; empty without outbound.fixedAddress.')
output OUTBOUND_ADDRESS string = net.fixedAddress ? ownNetwork!.outputs.address : ''

@description('How callers sign in: entra, or keys, with which whoever has a function key may do everything.')
output SIGN_IN string = empty(signIn) ? 'keys' : 'entra'

@description('The account with the containers for chains, CSRs, trusted CAs, rules and access.')
output CHAIN_STORAGE string = names.chainStorage

@description('Names of the vaults, by alias.')
output VAULTS types.vaultNames = toObject(placedVaults, vault => vault.alias, vault => vault.name)

@description('Who may do what, where, and why: app is the identity of the app, deployer whoever made this deployment, a resource id that of a topic.')
output GRANTS grant[] = grantsOf(granted)

@description('Object ids of the identities that GRANTS names by what they are.')
output PRINCIPALS types.principals = concat(
  [{ who: 'app', id: identity.outputs.principalId }, { who: 'deployer', id: deployer().objectId }],
  map(
    range(0, length(vaultTopicIds)),
    index => { who: vaultTopicIds[index], id: vaultTopics.outputs.principals[index] }
  ),
  [{ who: chainTopicId, id: chainTopic.outputs.principalId }, { who: topicId, id: topic.outputs.principalId }]
)
