// When Certflow itself is in trouble, or somebody touches what it relies on: rules over its own log, over the logs of
// its storage and of vaults, and over events that Event Grid gave up, to action groups. tests/infra checks that the
// functions and the log records named here are those of the code; tests/thorough/infra binds each query to its tables.

import * as types from 'types.bicep'

@description('Part of every name.')
param name string

@description('Name of the action group.')
param actionsName string

@description('Name of the workbook: a GUID.')
param workbookName string

@description('Where they are.')
param location string

@description('Tags of all resources.')
param tags types.tags

@description('Mail addresses that hear of it; without any and without groups, alerts are seen in the portal only.')
param to string[]

@description('Resource ids of action groups that there are already, which hear of it, too.')
param groups string[]

@description('Name of the Application Insights component that has the log.')
param insightsName string

@description('Resource id of the workspace that has the logs of storage and vaults.')
param workspaceId string

@description('Where that workspace is.')
param workspaceLocation string

@description('Name of the host storage.')
param hostStorageName string

@description('Name of the chain storage.')
param chainStorageName string

@description('Resource id of the chain storage.')
param chainStorageId string

@description('Object id of the identity of the app.')
param principalId string

@description('True: callers sign in, so an app that starts otherwise is told of.')
param signedIn bool

@description('Aliases of the vaults, as the log has them.')
param vaults string[]

@description('Resource ids of the topics that deliver.')
param topicIds string[]

