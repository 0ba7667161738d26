// A new vault: roles instead of access policies, purge protection, and a log of who did what.

import * as types from 'types.bicep'

@description('Its name.')
param name string

@description('Where it is.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('True: it is reached over its private endpoint only.')
param private bool

@description('The workspace that logs who did what.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: private ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

resource log 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'certflow'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated' // into the table AZKVAuditLogs, which an alert reads
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}
