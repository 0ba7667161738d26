"""Who may do what, on two hosts with one storage and on a clock like everybody's: a right that is taken away is gone on
both within a minute, and both count one caller's requests of a day together, also over a kill.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.api import Client, client_of, until
from local.entra import ACCESS_FILE
from local.hosts import Hosts
from local.stack import running_stack
from tests.clock import real_now
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS, SELDOM_CHECKED

CONTAINER, _, FILE = ACCESS_FILE.partition("/")
COUNTS_WITHIN = 60  # seconds: what docs/access.md promises of a `deny` row
A_DAY, ASKED = 7, 24
DAY_ENDS = timedelta(minutes=4)
TEAM = {"who": ["role:team-pay"], "may": ["read", "request"], "names": ["pay-*"], "a_day": A_DAY}
PKI = {"who": ["role:pki"], "may": ["read", "request"]}
LEFT = "left the company"
POLICY = {
    "key_props": {"kty": "EC", "crv": "P-256"},
    "x509_props": {"subject": "CN=www.pay.example.com"},
    "issuer": {"name": "Unknown"},
}


@dataclass(frozen=True)
class TwoHosts:
    """A client for each host, both of one person who has a grant."""

    hosts: Hosts
    clients: Sequence[Client]

    async def put(self, file: dict[str, Any]) -> None:
        """Puts the access file into its container."""
        await self.clients[0].put(CONTAINER, FILE, json.dumps(file).encode())

    def signed_in_as(self, who: str) -> list[Client]:
        """The same for another person."""
        return [client.signed_in_as(who) for client in self.clients]


@asynccontextmanager
async def two_hosts(directory: Path) -> AsyncIterator[TwoHosts]:
    async with running_stack(
        directory, hosts=2, issuing_delay=3600, settings=MUCH_MAIL | NO_SERVERS | SELDOM_CHECKED
    ) as stack:
        assert stack.hosts is not None
        async with client_of(stack.describe()) as client:
            clients = [
                replace(client, stack={**client.stack, "api": f"{url}/api"}, who="requester")
                for url in stack.hosts.urls
            ]
            both = TwoHosts(stack.hosts, clients)
            await both.put({"grants": [TEAM, PKI]})
            await asyncio.gather(*(until("the file to count", partial(by_file, one)) for one in clients))
            yield both


async def by_file(client: Client) -> bool:
    decided: str = (await (await client.call("GET", "access")).json())["decided_by"]["state"]
    return decided == "file"


async def create(client: Client, name: str) -> tuple[int, dict[str, Any]]:
    """The last answer: a host that cannot know for a moment is asked again, as its 503 says."""
    busy: list[str] = []
    while len(busy) < 10:
        response = await client.create("main", name, {"policy": POLICY})
        if response.status != 503:
            return response.status, await response.json()
        busy.append(await response.text())
        await asyncio.sleep(float(response.headers["Retry-After"]))
    raise AssertionError(f"{name}: {busy}")


async def refused_after(client: Client, since: float) -> float:
    """Seconds until a host refuses what it let in before; how it refuses is held, too."""
    while True:
        answer = await client.call("GET", "requests")
        if answer.status != 200:
            break
        await asyncio.sleep(0.25)
    took = time.monotonic() - since
    assert answer.status == 403, await answer.text()
    assert LEFT in (await answer.json())["error"]["message"]
    return took


@pytest.mark.timeout(600)
async def test_both_count_one_day_and_both_know_within_a_minute_who_is_out(tmp_path: Path) -> None:
    if real_now().date() != (real_now() + DAY_ENDS).date():
        await asyncio.sleep(DAY_ENDS.total_seconds())  # the day of UTC is about to end, and with it the count
    async with two_hosts(tmp_path) as both:
        answers = await asyncio.gather(*(create(both.clients[n % 2], f"pay-{n}") for n in range(ASKED)))
        assert Counter(status for status, _ in answers) == {202: A_DAY, 403: ASKED - A_DAY}
        for status, answer in answers:
            if status == 403:
                assert [one["what"] for one in answer["missing"]] == ["a_day"]
        await both.hosts.kill(1)
        await both.hosts.start(1)
        assert [(await create(one, "pay-late"))[0] for one in both.clients] == [403, 403]
        assert [(await create(one, f"other-{n}"))[0] for n, one in enumerate(both.signed_in_as("pki"))] == [202, 202]

        # Both have just read the file, so that what they know of it is as old as it may become.
        oid = both.clients[0].stack["auth"]["persons"]["requester"]["oid"]
        since = time.monotonic()
        await both.put({"grants": [TEAM, PKI], "conditions": [{"who": [f"oid:{oid}"], "deny": True, "say": LEFT}]})
        took = await asyncio.gather(*(refused_after(client, since) for client in both.clients))
        assert max(took) < COUNTS_WITHIN, took
        assert [(await one.call("GET", "requests")).status for one in both.signed_in_as("pki")] == [200, 200]
