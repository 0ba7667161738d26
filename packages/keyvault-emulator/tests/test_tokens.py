"""Which tokens the Key Vault emulator takes, what it says of the others, and which identity a token is of."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError

from keyvault_emulator.grants import CLIENT_ID
from keyvault_emulator.unkindness import Unkindness
from vault_client import Reply, VaultClient, sdk_client, use_identity, vault_client

OTHER = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, any_token=False, identities={OTHER: ["certificates/read"]}) as client:
        yield client


async def list_with(vault: VaultClient, authorization: str | None, host: str = "localhost") -> Reply:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return await vault.at(host).send("GET", "/certificates", headers=headers, query={"api-version": "7.4"})


def claims(token: str) -> dict[str, str]:
    segment = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))))


def challenged(reply: Reply) -> tuple[str, str]:
    """Code and message of a 401, which always comes with the challenge."""
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith('Bearer authorization="https://login.windows.net/')
    _, code, message = reply.error
    return code, message


async def test_a_token_of_the_endpoint_is_taken(vault: VaultClient) -> None:
    assert (await list_with(vault, f"Bearer {vault.token}")).status == 200
    assert (await list_with(vault, f"bearer {vault.token}")).status == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw"])
async def test_no_bearer_token(vault: VaultClient, authorization: str | None) -> None:
    expected = ("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
    assert challenged(await list_with(vault, authorization)) == expected


def tampered(token: str) -> list[str]:
    header, body, signature = token.split(".")
    more = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))) | {"exp": 1 << 40}
    longer = base64.urlsafe_b64encode(json.dumps(more).encode()).rstrip(b"=").decode()
    return ["a-token", "a.b.c", "ä.ö.ü", f"{header}.{body}.", f"{header}.{longer}.{signature}", f"{token}x"]


async def test_a_token_that_the_endpoint_did_not_make(vault: VaultClient, tmp_path: Path) -> None:
    expected = ("Unauthorized", "AKV10046: Unable to resolve the key used for signature validation.")
    for token in tampered(vault.token):
        assert challenged(await list_with(vault, f"Bearer {token}")) == expected
    async with vault_client(tmp_path / "other", any_token=False) as other:
        assert challenged(await list_with(vault, f"Bearer {other.token}")) == expected


@pytest.mark.parametrize("audience", ["https://management.azure.com/", "https://vault.azure.net/", "https://localhost"])
async def test_a_token_for_another_audience(vault: VaultClient, audience: str) -> None:
    token = await vault.token_of(resource=audience)
    expected = f"AKV10022: Invalid audience. Expected https://vault.azure.net, found: {audience}."
    assert challenged(await list_with(vault, f"Bearer {token}")) == ("Unauthorized", expected)


async def test_under_localhost_the_audience_is_the_one_of_the_challenge(vault: VaultClient) -> None:
    challenge = (await list_with(vault, None, "v1.localhost")).headers["WWW-Authenticate"]
    resource = challenge.split('resource="')[1].removesuffix('"')
    assert resource == f"https://localhost:{vault.emulator.port}"
    token = await vault.token_of(resource=resource)
    assert (await list_with(vault, f"Bearer {token}", "v1.localhost")).status == 200
    assert (await list_with(vault, f"Bearer {token}")).status == 401


async def test_an_expired_token(tmp_path: Path) -> None:
    async with vault_client(tmp_path, any_token=False, unkindness=Unkindness(token_lifetime=1)) as vault:
        assert (await list_with(vault, f"Bearer {vault.token}")).status == 200
        await asyncio.sleep(1.1)
        expected = ("Unauthorized", "[TokenExpired] Error validating token: 'S2S12086'.")
        assert challenged(await list_with(vault, f"Bearer {vault.token}")) == expected


async def test_the_client_gets_over_tokens_that_expire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with vault_client(tmp_path, any_token=False, unkindness=Unkindness(token_lifetime=1)) as vault:
        use_identity(monkeypatch, vault.emulator)
        async with sdk_client(vault) as client:
            for _ in range(2):
                assert [item async for item in client.list_properties_of_certificates()] == []
                await asyncio.sleep(1.1)


async def test_the_client_says_so_if_its_token_is_for_nobody(
    vault: VaultClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vault_client(vault.ca_file.parent / "other", any_token=False) as other:
        use_identity(monkeypatch, other.emulator)
        async with sdk_client(vault) as client:
            with pytest.raises(ClientAuthenticationError, match="AKV10046"):
                await client.get_certificate("web-1")


async def test_any_token_takes_any_but_not_none(tmp_path: Path) -> None:
    async with vault_client(tmp_path, any_token=True) as vault:
        assert (await list_with(vault, "Bearer whatever")).status == 200
        assert challenged(await list_with(vault, None))[0] == "Unauthorized"


# --- which identity ---


async def test_client_id_selects_the_identity_and_none_is_the_default_one(vault: VaultClient) -> None:
    default, empty, other = [claims(await vault.token_of(client)) for client in (None, "", OTHER)]
    assert default["appid"] == empty["appid"] == CLIENT_ID
    assert other["appid"] == OTHER
    assert default["oid"] == empty["oid"] != other["oid"]
    assert claims(await vault.token_of(OTHER.upper()))["appid"].lower() == OTHER


async def test_an_identity_that_there_is_not(vault: VaultClient) -> None:
    query = {"resource": "https://vault.azure.net", "api-version": "2019-08-01", "client_id": "nobody"}
    headers = {"X-IDENTITY-HEADER": vault.emulator.identity_header}
    async with vault.session.get(vault.emulator.identity_endpoint, params=query, headers=headers) as response:
        assert response.status == 400
        assert "No User Assigned" in (await response.json())["message"]
