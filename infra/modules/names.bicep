// All names, made of one short name and of where it is deployed: the same at every deployment, and within Azure's limits
// (storage accounts 24 letters and digits, vaults 24, and the world has only one of each).

import { delivery, vault } from 'types.bicep'

@export()
@description('The names of what is deployed once.')
type names = {
  token: string
  identity: string
  workspace: string
  insights: string
  hostStorage: string
  chainStorage: string
  plan: string
  site: string
  topic: string
  chainTopic: string
  mail: string
  communication: string
  network: string
  gateway: string
  address: string
  workbook: string
  actions: string
}

@export()
@description('A vault and its system topic, with all that follows from where they are.')
type placedVault = {
  alias: string
  id: string
  name: string
  subscription: string
  group: string
  new: bool
  observe: bool
  trustedCas: string
  topic: string
  topicSubscription: string
  topicGroup: string
  topicNew: bool
}

@export()
@description('The names in a resource group (its id is the place).')
func namesOf(name string, place string) names => named(name, short(name), uniqueString(place, name))

@export()
@description('A vault by its parameter, in the deployment of that name and place.')
func placed(vault vault, name string, place string) placedVault =>
  located(
    vault,
    vault.?id == null
      ? '${place}/providers/Microsoft.KeyVault/vaults/kv${short(name)}${uniqueString(place, name, vault.alias)}'
      : spelled(vault.?id ?? ''),
    vault.?topicId == null ? null : spelled(vault.?topicId ?? ''),
    name,
    place
  )

@export()
@description('The id of a vault or topic, written one way: ids are the same in any case, and names of role assignments are made of them, of which Azure refuses a second one for one grant (RoleAssignmentExists).')
func spelled(id string) string =>
  '/subscriptions/${toLower(split(id, '/')[2])}/resourceGroups/${toLower(split(id, '/')[4])}/providers/${kinds[toLower(split(id, '/')[6])]}/${toLower(last(split(id, '/')))}'

var kinds = {
  'microsoft.keyvault': 'Microsoft.KeyVault/vaults'
  'microsoft.eventgrid': 'Microsoft.EventGrid/systemTopics'
}

// The topic is named by its vault, not by the alias: a source takes one system topic only, so a vault under another alias
// must not get another topic.
func located(vault vault, id string, topicId string?, name string, place string) placedVault => {
  alias: vault.alias
  id: id
  name: last(split(id, '/'))
  subscription: split(id, '/')[2]
  group: split(id, '/')[4]
  new: vault.?id == null
  observe: vault.?observe ?? false
  trustedCas: vault.?trustedCas ?? 'files'
  topic: last(split(
    topicId ?? 'evgst-${name}-${toLower(last(split(id, '/')))}-${uniqueString(place, name, toLower(id))}',
    '/'
  ))
  topicSubscription: split(topicId ?? id, '/')[2]
  topicGroup: split(topicId ?? id, '/')[4]
  topicNew: topicId == null
}

func short(name string) string => take(replace(toLower(name), '-', ''), 9)

func named(name string, short string, token string) names => {
  token: token
  identity: 'id-${name}-${token}'
  workspace: 'log-${name}-${token}'
  insights: 'appi-${name}-${token}'
  hostStorage: '${short}h${token}'
  chainStorage: '${short}c${token}'
  plan: 'asp-${name}-${token}'
  site: 'func-${name}-${token}'
  topic: 'evgt-${name}-${token}'
  chainTopic: 'evgst-${name}-chains-${token}'
  mail: 'mail-${name}-${token}'
  communication: 'acs-${name}-${token}'
  network: 'vnet-${name}-${token}'
  gateway: 'ng-${name}-${token}'
  address: 'pip-${name}-${token}'
  workbook: guid(token, 'workbook')
  actions: 'ag-${name}-${token}'
}

@export()
@description('Where events go to. Event Grid reaches no private address.')
func chosenDelivery(asked delivery, privateNetwork bool) delivery =>
  privateNetwork && asked == 'functions'
    ? fail('delivery is \'functions\', and privateNetwork is true: Event Grid cannot call a private address. Set delivery to \'queues\', or leave it out')
    : asked

@export()
@description('The queues that take events; functions/triggers/queued_events.py reads them.')
var queues = {
  vaultEvents: 'certflow-vault-events'
  drops: 'certflow-drops'
  events: 'certflow-events'
}
