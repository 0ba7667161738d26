// Who may do what: every grant of the deployment, the narrowest role on the smallest scope, each with its reason. rbac.bicep
// makes them; with roles 'list' they are only an output, for whoever may. They are known before anything is made, so
// principals stand here by what they are: 'app', 'deployer', the resource id of a topic, the object id of a person or group.

import { placedVault } from 'names.bicep'
import { builtIn, defined, definedIn, definition, keeper, observer, operator, recorder, role, uploader } from 'roles.bicep'
import * as types from 'types.bicep'

@export()
@description('A grant.')
type grant = {
  @description('app, deployer, the resource id of a topic, or the object id of a person or group.')
  who: string
  @description('What that is, where it is known.')
  type: ('User' | 'Group' | 'ServicePrincipal')?
  @description('Resource id of where it holds.')
  scope: string
  @description('Id (a GUID) of the role.')
  role: string
  @description('Name of the role.')
  roleName: string
  @description('Why. It is kept in the assignment, too, so that the portal shows it.')
  why: string
}

@export()
@description('Where grants are made, and to whom.')
type granted = {
  @description('Resource id of the resource group of the deployment.')
  group: string
  @description('Tells two deployments in one tenant apart.')
  token: string
  @description('False: only roles that are there already are given.')
  defines: bool
  @description('A role made once for vaults, by id; empty: none.')
  vaultRoleId: string
  vaults: placedVault[]
  hostStorageId: string
  chainStorageId: string
  topicId: string
  insightsId: string
  @description('Empty: mail does not go that way.')
  communicationId: string
  @description('The vault of the secrets that settings refer to; empty: none.')
  secretsVaultId: string
  secretNames: string[]
  topics: deliveringTopic[]
  people: types.people
  @description('False: chains come by the API alone, so no person may put files where they are dropped.')
  drops: bool
}

@export()
@description('A topic that delivers.')
type deliveringTopic = {
  @description('Its resource id.')
  id: string
  @description('The queue that takes its events; empty: the app does.')
  queue: string
}

// --- Roles -----------------------------------------------------------------------------------------------------------

func groupOf(vault placedVault) string => toLower('/subscriptions/${vault.subscription}/resourceGroups/${vault.group}')

@export()
@description('The roles that are made: for vaults in the groups where they are, for people in the group of the deployment.')
func definitionsOf(to granted) definition[] =>
  !to.defines ? [] : concat(map(union(map(filter(to.vaults, one => !one.observe), one => groupOf(one)), []), group => defined(operator, group, to.token)), map(union(map(filter(to.vaults, one => one.observe), one => groupOf(one)), []), group => defined(observer, group, to.token)), !to.drops || empty(to.people.?uploaders ?? []) ? [] : [defined(uploader, to.group, to.token)], empty(concat(to.people.?trustees ?? [], to.people.?rules ?? [], to.people.?access ?? [])) ? [] : [defined(keeper, to.group, to.token)], [defined(recorder, to.group, to.token)])

func ofVault(vault placedVault, to granted) role =>
  to.defines
    ? definedIn(vault.observe ? observer.kind : operator.kind, groupOf(vault), to.token)
    : vault.observe
        ? builtIn.vaultReader
        : empty(to.vaultRoleId)
            ? builtIn.certificatesOfficer
            : { id: last(split(to.vaultRoleId, '/')), name: 'the role of vaultRoleId' }

// --- Grants ----------------------------------------------------------------------------------------------------------

func give(who string, scope string, role role, why string) grant => {
  who: who
  type: 'ServicePrincipal'
  scope: scope
  role: role.id
  roleName: role.name
  why: why
}

func inBlobs(storageId string, name string) string => '${storageId}/blobServices/default/containers/${name}'

func inQueues(storageId string, name string) string => '${storageId}/queueServices/default/queues/${name}'

@export()
@description('All grants.')
func grantsOf(to granted) grant[] => concat(ofApp(to), ofSettings(to), ofTopics(to), ofPeople(to.people, to))

