// A system topic that a vault has already. It needs an identity of its own (system-assigned) for the dead letters.

@description('Its name.')
param name string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: name
}

@description('Its own identity, which delivers to queues and to the dead letters.')
output principalId string = topic.identity.principalId
