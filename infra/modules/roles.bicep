// The roles that grants name: built-in ones, and our own.

@export()
@description('A role that the deployment defines, assignable in one resource group, for ever: when vaults come and go, no scope is taken from a role that is assigned there, which Azure refuses (RoleScopeBeingRemovedContainsAssignments, Azure/bicep#17145).')
type definition = {
  @description('Its id (a GUID).')
  id: string
  @description('Its name, which is the only one in the tenant.')
  roleName: string
  @description('The subscription of the group.')
  subscription: string
  @description('The group, and the one scope.')
  group: string
  @description('What it is for.')
  description: string
  @description('What it may do to a container.')
  actions: string[]
  @description('What it may do to content.')
  dataActions: string[]
}

@export()
@description('A role by its id (a GUID) and its name.')
type role = {
  id: string
  name: string
}

// Microsoft Learn, "Azure built-in roles".
@export()
@description('Roles that are there everywhere.')
var builtIn = {
  blobOwner: { id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', name: 'Storage Blob Data Owner' }
  blobContributor: { id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe', name: 'Storage Blob Data Contributor' }
  blobReader: { id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', name: 'Storage Blob Data Reader' }
  queueContributor: { id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', name: 'Storage Queue Data Contributor' }
  queueSender: { id: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a', name: 'Storage Queue Data Message Sender' }
  tableContributor: { id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', name: 'Storage Table Data Contributor' }
  eventSender: { id: 'd5a91429-5739-47e2-a06b-3470a27159e7', name: 'EventGrid Data Sender' }
  metricsPublisher: { id: '3913510d-42f4-4e42-8a64-420c390055eb', name: 'Monitoring Metrics Publisher' }
  mailOwner: { id: '09976791-48a7-449e-bb21-39d1a415f350', name: 'Communication and Email Service Owner' }
  secretsUser: { id: '4633458b-17de-408a-b874-0445c86b69e6', name: 'Key Vault Secrets User' }
  // Could also import, purge and delete certificates, and read and change the account at a CA.
  certificatesOfficer: { id: 'a4417e6f-fecd-4de8-b567-7b0420556985', name: 'Key Vault Certificates Officer' }
  // Could also read the names and properties of keys and secrets.
  vaultReader: { id: '21090545-7ca7-4776-b22c-e363652d74d2', name: 'Key Vault Reader' }
}

@export()
@description('What the app may do in a vault.')
var operator = {
  kind: 'certificate operator'
  description: 'Starts, watches and finishes certificate requests in a vault.'
  actions: []
  // Only what the app calls: nothing is deleted, imported, purged or backed up, and no key or secret is read.
  dataActions: [
    'Microsoft.KeyVault/vaults/certificates/read' // look at pending requests, list certificates
    'Microsoft.KeyVault/vaults/certificates/create/action' // start a request, merge a chain
    // Ask for cancellation, delete a pending request. It could also disable versions and rewrite tags and policies, which no
    // smaller action leaves out: the alert foreign-act tells of that.
    'Microsoft.KeyVault/vaults/certificates/update/action'
    'Microsoft.KeyVault/vaults/certificatecas/read' // name the issuers that a vault has
  ]
}
@export()
@description('What it may do in a vault that is only watched.')
var observer = {
  kind: 'certificate observer'
  description: 'Watches certificate requests in a vault, and changes nothing.'
  actions: []
  dataActions: ['Microsoft.KeyVault/vaults/certificates/read']
}

// The built-in role for writing may also delete the container, and files of others. To read is needed, too: az and azcopy
// ask first whether a file of that name is there, and azcopy looks at its length afterwards (azure-storage-azcopy#2391).
var container = 'Microsoft.Storage/storageAccounts/blobServices/containers'
@export()
@description('What people may do where chains are dropped.')
var uploader = {
  kind: 'chain uploader'
  description: 'Puts files into a container, and deletes none.'
  actions: ['${container}/read']
  dataActions: ['${container}/blobs/read', '${container}/blobs/add/action', '${container}/blobs/write']
}
@export()
@description('What people may do with trusted CAs, with rules, and with who may do what.')
var keeper = {
  kind: 'file keeper'
  description: 'Puts files into a container and takes them out, but does not delete the container.'
  actions: ['${container}/read']
  dataActions: [
    '${container}/blobs/read'
    '${container}/blobs/add/action'
    '${container}/blobs/write'
    '${container}/blobs/delete'
  ]
}

@export()
@description('What the app may do with the record of acts.')
var recorder = {
  kind: 'act recorder'
  description: 'Adds to files in a container and reads them; overwrites and deletes none.'
  actions: []
  // Append Block, and Put Blob under a new name, need add/action alone (Learn, "Permissions for blob data operations").
  dataActions: ['${container}/blobs/read', '${container}/blobs/add/action']
}

@export()
@description('Id and name of a role of our own. Both tell its group, so another group has another role.')
func definedIn(kind string, group string, token string) role => {
  id: guid(toLower(group), token, kind)
  name: 'Certflow ${kind} ${token}-${uniqueString(toLower(group))}'
}

@description('What a role of our own may do.')
type kindOfRole = {
  kind: string
  description: string
  actions: string[]
  dataActions: string[]
}

@export()
@description('A role of our own.')
func defined(of kindOfRole, group string, token string) definition => {
  id: definedIn(of.kind, group, token).id
  roleName: definedIn(of.kind, group, token).name
  subscription: split(group, '/')[2]
  group: split(group, '/')[4]
  description: of.description
  actions: of.actions
  dataActions: of.dataActions
}
