// What parameters of size and reach may say: each of these gives back what it was given, or fails and says what to change.

import { readyGroup, redundancy, furtherSettings, mailDomain } from 'types.bicep'

@export()
@description('Function groups with instances that always run.')
func ready(http int, others readyGroup[]) { name: string, instances: int }[] =>
  length(union(map(others, one => one.name), [])) == length(others) ? concat(http > 0 ? [{ name: 'http', instances: http }] : [], others) : fail('alwaysReady: a name stands there twice; give each function group once')

@export()
@description('How storage is copied. An app in several zones needs its storage there, too (Learn, "Reliability in Azure Functions").')
func redundant(zones bool, storage redundancy) redundancy =>
  zones && !contains(storage, 'ZRS')
    ? fail('zoneRedundant: needs storageRedundancy Standard_ZRS, Standard_GZRS or Standard_RAGZRS; it is ${storage}')
    : storage

@export()
@description('The addresses that may call.')
func allowed(addresses string[], private bool) string[] =>
  private && !empty(addresses)
    ? fail('allowedAddresses: nobody reaches the API from outside with privateNetwork, and its endpoint asks for no address; leave one of both out')
    : empty(filter(addresses, one => !contains(one, '/')))
        ? addresses
        : fail('allowedAddresses: ${first(filter(addresses, one => !contains(one, '/')))} is no range; a single address is written 203.0.113.7/32 or 2001:db8::7/128')

// How the names begin that app.bicep sets, in lower case; tests/infra/test_sizes.py holds them to it.
var ours = [
  'certflow_'
  'azurewebjobsstorage'
  'chainstorage_'
  'azure_client_id'
  'applicationinsights_connection_string'
  'applicationinsights_authentication_string'
  'azurewebjobsdisablehomepage'
]

@export()
@description('Settings that no other parameter makes.')
func settingsTaken(given furtherSettings) furtherSettings =>
  empty(doubled(given))
    ? given
    : fail('furtherSettings: ${first(doubled(given))} is made of other parameters (vaults, notifications, choices); set it there')

func doubled(given furtherSettings) string[] =>
  map(filter(items(given), one => !empty(filter(ours, begin => startsWith(toLower(one.key), begin)))), one => one.key)

@export()
@description('The domain for mail, where mail goes out by Communication Services.')
func mailDomainOf(given mailDomain, used bool) mailDomain =>
  empty(given)
    ? given
    : !used
        ? fail('mailDomain: is for mail by Communication Services; set notifications.mailTo and no notifications.smtp, or leave it out')
        : given.?id == null || !contains(toLower(given.?id ?? ''), '/emailservices/')
            ? fail('mailDomain.id: is missing or no domain of an e-mail service: /subscriptions/…/emailServices/<service>/domains/<domain>')
            : given
