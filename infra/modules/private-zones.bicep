// The DNS zones of private endpoints, and their link to the network that the app is in.

import * as types from 'types.bicep'

@description('Name of the link to the network.')
param name string

@description('Tags of all resources.')
param tags types.tags

@description('Resource id of the network whose names they resolve.')
param networkId string

// What each part is called in private DNS (Learn, "Azure Private Endpoint private DNS zone values").
var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  topic: 'privatelink.eventgrid.${topicSuffix}'
  sites: 'privatelink.${siteSuffix}'
}
// environment() does not name these two; what it names of the cloud's management address tells the clouds apart.
var clouds = {
  AzureCloud: { topic: 'azure.net', site: 'azurewebsites.net' }
  AzureUSGovernment: { topic: 'azure.us', site: 'azurewebsites.us' }
  AzureChinaCloud: { topic: 'azure.cn', site: 'chinacloudsites.cn' }
}
var topicSuffix = clouds[environment().name].topic
var siteSuffix = clouds[environment().name].site
var kinds = ['blob', 'queue', 'table', 'vault', 'topic', 'sites']

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for kind in kinds: {
    name: zones[kind]
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (kind, index) in kinds: {
    parent: zone[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      // What has an endpoint in other networks only would have no name here: then its public one counts.
      resolutionPolicy: 'NxDomainRedirect'
      virtualNetwork: { id: networkId }
    }
  }
]

@description('The DNS zones by what is reached: blob, queue, table, vault, topic, sites.')
output zones types.partZones = {
  blob: zone[0].id
  queue: zone[1].id
  table: zone[2].id
  vault: zone[3].id
  topic: zone[4].id
  sites: zone[5].id
}