// A record of ours is a JSON object in the message: {"event": "notice-refused", …} (functions/model/log.py).
var records = 'traces | extend record = parse_json(message) | extend event = tostring(record.event)'
// Each query has a row for each thing to tell of; one is enough. The window is at least twice as long as the time
// between two looks: a record that arrives late would otherwise be seen by none (MicrosoftDocs/azure-docs#21635).
// `by`: each value of that column is an alert of its own, so that one that stays does not silence the others.
var rules = concat(always, signedIn ? [keysAgain] : [])
// The rule stays where a later deployment has no signIn, since Azure takes nothing away; and tells of that deployment.
var keysAgain = {
  name: 'keys-again'
  text: 'The app has started without sign-in: whoever has a function key may do everything, in all vaults. Somebody has changed the setting CERTFLOW_AUTH, or deployed without signIn or with an older package. If none of you meant it: docs/operations.md.'
  query: '${records} | where event == "started" and tostring(record.auth) != "entra" | summarize starts = count() by version = tostring(record.version)'
  minutes: 15
  window: 30
  looks: 1
  severity: 1
  by: ''
  scope: 'app'
}
var always = [
  {
    name: 'standing-still'
    text: 'Certflow has not finished checking a vault for 15 minutes, at two looks in a row: the result says which. Look at the function check (a timer), then at vault_shift and its log; GET status says it by vault. If timers stand still while HTTP works: restart the site.'
    // Counted from the list of vaults, since what is silent is not in the log: a set of nothing is an empty set.
    query: '${records} | where event == "beat" | summarize seen = make_set_if(tostring(record.vault), timestamp > ago(15m)) | mv-expand vault = set_difference(dynamic(${string(vaults)}), seen) to typeof(string) | where isnotempty(vault)'
    minutes: 15
    window: 30
    // Not at the first look: a new app has no code yet, or has not checked anything.
    looks: 2
    severity: 1
    by: 'vault'
    scope: 'app'
  }
  {
    name: 'vault-trouble'
    text: 'Work on a vault, a queue or a channel fails again and again, or has been tried in vain for ten minutes: the result says which. The records say why: Key Vault, the storage, the topic, a mail server or Teams is down or throttles, or a role or a setting is missing.'
    // In how many minutes, not how often: one moment of throttling puts off many looks, and passes. What is tried ever
    // more seldom (a quarter of an hour or an hour between two tries) says itself for how many seconds it has waited: so
    // two hours are looked at, or the alert would end between two tries. One mailbox that is full is no trouble of mail.
    query: '${records} | where event in ("work-failed", "survey-put-off", "look-failed", "look-put-off", "check-put-off", "shift-put-off", "vault-silent", "event-put-back", "notice-put-off", "event-left-in-outbox", "notice-delivered") | extend about = strcat(record.vault, record.queue, record.channel), bad = event != "notice-delivered" | summarize troubled = dcountif(bin(timestamp, 1m), bad and timestamp > ago(1h) and isnull(record.waited)), waited = maxif(toint(record.waited), bad), good = countif(timestamp > ago(30m) and not(bad)) by about | where troubled > 3 or (waited > 600 and good == 0)'
    minutes: 30
    window: 120 // minutes, too
    looks: 1
    severity: 2
    by: 'about'
    scope: 'app'
  }
  {
    name: 'poison'
    text: 'A file could not be handled for five minutes, or failed five times in a way nobody foresaw. Its signer and the operators have a message that says why; the file is still in the container chains.'
    query: 'requests | where name in ("queued_stuck_drop")'
    minutes: 15
    window: 30
    looks: 1
    severity: 2
    by: ''
    scope: 'app'
  }
  {
    name: 'failed-functions'
    text: 'A function that a timer, a queue or an event starts fails: the result says which. The failures blade of Application Insights has the reason.'
    // A run that fails in passing is run again by the platform, and is no news if that works. What HTTP functions answer
    // is the next rule's.
    query: 'requests | extend bad = success == false and toint(resultCode) !between (400 .. 599) | summarize failed = countif(bad), good = countif(not(bad)) by name | where failed > 10 or (failed > 0 and good == 0)'
    minutes: 15
    window: 30
    looks: 1
    severity: 2
    by: 'name'
    scope: 'app'
  }
  {
    name: 'api-errors'
    text: 'The API answers 500: the result says which function. The records unforeseen-error have the incident that the caller was told, and the exception; without one a setting is wrong, and GET health and GET status name it.'
    // Not by `success`: the host takes it from the function, which catches all (Azure/azure-functions-host#6511). A 503 says
    // that a vault or the storage is down, which vault-trouble and standing-still tell of.
    query: 'requests | where toint(resultCode) between (500 .. 599) and resultCode != "503" | project name | union (traces | extend event = tostring(parse_json(message).event) | where event == "unforeseen-error" | project name = operation_Name) | summarize answers = count() by name'
    minutes: 15
    window: 30
    looks: 1
    severity: 2
    by: 'name'
    scope: 'app'
  }
  {
    name: 'notice-refused'
    text: 'A message reaches nobody on some channel: mail, Teams or a URL refuses it for good, or was tried for a day, or mail is a day behind; or somebody else sends events to the topic. The record says which, and what to fix.'
    query: '${records} | where event in ("notice-refused", "notice-to-nobody", "rules-unreadable", "event-given-up", "event-refused", "mail-behind", "mail-not-for-all") | summarize records = count() by about = strcat(event, " ", record.channel, record.queue)'
    minutes: 15
    window: 30
    looks: 1
    severity: 2
    by: 'about'
    scope: 'app'
  }
  {
    name: 'changed-by-hand'
    text: 'Somebody other than the app changed or deleted what it relies on: trusted CAs, who may do what, the rules of who hears of what, the record of acts, its package, the function keys, or its tables. The result says what and who. If nobody of you did: docs/operations.md.'
    // In the record of acts nobody deletes, so that a delete counts whoever asked for it, and if it was refused.
    // A deployment places the package with the identity of the app, which Bicep names for that, and the host writes new
    // function keys with it. StatusCode is a text (Learn, table reference of StorageBlobLogs).
    query: 'StorageBlobLogs | where AccountName in ("${hostStorageName}", "${chainStorageName}") and Category in ("StorageWrite", "StorageDelete") | extend path = split(tostring(parse_url(Uri).Path), "/") | extend what = tostring(path[1]) | extend unheard = what == "acts" and Category == "StorageDelete" | where (StatusCode startswith "2" or unheard) and what in ("trusted-cas", "rules", "access", "acts", "app-package", "azure-webjobs-secrets") and (array_length(path) > 2 or OperationName == "DeleteContainer") | project what, unheard, RequesterObjectId, RequesterUpn | union (StorageTableLogs | where AccountName == "${hostStorageName}" and Category in ("StorageWrite", "StorageDelete") and StatusCode startswith "2" | project what = "tables", unheard = false, RequesterObjectId, RequesterUpn) | where RequesterObjectId != "${principalId}" or unheard | summarize changes = count() by what, who = iff(isempty(RequesterUpn), RequesterObjectId, RequesterUpn)'
    // Such logs can be an hour late.
    minutes: 30
    window: 120
    looks: 1
    severity: 3
    by: 'what'
    scope: 'logs'
  }
  {
    name: 'foreign-act'
    text: 'The identity of the app did in a vault what the app never does, such as disable a version, change a policy, or delete: somebody else has its token. The result says what and in which vault.'
    // What Key Vault calls it: "Azure Key Vault logging", table of operation names. The role cannot tell these apart from
    // deleting a pending request (rbac.bicep). A refused try counts, too.
    // Tags are changed over the API, too, and the app logs that ("what": "tagged"): as many CertificateUpdates are its own.
    query: 'AZKVAuditLogs | where OperationName in ("CertificateUpdate", "CertificatePolicySet", "CertificatePolicyUpdate", "CertificateImport", "CertificateDelete", "CertificatePurge", "CertificateBackup", "CertificateRestore", "CertificateRecover", "CertificateContactsSet", "CertificateContactsDelete", "CertificateIssuerSet", "CertificateIssuerUpdate", "CertificateIssuerDelete") and tostring(Identity) has "${principalId}" | summarize acts = count() by act = OperationName, vault = tostring(split(_ResourceId, "/")[8]) | where act != "CertificateUpdate" or acts > toscalar(AppTraces | where Message has "tagged" | where parse_json(Message).what == "tagged" | count)'
    minutes: 30
    window: 120
    looks: 1
    severity: 1
    by: 'vault'
    scope: 'logs'
  }
]
// Event Grid, by topic (Learn, "Supported metrics for Microsoft.EventGrid/topics" and "… systemTopics").
var lost = [
  {
    name: 'dead-letters'
    metric: 'DeadLetteredCount'
    text: 'Events could not be delivered for a day. They are in the container dead-letters of the host storage.'
  }
  {
    name: 'dropped-events'
    metric: 'DroppedEventCount'
    text: 'Events could neither be delivered nor kept in the container dead-letters: they are lost. The checks, the scan and the sweep find what events of vaults and files said.'
  }
]
// Of Azure Resource Manager (Learn, "Azure permissions for Storage").
var containers = 'Microsoft.Storage/storageAccounts/blobServices/containers'
var unprotecting = [
  '${containers}/immutabilityPolicies/delete'
  '${containers}/immutabilityPolicies/extend/action'
  '${containers}/delete'
]
var watched = flatten(map(lost, one => map(topicIds, id => { id: id, of: one })))
// A rule takes five groups at most.
var groupIds = concat(ownGroup ? [actions.id] : [], groups)
var ownGroup = !empty(to) || empty(groups)

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (ownGroup) {
  name: actionsName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'Certflow'
    enabled: true
    emailReceivers: [
      for (address, index) in to: {
        name: 'mail-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource onLog 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: rule.scope == 'app' ? location : workspaceLocation
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Certflow: ${rule.name}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [rule.scope == 'app' ? insights.id : workspaceId]
      evaluationFrequency: 'PT${rule.minutes}M'
      windowSize: 'PT${rule.window}M'
      criteria: {
        allOf: [
          {
            query: rule.query
            dimensions: empty(rule.by) ? [] : [{ name: rule.by, operator: 'Include', values: ['*'] }]
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: rule.looks
              minFailingPeriodsToAlert: rule.looks
            }
          }
        ]
      }
      autoMitigate: true
      // The tables come with the first telemetry.
      skipQueryValidation: true
      actions: { actionGroups: groupIds }
    }
  }
]

