// One new vault, mail from a domain that Azure manages, no secret at all. Nobody signs in: whoever has a function key may
// do everything.
using '../main.bicep'

param notifications = { mailTo: ['pki-team@example.com'] }
param alertsTo = ['platform-team@example.com']
