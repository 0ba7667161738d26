"""Deleting, recovering, purging, backing up and restoring in the Key Vault emulator."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.certificates.aio import CertificateClient

from certificate_files import Family
from keyvault_emulator.unkindness import Unkindness
from vault_client import NEVER, Reply, VaultClient, sdk_client, use_identity, vault_client

DELAY = 0.3
FAMILY = Family()
BEING_DELETED = {
    "error": {
        "code": "Conflict",
        "message": "Certificate is currently being deleted.",
        "innererror": {"code": "ObjectIsBeingDeleted"},
    }
}


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER, unkindness=Unkindness(deletion_delay=DELAY)) as client:
        yield client


@pytest.fixture
async def sdk(vault: VaultClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CertificateClient]:
    use_identity(monkeypatch, vault.emulator)
    async with sdk_client(vault) as client:
        yield client


async def imported(vault: VaultClient, name: str = "web-1", **more: Any) -> dict[str, Any]:
    reply = await vault.call("POST", f"/certificates/{name}/import", {"value": FAMILY.pfx()} | more)
    assert reply.status == 200, reply.text
    return dict(reply.body)


async def deleted(vault: VaultClient, name: str = "web-1") -> dict[str, Any]:
    """The answer to DELETE, once the deletion is done."""
    body = (await vault.call("DELETE", f"/certificates/{name}")).body
    await asyncio.sleep(DELAY)
    assert (await vault.call("GET", f"/deletedcertificates/{name}")).body == body
    return dict(body)


async def recover(vault: VaultClient, name: str = "web-1") -> Reply:
    return await vault.call("POST", f"/deletedcertificates/{name}/recover")


# --- delete ---


async def test_a_deletion_takes_its_time(vault: VaultClient) -> None:
    bundle = await imported(vault, tags={"a": "1"})
    body = (await vault.call("DELETE", "/certificates/web-1")).body
    assert {key: body[key] for key in list(body)[3:]} == bundle
    under_way = (404, "CertificateNotFound", "Deleted Certificate not found: web-1")
    assert (await vault.call("GET", "/deletedcertificates/web-1")).error == under_way
    assert (await vault.call("GET", "/deletedcertificates")).body == {"value": [], "nextLink": None}
    for refused in (await vault.call("DELETE", "/deletedcertificates/web-1"), await recover(vault)):
        assert (refused.status, refused.body) == (409, BEING_DELETED)
    blocked = await vault.create("web-1")
    assert (blocked.status, blocked.body["error"]["innererror"]) == (409, {"code": "ObjectIsBeingDeleted"})
    await asyncio.sleep(DELAY)
    assert (await vault.call("GET", "/deletedcertificates/web-1")).body == body
    blocked = await vault.create("web-1")
    assert (blocked.status, blocked.body["error"]["innererror"]) == (409, {"code": "ObjectIsDeletedButRecoverable"})


async def test_deleted_certificates_are_listed_with_their_recovery_fields(vault: VaultClient) -> None:
    await imported(vault, "web-1", tags={})
    await imported(vault, "web-2")
    await vault.create("half-made")
    bodies = [await deleted(vault, name) for name in ("web-1", "web-2")]
    await deleted(vault, "half-made")
    reply = (await vault.call("GET", "/deletedcertificates")).body
    first, second = reply["value"]
    assert list(first) == ["recoveryId", "deletedDate", "scheduledPurgeDate", "id", "x5t", "attributes", "tags"]
    assert list(second) == list(first)[:-1]
    for item, body in zip((first, second), bodies, strict=True):
        assert item == {key: body[key] for key in item} | {"id": body["id"].rpartition("/")[0]}
        assert item["attributes"]["recoverableDays"] == 90
    half_made, *others = (await vault.call("GET", "/deletedcertificates", includePending="true")).body["value"]
    assert half_made["id"] == f"{vault.url}/certificates/half-made"
    assert others == [first, second]
    page = (await vault.call("GET", "/deletedcertificates", maxresults="1")).body
    assert page["value"] == [first]
    link = urlsplit(page["nextLink"])
    assert link.path == "/deletedcertificates"
    assert (await vault.call("GET", link.path, **dict(parse_qsl(link.query)))).body["value"] == [second]


# --- recover and purge ---


async def test_a_recovered_certificate_is_what_it_was(vault: VaultClient) -> None:
    await imported(vault)
    bundle = await imported(vault)
    await deleted(vault)
    reply = await recover(vault)
    assert (reply.status, reply.body) == (200, bundle)
    assert (await vault.call("GET", "/certificates/web-1")).body == bundle
    assert len((await vault.call("GET", "/certificates/web-1/versions")).body["value"]) == 2
    assert (await vault.call("GET", "/deletedcertificates/web-1")).status == 404
    again = await recover(vault)
    assert again.error[:2] == (404, "CertificateNotFound")
    assert again.error[2].startswith("A certificate with (name/id) web-1 was not found in this key vault.")


async def test_a_purged_certificate_is_gone(vault: VaultClient) -> None:
    await imported(vault)
    await deleted(vault)
    purged = await vault.call("DELETE", "/deletedcertificates/web-1")
    assert (purged.status, purged.text) == (204, "")
    assert (await recover(vault)).status == 404
    await imported(vault)


async def test_the_sdk_waits_for_deletion_and_recovery(sdk: CertificateClient) -> None:
    family = base64.b64decode(FAMILY.pfx())
    made = await sdk.import_certificate("web-1", family)
    await sdk.delete_certificate("web-1", _polling_interval=0.05)
    assert [item.name async for item in sdk.list_deleted_certificates()] == ["web-1"]
    recovered = await sdk.recover_deleted_certificate("web-1", _polling_interval=0.05)
    assert recovered.id == made.id
    await sdk.delete_certificate("web-1", _polling_interval=0.05)
    await sdk.purge_deleted_certificate("web-1")
    with pytest.raises(ResourceNotFoundError):
        await sdk.get_deleted_certificate("web-1")


# --- backup and restore ---


async def test_a_backup_brings_back_all_versions(vault: VaultClient) -> None:
    await imported(vault)
    bundle = await imported(vault, tags={})
    backup = await vault.call("POST", "/certificates/web-1/backup")
    assert backup.status == 200
    assert list(backup.body) == ["value"]
    assert re.fullmatch(r"[0-9A-Za-z_-]+", backup.body["value"])
    taken = await vault.call("POST", "/certificates/restore", backup.body)
    assert taken.error[:2] == (409, "Conflict")
    assert bundle["id"] in taken.error[2]
    secret = (await vault.call("GET", "/secrets/web-1")).body["value"]
    await deleted(vault)
    assert (await vault.call("POST", "/certificates/restore", backup.body)).status == 409
    await vault.call("DELETE", "/deletedcertificates/web-1")
    restored = await vault.call("POST", "/certificates/restore", backup.body)
    assert restored.status == 200
    assert restored.body == bundle
    assert len((await vault.call("GET", "/certificates/web-1/versions")).body["value"]) == 2
    assert len((await vault.call("GET", "/secrets/web-1")).body["value"]) == len(secret)


async def test_a_backup_is_of_its_moment_and_goes_into_any_vault(vault: VaultClient) -> None:
    await vault.create("web-1")
    await vault.call("PATCH", "/certificates/web-1", {"tags": {"a": "1"}})
    backup = (await vault.call("POST", "/certificates/web-1/backup")).body
    await vault.call("PATCH", "/certificates/web-1", {"tags": {"a": "2"}})
    other = vault.at("v1.localhost")
    restored = (await other.call("POST", "/certificates/restore", backup)).body
    assert restored["id"].startswith(f"{other.url}/certificates/web-1/")
    assert restored["tags"] == {"a": "1"}
    assert "pending" not in restored


@pytest.mark.parametrize("blob", ["", "AAAA", "not base64url!"])
async def test_what_is_no_backup_is_refused(vault: VaultClient, blob: str) -> None:
    reply = await vault.call("POST", "/certificates/restore", {"value": blob})
    assert reply.error == (400, "Malformed backup blob", "Backup blob is corrupt.")


async def test_what_is_not_there_cannot_be_backed_up(vault: VaultClient) -> None:
    assert (await vault.call("POST", "/certificates/web-1/backup")).error[:2] == (404, "CertificateNotFound")
    assert (await vault.call("POST", "/certificates/restore", {})).error[:2] == (400, "BadParameter")


async def test_backups_with_the_sdk(vault: VaultClient, sdk: CertificateClient) -> None:
    await imported(vault)
    blob = await sdk.backup_certificate("web-1")
    with pytest.raises(HttpResponseError, match="Backup blob is corrupt"):
        await sdk.restore_certificate_backup(blob[:-1])
    await deleted(vault)
    await sdk.purge_deleted_certificate("web-1")
    restored = await sdk.restore_certificate_backup(blob)
    assert restored.name == "web-1"
