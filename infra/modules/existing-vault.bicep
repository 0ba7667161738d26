// Where a vault is that exists already: its system topic has to be in the same region.

@description('Its name.')
param name string

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: name
}

@description('Its region.')
output location string = vault.location
