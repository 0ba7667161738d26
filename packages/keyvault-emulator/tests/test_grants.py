"""Grants: every operation needs its data action, and the product needs the four that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from keyvault_emulator.errors import KeyVaultError
from keyvault_emulator.grants import ACTIONS, CLIENT_ID, Grants
from keyvault_emulator.routes import ROUTES
from keyvault_emulator.tokens import Caller, object_id
from vault_client import NEVER, OutsideCa, Reply, VaultClient, b64, policy, vault_client

# An identity that may do what an app needs that starts, watches and merges certificates.
PRODUCT_CLIENT_ID = "5c1e7ab1-0000-4000-8000-0000000000c3"
PRODUCT_ACTIONS = (
    "certificates/read",
    "certificates/create/action",
    "certificates/update/action",
    "certificatecas/read",
)
OPERATIONS = [(method, path, endpoint.action) for path, methods in ROUTES for method, endpoint in methods.items()]


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[VaultClient]:
    """The default identity, and beside it the product's."""
    identities = {PRODUCT_CLIENT_ID: PRODUCT_ACTIONS}
    async with vault_client(tmp_path, any_token=False, issuing_delay=NEVER, identities=identities) as client:
        yield client


async def grant(vault: VaultClient, *actions: str, client_id: str = PRODUCT_CLIENT_ID) -> tuple[int, Any]:
    return await vault.control("PUT", "grants", {"client_id": client_id, "actions": list(actions)})


def refused(reply: Reply, action: str) -> bool:
    """Whether this is Azure's 403 for the missing action; any other 403 is the operation's own."""
    error = reply.body.get("error", {}) if reply.text else {}
    if error.get("innererror") != {"code": "ForbiddenByRbac"}:
        return False
    assert (reply.status, error["code"]) == (403, "Forbidden")
    assert error["message"].startswith("Caller is not authorized to perform action on resource.\r\n")
    assert f"\r\nAction: 'Microsoft.KeyVault/vaults/{action}'\r\n" in error["message"]
    return True


@pytest.mark.parametrize(("method", "path", "action"), OPERATIONS)
async def test_every_operation_needs_its_action_and_no_other(
    admin: VaultClient, method: str, path: str, action: str
) -> None:
    product = await admin.as_client(PRODUCT_CLIENT_ID)
    place = "/" + path.format(name="web-1", issuer="my-ca", version="0" * 32)
    await grant(admin, *(one for one in ACTIONS if one != action))
    assert refused(await product.call(method, place), action)
    await grant(admin, action)
    assert not refused(await product.call(method, place), action)


# What the product asks of Key Vault, by the action that Azure wants for it. `web-1` waits for a merge.
PRODUCT_CALLS: list[tuple[str, str, str, int]] = [
    ("certificates/read", "GET", "/certificates/web-1/pending", 200),
    ("certificates/read", "GET", "/certificates/web-1/", 200),
    ("certificates/read", "GET", "/certificates", 200),
    ("certificates/create/action", "POST", "/certificates/web-2/create", 202),
    ("certificates/create/action", "POST", "/certificates/web-1/pending/merge", 201),
    ("certificates/update/action", "PATCH", "/certificates/web-1/pending", 200),
    ("certificates/update/action", "DELETE", "/certificates/web-1/pending", 200),
    ("certificatecas/read", "GET", "/certificates/issuers", 200),
]


@pytest.mark.parametrize(("action", "method", "path", "status"), PRODUCT_CALLS)
async def test_what_the_product_does_works_with_its_grants_and_not_without_the_one(
    admin: VaultClient, action: str, method: str, path: str, status: int
) -> None:
    product = await admin.as_client(PRODUCT_CLIENT_ID)
    csr = (await admin.create("web-1")).body["csr"]
    bodies: dict[str, Any] = {
        "/certificates/web-2/create": {"policy": policy()},
        "/certificates/web-1/pending/merge": {"x5c": [b64(OutsideCa().sign_csr(csr))]},
    }
    body = bodies.get(path, {"cancellation_requested": True} if method == "PATCH" else None)
    await grant(admin, *(one for one in PRODUCT_ACTIONS if one != action))
    assert refused(await product.call(method, path, body), action)
    await grant(admin, *PRODUCT_ACTIONS)
    assert (await product.call(method, path, body)).status == status


