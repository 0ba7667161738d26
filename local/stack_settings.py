"""The app settings that the stack gives to the app, as Bicep would set them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eventgrid_emulator import EventGrid
from inbox import Inbox
from keyvault_emulator import Emulator
from local.azurite import Azurite

PRODUCT_CLIENT_ID = "5c1e7ab1-0000-4000-8000-0000000000c3"  # the identity that the product runs under
CHECK_SCHEDULE = "*/5 * * * * *"  # every minute on Azure; nobody wants to wait for that here


def app_settings_of(
    emulator: Emulator,
    event_grid: EventGrid,
    inbox: Inbox,
    azurite: Azurite,
    ca_file: Path,
    vaults: Mapping[str, str],
    host_url: str,
) -> dict[str, str]:
    """The app settings, as Bicep would set them: the same names, other values."""
    return {
        "AzureWebJobsStorage__blobServiceUri": azurite.blob_url,
        "AzureWebJobsStorage__queueServiceUri": azurite.queue_url,
        "AzureWebJobsStorage__tableServiceUri": azurite.table_url,
        "ChainStorage__blobServiceUri": azurite.blob_url,
        "ChainStorage__queueServiceUri": azurite.queue_url,
        "AZURE_CLIENT_ID": PRODUCT_CLIENT_ID,
        "IDENTITY_ENDPOINT": emulator.identity_endpoint,
        "IDENTITY_HEADER": emulator.identity_header,
        "SSL_CERT_FILE": str(ca_file),
        "FUNCTIONS_HOST_QUEUE_BELLS": str(azurite.bells),  # of our own host; the real one asks less often
        "CERTFLOW_VAULTS": ",".join(f"{alias}={url}" for alias, url in vaults.items()),
        "CERTFLOW_VERIFY_CHALLENGE_RESOURCE": "false",
        "CERTFLOW_TRUSTED_CAS": "any",  # until a file is in trusted-cas/{alias}/; said by `make up`
        "CERTFLOW_CHECK_SCHEDULE": CHECK_SCHEDULE,
        "CERTFLOW_DISCOVER_SCHEDULE": "0 * * * * *",
        "CERTFLOW_DAILY_SCHEDULE": "0 0 6 * * *",
        "CERTFLOW_SWEEP_SCHEDULE": "0 */10 * * * *",
        "CERTFLOW_API_URL": f"{host_url}/api",
        "CERTFLOW_TOPIC_ENDPOINT": event_grid.endpoint,
        "CERTFLOW_TEAMS_WEBHOOK_URL": inbox.teams_url,
        "CERTFLOW_SMTP_SERVER": f"{inbox.smtp_host}:{inbox.smtp_port}",
        "CERTFLOW_SMTP_USER": inbox.smtp_user,
        "CERTFLOW_SMTP_PASSWORD": inbox.smtp_password,
        "CERTFLOW_MAIL_FROM": "certflow@example.com",
        "CERTFLOW_MAIL_TO": "pki-team@example.com",
    }


def with_addresses(settings: Mapping[str, str], addresses: Mapping[str, str]) -> dict[str, str]:
    """Settings whose values name addresses in braces, filled in."""
    filled = dict(settings)
    for name, address in addresses.items():
        filled = {setting: value.replace(f"{{{name}}}", address) for setting, value in filled.items()}
    return filled
