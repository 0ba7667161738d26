"""Issuers of any provider in the Key Vault emulator, also of those that nobody here plays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vault_client import NEVER, VaultClient, vault_client

ANY_PROVIDER = pytest.mark.parametrize("provider", ["SslAdmin", "OneCert", "An internal CA of ours", "digi-cert"])
NOBODY_SIGNS = "The emulator issues for the providers Test, DigiCert, GlobalSign only."


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        yield client


@ANY_PROVIDER
async def test_an_issuer_may_have_any_provider(vault: VaultClient, provider: str) -> None:
    """Recorded in 2018 for `SslAdmin`, set and changed to."""
    path = "/certificates/issuers/my-ca"
    for method, body in (("PUT", {"provider": "Test"}), ("PATCH", {"provider": provider})):
        reply = await vault.call(method, path, body)
        assert (reply.status, reply.body["provider"]) == (200, body["provider"])
    assert (await vault.call("PUT", path, {"provider": provider})).body["provider"] == provider
    assert (await vault.call("GET", path)).body["provider"] == provider
    assert [one["provider"] for one in (await vault.call("GET", "/certificates/issuers")).body["value"]] == [provider]
    assert (await vault.call("DELETE", path)).body["provider"] == provider


@ANY_PROVIDER
async def test_what_nobody_signs_fails_when_the_issuer_would_decide(vault: VaultClient, provider: str) -> None:
    await vault.set_issuer("my-ca", provider)
    assert (await vault.create("web-1", "my-ca")).status == 202
    assert (await vault.pending("web-1")).body["status"] == "inProgress"
    await vault.outcome(name="*", outcome="issue", delay=0)
    ended = await vault.ended("web-1")
    assert ended["status"] == "failed"
    assert ended["error"] == {"code": "Certificate issuer error", "message": NOBODY_SIGNS}


async def test_what_nobody_signs_can_still_be_told_to_hang_or_to_fail_otherwise(vault: VaultClient) -> None:
    await vault.set_issuer("my-ca", "SslAdmin")
    await vault.create("web-1", "my-ca")
    await vault.outcome(name="web-1", outcome="hang")
    await vault.control("POST", "clock", {"advance": 2 * NEVER})
    assert (await vault.pending("web-1")).body["status"] == "inProgress"
    await vault.outcome(name="web-1", outcome="fail", message="Not today.", delay=0)
    assert (await vault.ended("web-1"))["error"] == {"code": "Request rejected", "message": "Not today."}


async def test_who_signs_is_decided_at_the_create(vault: VaultClient) -> None:
    await vault.set_issuer("my-ca", "Test")
    await vault.create("web-1", "my-ca")
    await vault.set_issuer("my-ca", "SslAdmin")
    await vault.outcome(name="*", outcome="issue", delay=0)
    assert (await vault.ended("web-1"))["status"] == "completed"
