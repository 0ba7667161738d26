"""The plugin's fixtures, as somebody else's tests would use them."""

from __future__ import annotations

import base64
import gc
import json
import subprocess
import sys
import urllib.error
import warnings
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificateClient, CertificatePolicy

from keyvault_emulator.pytest_plugin import KeyVault, key_vault_in_thread
from keyvault_emulator.unkindness import Unkindness

PLUGIN = 'pytest_plugins = ["keyvault_emulator.pytest_plugin"]\n'
TESTS = """
import pytest
from azure.keyvault.certificates import aio
from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificateClient
from keyvault_emulator.unkindness import Unkindness

def listed(key_vault, client_id=None):
    with CertificateClient(
        key_vault.url, key_vault.credential(client_id), retry_total=0, **key_vault.client_options
    ) as client:
        return list(client.list_properties_of_certificates())

def test_plain(key_vault):
    assert listed(key_vault) == []
    assert set(key_vault.environment) == {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "SSL_CERT_FILE"}

async def test_asynchronous(key_vault):
    async with (
        key_vault.async_credential() as credential,
        aio.CertificateClient(key_vault.url, credential, **key_vault.client_options) as client,
    ):
        await client.create_issuer("my-ca", "Test")
        assert [issuer.name async for issuer in client.list_properties_of_issuers()] == ["my-ca"]

@pytest.mark.parametrize("name", ["orders", "invoices"])
def test_one_for_all_with_a_vault_each(session_key_vault, name, seen=set()):
    url, ca = session_key_vault.vault_url(name), str(session_key_vault.ca_file)
    with CertificateClient(url, session_key_vault.credential(), connection_verify=ca) as client:
        assert list(client.list_properties_of_issuers()) == []
        client.create_issuer("my-ca", "Test")
    seen.add(session_key_vault.emulator.port)
    assert len(seen) == 1

@pytest.mark.parametrize("switch", ["issuing_delay", "deletion_delay"])
def test_quick_unless_told_otherwise(key_vault, switch):
    assert key_vault.control("GET", "unkindness")[switch] == 0

@pytest.mark.key_vault(unkindness=Unkindness(latency=0.001))
def test_told_otherwise(key_vault):
    assert key_vault.control("GET", "unkindness")["issuing_delay"] == 2

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
    arguments = [
        "-q",
        "--strict-markers",
        "-o",
        "asyncio_mode=auto",
        "--rootdir",
        str(tmp_path),
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert "8 passed" in done.stdout, done.stdout


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


def test_a_client_that_stays_open_leaves_no_connection_behind(tmp_path: Path) -> None:
    """Which would be a ResourceWarning in whatever test comes next."""
    with key_vault_in_thread(tmp_path) as vault:
        client = CertificateClient(vault.url, vault.credential(), **vault.client_options)
        client.create_issuer("my-ca", "Test")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        gc.collect()
    client.close()
    assert [str(one.message) for one in warned] == []


async def test_an_asynchronous_credential_is_of_the_identity_that_it_is_asked_for(tmp_path: Path) -> None:
    with key_vault_in_thread(tmp_path, identities={"a": ["certificates/read"]}) as vault:
        async with vault.async_credential("a") as credential:
            token = await credential.get_token("https://vault.azure.net/.default")
    claims = token.token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["appid"] == "a"


def test_what_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no data action"), key_vault_in_thread(tmp_path, identities={"a": ["b"]}):
        pass


def test_the_default_identity_may_be_told_less(tmp_path: Path) -> None:
    with key_vault_in_thread(tmp_path) as vault:
        vault.control("PUT", "grants", {"actions": ["certificates/read"]})
        with pytest.raises(HttpResponseError, match="certificates/create/action"):
            made(vault)
