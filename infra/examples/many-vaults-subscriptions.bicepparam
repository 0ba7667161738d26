// The event subscriptions of many-vaults.bicepparam alone, for a pipeline that places the code.
using '../subscriptions.bicep'

param vaults = loadJsonContent('five-vaults.json')
param delivery = 'functions'
