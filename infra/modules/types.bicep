// What the parameters of main.bicep and subscriptions.bicep look like, and what is read out of them.

@export()
@description('A vault whose certificates are watched.')
type vault = {
  @description('Its name in the API and in messages: lower-case letters, digits and hyphens, with a letter or a digit first and last.')
  @minLength(1)
  @maxLength(24)
  alias: string

  @description('Resource id of a vault that exists, in any resource group; without it a new one is made.')
  id: string?

  @description('True: Certflow watches it and sends messages; it starts, merges, cancels and deletes nothing in it.')
  observe: bool?

  @description('Whose certificates are merged into it: files (the default) of the CAs in trusted-cas/{alias}/, and nothing while there is none; public: of the public CAs, too; any: of any CA until a file is there.')
  trustedCas: ('files' | 'public' | 'any')?

  @description('Resource id of the Event Grid system topic that the vault has already: a source has only one. Its system-assigned identity must be on.')
  topicId: string?
}

@export()
@description('How Event Grid delivers: into queues of the host storage, or to the functions.')
type delivery = 'queues' | 'functions'

@export()
@description('Who gets which messages. Secrets are named here, and stay in Key Vault.')
type notifications = {
  @description('Mailboxes for what has no owner with an address of its own. Without any there is no mail.')
  mailTo: string[]?

  @description('Who has the CSRs signed: the first row that fits. Default: mailTo.')
  signers: signersRow[]?

  @description('Who runs the app, and gets messages about its own faults: mail addresses, and channels such as teams:{name}. Default: mailTo.')
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

  @description('Who gets which messages, as JSON, or container/name of a blob in the chain storage; see docs/notifications.md.')
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
@description('The secrets that they refer to: Teams flows, other services (urlsSecret has their URLs), the password for mail.')
func secretsIn(given notifications) string[] =>
  union(
    map(given.?teams.?further ?? [], flow => flow.urlSecret),
    filter([given.?teams.?urlSecret, given.?urlsSecret, given.?smtp.?passwordSecret], secret => secret != null)
  )

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

  @description('Times of work lists, such as 08:00. Default: each CSR is a message of its own.')
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
@description('What may differ from the defaults that docs/settings.md gives.')
type choices = {
  @description('When Certflow checks the requests that are due: six-field NCRONTAB, UTC.')
  checkSchedule: string?

  @description('When the inventory scan of the vaults begins.')
  discoverSchedule: string?

  @description('When the digest goes out.')
  dailySchedule: string?

  @description('When files that were left in chains/ are handled.')
  sweepSchedule: string?

  @description('Calls of one vault in 10 seconds.')
  @minValue(50)
  @maxValue(4000)
  vaultBudget: int?

  @description('How long an issuer may take before the signer is reminded: 90m, 12h, 2d.')
  patienceIssuer: string?

  @description('The same for a request that waits for its chain.')
  patienceManual: string?

  @description('Shares of its lifetime that a certificate has left when its owner gets a warning.')
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

  @description('How long the scan does not ask for a pending request of a certificate with which nothing happens: 1h to 7d.')
  quietCheck: string?

  @description('The minutes that a renewal by hand takes a person, for the plan.')
  @minValue(0)
  @maxValue(1440)
  renewalMinutes: int?

  @description('How long requests that have ended are kept, with their history: 30d to 9999d.')
  keepRequests: string?

  @description('How long the list of messages has what became of each: 30d to 9999d.')
  keepMessages: string?

  @description('When the digest is sent.')
  digest: ('daily' | 'news' | 'off')?

  @description('What happens while acts cannot be written to their record: all goes on, or no request is started.')
  acts: ('best-effort' | 'required')?

  @description('True: a root that came with a chain is merged, too.')
  chainIncludeRoot: bool?

  @description('Hosts at which Certflow may look whether a certificate is served: www.example.com, *.example.com. None: it looks nowhere (docs/live.md).')
  liveHosts: string[]?

  @description('Ports at which it may look.')
  livePorts: int[]?

  @description('Networks whose addresses it may connect to although they are not public, such as 10.0.0.0/8.')
  liveNetworks: string[]?

  @description('How long servers may take for a new version before people hear of it: 26h, or 12h,aks=30m.')
  liveGrace: string?
}

@export()
@description('Who works with the files. Each task has its own containers, so that nobody who returns chains can say which CAs are trusted, and nobody who says that can say who is told.')
type people = {
  @description('Fetch CSRs from csr, put chains into chains, read reports.')
  uploaders: principal[]?

  @description('Say in trusted-cas whose certificates are merged.')
  trustees: principal[]?

  @description('Say in rules who gets which messages. Not those who are trustees: nobody else would hear of a CA that is new.')
  rules: principal[]?

  @description('Read what came with a private key.')
  quarantine: principal[]?

  @description('Say in access who may do what.')
  access: principal[]?

  @description('Read the record of acts.')
  auditors: principal[]?
}

@export()
@description('How callers sign in; infra/entra/register.sh registers both applications, and prints their ids. Empty: no caller signs in, and function keys open all.')
type signIn = {
  @description('Id of the tenant (a GUID).')
  tenantId: string?

  @description('Client id (a GUID) of the application that stands for the API: tokens have to be for it.')
  apiClientId: string?

  @description('Client id of the application that stands for the page in a browser.')
  pageClientId: string?

  @description('Client ids of the applications, beside the page, with which people may call. Default: the Azure CLI; that of the page: the page alone. Machines need none.')
  clients: string[]?

  @description('While you switch over: the last day (UTC) on which the keys in keyDigests count beside tokens, such as 2027-03-31.')
  keysUntil: string?

  @description('The SHA-256 of each of these function keys, in hexadecimal: printf %s "$KEY" | sha256sum.')
  keyDigests: string[]?

  @description('Who may do what: access/<name of a blob> in the chain storage, or the JSON itself. Default: access/access.json; while that was never there, the app roles count.')
  access: string?
}

@export()
@description('A person, a group, or an app.')
type principal = {
  @description('Its object id in Entra, or deployer: whoever makes this deployment.')
  id: string

  @description('What it is. Without it Azure looks for itself, which fails for what was made seconds ago only.')
  type: ('User' | 'Group' | 'ServicePrincipal')?
}

@export()
@description('Object ids, each with what it is of.')
type principals = {
  @description('app, deployer, or the resource id of a topic.')
  who: string
  @description('Its object id.')
  id: string
}[]

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
@description('With privateNetwork: the network that is there already. Empty: one is made.')
type network = {
  @description('Resource id of a subnet for the app alone, delegated to Microsoft.App/environments, in the region of the app; /27 or larger.')
  appSubnetId: string?

  @description('Resource id of a subnet for private endpoints.')
  endpointSubnetId: string?

  @description('Who names private endpoints in DNS. own (the default): zones that are made here; given: the zones in zoneIds; byPolicy: Azure Policy, which puts each endpoint into a central zone.')
  zones: ('own' | 'given' | 'byPolicy')?

  @description('With zones given: the zones\' resource ids. The networks have to be linked to them already.')
  zoneIds: partZones?

  @description('False: existing vaults have endpoints already that the app reaches. Default: each gets one.')
  vaultEndpoints: bool?

  @description('Resource id of a network security group for the subnets that are made.')
  networkSecurityGroupId: string?

  @description('Resource id of a route table for the app\'s subnet, where it is made.')
  routeTableId: string?
}

@export()
@description('The DNS zone of each part that has an endpoint.')
type partZones = {
  @description('privatelink.blob.…')
  blob: string

  @description('privatelink.queue.…')
  queue: string

  @description('privatelink.table.…')
  table: string

  @description('privatelink.vaultcore.…')
  vault: string

  @description('privatelink.eventgrid.…')
  topic: string

  @description('privatelink.azurewebsites.…')
  sites: string
}

@export()
@description('How the app goes out. Empty: by addresses of Azure, which change; with privateNetwork through its network.')
type outbound = {
  @description('Without privateNetwork: resource id of a subnet as for network.appSubnetId. All that the app calls it calls through there, a vault behind a firewall too.')
  subnetId: string?

  @description('True: by one public address (a NAT gateway, about 37 $ a month), which firewalls can be told. Where the subnet is made here.')
  fixedAddress: bool?
}

@export()
@description('A function group and how many of its instances always run. Each function but those for HTTP and for blobs is a group of its own (Learn, "Azure Functions Flex Consumption plan hosting", always ready instances).')
type readyGroup = {
  @description('blob: what Event Grid says of dropped files. The functions: queues and timers. For HTTP there is readyInstances.')
  name:
    | 'blob'
    | 'function:check'
    | 'function:daily'
    | 'function:discover'
    | 'function:first_look'
    | 'function:notify'
    | 'function:poison_notify'
    | 'function:poison_vault_events'
    | 'function:queued_drop'
    | 'function:queued_notify'
    | 'function:queued_stuck_drop'
    | 'function:queued_vault_events'
    | 'function:send_gathered'
    | 'function:stuck_chain'
    | 'function:sweep'
    | 'function:vault_events'
    | 'function:vault_shift'

  @description('How many.')
  @minValue(1)
  @maxValue(20)
  instances: int
}

@export()
@description('How a storage account is copied. Flex Consumption takes general-purpose accounts only (Learn, "Storage considerations for Azure Functions").')
type redundancy =
  | 'Standard_LRS'
  | 'Standard_ZRS'
  | 'Standard_GRS'
  | 'Standard_RAGRS'
  | 'Standard_GZRS'
  | 'Standard_RAGZRS'

@export()
@description('App settings.')
type furtherSettings = {
  @description('A name and its value. Secrets as references to Key Vault.')
  *: string
}

@export()
@description('A domain of your own for mail by Communication Services. Empty: one of Azure\'s.')
type mailDomain = {
  @description('Resource id of a verified domain of an e-mail service: …/emailServices/<service>/domains/<domain>. Its records in DNS were set, and Azure has checked them; one that is not verified cannot be linked.')
  id: string?

  @description('The part before the @ of the sender, which the domain has to know. Default: DoNotReply, which each knows.')
  sender: string?
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
