"""The control door puts certificates into a vault as they are; clients then see what they would have seen of others."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from testkit.certificates import Ca, csr_of
from testkit.clock import real_now
from vault_client import VaultClient, b64, policy, vault_client

KEY = ec.generate_private_key(ec.SECP224R1())  # no client can make one: Key Vault has no such curve
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
LEAF = Ca.root("Outside CA", at=real_now).signs(csr_of(KEY, "web.example.com"))
CREATED = 1_500_000_000


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path) as client:
        yield client


def seed(name: str = "web", **more: Any) -> dict[str, Any]:
    made = policy(key_props={"kty": "EC", "crv": "P-224"}, lifetime_actions=[])
    return {"name": name, "key": PEM, "policy": made, "x5c": [b64(LEAF)], "created": CREATED} | more


async def put(vault: VaultClient, *seeds: dict[str, Any], host: str = "localhost") -> tuple[int, Any]:
    return await vault.control("POST", "certificates", {"vault": host, "certificates": list(seeds)})


async def statuses(vault: VaultClient, name: str) -> tuple[int, str | None]:
    """Of the pending object: the HTTP status, and its own."""
    answer = await vault.pending(name)
    return answer.status, answer.body.get("status")


async def test_an_import_is_read_as_it_was_put_whatever_key_vault_would_say(vault: VaultClient) -> None:
    assert await put(vault, seed("Web", tags={"a": "1"}, enabled=False)) == (200, {"put": 1})
    body = (await vault.call("GET", "/certificates/web")).body
    assert base64.b64decode(body["cer"]) == LEAF.public_bytes(Encoding.DER)
    assert (body["attributes"]["enabled"], body["tags"]) == (False, {"a": "1"})
    assert (body["attributes"]["created"], body["attributes"]["updated"]) == (CREATED, CREATED)
    assert body["attributes"]["exp"] == int(LEAF.not_valid_after_utc.timestamp())
    assert (body["policy"]["key_props"]["crv"], body["policy"]["lifetime_actions"]) == ("P-224", [])
    assert "pending" not in body
    assert await statuses(vault, "web") == (404, None)
    (listed,) = (await vault.call("GET", "/certificates")).body["value"]
    assert listed["id"] == f"{vault.url}/certificates/Web"


async def test_what_a_request_made_still_has_it(vault: VaultClient) -> None:
    await put(vault, seed(request="completed"))
    assert (await vault.state())["web"]["half_made"] == []
    assert await statuses(vault, "web") == (200, "completed")
    assert len((await vault.call("GET", "/certificates/web/versions")).body["value"]) == 1


@pytest.mark.parametrize("status", ["inProgress", "failed", "cancelled"])
async def test_a_request_for_the_next_version_stands_beside_the_current_one(vault: VaultClient, status: str) -> None:
    await put(vault, seed(request=status))
    await vault.control("POST", "clock", {"advance": 400 * 24 * 3600})
    assert await statuses(vault, "web") == (200, status)
    assert ("error" in (await vault.pending("web")).body) == (status == "failed")
    assert (await vault.call("GET", "/certificates/web")).body["cer"]
    assert (await vault.merge("web", [b64(LEAF)])).status == 201
    assert len((await vault.call("GET", "/certificates/web/versions")).body["value"]) == 2


async def test_the_first_request_of_a_name_is_half_made(vault: VaultClient) -> None:
    await put(vault, seed(x5c=[], request="inProgress"))
    body = (await vault.call("GET", "/certificates/web")).body
    assert "cer" not in body
    assert body["attributes"]["exp"] > CREATED > body["attributes"]["nbf"]
    assert (await vault.call("GET", "/certificates")).body["value"] == []
    assert (await vault.merge("web", [b64(LEAF)])).status == 201


async def test_vaults_are_told_apart_and_events_are_not_sent(tmp_path: Path) -> None:
    told = list[Any]()

    async def keep(event: dict[str, Any]) -> None:
        told.append(event)

    async with vault_client(tmp_path, on_event=keep) as vault:
        await put(vault, seed(), host=f"Orders.localhost:{vault.emulator.port}")
        assert (await vault.at("orders.localhost").call("GET", "/certificates/web")).status == 200
        assert (await vault.call("GET", "/certificates/web")).status == 404
    assert told == []


OTHER = Ca.root("Other", at=real_now).certificate


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (seed("web"), "web: this name is taken"),
        (seed("other", x5c=[b64(OTHER)]), "other: the first of x5c is not for this key"),
        (seed("other", x5c=["AAAA"]), "other: "),
        (seed("other", key="none"), "other: "),
        (seed("other", x5c=[]), "other: without x5c there must be a request that is not completed"),
        (seed("other", x5c=[], request="completed"), "other: without x5c there must be"),
        (seed("a b"), "matching regex"),
        (seed("other", issuer="Self"), "unknown field `issuer`"),
    ],
)
async def test_what_cannot_be_there_is_named_and_nothing_of_the_call_is_put(
    vault: VaultClient, wrong: dict[str, Any], why: str
) -> None:
    status, answer = await put(vault, seed("Web"), wrong)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
    assert why in answer["error"]["message"]
    assert (await vault.call("GET", "/certificates")).body["value"] == []


async def test_a_name_that_is_there_already_stays_as_it_is(vault: VaultClient) -> None:
    await vault.create("web")
    await vault.call("POST", "/keys/own/create", {"kty": "EC"})
    await vault.create("gone")
    await vault.call("DELETE", "/certificates/gone")
    await put(vault, seed("whole"))
    for name in ("WEB", "own", "gone", "whole"):
        assert (await put(vault, seed(name)))[0] == 400
    assert "cer" not in (await vault.call("GET", "/certificates/web")).body
