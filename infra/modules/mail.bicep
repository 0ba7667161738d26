// Mail by Azure Communication Services: from a domain of yours, or from one of Azure, which needs no DNS records.

import * as types from 'types.bicep'

@description('Name of the e-mail service.')
param mailName string

@description('Name of the Communication Services resource, which is the address of its endpoint.')
param communicationName string

@description('Where it keeps its data.')
param dataLocation string

@description('A domain of yours.')
param ownDomain types.mailDomain

@description('Tags of all resources.')
param tags types.tags

resource mail 'Microsoft.Communication/emailServices@2025-09-01' = if (ownDomain.?id == null) {
  name: mailName
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }

  resource domain 'domains' = {
    name: 'AzureManagedDomain'
    location: 'global'
    tags: tags
    properties: {
      domainManagement: 'AzureManaged'
      userEngagementTracking: 'Disabled'
    }
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: communicationName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [ownDomain.?id ?? mail::domain.id]
  }
}

@description('Where mail is handed over.')
output endpoint string = 'https://${communication.properties.hostName}'

@description('The sender of all mail, from a domain of Azure; empty: from yours.')
output from string = ownDomain.?id == null ? 'DoNotReply@${mail::domain!.properties.mailFromSenderDomain}' : ''
