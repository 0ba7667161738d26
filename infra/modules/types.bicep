// What the parameters of main.bicep and subscriptions.bicep look like.

@export()
@description('A vault whose certificates are watched.')
type vault = {
  @description('Its name in the API and in messages: lower-case letters, digits, hyphens.')
  @minLength(1)
  @maxLength(24)
  alias: string

  @description('Resource id of a vault that exists, in any resource group; without it a new one is made.')
  id: string?

  @description('True: it is watched and told of; nothing is started, merged, cancelled or deleted in it.')
  observe: bool?

  @description('Whose certificates are merged into it: files (the default) of the CAs in trusted-cas/{alias}/, and nothing while there is none; public: of the public CAs, too; any: of any CA until a file is there.')
  trustedCas: ('files' | 'public' | 'any')?

  @description('Resource id of the Event Grid system topic that the vault has already: a source has only one. Its system-assigned identity must be on.')
  topicId: string?
}

@export()
@description('Who hears of what. Secrets are named here, and stay in Key Vault.')
type notifications = {
  @description('Mailboxes for what has no owner with an address of its own. Without any there is no mail.')
  mailTo: string[]?

  @description('Who has the CSRs signed: the first row that fits. Default: mailTo.')
  signers: signersRow[]?

  @description('Who runs the app, and hears of its own faults: mail addresses, and channels such as teams:{name}. Default: mailTo.')
  operators: string[]?

  @description('Domains that owners and signers may have mail addresses in: example.com, *.example.com. Default: those of mailTo, and all below them.')
  ownerDomains: string[]?

  @description('How many mails may go out, where the service or a server of yours takes more or fewer than by default: 200/minute,1000/hour. To one address and because of one caller, an hour: 10/address,60/caller.')
  mailLimits: string?

  @description('A mail server of yours, in place of Azure Communication Services.')
  smtp: smtpServer?

  @description('Teams: a Workflows webhook, and further ones for the channels teams:{name}.')
  teams: teamsFlows?

  @description('Name of the secret with URLs of the Apprise library, separated by blanks.')
  urlsSecret: string?

  @description('Resource id of the vault that holds the secrets named here. They must be there before the app is.')
  secretsVaultId: string?

  @description('Who hears of what, as JSON, or container/name of a blob in the chain storage; see README.')
  rules: string?

  @description('How many seconds CSRs and rejections are kept for others, so that they are one message (60).')
  @minValue(0)
  @maxValue(600)
  gather: int?

  @description('The address of the API that messages name, up to and with /api, where it is not the app\'s own.')
  apiUrl: string?

  @description('Your own page about these messages, for a button.')
  runbookUrl: string?
}

@export()
@description('Who has which CSRs signed. The patterns are those of a shell, in any case; none fits all.')
type signersRow = {
  @description('Mail addresses, and channels such as teams:{name}.')
  to: string[]

  @description('Aliases of vaults.')
  vaults: string[]?

  @description('Names of certificates.')
  names: string[]?

  @description('Alternative names, of which one has to fit.')
  dns: string[]?

  @description('Times of work lists, such as 08:00. Default: each CSR is told by itself.')
  at: string[]?

  @description('Days of work lists: mon, tue, wed, thu, fri, sat, sun. Default: every day.')
  days: string[]?

  @description('Time zone of these times, such as Europe/Berlin. Default: UTC.')
  zone: string?
}

@export()
@description('A mail server with STARTTLS.')
type smtpServer = {
  @description('host:port')
  server: string

  @description('The sender of all mail.')
  from: string

  @description('Its user; without one there is no login.')
  user: string?

  @description('Name of the secret with the password of the user.')
  passwordSecret: string?
}

@export()
@description('Teams, through Workflows webhooks.')
type teamsFlows = {
  @description('Name of the secret with the URL of the flow, which holds its sig.')
  urlSecret: string?

  @description('With auth entra: the URL of the flow, which has no sig then and is no secret.')
  url: string?

  @description('Further flows: the channels teams:{name}.')
  further: teamsFlow[]?

  @description('sas (the default): the URL is the credential; entra: the identity of the app signs in.')
  auth: ('sas' | 'entra')?

  @description('message (the default), or card for flows that post the body itself as the card.')
  envelope: ('message' | 'card')?
}

@export()
@description('A further flow.')
type teamsFlow = {
  @description('Letters and digits.')
  name: string

  @description('Name of the secret with its URL.')
  urlSecret: string
}

@export()
@description('What may differ from the defaults that README gives.')
type choices = {
  @description('When the timer looks at what is due: six-field NCRONTAB, UTC.')
  checkSchedule: string?

  @description('When the vaults are surveyed.')
  discoverSchedule: string?

  @description('When the digest goes out.')
  dailySchedule: string?

  @description('When files left in chains/ are taken up.')
  sweepSchedule: string?

  @description('Calls of one vault in 10 seconds.')
  @minValue(50)
  @maxValue(4000)
  vaultBudget: int?

  @description('How long an issuer may take before the owner is reminded: 90m, 12h, 2d.')
  patienceIssuer: string?

  @description('The same for a request that waits for its chain.')
  patienceManual: string?

  @description('Shares of its lifetime that a certificate has left when its owner hears of it.')
  expiryLadder: string?

  @description('Issuers that may be used, by name; * is all but Self.')
  issuers: string[]?
  @description('Warnings that keep a chain back, as errors do: codes of docs/findings.md, such as name-added.')
  refusedWarnings: string[]?

  @description('False: nothing is renewed by itself.')
  renew: bool?

  @description('How many renewals are started by themselves in a day in each vault.')
  @minValue(0)
  @maxValue(100000)
  renewMost: int?

  @description('When the digest is sent.')
  digest: ('daily' | 'news' | 'off')?

  @description('True: a root that came with a chain is merged, too.')
  chainIncludeRoot: bool?
}

@export()
@description('Object ids of Entra groups that work with the files. Each has its own containers, so that nobody who returns chains can say which CAs are trusted.')
type people = {
  @description('Fetch CSRs from csr, put chains into chains, read reports.')
  uploaders: string?

  @description('Say in trusted-cas whose certificates are taken, and in rules who hears of what.')
  trustees: string?

  @description('Read what came with a private key.')
  quarantine: string?
}

@export()
@description('Tags of all resources.')
type tags = {
  @description('A tag and its value.')
  *: string
}

@export()
@description('The part of a resource that a private endpoint reaches.')
type part = 'blob' | 'queue' | 'table' | 'vault' | 'topic' | 'sites'

@export()
@description('Resource ids of private DNS zones, by part.')
type zones = {
  @description('A part and its zone.')
  *: string
}

@export()
@description('Secrets that settings refer to.')
type referred = {
  @description('Resource id of the vault that holds them.')
  vaultId: string

  @description('Their names.')
  names: string[]
}

@export()
@description('Which events a subscription is for.')
type eventFilter = {
  @description('Types of events.')
  types: string[]

  @description('How their subjects begin; empty: anyhow.')
  subject: string
}

@export()
@description('Where events are delivered.')
type destination = {
  @description('To a function with an Event Grid trigger, to the webhook of the blob trigger, or to a queue.')
  kind: 'function' | 'blobWebhook' | 'queue'

  @description('Resource id of the function.')
  functionId: string

  @description('Name of the queue.')
  queue: string

  @description('Resource id of the host storage, which has the queue and the dead letters.')
  hostStorageId: string
}

@export()
@description('Names of vaults, by alias.')
type vaultNames = {
  @description('An alias and the name of the vault.')
  *: string
}
