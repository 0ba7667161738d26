"""One version of a certificate by its id: another shape than the current one without an id (recorded)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.certificates.aio import CertificateClient

from keyvault_emulator.unkindness import Unkindness
from testkit.tokens import AnyToken
from vault_client import VaultClient, policy, vault_client


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0, unkindness=Unkindness(recovery_delay=60)) as client:
        yield client


async def issued(vault: VaultClient) -> dict[str, Any]:
    await vault.create("web-1", policy=policy("Self", "C=US, O=Example, CN=web.example.com"), tags={"a": "1"})
    await vault.ended("web-1")
    return dict((await vault.call("GET", "/certificates/web-1")).body)


async def test_a_read_by_id_has_neither_policy_nor_pending_object(vault: VaultClient) -> None:
    current = await issued(vault)
    read = (await vault.call("GET", current["id"].split(str(vault.emulator.port))[1])).body
    assert list(read) == ["id", "kid", "sid", "x5t", "cer", "attributes", "tags"]
    assert read == {key: current[key] for key in read}


async def test_a_half_made_version_read_by_its_id_has_little_more_than_that(vault: VaultClient) -> None:
    await vault.create("web-1")
    current = (await vault.call("GET", "/certificates/web-1")).body
    read = (await vault.call("GET", current["id"].split(str(vault.emulator.port))[1])).body
    assert read == {"id": current["id"], "attributes": current["attributes"]}


async def test_an_update_by_id_answers_without_the_policy(vault: VaultClient) -> None:
    current = await issued(vault)
    path = current["id"].split(str(vault.emulator.port))[1]
    updated = (await vault.call("PATCH", path, {"tags": {"b": "2"}})).body
    assert list(updated) == ["id", "kid", "sid", "x5t", "cer", "attributes", "tags", "pending"]
    assert updated["tags"] == {"b": "2"}
    whole = (await vault.call("PATCH", "/certificates/web-1", {"tags": {}})).body
    assert "policy" in whole


async def test_the_client_reads_both(vault: VaultClient) -> None:
    await issued(vault)
    async with CertificateClient(
        vault.url, AnyToken(), verify_challenge_resource=False, connection_verify=str(vault.ca_file)
    ) as client:
        current = await client.get_certificate("web-1")
        assert current.properties
        by_id = await client.get_certificate_version("web-1", current.properties.version or "")
        assert by_id.cer == current.cer


async def test_a_recovered_certificate_is_not_found_at_once(vault: VaultClient) -> None:
    await issued(vault)
    await vault.call("DELETE", "/certificates/web-1")
    await vault.control("POST", "clock", {"advance": 1})
    assert (await vault.call("POST", "/deletedcertificates/web-1/recover")).status == 200
    assert (await vault.call("GET", "/certificates/web-1")).error[:2] == (404, "CertificateNotFound")
    await vault.control("POST", "clock", {"advance": 60})
    assert (await vault.call("GET", "/certificates/web-1")).status == 200
