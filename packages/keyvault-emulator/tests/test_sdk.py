"""Microsoft's own clients, unmodified, against the Key Vault emulator; its tokens; its events."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential
from azure.keyvault.certificates import (
    AdministratorContact,
    CertificateClient,
    CertificateOperation,
    CertificatePolicy,
    KeyType,
    KeyVaultCertificate,
    WellKnownIssuerNames,
)
from azure.keyvault.certificates.aio import CertificateClient as AsyncCertificateClient

from keyvault_emulator.localhost_names import localhost_resolved
from testkit.clock import HANG, real_now
from vault_client import OutsideCa, VaultClient, b64, sdk_client, use_identity, vault_client

type Event = dict[str, Any]


def ec_policy(issuer: str = "Self") -> CertificatePolicy:
    return CertificatePolicy(issuer, subject="CN=sdk.example.com", key_type=KeyType.ec, key_curve_name="P-256")


@pytest.fixture
async def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0.05, any_token=False) as client:
        use_identity(monkeypatch, client.emulator)
        yield client


@pytest.fixture
async def sdk(vault: VaultClient) -> AsyncIterator[AsyncCertificateClient]:
    async with sdk_client(vault) as client:
        yield client


async def test_create_until_completed(sdk: AsyncCertificateClient) -> None:
    # The first read finds it in progress, and the client's own polling step is 5 s.
    certificate = await sdk.create_certificate("web-1", ec_policy(), tags={"a": "1"}, _polling_interval=0.1)
    assert isinstance(certificate, KeyVaultCertificate)
    assert certificate.properties
    assert certificate.properties.tags == {"a": "1"}
    assert certificate.properties.enabled
    assert certificate.properties.vault_url
    assert certificate.policy
    assert certificate.policy.key_curve_name == "P-256"
    version = await sdk.get_certificate_version("web-1", certificate.properties.version or "")
    assert version.cer == certificate.cer
    listed = [item async for item in sdk.list_properties_of_certificates()]
    assert [(item.name, item.version) for item in listed] == [("web-1", None)]
    versions = [item async for item in sdk.list_properties_of_certificate_versions("web-1")]
    assert [item.version for item in versions] == [certificate.properties.version]


async def test_manual_create_sign_and_merge_doubly_encoded(sdk: AsyncCertificateClient) -> None:
    operation = await sdk.create_certificate("web-1", ec_policy(WellKnownIssuerNames.unknown))
    assert isinstance(operation, CertificateOperation)
    assert "merge" in (operation.status_details or "").lower()
    csr = base64.b64encode(operation.csr or b"").decode()
    leaf = b64(OutsideCa().sign_csr(csr))
    merged = await sdk.merge_certificate("web-1", [leaf.encode()])  # base64 text: the client encodes it again
    assert base64.b64encode(merged.cer or b"").decode() == leaf
    assert (await sdk.get_certificate_operation("web-1")).status == "completed"


async def test_cancel_delete_and_errors_as_the_client_maps_them(sdk: AsyncCertificateClient) -> None:
    await sdk.create_certificate("web-1", ec_policy("Unknown"))
    with pytest.raises(ResourceExistsError) as conflict:
        await sdk.create_certificate("web-1", ec_policy("Unknown"))
    assert conflict.value.error
    assert conflict.value.error.code == "Conflict"
    cancelled = await sdk.cancel_certificate_operation("web-1")
    assert cancelled.cancellation_requested
    assert cancelled.status == "inProgress"
    deleted = await sdk.delete_certificate_operation("web-1")
    assert deleted.cancellation_requested
    with pytest.raises(ResourceNotFoundError, match="Pending certificate not found: web-1"):
        await sdk.get_certificate_operation("web-1")
    with pytest.raises(HttpResponseError, match="Pending Certificate not found"):
        await sdk.merge_certificate("web-1", [b"x"])


async def test_issuers_and_failure(sdk: AsyncCertificateClient, vault: VaultClient) -> None:
    admin = AdministratorContact(first_name="Jo", email="jo@example.com")
    await sdk.create_issuer(
        "my-ca", "DigiCert", account_id="a", password="p", organization_id="1", admin_contacts=[admin]
    )
    issuer = await sdk.get_issuer("my-ca")
    assert (issuer.provider, issuer.account_id, issuer.password) == ("DigiCert", "a", None)
    updated = await sdk.update_issuer("my-ca", enabled=False)
    assert updated.organization_id == "1"
    assert [item.name async for item in sdk.list_properties_of_issuers()] == ["my-ca"]
    await vault.outcome(name="*", outcome="fail", message="No.", delay=0)
    operation = await sdk.create_certificate("web-1", ec_policy("my-ca"), _polling_interval=0.1)
    assert isinstance(operation, CertificateOperation)
    assert operation.status == "failed"
    assert operation.error
    assert (operation.error.code, operation.error.message) == ("Request rejected", "No.")
    await sdk.delete_issuer("my-ca")
    with pytest.raises(ResourceNotFoundError):
        await sdk.get_issuer("my-ca")


async def test_pages_as_the_client_walks_them(sdk: AsyncCertificateClient, vault: VaultClient) -> None:
    names = [f"web-{number}" for number in range(5)]
    for name in names:
        await vault.create(name)
    pages = sdk.list_properties_of_certificates(max_page_size=2, include_pending=True)
    assert [item.name async for item in pages] == names


async def test_delete_and_purge(sdk: AsyncCertificateClient, vault: VaultClient) -> None:
    await vault.create("web-1")
    deleted = await sdk.delete_certificate("web-1")
    assert deleted.recovery_id == f"{vault.url}/deletedcertificates/web-1"
    await sdk.purge_deleted_certificate("web-1")
    with pytest.raises(ResourceNotFoundError):
        await sdk.get_certificate("web-1")


def create_with_sync_client(vault: VaultClient, url: str, **switches: Any) -> str:
    with (
        ManagedIdentityCredential() as credential,
        CertificateClient(url, credential, connection_verify=str(vault.ca_file), retry_total=0, **switches) as client,
    ):
        client.begin_create_certificate("web-1", ec_policy("Unknown")).result()
        return client.get_certificate_operation("web-1").id or ""


async def test_the_sync_client(vault: VaultClient) -> None:
    made = await asyncio.to_thread(create_with_sync_client, vault, vault.url, verify_challenge_resource=False)
    assert made == f"{vault.url}/certificates/web-1/pending"


async def test_elsewhere_than_under_localhost_the_client_wants_its_check_off(vault: VaultClient) -> None:
    with pytest.raises(ValueError, match="The challenge resource"):
        await asyncio.to_thread(create_with_sync_client, vault, vault.url)


async def test_under_localhost_an_unmodified_client_needs_no_switch(vault: VaultClient) -> None:
    url = f"https://v1.localhost:{vault.emulator.port}"
    with localhost_resolved():
        assert await asyncio.to_thread(create_with_sync_client, vault, url) == f"{url}/certificates/web-1/pending"


# --- identity ---


async def test_a_token_is_a_jwt_that_storage_emulators_take(vault: VaultClient) -> None:
    async with AsyncManagedIdentityCredential() as credential:
        token = await credential.get_token("https://storage.azure.com/.default")
    header, claims, signature = token.token.split(".")
    assert json.loads(decode(header))["typ"] == "JWT"
    assert decode(signature)
    body = json.loads(decode(claims))
    assert body["aud"] == "https://storage.azure.com"
    assert body["iss"] == f"https://sts.windows.net/{body['tid']}/"
    assert {"oid", "appid"} <= set(body)
    assert body["nbf"] == body["iat"] <= real_now().timestamp() < body["exp"] == body["iat"] + 86400
    assert abs(token.expires_on - body["exp"]) <= 2


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        (None, {"resource": "r", "api-version": "2019-08-01"}, 401),
        ("wrong", {"resource": "r", "api-version": "2019-08-01"}, 401),
        ("right", {"api-version": "2019-08-01"}, 400),
        ("right", {"resource": "r"}, 400),
        ("right", {"resource": "r", "api-version": "2019-08-01"}, 200),
    ],
)
async def test_the_identity_endpoint_answers_as_app_service_does(
    vault: VaultClient, header: str | None, query: dict[str, str], status: int
) -> None:
    known = {"right": vault.emulator.identity_header}
    headers = {"X-IDENTITY-HEADER": known.get(header, header)} if header else {}
    async with vault.session.get(vault.emulator.identity_endpoint, params=query, headers=headers) as response:
        body = await response.json()
        assert response.status == status
    if status == 200:
        assert list(body) == ["access_token", "expires_on", "resource", "token_type", "client_id"]
        assert (body["resource"], body["token_type"]) == ("r", "Bearer")
        assert body["expires_on"].isdigit()
    else:
        assert body["message"]


# --- events ---


async def test_a_new_version_is_announced_even_if_nobody_asks(tmp_path: Path) -> None:
    taken: asyncio.Queue[Event] = asyncio.Queue()
    async with vault_client(tmp_path, issuing_delay=0.05, on_event=taken.put) as vault:
        await vault.create("Web-1", "Self")
        event = await asyncio.wait_for(taken.get(), HANG)
        bundle = (await vault.call("GET", "/certificates/web-1")).body
        operation = (await vault.create("web-1")).body
        merged = (await vault.merge("web-1", [b64(OutsideCa().sign_csr(operation["csr"]))])).body
        second = await asyncio.wait_for(taken.get(), HANG)
        assert taken.empty()
    assert event["specversion"] == "1.0"
    assert event["type"] == "Microsoft.KeyVault.CertificateNewVersionCreated"
    assert event["source"].endswith("/providers/Microsoft.KeyVault/vaults/localhost")
    assert event["subject"] == "Web-1"
    assert event["time"].endswith("Z")
    assert event["data"] == {
        "Id": bundle["id"],
        "VaultName": "localhost",
        "ObjectType": "Certificate",
        "ObjectName": "Web-1",
        "Version": bundle["id"].rsplit("/", 1)[1],
        "NBF": bundle["attributes"]["nbf"],
        "EXP": bundle["attributes"]["exp"],
    }
    assert second["data"]["Id"] == merged["id"]
    assert second["id"] != event["id"]


async def test_nothing_is_announced_for_what_fails_or_is_disabled(tmp_path: Path) -> None:
    taken: list[Event] = []

    async def take(event: Event) -> None:
        taken.append(event)

    async with vault_client(tmp_path, issuing_delay=0.05, on_event=take) as vault:
        await vault.set_issuer()
        await vault.outcome(name="web-1", outcome="fail")
        await vault.create("web-1", "my-ca")
        await vault.create("web-2", "my-ca", attributes={"enabled": False})
        await vault.ended("web-1")
        await vault.ended("web-2")
        await asyncio.sleep(0.05)
    assert taken == []


async def test_an_event_that_nobody_takes_breaks_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(_event: Event) -> None:
        raise aiohttp.ClientError("no one is there")

    async with vault_client(tmp_path, issuing_delay=0, on_event=refuse) as vault:
        await vault.create("web-1", "Self")
        assert (await vault.ended("web-1"))["status"] == "completed"
        await asyncio.sleep(0.05)
        assert (await vault.create("web-1", "Self")).status == 202
    assert "was not taken" in caplog.text


async def test_an_event_that_is_never_taken_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def wait(_event: Event) -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(HANG), vault_client(tmp_path, issuing_delay=0, on_event=wait) as vault:
        await vault.create("web-1", "Self")
        await vault.ended("web-1")


def decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
