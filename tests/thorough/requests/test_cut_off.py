"""A create cut off after Key Vault has taken it, by the network or by a kill: repeated, it finds its request."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.api import Client, until
from tests.e2e.request_and_chain import body
from tests.e2e.second_host import another_host
from tests.e2e.stack import let_in, running_up, unkind

SLOW = 6.0  # seconds that Key Vault takes for the first answer, so that half of them is enough on a busy machine, too


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One for both: each leaves its Key Vault as kind as before."""
    with running_up(tmp_path_factory.mktemp("cut"), "--issuing-delay", "600") as (_, described):
        yield described


async def creations(client: Client, name: str) -> list[str]:
    """The request_id of what is pending under a name, as the emulator itself says."""
    async with client.session.get(f"{client.stack['keyvault_control']}/state") as response:
        vaults = (await response.json())["vaults"]
    certificate = vaults.get("localhost", {}).get("certificates", {}).get(name)
    return [certificate["pending"]["request_id"]] if certificate and certificate["pending"] else []


async def test_a_create_whose_connection_was_cut_gets_its_request_when_repeated(own: Client) -> None:
    path, key = "vaults/main/certificates/cut/create", {"Idempotency-Key": "k1"}
    await own.pending("main", "cut")  # the host has its tokens and connections
    await unkind(own, latency=SLOW)
    asked = asyncio.create_task(own.call("POST", path, headers=key, json=body("cut", "DigiCert")))
    await asyncio.sleep(SLOW / 2)  # its look at what stands there is under way, and unharmed
    await unkind(own, latency=0.0, cut_rate=1.0, strike="after")
    response = await asked
    assert response.status == 503, await response.text()
    await unkind(own, cut_rate=0.0)
    (request_id,) = await creations(own, "cut")
    again = await own.call("POST", path, headers=key, json=body("cut", "DigiCert"))
    answer = await again.json()
    assert (again.status, answer["request_id"]) == (202, request_id)
    history = await (await own.call("GET", "vaults/main/certificates/cut/history")).json()
    assert [act["act"] for act in history["value"]] == ["created"]


async def test_a_create_killed_after_key_vault_took_it_gets_its_request_when_repeated(
    own: Client, tmp_path: Path
) -> None:
    path, key = "vaults/main/certificates/killed/create", {"Idempotency-Key": "k1"}
    order = body("killed", "DigiCert")
    with pytest.raises(AssertionError, match="-9"):  # noqa: PT012  the host is killed inside, and says so at the end
        async with another_host(own, tmp_path, CERTFLOW_CHECK_SCHEDULE="0 0 0 1 1 *") as doomed:
            await let_in(doomed)
            await doomed.pending("main", "killed")
            await unkind(own, latency=SLOW)
            asked = asyncio.create_task(doomed.call("POST", path, headers=key, json=order))
            await asyncio.sleep(SLOW / 2)
            await unkind(own, latency=0.0, silence_rate=1.0, strike="after")

            async def taken() -> list[str]:
                return await creations(own, "killed")

            (request_id,) = await until("Key Vault has taken it", taken)
            os.kill(doomed.stack["pid"], signal.SIGKILL)
            with pytest.raises(aiohttp.ClientError):
                await asked
    await unkind(own, silence_rate=0.0)
    async with another_host(own, tmp_path) as other:
        again = await other.call("POST", path, headers=key, json=order)
        answer = await again.json()
        assert (again.status, answer["request_id"]) == (202, request_id)
        history = await (await other.call("GET", "vaults/main/certificates/killed/history")).json()
        assert [act["act"] for act in history["value"]] == ["created"]
