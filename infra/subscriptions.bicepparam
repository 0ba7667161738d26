// The second phase, for azd's hook: the same as in main.bicepparam.
using 'subscriptions.bicep'

param name = toLower(take(
  replace(replace(readEnvironmentVariable('AZURE_ENV_NAME', 'certflow'), '_', '-'), '.', '-'),
  20
))
param vaults = json(readEnvironmentVariable('CERTFLOW_VAULT_LIST', '[{"alias": "main"}]'))
param privateNetwork = bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false'))
