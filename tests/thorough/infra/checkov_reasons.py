"""What checkov finds in the examples and stays so, each check by the type of the resource, with the reason."""

from __future__ import annotations

SITE, PLAN = "Microsoft.Web/sites", "Microsoft.Web/serverfarms"
VAULT, TOPIC = "Microsoft.KeyVault/vaults", "Microsoft.EventGrid/topics"
STORAGE = "Microsoft.Storage/storageAccounts"

_PUBLIC = (
    "Public is the default, so that one deployment works without a network: only Entra tokens open it, keys are "
    "switched off. privateNetwork closes it."
)

REASONS = {
    ("CKV_AZURE_109", VAULT): _PUBLIC,
    ("CKV_AZURE_189", VAULT): _PUBLIC,
    ("CKV_AZURE_193", TOPIC): _PUBLIC,
    ("CKV_AZURE_35", STORAGE): _PUBLIC,
    ("CKV_AZURE_59", STORAGE): "The same as CKV_AZURE_35: it reads publicNetworkAccess. Anonymous reading is off "
    "(allowBlobPublicAccess), which the check's title speaks of.",
    (
        "CKV_AZURE_222",
        SITE,
    ): "The API is public by default and takes function keys; allowedAddresses says from where, and "
    "privateNetwork closes it.",
    ("CKV_AZURE_17", SITE): "Event Grid calls the app without a client certificate, and so do people; each call has a "
    "key, or a token where App Service authentication is on.",
    ("CKV_AZURE_78", SITE): "Flex Consumption has no FTP and refuses ftpsState with 400 (azure-pipelines-tasks#21032); "
    "publishing with a password is switched off by a resource of its own.",
    ("CKV_AZURE_206", STORAGE): "One region's three copies are the default, for the price; storageRedundancy takes the "
    "others, and Key Vault has the certificates in any case.",
    (
        "CKV_AZURE_212",
        SITE,
    ): "Flex Consumption scales to zero and has no number of workers; instances that always run are "
    "readyInstances and alwaysReady.",
    ("CKV_AZURE_213", SITE): "Health checks replace instances of a plan with fixed ones. Flex Consumption makes each "
    "instance when it is needed, and calls all the time would keep one running, and billed.",
    (
        "CKV_AZURE_225",
        PLAN,
    ): "Two instances of each of its function groups would always run, and be billed; zoneRedundant is the parameter.",
}
