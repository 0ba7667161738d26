"""The fewest settings with which the app starts; those of mail, of sign-in, and of every channel."""

from __future__ import annotations

from tests.entra_tokens import API, PAGE, TENANT

LEAST = {
    "CERTFLOW_VAULTS": "main=https://kv.vault.azure.net",
    "AzureWebJobsStorage__queueServiceUri": "https://a.queue.core.windows.net",
    "AzureWebJobsStorage__blobServiceUri": "https://a.blob.core.windows.net/",
    "AzureWebJobsStorage__tableServiceUri": "https://a.table.core.windows.net/",
    "ChainStorage__blobServiceUri": "https://c.blob.core.windows.net",
    "CERTFLOW_TOPIC_ENDPOINT": "https://t.westeurope-1.eventgrid.azure.net/api/events",
}
MAIL = {
    "CERTFLOW_SMTP_SERVER": "smtp.example.com:2525",
    "CERTFLOW_MAIL_FROM": "certflow@example.com",
    "CERTFLOW_MAIL_TO": "a@example.com, b@example.com",
}
SIGN_IN = {
    "CERTFLOW_AUTH": "entra",
    "CERTFLOW_AUTH_TENANT": TENANT,
    "CERTFLOW_AUTH_API": API,
    "CERTFLOW_AUTH_PAGE": PAGE,
}
TEAMS = {
    "CERTFLOW_TEAMS_WEBHOOK_URL": "https://a.example/1",
    "CERTFLOW_TEAMS_WEBHOOK_URL__OPS": "https://a.example/2",
}
FULL = LEAST | MAIL | TEAMS | {"CERTFLOW_NOTIFY_URLS": "json://b.example"}
# A reference to Key Vault as the app gets it while App Service cannot resolve it.
REFERENCE = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/teams)"
