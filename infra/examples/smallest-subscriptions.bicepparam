// The second phase of smallest.bicepparam: nothing differs from the defaults.
using '../subscriptions.bicep'
