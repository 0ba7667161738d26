// When Certflow itself is in trouble: rules over its own log and over Event Grid's dead letters, to an action group.
// tests/infra checks that the functions and the log records named here are those of the code.

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

@description('Mail addresses that hear of it; without any, alerts are seen in the portal only.')
param to string[]

@description('Name of the Application Insights component that has the log.')
param insightsName string

@description('Aliases of the vaults, as the log has them.')
param vaults string[]

@description('Resource ids of the topics that deliver.')
param topicIds string[]

// A record of ours is a JSON object in the message: {"event": "notice-refused", …} (functions/issuance/journal.py).
var records = 'traces | extend record = parse_json(message) | extend event = tostring(record.event)'
// Each query has a row for each thing to tell of; one is enough.
var rules = [
  {
    name: 'standing-still'
    text: 'A vault had no good sweep for 15 minutes: the result says which. Look at the function check (a timer), then at vault_shift and its log; GET status says it by vault. If timers stand still while HTTP works: restart the site.'
    // Counted from the list of vaults, since what is silent is not in the log: make_set of nothing is an empty set.
    query: '${records} | where event == "beat" | summarize seen = make_set(tostring(record.vault)) | mv-expand vault = set_difference(dynamic(${string(vaults)}), seen) to typeof(string) | where isnotempty(vault)'
    minutes: 15
    window: 15
    severity: 1
  }
  {
    name: 'vault-trouble'
    text: 'Work on a vault, a queue or a channel fails again and again, or has been tried in vain for ten minutes: the result says which. The records say why: Key Vault, the storage, the topic, a mail server or Teams is down or throttles, or a role or a setting is missing.'
    // In how many minutes, not how often: one moment of throttling puts off many looks, and passes. What is tried ever
    // more seldom (a quarter of an hour or an hour between two tries) says itself for how many seconds it has waited: so
    // two hours are looked at, or the alert would end between two tries. One mailbox that is full is no trouble of mail.
    query: '${records} | where event in ("work-failed", "survey-put-off", "look-failed", "look-put-off", "check-put-off", "shift-put-off", "vault-silent", "event-put-back", "notice-put-off", "event-left-in-outbox", "notice-delivered") | extend about = strcat(record.vault, record.queue, record.channel), bad = event != "notice-delivered", late = timestamp > ago(30m) | summarize troubled = dcountif(bin(timestamp, 1m), bad and late and isnull(record.waited)), waited = maxif(toint(record.waited), bad), good = countif(late and not(bad)) by about | where troubled > 3 or (waited > 600 and good == 0)'
    minutes: 30
    window: 120 // minutes, too
    severity: 2
  }
  {
    name: 'poison'
    text: 'A file could not be handled for five minutes, or failed five times in a way nobody foresaw. Its owner is told why; the file is still in the container chains.'
    query: 'requests | where name in ("queued_stuck_drop")'
    minutes: 15
    window: 15
    severity: 2
  }
  {
    name: 'failed-functions'
    text: 'A function fails: the result says which. The failures blade of Application Insights has the reason.'
    // A run that fails in passing is run again by the platform, and is no news if that works.
    query: 'requests | extend bad = success == false and toint(resultCode) !between (400 .. 499) | summarize failed = countif(bad), good = countif(not(bad)) by name | where failed > 5 or (failed > 0 and good == 0)'
    minutes: 15
    window: 15
    severity: 2
  }
  {
    name: 'notice-refused'
    text: 'A message reaches nobody on some channel: mail, Teams or a URL refuses it for good, or was tried for a day, or mail is a day behind; or somebody else sends events to the topic. The record says which, and what to mend.'
    query: '${records} | where event in ("notice-refused", "notice-to-nobody", "rules-unreadable", "event-given-up", "event-refused", "mail-behind", "mail-not-for-all")'
    minutes: 15
    window: 15
    severity: 2
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = {
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
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Certflow: ${rule.name}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [insights.id]
      evaluationFrequency: 'PT${rule.minutes}M'
      windowSize: 'PT${rule.window}M'
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      // The tables come with the first telemetry.
      skipQueryValidation: true
      actions: { actionGroups: [actions.id] }
    }
  }
]

resource onDeadLetters 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for id in topicIds: {
    name: '${name}-dead-letters-${last(split(id, '/'))}-${uniqueString(id)}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Events could not be delivered for a day. They are in the container dead-letters of the host storage.'
      severity: 2
      enabled: true
      scopes: [id]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'dead-lettered'
            criterionType: 'StaticThresholdCriterion'
            metricName: 'DeadLetteredCount'
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      autoMitigate: true
      actions: [{ actionGroupId: actions.id }]
    }
  }
]

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
