"""Settings: read in one place, and a wrong one says what it should look like."""

from __future__ import annotations

import pytest

from functions.issuance.errors import BadSettings
from functions.settings import load_settings

LEAST = {
    "CERTFLOW_VAULTS": "main=https://kv.vault.azure.net",
    "AzureWebJobsStorage__queueServiceUri": "https://a.queue.core.windows.net",
    "AzureWebJobsStorage__tableServiceUri": "https://a.table.core.windows.net/",
    "ChainStorage__blobServiceUri": "https://c.blob.core.windows.net",
    "CERTFLOW_TOPIC_ENDPOINT": "https://t.westeurope-1.eventgrid.azure.net/api/events",
}
MAIL = {
    "CERTFLOW_SMTP_SERVER": "smtp.example.com:2525",
    "CERTFLOW_MAIL_FROM": "certflow@example.com",
    "CERTFLOW_MAIL_TO": "a@example.com, b@example.com",
}


def test_the_least_that_is_needed() -> None:
    settings = load_settings(LEAST)
    assert settings.vaults == {"main": "https://kv.vault.azure.net"}
    assert settings.tables_url == "https://a.table.core.windows.net"
    assert (settings.verify_challenge_resource, settings.include_root) == (True, False)
    assert (settings.client_id, settings.teams.webhooks, settings.mail) == (None, {}, None)


def test_a_root_is_merged_where_that_is_wanted() -> None:
    assert load_settings(LEAST | {"CERTFLOW_CHAIN_INCLUDE_ROOT": "true"}).include_root is True


def test_several_vaults_and_mail() -> None:
    vaults = "Main=https://a.vault.azure.net, eu=https://b.vault.azure.net"
    settings = load_settings(LEAST | MAIL | {"CERTFLOW_VAULTS": vaults, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE": "False"})
    assert list(settings.vaults) == ["main", "eu"]
    assert settings.verify_challenge_resource is False
    assert settings.mail is not None
    assert (settings.mail.host, settings.mail.port) == ("smtp.example.com", 2525)
    assert settings.mail.default_to == ("a@example.com", "b@example.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CERTFLOW_VAULTS", ""),
        ("CERTFLOW_VAULTS", "https://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main=http://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main=kv"),
        ("CERTFLOW_VAULTS", "a=https://k.vault.azure.net,A=https://l.vault.azure.net"),
        ("CERTFLOW_VAULTS", "a b=https://k.vault.azure.net"),
        ("AzureWebJobsStorage__tableServiceUri", ""),
        ("ChainStorage__blobServiceUri", "c.blob.core.windows.net"),
        ("CERTFLOW_TOPIC_ENDPOINT", ""),
        ("CERTFLOW_VERIFY_CHALLENGE_RESOURCE", "maybe"),
        ("CERTFLOW_CHAIN_INCLUDE_ROOT", "yes"),
        ("CERTFLOW_SMTP_SERVER", "smtp.example.com:x"),
        ("CERTFLOW_MAIL_FROM", ""),
        ("CERTFLOW_MAIL_TO", ""),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        load_settings(LEAST | MAIL | {name: value})
