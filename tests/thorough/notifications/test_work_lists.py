"""Signers who want their open requests at set times, on a clock that runs faster."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local.api import until
from local.stack import Stack
from tests.clock import real_now
from tests.e2e.next_steps import drop_where_it_says, signed, step_of
from tests.e2e.request_and_chain import started
from tests.e2e.telling import nothing_waits
from tests.e2e.watched import Watched, running_watch

ZONE, PKI = "Europe/Berlin", "signers@example.com"
NAMES = ("first", "second", "third")


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    def settings(_: Stack) -> dict[str, str]:
        # Every five minutes, which the hurried clock makes a quarter of one, as long as this test can take.
        times = sorted({f"{real_now().astimezone(ZoneInfo(ZONE)) + n * timedelta(minutes=5):%H:%M}" for n in range(24)})
        return {"CERTFLOW_SIGNERS": json.dumps([{"to": [PKI], "at": times, "zone": ZONE}])}

    async with running_watch(tmp_path, settings, speed=20) as running:
        yield running


async def test_open_requests_come_as_one_list_the_oldest_first_and_no_csr_by_itself(watched: Watched) -> None:
    client = watched.client
    await watched.run("check")
    for name in NAMES:
        await started(client, name)
    requests = (await (await client.call("GET", "requests")).json())["value"]
    assert [one["name"] for one in requests] == list(NAMES)

    async def listed() -> dict[str, Any] | None:
        lists = (one for one in watched.events if one["type"] == "Certflow.Signer.WorkList")
        return next((one for one in lists if one["data"]["count"] == len(NAMES)), None)

    event = await until("a list of all three", listed)
    assert [one["name"] for one in event["data"]["requests"]] == list(NAMES)
    assert event["data"]["to"] == [PKI]

    async def mailed() -> list[dict[str, Any]]:
        found = await client.messages("3 CSRs wait for a signature")
        return [one for one in found if one["channel"] == "email"]

    mails = await until("the list as a mail", mailed)
    step = step_of(str(mails[0]["text"]))
    assert {one["to"] for one in mails} == {PKI}
    await nothing_waits(client)
    assert await client.messages("CSR ready to be signed") == []
    # The next step, as it is told: all of them signed, and what comes dropped into the container that is named.
    pending = client.certificates["main"]
    csrs = [bytes((await pending.get_certificate_operation(name)).csr or b"") for name in NAMES]
    await drop_where_it_says(client, step, "all-of-them.pem", *(one for csr in csrs for one in signed(csr)))
    for name in NAMES:
        assert (await pending.get_certificate_operation(name)).status == "completed"
