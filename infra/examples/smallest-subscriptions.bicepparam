// The event subscriptions of smallest.bicepparam alone, for a pipeline that places the code.
using '../subscriptions.bicep'
