// For azd's hook, after the code: the same as in main.bicepparam.
using 'subscriptions.bicep'

var environment = toLower(replace(replace(readEnvironmentVariable('AZURE_ENV_NAME', 'certflow'), '_', '-'), '.', '-'))

// Names are cut at 20 letters, and two environments have to stay two deployments then.
param name = length(environment) > 20 ? '${take(environment, 14)}-${take(uniqueString(environment), 5)}' : environment
param vaults = json(readEnvironmentVariable('CERTFLOW_VAULT_LIST', '[{"alias": "main"}]'))
param privateNetwork = bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false'))
param delivery = empty(readEnvironmentVariable('CERTFLOW_DELIVERY', ''))
  ? (bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false')) ? 'queues' : 'functions')
  : readEnvironmentVariable('CERTFLOW_DELIVERY', '')
