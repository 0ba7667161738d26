"""A chain that cannot be handled: for five minutes it is tried again, and then somebody hears of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.ports.work_queue import UPLOAD_QUEUE
from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.clock import real_now
from tests.e2e.next_steps import call, step_of
from tests.e2e.queues import messages_in, put
from tests.e2e.request_and_chain import chain_for, started
from tests.e2e.stack import running_up, unkind
from tests.e2e.telling import told


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One for both: each leaves its Key Vault as kind as before."""
    with running_up(tmp_path_factory.mktemp("stuck"), "--issuing-delay", "600") as (_, described):
        yield described


async def test_a_chain_that_key_vault_never_takes_is_told_and_stays_where_it_was(own: Client, ca: OpensslCa) -> None:
    log = Path(own.stack["logs"]) / "host.log"
    before = len(log.read_text())
    operation = await started(own, "stuck")
    content = await chain_for(ca, operation, "stuck")
    await unkind(own, error_rate=1.0, strike="before")
    await own.drop("stuck.pem", content)

    async def put_back() -> bool:
        return await messages_in(own, UPLOAD_QUEUE) == 1 and '"event-put-back"' in log.read_text()[before:]

    await until("it to be tried and put back", put_back)
    assert await own.messages("stuck.pem") == []
    # As the same message is after five minutes of tries.
    since = real_now() - timedelta(minutes=5)
    await put(own, UPLOAD_QUEUE, {"name": "stuck.pem", "since": since.isoformat()})

    async def heard() -> list[dict[str, Any]] | None:
        return await own.messages("Chain could not be handled: stuck.pem")

    await until("somebody hears of it", heard)
    for message in reversed(await told(own, "Chain could not be handled: stuck.pem")):  # the mail is the last
        assert "Key Vault 'main' is not available (HTTP 503)" in message["text"]
    assert await own.files("chains", "stuck.pem") == ["stuck.pem"]
    assert "stuck.pem" in await (await own.call("GET", "status")).text()
    response = await own.call("POST", "chains/retry", json={"name": "stuck.pem"})
    assert (response.status, response.headers["Retry-After"]) == (503, "10")
    await unkind(own, error_rate=0.0)
    # The next step, as it is told.
    step = step_of(message["text"])
    (asked,) = re.findall(r"the body (\{.+?\})", step)
    status, report = await call(own, step, "POST", "/chains/retry", json.loads(asked))
    assert (status, report["outcome"]) == (200, "merged")
    await told(own, "Certificate issued: stuck")
    assert await own.files("chains", "stuck.pem") == []
    response = await own.call("POST", "chains/retry", json={"name": "stuck.pem"})
    assert (response.status, (await response.json())["error"]["code"]) == (400, "BadParameter")


async def test_a_conflict_that_passes_costs_a_chain_nothing_but_time(own: Client, ca: OpensslCa) -> None:
    content = await chain_for(ca, await started(own, "twice"), "twice")
    await unkind(own, conflict_rate=1.0)
    await own.drop("twice.pem", content)

    async def tried() -> list[dict[str, Any]]:
        url = f"{own.stack['keyvault_control']}/calls"
        async with own.session.get(url, params={"path": "/pending/merge"}) as response:
            return [one for one in await response.json() if one["status"] == 409]

    await until("Key Vault has refused", tried)
    await unkind(own, conflict_rate=0.0)
    await told(own, "Certificate issued: twice")
    assert await own.messages("twice.pem") == []
