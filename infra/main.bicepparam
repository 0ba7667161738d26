// For azd: `azd env set CERTFLOW_…` sets what is read here. With az, take one of the examples instead.
using 'main.bicep'

param name = toLower(take(
  replace(replace(readEnvironmentVariable('AZURE_ENV_NAME', 'certflow'), '_', '-'), '.', '-'),
  20
))
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param vaults = json(readEnvironmentVariable('CERTFLOW_VAULT_LIST', '[{"alias": "main"}]'))
param privateNetwork = bool(readEnvironmentVariable('CERTFLOW_PRIVATE', 'false'))
param notifications = json(readEnvironmentVariable('CERTFLOW_NOTIFICATIONS', '{}'))
param choices = json(readEnvironmentVariable('CERTFLOW_CHOICES', '{}'))
param people = json(readEnvironmentVariable('CERTFLOW_PEOPLE', '{}'))
param alertsTo = json(readEnvironmentVariable('CERTFLOW_ALERTS_TO', '[]'))
param builtInVaultRoles = bool(readEnvironmentVariable('CERTFLOW_BUILT_IN_ROLES', 'false'))
