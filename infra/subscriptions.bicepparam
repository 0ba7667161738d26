// The second phase, for azd's hook: the same as in main.bicepparam.
using 'subscriptions.bicep'

param name = toLower(take(readEnvironmentVariable('AZURE_ENV_NAME', 'certflow'), 20))
param vaults = json(readEnvironmentVariable('CERTFLOW_VAULT_LIST', '[{"alias": "main"}]'))
param privateNetwork = bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false'))
