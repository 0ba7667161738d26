"""The fixture `key_vault`, as somebody else's tests would use it."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificateClient, CertificatePolicy

from local.keyvault.pytest_plugin import KeyVault, key_vault_in_thread
from local.keyvault.unkindness import Unkindness

PLUGIN = 'pytest_plugins = ["local.keyvault.pytest_plugin"]\n'
TESTS = """
import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificateClient
from local.keyvault.unkindness import Unkindness

def listed(key_vault, client_id=None):
    with CertificateClient(
        key_vault.url, key_vault.credential(client_id), retry_total=0, **key_vault.client_options
    ) as client:
        return list(client.list_properties_of_certificates())

def test_plain(key_vault):
    assert listed(key_vault) == []
    assert set(key_vault.environment) == {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SSL_CERT_FILE"}

@pytest.mark.key_vault(unkindness=Unkindness(throttle=True, other_calls=0), identities={"a": []})
def test_marked(key_vault):
    with pytest.raises(HttpResponseError, match="Throttled"):
        listed(key_vault)
    key_vault.control("DELETE", "unkindness")
    key_vault.control("POST", "unkindness", {"throttle": False})
    with pytest.raises(HttpResponseError, match="not authorized"):
        listed(key_vault, "a")
"""


def test_the_fixture_in_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(PLUGIN)
    (tmp_path / "test_with_key_vault.py").write_text(TESTS)
    arguments = ["-q", "--strict-markers", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout


def test_without_pytest(tmp_path: Path) -> None:
    with key_vault_in_thread(tmp_path, unkindness=Unkindness(issuing_delay=0)) as vault:
        assert made(vault) == "completed"
        assert vault.control("GET", "state")["vaults"]["localhost"]["certificates"].keys() == {"web-1"}
    with pytest.raises(urllib.error.URLError):
        vault.control("GET", "state")


def made(vault: KeyVault) -> str:
    with CertificateClient(vault.url, vault.credential(), **vault.client_options) as client:
        client.begin_create_certificate("web-1", CertificatePolicy.get_default(), _polling_interval=0.05).result()
        return client.get_certificate_operation("web-1").status or ""


def test_what_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no data action"), key_vault_in_thread(tmp_path, identities={"a": ["b"]}):
        pass


def test_the_default_identity_may_be_told_less(tmp_path: Path) -> None:
    with key_vault_in_thread(tmp_path) as vault:
        vault.control("PUT", "grants", {"actions": ["certificates/read"]})
        with pytest.raises(HttpResponseError, match="certificates/create/action"):
            made(vault)