def test_each_grant_of_the_product_is_used() -> None:
    assert {action for action, *_ in PRODUCT_CALLS} == set(PRODUCT_ACTIONS)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/certificates/web-1"),
        ("DELETE", "/deletedcertificates/web-1"),
        ("POST", "/certificates/web-1/import"),
        ("PUT", "/certificates/issuers/my-ca"),
        ("GET", "/secrets/web-1"),
    ],
)
async def test_what_the_product_may_not_do(admin: VaultClient, method: str, path: str) -> None:
    product = await admin.as_client(PRODUCT_CLIENT_ID)
    assert (await product.call(method, path)).body["error"]["innererror"] == {"code": "ForbiddenByRbac"}


async def test_the_message_says_who_wanted_what_where(admin: VaultClient) -> None:
    await grant(admin)
    reply = await (await admin.as_client(PRODUCT_CLIENT_ID)).call("GET", "/certificates/Web-1//pending/")
    who = f"appid={PRODUCT_CLIENT_ID};oid={object_id(PRODUCT_CLIENT_ID)};iss=https://sts.windows.net/"
    message = reply.body["error"]["message"]
    assert f"\r\nCaller: {who}" in message
    assert "/providers/microsoft.keyvault/vaults/localhost/certificates/web-1/pending'\r\n" in message
    assert "\r\nVault: localhost;location=" in message


async def test_nothing_is_done_for_whom_it_is_forbidden(admin: VaultClient) -> None:
    product = await admin.as_client(PRODUCT_CLIENT_ID)
    await grant(admin, "certificates/read")
    await product.create("web-1")
    assert (await admin.pending("web-1")).status == 404


# --- setting them ---


async def test_grants_are_read_and_set_through_the_control_door(admin: VaultClient) -> None:
    _, body = await admin.control("GET", "grants")
    assert body["default"] == CLIENT_ID
    assert body["identities"] == {CLIENT_ID: ["*"], PRODUCT_CLIENT_ID: list(PRODUCT_ACTIONS)}
    status, body = await admin.control("PUT", "grants", {"actions": []})
    assert (status, body["identities"][CLIENT_ID]) == (200, [])
    assert (await admin.call("GET", "/certificates")).status == 403
    await grant(admin, "Microsoft.KeyVault/vaults/certificates/*", client_id="new")
    new = await admin.as_client("new")
    assert (await new.call("GET", "/certificates")).status == 200
    assert (await new.call("GET", "/certificates/issuers")).status == 403


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"actions": ["certificates/write"]}, "'certificates/write' is no data action of this vault. Known: "),
        ({"actions": "certificates/read"}, "Expected `array`, got `str` - at `$.actions`"),
        ({}, "Object missing required field `actions`"),
        ({"actions": [], "client": "x"}, "Object contains unknown field `client`"),
    ],
)
async def test_grants_that_make_no_sense(admin: VaultClient, body: Any, says: str) -> None:
    status, answer = await admin.control("PUT", "grants", body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
    assert answer["error"]["message"].startswith(says)


def test_an_identity_with_an_unknown_action_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="no data action"):
        Grants({"a": ["certificates/readd"]})


@pytest.mark.parametrize("granted", ["*", "certificates/*", "CERTIFICATES/READ", "Microsoft.KeyVault/vaults/*/read"])
def test_wildcards_and_case(granted: str) -> None:
    Grants({"a": [granted]}).require(Caller("A"), "certificates/read", "v", "/")
    if granted != "*":
        with pytest.raises(KeyVaultError):
            Grants({"a": [granted]}).require(Caller("a"), "certificatecas/write", "v", "/")