func ofApp(to granted) grant[] =>
  concat(
    map(
      to.vaults,
      one =>
        give(
          'app',
          one.id,
          ofVault(one, to),
          one.observe ? 'Certflow watches requests here.' : 'Certflow starts, watches and finishes requests here.'
        )
    ),
    [
      give(
        'app',
        to.hostStorageId,
        builtIn.blobOwner,
        'The Functions host: leases, keys, and the package that it runs.'
      )
      give(
        'app',
        to.hostStorageId,
        builtIn.queueContributor,
        'The Functions host and Certflow: work for all instances.'
      )
      give('app', to.hostStorageId, builtIn.tableContributor, 'Certflow: tracked requests, history, deliveries.')
      // Container by container: the app itself cannot say whose certificates are taken.
      give(
        'app',
        inBlobs(to.chainStorageId, 'chains'),
        builtIn.blobOwner,
        'The blob trigger wants this role where files are dropped; so does deleting versions.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'chains-merged'),
        builtIn.blobContributor,
        'Files that were merged, and reports.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'chains-rejected'),
        builtIn.blobContributor,
        'Files that were rejected, and reports.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'chains-quarantine'),
        builtIn.blobContributor,
        'Files with a private key are put away here.'
      )
      give('app', inBlobs(to.chainStorageId, 'csr'), builtIn.blobContributor, 'CSRs are handed out here.')
      give(
        'app',
        inBlobs(to.chainStorageId, 'trusted-cas'),
        builtIn.blobReader,
        'Which CAs are trusted is read here, and set by people.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'rules'),
        builtIn.blobReader,
        'Who hears of what is read here, and set by people.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'access'),
        builtIn.blobReader,
        'Who may do what is read here, and set by people.'
      )
      give(
        'app',
        inBlobs(to.chainStorageId, 'acts'),
        to.defines ? definedIn(recorder.kind, to.group, to.token) : builtIn.blobContributor,
        'Who did what is added here, for ever.'
      )
      give(
        'app',
        inQueues(to.chainStorageId, 'webjobs-blobtrigger-poison'),
        builtIn.queueContributor,
        'The blob trigger writes here what failed five times, and Certflow tells of it.'
      )
    ]
  )

func ofSettings(to granted) grant[] =>
  concat(
    map(
      to.secretNames,
      one =>
        give(
          'app',
          '${to.secretsVaultId}/secrets/${one}',
          builtIn.secretsUser,
          'A setting of Certflow refers to this secret.'
        )
    ),
    [
      give('app', to.topicId, builtIn.eventSender, 'Certflow says here what happened.')
      give('app', to.insightsId, builtIn.metricsPublisher, 'Telemetry is taken with Entra tokens only.')
    ],
    empty(to.communicationId)
      ? []
      : [give('app', to.communicationId, builtIn.mailOwner, 'Certflow sends mail; no smaller built-in role can.')]
  )

// The topics have identities of their own.
func ofTopics(to granted) grant[] =>
  concat(
    map(
      to.topics,
      one =>
        give(
          one.id,
          inBlobs(to.hostStorageId, 'dead-letters'),
          builtIn.blobContributor,
          'Events that could not be delivered for a day are kept here.'
        )
    ),
    map(
      filter(to.topics, one => !empty(one.queue)),
      one =>
        give(
          one.id,
          inQueues(to.hostStorageId, one.queue),
          builtIn.queueSender,
          'Events are put into this queue, and no other.'
        )
    )
  )

func ofPeople(people types.people, to granted) grant[] =>
  flatten(map(
    [
      { by: people.?uploaders, container: 'csr', role: builtIn.blobReader, why: 'Fetch CSRs.' }
      {
        by: to.drops ? people.?uploaders : []
        container: 'chains'
        role: to.defines ? definedIn(uploader.kind, to.group, to.token) : builtIn.blobContributor
        why: 'Return chains.'
      }
      { by: people.?uploaders, container: 'chains-merged', role: builtIn.blobReader, why: 'Read reports.' }
      { by: people.?uploaders, container: 'chains-rejected', role: builtIn.blobReader, why: 'Read reports.' }
      {
        by: people.?trustees
        container: 'trusted-cas'
        role: to.defines ? definedIn(keeper.kind, to.group, to.token) : builtIn.blobContributor
        why: 'Say which CAs.'
      }
      {
        by: people.?rules
        container: 'rules'
        role: to.defines ? definedIn(keeper.kind, to.group, to.token) : builtIn.blobContributor
        why: 'Say who hears what.'
      }
      {
        by: people.?access
        container: 'access'
        role: to.defines ? definedIn(keeper.kind, to.group, to.token) : builtIn.blobContributor
        why: 'Say who may do what.'
      }
      { by: people.?auditors, container: 'acts', role: builtIn.blobReader, why: 'Verify who did what.' }
      { by: people.?quarantine, container: 'chains-quarantine', role: builtIn.blobReader, why: 'Deal with keys.' }
    ],
    one =>
      map(one.by ?? [], by => {
        who: by.id
        type: by.?type
        scope: inBlobs(to.chainStorageId, one.container)
        role: one.role.id
        roleName: one.role.name
        why: one.why
      })
  ))
