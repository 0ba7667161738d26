// Logs: a workspace, and Application Insights that takes telemetry with Entra tokens only.

import * as types from 'types.bicep'

@description('Name of the Log Analytics workspace that is made, unless one is given.')
param workspaceName string

@description('Resource id of a workspace that there is already, in any group or subscription; empty: one is made.')
param givenWorkspaceId string

@description('Name of the Application Insights component.')
param insightsName string

@description('Where they are.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('Days that logs are kept in the workspace that is made; 30 cost nothing extra. A given one keeps its own.')
param keepDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = if (empty(givenWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: keepDays
    features: { disableLocalAuth: true }
  }
}

// Where the given one is: rules over its logs have to be in its region.
resource given 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = if (!empty(givenWorkspaceId)) {
  name: empty(givenWorkspaceId) ? workspaceName : last(split(givenWorkspaceId, '/'))
  scope: resourceGroup(
    empty(givenWorkspaceId) ? subscription().subscriptionId : split(givenWorkspaceId, '/')[2],
    empty(givenWorkspaceId) ? resourceGroup().name : split(givenWorkspaceId, '/')[4]
  )
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: empty(givenWorkspaceId) ? workspace.id : givenWorkspaceId
    DisableLocalAuth: true
  }
}

@description('Where telemetry goes; no credential, since local authentication is off.')
output connectionString string = insights.properties.ConnectionString

@description('The region of the workspace.')
output workspaceLocation string = empty(givenWorkspaceId) ? location : given!.location
