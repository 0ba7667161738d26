// The app: a Flex Consumption plan and a site on it, whose package lies in the host storage.

import * as types from 'types.bicep'
import { placedVault } from 'names.bicep'

@description('Name of the plan.')
param planName string

@description('Name of the site, which is its address.')
param siteName string

@description('Where they are.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('Resource id of the identity it runs under.')
param identityId string

@description('Name of the host storage account, which has the container app-package.')
param hostStorageName string

@description('Name of the chain storage account.')
param chainStorageName string

@description('Client id of the identity.')
param clientId string

@description('Where telemetry goes.')
param insightsConnection string

@description('Where the app says what happened.')
param topicEndpoint string

@description('Communication Services, where mail goes that way; empty: it does not.')
param mailEndpoint string

@description('The sender of all mail; empty: there is none.')
param mailFrom string

@description('The vaults.')
param vaults placedVault[]

@description('Who hears of what.')
param notifications types.notifications

@description('What differs from the defaults.')
param choices types.choices

@description('How callers sign in; empty: with function keys.')
param signIn types.signIn

@description('Most instances at once. A small number protects what a CA and a vault allow.')
param instances int

@description('Function groups with instances that are always there, and always paid.')
param ready { name: string, instances: int }[]

@description('MB of memory of an instance.')
param memory int

@description('True: instances in several zones.')
param zoneRedundant bool

@description('Settings beyond those that are made here.')
param furtherSettings types.furtherSettings

@description('Ranges of addresses that may call the API; empty: all.')
param allowedAddresses string[]

@description('True: Event Grid calls the app, so it may.')
param calledByEventGrid bool

@description('The subnet that it goes out through; empty: none.')
param subnetId string

@description('True: it is reached over its private endpoint only.')
param private bool

// --- Settings: those that functions/settings reads, the connections of the triggers, and telemetry ----------------------

var secrets = notifications.?secretsVaultId == null
  ? ''
  : 'https://${last(split(notifications.?secretsVaultId ?? '', '/'))}${environment().suffixes.keyvaultDns}/secrets'
var teamsSecret = notifications.?teams.?urlSecret
var urlsSecret = notifications.?urlsSecret
var passwordSecret = notifications.?smtp.?passwordSecret

var settings = concat(
  [
    { name: 'AzureWebJobsStorage__blobServiceUri', value: hostStorage.properties.primaryEndpoints.blob }
    { name: 'AzureWebJobsStorage__queueServiceUri', value: hostStorage.properties.primaryEndpoints.queue }
    { name: 'AzureWebJobsStorage__tableServiceUri', value: hostStorage.properties.primaryEndpoints.table }
    // With addresses alone the host fails at times while it starts (azure-functions-host#11787). The name goes before them,
    // even if it is empty, and the host makes addresses of the public cloud of it; so elsewhere it is a name nobody reads.
    {
      name: environment().name == 'AzureCloud' ? 'AzureWebJobsStorage__accountName' : 'AzureWebJobsStorage__unread'
      value: hostStorageName
    }
    { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
    { name: 'AzureWebJobsStorage__clientId', value: clientId }
    { name: 'ChainStorage__blobServiceUri', value: chainStorage.properties.primaryEndpoints.blob }
    { name: 'ChainStorage__queueServiceUri', value: chainStorage.properties.primaryEndpoints.queue }
    { name: 'ChainStorage__credential', value: 'managedidentity' }
    { name: 'ChainStorage__clientId', value: clientId }
    { name: 'AZURE_CLIENT_ID', value: clientId }
    { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insightsConnection }
    { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${clientId};Authorization=AAD' }
    { name: 'AzureWebJobsDisableHomepage', value: 'true' }
    {
      name: 'CERTFLOW_VAULTS'
      value: join(
        map(
          vaults,
          vault =>
            '${vault.alias}${vault.observe ? ':observe' : ''}=https://${vault.name}${environment().suffixes.keyvaultDns}'
        ),
        ','
      )
    }
    {
      name: 'CERTFLOW_TRUSTED_CAS'
      value: join(map(vaults, vault => '${vault.alias}=${vault.trustedCas}'), ',')
    }
    { name: 'CERTFLOW_AUTH', value: empty(signIn) ? 'keys' : 'entra' }
    {
      name: 'CERTFLOW_AUTH_AUTHORITY'
      // What China's cloud names there is its older address, which is not the one in its tokens
      // (jenkinsci/azure-ad-plugin#679).
      value: environment().name == 'AzureChinaCloud'
        ? 'https://login.partner.microsoftonline.cn'
        : environment().authentication.loginEndpoint
    }
    { name: 'CERTFLOW_AUTH_TENANT', value: signIn.?tenantId ?? '' }
    { name: 'CERTFLOW_AUTH_API', value: signIn.?apiClientId ?? '' }
    { name: 'CERTFLOW_AUTH_PAGE', value: signIn.?pageClientId ?? '' }
    { name: 'CERTFLOW_AUTH_CLIENTS', value: join(signIn.?clients ?? [], ',') }
    { name: 'CERTFLOW_AUTH_KEYS_UNTIL', value: signIn.?keysUntil ?? '' }
    { name: 'CERTFLOW_AUTH_KEYS', value: join(signIn.?keyDigests ?? [], ',') }
    // With keys there is nobody whom a file could name: the app takes one for a wrong setting then.
    { name: 'CERTFLOW_ACCESS', value: empty(signIn) ? '' : signIn.?access ?? 'access/access.json' }
    { name: 'CERTFLOW_VAULT_BUDGET', value: string(choices.?vaultBudget ?? 400) }
    { name: 'CERTFLOW_VERIFY_CHALLENGE_RESOURCE', value: 'true' }
    { name: 'CERTFLOW_CHECK_SCHEDULE', value: choices.?checkSchedule ?? '0 * * * * *' }
    { name: 'CERTFLOW_DISCOVER_SCHEDULE', value: choices.?discoverSchedule ?? '0 7 * * * *' }
    { name: 'CERTFLOW_DAILY_SCHEDULE', value: choices.?dailySchedule ?? '0 0 6 * * *' }
    { name: 'CERTFLOW_SWEEP_SCHEDULE', value: choices.?sweepSchedule ?? '0 */10 * * * *' }
    { name: 'CERTFLOW_PATIENCE_ISSUER', value: choices.?patienceIssuer ?? '1d' }
    { name: 'CERTFLOW_PATIENCE_MANUAL', value: choices.?patienceManual ?? '3d' }
    { name: 'CERTFLOW_EXPIRY_LADDER', value: choices.?expiryLadder ?? '1/3,1/6,1/20' }
    { name: 'CERTFLOW_ISSUERS', value: join(choices.?issuers ?? ['*'], ',') }
    { name: 'CERTFLOW_REFUSED_WARNINGS', value: join(choices.?refusedWarnings ?? [], ',') }
    { name: 'CERTFLOW_RENEW', value: choices.?renew ?? true ? 'true' : 'false' }
    { name: 'CERTFLOW_RENEW_MOST', value: string(choices.?renewMost ?? 50) }
    { name: 'CERTFLOW_QUIET_CHECK', value: choices.?quietCheck ?? '' }
    { name: 'CERTFLOW_KEEP_REQUESTS', value: choices.?keepRequests ?? '' }
    { name: 'CERTFLOW_KEEP_MESSAGES', value: choices.?keepMessages ?? '' }
    { name: 'CERTFLOW_RENEWAL_MINUTES', value: string(choices.?renewalMinutes ?? 30) }
    { name: 'CERTFLOW_DIGEST', value: choices.?digest ?? 'daily' }
    { name: 'CERTFLOW_ACTS', value: choices.?acts ?? 'best-effort' }
    { name: 'CERTFLOW_CHAIN_INCLUDE_ROOT', value: choices.?chainIncludeRoot ?? false ? 'true' : 'false' }
    { name: 'CERTFLOW_LIVE_HOSTS', value: join(choices.?liveHosts ?? [], ',') }
    { name: 'CERTFLOW_LIVE_PORTS', value: join(map(choices.?livePorts ?? [443, 8443], port => string(port)), ',') }
    { name: 'CERTFLOW_LIVE_NETWORKS', value: join(choices.?liveNetworks ?? [], ',') }
    { name: 'CERTFLOW_LIVE_GRACE', value: choices.?liveGrace ?? '26h' }
    { name: 'CERTFLOW_TOPIC_ENDPOINT', value: topicEndpoint }
    {
      name: 'CERTFLOW_TEAMS_WEBHOOK_URL'
      value: teamsSecret == null
        ? notifications.?teams.?url ?? ''
        : '@Microsoft.KeyVault(SecretUri=${secrets}/${teamsSecret!})'
    }
    { name: 'CERTFLOW_TEAMS_AUTH', value: notifications.?teams.?auth ?? 'sas' }
    { name: 'CERTFLOW_TEAMS_ENVELOPE', value: notifications.?teams.?envelope ?? 'message' }
    { name: 'CERTFLOW_SMTP_SERVER', value: empty(notifications.?mailTo ?? []) ? '' : notifications.?smtp.?server ?? '' }
    { name: 'CERTFLOW_SMTP_USER', value: notifications.?smtp.?user ?? '' }
    {
      name: 'CERTFLOW_SMTP_PASSWORD'
      value: passwordSecret == null ? '' : '@Microsoft.KeyVault(SecretUri=${secrets}/${passwordSecret!})'
    }
    { name: 'CERTFLOW_ACS_ENDPOINT', value: mailEndpoint }
    { name: 'CERTFLOW_MAIL_FROM', value: mailFrom }
    { name: 'CERTFLOW_MAIL_TO', value: join(notifications.?mailTo ?? [], ',') }
    { name: 'CERTFLOW_MAIL_LIMITS', value: notifications.?mailLimits ?? '' }
    { name: 'CERTFLOW_SIGNERS', value: empty(notifications.?signers ?? []) ? '' : string(notifications.?signers) }
    { name: 'CERTFLOW_OPERATORS', value: join(notifications.?operators ?? [], ',') }
    { name: 'CERTFLOW_OWNER_DOMAINS', value: join(notifications.?ownerDomains ?? [], ',') }
    {
      name: 'CERTFLOW_NOTIFY_URLS'
      value: urlsSecret == null ? '' : '@Microsoft.KeyVault(SecretUri=${secrets}/${urlsSecret!})'
    }
    { name: 'CERTFLOW_NOTIFY_RULES', value: notifications.?rules ?? '' }
    { name: 'CERTFLOW_GATHER', value: notifications.?gather == null ? '' : string(notifications.gather!) }
    { name: 'CERTFLOW_API_URL', value: notifications.?apiUrl ?? '' }
    { name: 'CERTFLOW_PORTAL_URL', value: environment().portal }
    { name: 'CERTFLOW_CHAIN_STORAGE_ID', value: chainStorage.id }
    { name: 'CERTFLOW_RUNBOOK_URL', value: notifications.?runbookUrl ?? '' }
  ],
  map(notifications.?teams.?further ?? [], flow => {
    name: 'CERTFLOW_TEAMS_WEBHOOK_URL__${toUpper(flow.name)}'
    value: '@Microsoft.KeyVault(SecretUri=${secrets}/${flow.urlSecret})'
  }),
  map(items(furtherSettings), one => { name: one.key, value: one.value })
)

// --- Who may call: an address, or the service tag of Event Grid, whose deliveries come from many addresses --------------

var callers = concat(
  map(allowedAddresses, one => { ipAddress: one, tag: 'Default' }),
  calledByEventGrid ? [{ ipAddress: 'AzureEventGrid', tag: 'ServiceTag' }] : []
)
// Always said: what a deployment leaves out stays as it was (18F/piipan#1075), so an emptied list would still count.
var restrictions = empty(allowedAddresses)
  ? { ipSecurityRestrictionsDefaultAction: 'Allow', ipSecurityRestrictions: [] }
  : {
      ipSecurityRestrictionsDefaultAction: 'Deny'
      ipSecurityRestrictions: map(range(0, length(callers)), at => {
        name: 'allowed-${at}'
        priority: 100 + at
        action: 'Allow'
        ...callers[at]
      })
    }

// --- Plan and site -----------------------------------------------------------------------------------------------------

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: hostStorageName
}

resource chainStorage 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: chainStorageName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: siteName
  location: location
  // azd finds the site to deploy to by this tag.
  tags: union(tags, { 'azd-service-name': 'certflow' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    // All that it calls goes through there: Flex Consumption has no setting for that (Learn, "App settings reference for
    // Azure Functions", Flex Consumption plan deprecations).
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // Access restrictions are available in Flex Consumption (Learn, "Azure Functions networking options").
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      appSettings: settings
      ...restrictions
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}app-package'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: memory
        maximumInstanceCount: instances
        alwaysReady: map(ready, one => { name: one.name, instanceCount: one.instances })
      }
    }
  }

  // Deployment is by Entra tokens; there is no user and password to steal.
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

@description('Its address.')
output host string = site.properties.defaultHostName
