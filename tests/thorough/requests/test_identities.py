"""The product runs under an identity with just what it needs; who comes from outside is an administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from keyvault_emulator.grants import CLIENT_ID
from local.api import Client
from local.openssl_ca import OpensslCa
from local.stack import PRODUCT_ACTIONS
from local.stack_settings import PRODUCT_CLIENT_ID
from tests.e2e.request_and_chain import body, csr_of, started


async def grant(client: Client, *actions: str) -> dict[str, Any]:
    """Sets what the product may do; returns what everybody may."""
    asked = {"client_id": PRODUCT_CLIENT_ID, "actions": list(actions)}
    async with client.session.put(f"{client.stack['keyvault_control']}/grants", json=asked) as response:
        assert response.status == 200
        return dict((await response.json())["identities"])


async def test_the_product_has_its_few_grants_and_an_outside_user_all(client: Client, name: str) -> None:
    assert client.stack["settings"]["AZURE_CLIENT_ID"] == PRODUCT_CLIENT_ID
    assert client.stack["identity"].keys() == {"endpoint", "header"}
    granted = await grant(client, *PRODUCT_ACTIONS)
    assert granted == {CLIENT_ID: ["*"], PRODUCT_CLIENT_ID: list(PRODUCT_ACTIONS)}
    assert (await client.create("main", name, body(name))).status == 202
    await client.certificates["main"].delete_certificate(name)  # what the product could not do


async def test_without_the_grant_the_answer_is_key_vaults_own_403(client: Client, name: str) -> None:
    await grant(client, *(action for action in PRODUCT_ACTIONS if action != "certificates/create/action"))
    try:
        response = await client.create("main", name, body(name))
        error = (await response.json())["error"]
        assert (response.status, error["code"]) == (403, "Forbidden")
        assert "Microsoft.KeyVault/vaults/certificates/create/action" in error["message"]
    finally:
        await grant(client, *PRODUCT_ACTIONS)
    assert (await client.create("main", name, body(name))).status == 202


@pytest.fixture
async def without(client: Client) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """Takes one action from the product, until the test is over."""

    async def take(action: str) -> None:
        assert action in PRODUCT_ACTIONS
        await grant(client, *(one for one in PRODUCT_ACTIONS if one != action))

    yield take
    await grant(client, *PRODUCT_ACTIONS)


Without = Callable[[str], Awaitable[None]]


async def refused(response: aiohttp.ClientResponse, action: str) -> bool:
    error = (await response.json())["error"]
    said = f"Microsoft.KeyVault/vaults/{action}" in error["message"]
    return (response.status, error["code"]) == (403, "Forbidden") and said


async def test_without_certificates_read_no_request_is_looked_at(client: Client, name: str, without: Without) -> None:
    await started(client, name)
    await without("certificates/read")
    assert await refused(await client.pending("main", name), "certificates/read")


async def test_without_certificates_create_nothing_is_merged(
    client: Client, name: str, without: Without, ca: OpensslCa
) -> None:
    leaf = ca.sign(csr_of(await started(client, name)), name, f"{name}.example.com")
    chain = leaf + ca.issuing.read_bytes() + ca.root.read_bytes()
    await without("certificates/create/action")
    response = await client.call("POST", f"vaults/main/certificates/{name}/pending/merge", data=chain)
    assert await refused(response, "certificates/create/action")


async def test_without_certificates_update_nothing_is_cancelled(client: Client, name: str, without: Without) -> None:
    await client.set_outcome("main", name, "hang")
    await started(client, name, "DigiCert")
    await without("certificates/update/action")
    path = f"vaults/main/certificates/{name}/pending"
    assert await refused(
        await client.call("PATCH", path, json={"cancellation_requested": True}), "certificates/update/action"
    )


async def test_without_certificatecas_read_nobody_is_told_which_issuers_there_are(
    client: Client, name: str, without: Without
) -> None:
    async def issuers() -> Any:
        return (await (await client.create("main", name, body(name, "Nobody"))).json()).get("issuers")

    assert "DigiCert" in await issuers()
    await without("certificatecas/read")
    assert await issuers() is None
