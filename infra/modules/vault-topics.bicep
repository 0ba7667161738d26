// A system topic for each vault, or the one that it has already: a source has only one.

import * as types from 'types.bicep'
import { placedVault } from 'names.bicep'

@description('The vaults.')
param vaults placedVault[]

@description('The region of new vaults.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('The workspace that logs what could not be delivered.')
param workspaceId string

module existingVaults 'existing-vault.bicep' = [
  for vault in vaults: if (!vault.new && vault.topicNew) {
    scope: resourceGroup(vault.subscription, vault.group)
    params: { name: vault.name }
  }
]

module newTopics 'system-topic.bicep' = [
  for (vault, index) in vaults: if (vault.topicNew) {
    scope: resourceGroup(vault.topicSubscription, vault.topicGroup)
    params: {
      name: vault.topic
      location: vault.new ? location : existingVaults[index]!.outputs.location
      tags: tags
      sourceId: vault.id
      topicType: 'Microsoft.KeyVault.vaults'
      workspaceId: workspaceId
    }
  }
]

module existingTopics 'existing-topic.bicep' = [
  for vault in vaults: if (!vault.topicNew) {
    scope: resourceGroup(vault.topicSubscription, vault.topicGroup)
    params: { name: vault.topic }
  }
]

@description('Principals of the topics, in the order of the vaults.')
output principals string[] = [
  for (vault, index) in vaults: vault.topicNew
    ? newTopics[index]!.outputs.principalId
    : existingTopics[index]!.outputs.principalId
]
