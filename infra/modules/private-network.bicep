// A network with a subnet for the app, one for private endpoints where there are any, and, if asked for, one address out.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('The addresses it takes: a /24; nothing outside needs to know them unless you peer it.')
param addresses string

@description('True: it gets a subnet for private endpoints.')
param withEndpoints bool

@description('Names of the NAT gateway and of its public address, by which the app goes out; empty: none.')
param gateway { name: string, addressName: string }?

@description('Resource id of a network security group for the subnets; empty: none.')
param securityGroupId string

@description('Resource id of a route table for the app\'s subnet; empty: none.')
param routeTableId string

var securityGroup = empty(securityGroupId) ? null : { id: securityGroupId }

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (gateway != null) {
  name: gateway!.addressName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource nat 'Microsoft.Network/natGateways@2025-05-01' = if (gateway != null) {
  name: gateway!.name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }] }
}

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
      natGateway: gateway == null ? null : { id: nat.id }
      networkSecurityGroup: securityGroup
      routeTable: empty(routeTableId) ? null : { id: routeTableId }
    }
  }
  resource ends 'subnets' = if (withEndpoints) {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addresses, 26, 1)
      // A security group counts for endpoints only if it is switched on for them.
      privateEndpointNetworkPolicies: securityGroup == null ? 'Disabled' : 'NetworkSecurityGroupEnabled'
      networkSecurityGroup: securityGroup
    }
    dependsOn: [app]
  }
}

@description('The address by which the app goes out; empty: addresses of Azure, which change.')
output address string = gateway == null ? '' : address!.properties.ipAddress
