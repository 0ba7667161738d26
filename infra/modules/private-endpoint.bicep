// A private endpoint, and its record in DNS unless Azure Policy makes that.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is: the region of its subnet.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('The subnet that gets the address.')
param subnetId string

@description('Resource id of what is reached.')
param targetId string

@description('Which part of it.')
param part types.part

@description('The DNS zones by part, where inZone.')
param zones types.partZones?

@description('True: its name is put into the zone.')
param inZone bool

resource end 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [part]
        }
      }
    ]
  }

  resource record 'privateDnsZoneGroups' = if (inZone) {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: part
          properties: { privateDnsZoneId: zones![part] }
        }
      ]
    }
  }
}
