// Makes the roles and grants that grants.bicep lists.

import { grant } from 'grants.bicep'
import { definition } from 'roles.bicep'

@description('The roles to define.')
param definitions definition[]

@description('The grants.')
param grants grant[]

@description('Resource id of the identity of the app; it names the assignments.')
param identityId string

@description('Its principal.')
param principalId string

@description('Object id of whoever deploys.')
param deployerId string

@description('Resource ids of the topics, which name their assignments.')
param topicIds string[]

@description('Principals of the topics, in the same order.')
param topicPrincipals string[]

module roles 'role-definition.bicep' = [
  for one in definitions: {
    scope: resourceGroup(one.subscription, one.group)
    params: { definition: one }
  }
]

// The kind of the resource that a grant is on; whoever gives the id of a vault may write it in any case.
func on(one grant) string => toLower(split(one.scope, '/')[length(split(one.scope, '/')) - 2])

func nameOf(one grant) string => last(split(one.scope, '/'))

// A name tells the grant's scope, principal and role: with one of them changed it is another grant, since Azure refuses to
// change them under a name (RoleAssignmentUpdateNotPermitted), and refuses a second name for the same three.
func keyOf(one grant, app string, deployer string) string =>
  one.who == 'app' ? app : one.who == 'deployer' ? deployer : one.who

func principalOf(one grant, app string, deployer string, topics string[], ofTopics string[]) string =>
  one.who == 'app'
    ? app
    : one.who == 'deployer' ? deployer : contains(topics, one.who) ? ofTopics[indexOf(topics, one.who)] : one.who

module onVaults 'role-on-vault.bicep' = [
  for one in filter(grants, one => on(one) == 'vaults'): {
    scope: resourceGroup(split(one.scope, '/')[2], split(one.scope, '/')[4])
    params: {
      vaultName: nameOf(one)
      principalId: principalId
      identityId: identityId
      role: one.role
      why: one.why
    }
    dependsOn: [roles]
  }
]

module onSecrets 'role-on-secret.bicep' = [
  for one in filter(grants, one => on(one) == 'secrets'): {
    scope: resourceGroup(split(one.scope, '/')[2], split(one.scope, '/')[4])
    params: {
      vaultName: split(one.scope, '/')[8]
      secretName: nameOf(one)
      principalId: principalId
      identityId: identityId
      role: one.role
      why: one.why
    }
  }
]

var onAccounts = filter(grants, one => on(one) == 'storageaccounts')
var onContainers = filter(grants, one => on(one) == 'containers')
var onQueues = filter(grants, one => on(one) == 'queues')
var onTopics = filter(grants, one => on(one) == 'topics')
var onInsights = filter(grants, one => on(one) == 'components')
var onMail = filter(grants, one => on(one) == 'communicationservices')

resource accounts 'Microsoft.Storage/storageAccounts@2025-08-01' existing = [
  for one in onAccounts: { name: nameOf(one) }
]

resource ofAccounts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onAccounts: {
    name: guid(accounts[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: accounts[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = [
  for one in onContainers: { name: '${split(one.scope, '/')[8]}/default/${nameOf(one)}' }
]

resource ofContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onContainers: {
    name: guid(containers[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: containers[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' existing = [
  for one in onQueues: { name: '${split(one.scope, '/')[8]}/default/${nameOf(one)}' }
]

resource ofQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onQueues: {
    name: guid(queues[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: queues[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]

resource topics 'Microsoft.EventGrid/topics@2025-02-15' existing = [for one in onTopics: { name: nameOf(one) }]

resource ofTopics 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onTopics: {
    name: guid(topics[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: topics[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = [for one in onInsights: { name: nameOf(one) }]

resource ofInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onInsights: {
    name: guid(insights[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: insights[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]

resource mail 'Microsoft.Communication/communicationServices@2025-09-01' existing = [
  for one in onMail: { name: nameOf(one) }
]

resource ofMail 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onMail: {
    name: guid(mail[index].id, keyOf(one, identityId, deployerId), one.role)
    scope: mail[index]
    properties: {
      principalId: principalOf(one, principalId, deployerId, topicIds, topicPrincipals)
      principalType: one.?type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', one.role)
      description: one.why
    }
    dependsOn: [roles]
  }
]