resource onLost 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for one in watched: {
    name: '${name}-${one.of.name}-${last(split(one.id, '/'))}-${uniqueString(one.id)}'
    location: 'global'
    tags: tags
    properties: {
      description: one.of.text
      severity: 2
      enabled: true
      scopes: [one.id]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT30M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'events'
            criterionType: 'StaticThresholdCriterion'
            metricName: one.of.metric
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      autoMitigate: true
      actions: map(groupIds, id => { actionGroupId: id })
    }
  }
]

// What a deployment writes is not told of: it writes the policy each time. Who shortens it so has files to delete, and
// that is told of by changed-by-hand.
resource onRecord 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: '${name}-record-unprotected'
  location: 'global'
  tags: tags
  properties: {
    description: 'Somebody has ended or extended the policy that keeps the record of acts as it is, or deleted a container of the chain storage. If nobody of you did: docs/operations.md.'
    enabled: true
    scopes: [chainStorageId]
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { field: 'status', equals: 'Succeeded' }
        { anyOf: map(unprotecting, one => { field: 'operationName', equals: one }) }
      ]
    }
    actions: { actionGroups: map(groupIds, id => { actionGroupId: id }) }
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: workbookName
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Certflow'
    category: 'workbook'
    version: '1.0'
    sourceId: insights.id
    serializedData: string(union(loadJsonContent('workbook.json'), { fallbackResourceIds: [insights.id] }))
  }
}
