"""The half-made version of the Key Vault emulator, and the other one that comes of it: two ids, and what is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from vault_client import NEVER, OutsideCa, VaultClient, b64, vault_client

type Finish = Callable[[VaultClient], Awaitable[Any]]


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        await client.set_issuer()
        yield client


async def merged(vault: VaultClient) -> None:
    csr = (await vault.pending("web-1")).body["csr"]
    assert (await vault.merge("web-1", [b64(OutsideCa().sign_csr(csr))])).status == 201


async def issued(vault: VaultClient) -> None:
    await vault.outcome(name="web-1", outcome="issue", delay=0)
    assert (await vault.pending("web-1")).body["status"] == "completed"


async def merged_after_a_failure(vault: VaultClient) -> None:
    await vault.outcome(name="web-1", outcome="fail", delay=0)
    assert (await vault.pending("web-1")).body["status"] == "failed"
    await merged(vault)


async def merged_after_a_cancellation(vault: VaultClient) -> None:
    await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": True})
    await vault.control("POST", "clock", {"advance": NEVER})
    assert (await vault.pending("web-1")).body["status"] == "cancelled"
    await merged(vault)


WAYS = pytest.mark.parametrize(
    ("issuer", "finish"),
    [
        ("Unknown", merged),
        ("Self", issued),
        ("my-ca", issued),
        ("my-ca", merged_after_a_failure),
        ("Self", merged_after_a_cancellation),
    ],
)


async def current(vault: VaultClient) -> dict[str, Any]:
    return dict((await vault.call("GET", "/certificates/web-1")).body)


def version_in(bundle: dict[str, Any], key: str = "id") -> str:
    return str(bundle[key]).rsplit("/", 1)[1]


@WAYS
async def test_the_certificate_has_another_id_than_its_half_made_version(
    vault: VaultClient, issuer: str, finish: Finish
) -> None:
    await vault.create("web-1", issuer)
    half_made = version_in(await current(vault))
    await finish(vault)
    bundle = await current(vault)
    whole = version_in(bundle)
    assert whole != half_made
    assert version_in(bundle, "kid") == version_in(bundle, "sid") == whole
    for kind in ("certificates", "secrets", "keys"):
        assert (await vault.call("GET", f"/{kind}/web-1/{whole}")).status == 200
        assert (await vault.call("GET", f"/{kind}/web-1/{half_made}")).status == 404
    listed = (await vault.call("GET", "/certificates/web-1/versions")).body["value"]
    assert [version_in(item) for item in listed] == [whole]
    state = (await vault.state())["web-1"]
    assert (state["versions"], state["half_made"]) == ([whole], [])


async def test_a_next_version_too_has_another_id_than_its_half_made_one(vault: VaultClient) -> None:
    await vault.create("web-1")
    await merged(vault)
    first = version_in(await current(vault))
    await vault.create("web-1")
    [half_made] = (await vault.state())["web-1"]["half_made"]
    assert version_in(await current(vault)) == first
    await merged(vault)
    second = version_in(await current(vault))
    assert len({first, half_made, second}) == 3
    listed = (await vault.call("GET", "/certificates/web-1/versions")).body["value"]
    assert {version_in(item) for item in listed} == {first, second}


async def test_a_half_made_version_keeps_its_id_when_its_request_is_deleted(vault: VaultClient) -> None:
    await vault.create("web-1")
    half_made = version_in(await current(vault))
    await vault.call("DELETE", "/certificates/web-1/pending")
    assert version_in(await current(vault)) == half_made
    assert version_in((await vault.call("DELETE", "/certificates/web-1")).body) == half_made


@WAYS
async def test_what_is_set_on_a_half_made_version_is_lost_with_it(
    vault: VaultClient, issuer: str, finish: Finish
) -> None:
    await vault.create("web-1", issuer, tags={"asked": "for"})
    changed = {"tags": {"set": "later"}, "attributes": {"enabled": False}}
    assert (await vault.call("PATCH", "/certificates/web-1", changed)).body["tags"] == {"set": "later"}
    assert (await current(vault))["tags"] == {"set": "later"}
    await finish(vault)
    bundle = await current(vault)
    assert (bundle["tags"], bundle["attributes"]["enabled"]) == ({"asked": "for"}, True)


async def test_tags_that_no_create_asked_for_leave_none_behind(vault: VaultClient) -> None:
    await vault.create("web-1")
    await vault.call("PATCH", "/certificates/web-1", {"tags": {"set": "later"}})
    await merged(vault)
    assert "tags" not in await current(vault)


async def test_a_certificate_asked_for_as_disabled_is_so_when_it_is_whole(vault: VaultClient) -> None:
    await vault.create("web-1", "Self", attributes={"enabled": False})
    await vault.call("PATCH", "/certificates/web-1", {"attributes": {"enabled": True}})
    await issued(vault)
    assert (await current(vault))["attributes"]["enabled"] is False


async def test_the_event_has_the_id_of_the_certificate(tmp_path: Path) -> None:
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with vault_client(tmp_path, on_event=events.put) as vault:
        await vault.create("web-1")
        half_made = version_in(await current(vault))
        await merged(vault)
        data = (await asyncio.wait_for(events.get(), 10))["data"]
        assert data["Version"] == version_in(await current(vault)) != half_made
        assert data["Id"].endswith(data["Version"])
