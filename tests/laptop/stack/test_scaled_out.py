"""The whole stack, scaled out and in a hurry: several vaults, two hosts that come and go, an app that wraps ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest_asyncio

from local.api import Client, client_of, until
from local.hosts import Hosts
from local.stack import REJECTED, Stack, running_stack
from tests.clock import real_now
from tests.e2e.stack import HURRIED

ORDER = {
    "policy": {
        "issuer": {"name": "Test"},
        "x509_props": {"subject": "CN=web.example.com"},
        "key_props": {"kty": "EC", "crv": "P-256"},
    }
}


@pytest_asyncio.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path, app=HURRIED, vaults=5, hosts=2, hurry=20, issuing_delay=0.5) as running:
        yield running


async def ended(client: Client, vault: str) -> str | None:
    status = (await (await client.pending(vault, "web")).json())["status"]
    return None if status == "inProgress" else str(status)


async def test_it_does_its_work_while_a_host_is_killed_and_started_again(stack: Stack) -> None:
    hosts = stack.hosts
    assert isinstance(hosts, Hosts)
    async with client_of(stack.describe()) as client:
        await client.set_outcome("vault-5", "web", "fail")
        for vault in stack.vaults:
            assert (await client.create(vault, "web", ORDER)).status == 202
        statuses = {vault: await until(vault, partial(ended, client, vault)) for vault in stack.vaults}
        assert statuses == dict.fromkeys(stack.vaults, "completed") | {"vault-5": "failed"}

        (one, *_) = (await (await client.call("GET", "requests")).json())["value"]
        assert datetime.fromisoformat(one["created"]) > real_now(), "the app's clock is ahead"

        await hosts.kill(0)
        await client.drop("letter.txt", b"no certificate at all")
        await until("the other host to reject it", lambda: client.files(REJECTED, "letter.txt"))
        await hosts.start(0)
        assert (await client.call("GET", "requests")).status == 200
        assert hosts.running() == [0, 1]
    for log in ("host.log", "host-2.log"):
        assert "hurry 20)" in (stack.directory / log).read_text()
