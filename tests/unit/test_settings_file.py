"""`make up SETTINGS=file.json`: what is taken, and what is refused with a word that says what to change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.settings_file import BadSettingsFile, read_settings
from local.stack import USUAL
from local.vaults import vault_urls

GOOD = {
    "CERTFLOW_PATIENCE_MANUAL": "1m",
    "CERTFLOW_VAULTS": "main={main}, staging:observe={staging}",
    "CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS": "{teams}",
    "AzureWebJobs.daily.Disabled": "true",
}


@pytest.mark.parametrize("content", [GOOD, {"IsEncrypted": False, "Values": GOOD}])
def test_an_object_of_settings_is_taken_bare_or_as_values(tmp_path: Path, content: dict[str, Any]) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))
    assert read_settings(tmp_path / "mine.json") == GOOD


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is no JSON"),
        ("[]", "write an object of app settings"),
        ('{"Values": 1}', "write an object of app settings"),
        (
            '{"CERTFLOW_PATIENCE_MANUL": "1d"}',
            "no setting CERTFLOW_PATIENCE_MANUL; did you mean CERTFLOW_PATIENCE_MANUAL",
        ),
        ('{"CERTFLOW_RENEW": false}', "CERTFLOW_RENEW is no text: .* quotes"),
        ('{"CERTFLOW_NOTIFY_RULES": []}', "CERTFLOW_NOTIFY_RULES is no text"),
        ('{"CERTFLOW_VAULTS": "main=https://localhost:8443"}', "main={main},staging={staging}"),
        *(
            (json.dumps({name: "x"}), f"{name} is set by the stack itself")
            for name in (
                "AzureWebJobsStorage",
                "AzureWebJobsStorage__blobServiceUri",
                "ChainStorage__queueServiceUri",
                "AZURE_CLIENT_ID",
                "IDENTITY_ENDPOINT",
                "SSL_CERT_FILE",
                "CERTFLOW_TOPIC_ENDPOINT",
                "CERTFLOW_SMTP_SERVER",
                "CERTFLOW_TEAMS_WEBHOOK_URL",
            )
        ),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "mine.json").write_text(content)
    with pytest.raises(BadSettingsFile, match=why):
        read_settings(tmp_path / "mine.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettingsFile, match="No such file"):
        read_settings(tmp_path / "none.json")


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"CERTFLOW_X": "1", "SSL_CERT_FILE": "x"}')
    with pytest.raises(BadSettingsFile, match=r"CERTFLOW_X.*SSL_CERT_FILE"):
        read_settings(tmp_path / "mine.json")


def test_the_vaults_that_can_be_named_are_the_stacks_own() -> None:
    assert set(vault_urls([USUAL.keyvault], 2)) == {"main", "staging"}
