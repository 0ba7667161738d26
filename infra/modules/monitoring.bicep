// Logs: a workspace, and Application Insights that takes telemetry with Entra tokens only.

import * as types from 'types.bicep'

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Where they are.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('Days that logs are kept; 30 cost nothing extra.')
param keepDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: keepDays
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

@description('Where telemetry goes; no credential, since local authentication is off.')
output connectionString string = insights.properties.ConnectionString
