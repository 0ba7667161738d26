// The private way in and out: a network with a subnet for the app and one for private endpoints, and their DNS zones.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('The addresses it takes: a /24; nothing outside needs to know them unless you peer it.')
param addresses string

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

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addresses] }
  }
  // Resources of their own: in the network's own list, each deployment would delete the subnets that others have added.
  resource app 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: cidrSubnet(addresses, 26, 0)
      delegations: [
        {
          name: 'app'
          properties: { serviceName: 'Microsoft.App/environments' }
        }
      ]
    }
  }
  resource ends 'subnets' = {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addresses, 26, 1)
      privateEndpointNetworkPolicies: 'Disabled'
    }
    dependsOn: [app]
  }
}

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
      virtualNetwork: { id: network.id }
    }
  }
]

@description('The subnet that the app is integrated with.')
output appSubnetId string = network::app.id

@description('The subnet of the private endpoints.')
output endpointSubnetId string = network::ends.id

@description('The DNS zones by what is reached: blob, queue, table, vault, topic, sites.')
output zones types.zones = {
  blob: zone[0].id
  queue: zone[1].id
  table: zone[2].id
  vault: zone[3].id
  topic: zone[4].id
  sites: zone[5].id
}
