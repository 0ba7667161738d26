// One new vault, mail from a domain that Azure manages, no secret at all.
using '../main.bicep'

param notifications = { mailTo: ['pki-team@example.com'] }
param alertsTo = ['platform-team@example.com']
