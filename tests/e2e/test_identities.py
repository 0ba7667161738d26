"""The product runs under an identity with just what it needs; who comes from outside is an administrator."""

from __future__ import annotations

from typing import Any

from local.api import Client
from local.keyvault.grants import CLIENT_ID
from local.stack import PRODUCT_ACTIONS, PRODUCT_CLIENT_ID
from tests.e2e.test_stories import body


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
