// For azd: `azd env set CERTFLOW_…` sets what is read here. With az, take one of the examples instead.
using 'main.bicep'

var environment = toLower(replace(replace(readEnvironmentVariable('AZURE_ENV_NAME', 'certflow'), '_', '-'), '.', '-'))

// Names are cut at 20 letters, and two environments have to stay two deployments then.
param name = length(environment) > 20 ? '${take(environment, 14)}-${take(uniqueString(environment), 5)}' : environment
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param vaults = json(readEnvironmentVariable('CERTFLOW_VAULT_LIST', '[{"alias": "main"}]'))
param privateNetwork = bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false'))
param delivery = empty(readEnvironmentVariable('CERTFLOW_DELIVERY', ''))
  ? (bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false')) ? 'queues' : 'functions')
  : readEnvironmentVariable('CERTFLOW_DELIVERY', '')
param network = json(readEnvironmentVariable('CERTFLOW_NETWORK', '{}'))
param allowedAddresses = json(readEnvironmentVariable('CERTFLOW_ALLOWED_ADDRESSES', '[]'))
param outbound = json(readEnvironmentVariable('CERTFLOW_OUTBOUND', '{}'))
param notifications = json(readEnvironmentVariable('CERTFLOW_NOTIFICATIONS', '{}'))
param choices = json(readEnvironmentVariable('CERTFLOW_CHOICES', '{}'))
param people = json(readEnvironmentVariable(
  'CERTFLOW_PEOPLE',
  '{"uploaders": [{"id": "deployer"}], "trustees": [{"id": "deployer"}]}'
))
param signIn = json(readEnvironmentVariable('CERTFLOW_SIGN_IN', '{}'))
param drops = bool(readEnvironmentVariable('CERTFLOW_DROPS', 'true'))
param roles = readEnvironmentVariable('CERTFLOW_ROLES', 'assign')
param vaultRoleId = readEnvironmentVariable('CERTFLOW_VAULT_ROLE_ID', '')
param alertsTo = json(readEnvironmentVariable('CERTFLOW_ALERTS_TO', '[]'))
param actionGroupIds = json(readEnvironmentVariable('CERTFLOW_ACTION_GROUPS', '[]'))
param workspaceId = readEnvironmentVariable('CERTFLOW_WORKSPACE', '')
param builtInVaultRoles = bool(readEnvironmentVariable('CERTFLOW_BUILT_IN_ROLES', 'false'))
param packageUri = '' // azd places the code
