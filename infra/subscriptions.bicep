// The event subscriptions alone, for azd and for pipelines that place the code themselves: with delivery 'functions' Event
// Grid asks each function whether it takes events, so the code has to be there before. Else main.bicep makes them. The
// parameters are those of main.bicep: with others, something is not found.

import * as types from 'modules/types.bicep'
import { checkedName, checkedVaults } from 'modules/checks.bicep'
import { chosenDelivery, namesOf, placed } from 'modules/names.bicep'

@description('As in main.bicep.')
@minLength(1)
@maxLength(20)
param name string = 'certflow'

@description('As in main.bicep.')
@minLength(1)
param vaults types.vault[] = [{ alias: 'main' }]

@description('As in main.bicep.')
param delivery types.delivery = 'queues'

@description('As in main.bicep.')
param privateNetwork bool = false

var names = namesOf(checkedName(name), resourceGroup().id)

module subscriptions 'modules/subscriptions.bicep' = {
  params: {
    vaults: [for vault in checkedVaults(vaults): placed(vault, name, resourceGroup().id)]
    token: names.token
    deliverTo: chosenDelivery(delivery, privateNetwork)
    siteName: names.site
    hostStorageId: resourceId('Microsoft.Storage/storageAccounts', names.hostStorage)
    chainTopicName: names.chainTopic
    topicName: names.topic
  }
}
