// What has to be right of the parameters before anything is made, and what no decorator can say.

import { signIn, vault } from 'types.bicep'

@export()
@description('The parameter name, if resources can be called so.')
func checkedName(name string) string =>
  isName(name)
    ? name
    : fail('name is \'${name}\': allowed are lower-case letters, digits and hyphens, with a letter or a digit first and last')

@export()
@description('The parameter vaults, if each alias can be one, and stands for one vault, and each vault has one alias.')
func checkedVaults(vaults vault[]) vault[] => uniqueIds(wholeIds(uniqueAliases(spelledAliases(vaults))))

func wholeIds(vaults vault[]) vault[] =>
  empty(filter(vaults, vault => vault.?id != null && !isId(vault.?id ?? '', 'microsoft.keyvault/vaults')))
    ? empty(filter(
          vaults,
          vault => vault.?topicId != null && !isId(vault.?topicId ?? '', 'microsoft.eventgrid/systemtopics')
        ))
        ? vaults
        : fail('vaults: a topicId is no id of a system topic: /subscriptions/…/resourceGroups/…/providers/Microsoft.EventGrid/systemTopics/<name>')
    : fail('vaults: an id is no id of a vault: /subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/<name>')

@export()
@description('The parameter notifications.secretsVaultId, if it is the id of a vault.')
func checkedVaultId(id string) string =>
  isId(id, 'microsoft.keyvault/vaults')
    ? id
    : fail('notifications.secretsVaultId is no id of a vault: /subscriptions/…/resourceGroups/…/providers/Microsoft.KeyVault/vaults/<name>')

@export()
@description('The parameter signIn, if it is empty or whole. Half of it would be an app that answers 503 to all; and who may do what is written by people.access alone, so in no other container.')
func checkedSignIn(given signIn) signIn =>
  empty(given) || (isGuid(given.?tenantId ?? '') && isGuid(given.?apiClientId ?? ''))
    ? empty(filter(
          concat(given.?clients ?? [], given.?pageClientId == null ? [] : [given.?pageClientId ?? '']),
          id => !isGuid(id)
        ))
        ? startsWith(trim(given.?access ?? '{'), '{') || startsWith(given.?access ?? '', 'access/')
            ? given
            : fail('signIn: access is access/<name of a blob>, or the file itself (JSON)')
        : fail('signIn: pageClientId and clients are client ids of applications: 22222222-2222-2222-2222-222222222222')
    : fail('signIn: tenantId and apiClientId are missing or no GUIDs; infra/entra/register.sh prints both')

func isGuid(text string) bool =>
  length(text) == 36 && join(map(split(text, '-'), part => string(length(part))), ' ') == '8 4 4 4 12' && empty(filter(
    map(range(0, length(text)), at => substring(toLower(text), at, 1)),
    letter => !contains('0123456789abcdef-', letter)
  ))

// Ids are the same in any case.
func isId(id string, kind string) bool =>
  length(split(id, '/')) == 9 && !empty(last(split(id, '/'))) && contains(toLower(id), '/providers/${kind}/')

func spelledAliases(vaults vault[]) vault[] =>
  empty(filter(vaults, vault => !isName(vault.alias)))
    ? vaults
    : fail('vaults: the alias \'${filter(vaults, vault => !isName(vault.alias))[0].alias}\': allowed are lower-case letters, digits and hyphens, with a letter or a digit first and last')

func uniqueAliases(vaults vault[]) vault[] =>
  empty(repeated(map(vaults, vault => vault.alias)))
    ? vaults
    : fail('vaults: the alias \'${repeated(map(vaults, vault => vault.alias))[0]}\' stands there twice: each vault needs one of its own')

// By its name, which the world has once: ids differ in their spelling, and in the case of their letters.
func uniqueIds(vaults vault[]) vault[] =>
  empty(repeated(vaultNames(vaults)))
    ? vaults
    : fail('vaults: the vault \'${repeated(vaultNames(vaults))[0]}\' stands there under two aliases: every message about it would come twice')

func vaultNames(vaults vault[]) string[] =>
  map(filter(vaults, vault => vault.?id != null), vault => toLower(last(split(vault.?id ?? '', '/'))))

func repeated(texts string[]) string[] => filter(texts, (text, at) => indexOf(texts, text) < at)

func isName(text string) bool => empty(strange(text)) && !startsWith(text, '-') && !endsWith(text, '-')

func strange(text string) string[] =>
  filter(
    map(range(0, length(text)), at => substring(text, at, 1)),
    letter => !contains('abcdefghijklmnopqrstuvwxyz0123456789-', letter)
  )
