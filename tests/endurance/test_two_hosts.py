"""Two hosts on one storage, as an app that was scaled out: together they do what one does, and nothing twice.

The hosts' clock runs five times as fast (`tests/e2e/hurried_app`), so that an interval of a minute is one of seconds,
and yet so slow that a busy machine, on which a call takes seconds, is no other instance that looks too early.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue.aio import QueueServiceClient
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, client_of, until
from local.stack import Stack, running_stack
from tests.certificates import Ca, Wish
from tests.clock import real_now
from tests.e2e.request_and_chain import OWNER
from tests.e2e.stack import HURRIED
from tests.e2e.telling import CHANNELS, MUCH_MAIL, NO_SERVERS, nothing_waits, times_told

SPEED = 5
# Seconds of the hosts' clock between two looks of sweeps at a request: a minute, and half of it as they come to Key
# Vault, where one is late and the next is not. Two hosts that do not know of each other look within a second or two.
INTERVAL = 30.0
WATCHED = 40.0  # seconds of ours: three intervals
EACH = 4  # requests of a kind and vault
LOOKS = "certflow-looks"
SETTINGS = {**MUCH_MAIL, **NO_SERVERS, "TESTS_UNHURRIED": LOOKS, "TESTS_SPEED": f"{SPEED}"}
CALLS_AT_ONCE = 2  # of each host for the same vault: one of them works it, and the others meet that one
CHALLENGED = 401  # a client's first call in a vault, before its look
FRESH = timedelta(days=300)  # of 301: not yet on the ladder
CA = Ca.root("Two Hosts Root", at=real_now)
STATUSES = {"fails": "failed", "hangs": "inProgress", "waits": "inProgress", "merged": "completed"}
EVENTS = {
    "fails": ("failed",),
    "hangs": (),
    "waits": ("started",),
    "merged": ("started", "completed"),
}


@dataclass(frozen=True)
class Seen:
    """Every look of a sweep at a request (its times, in order), what is tracked, what was told, what the hosts say."""

    looks: dict[str, list[float]]
    requests: dict[str, dict[str, Any]]
    told: Counter[tuple[str, str]]
    logs: list[str]

    def of(self, kind: str) -> dict[str, list[float]]:
        """The looks at the requests of a kind, by request_id."""
        ids = [request_id for request_id, one in self.requests.items() if kind_of(one["name"]) == kind]
        return {request_id: self.looks.get(request_id, []) for request_id in ids}


def kind_of(name: str) -> str:
    return name.split("-")[0]


async def start(client: Client, vault: str, name: str) -> None:
    issuer = "Unknown" if kind_of(name) in {"waits", "merged"} else "DigiCert"
    policy = {
        "key_props": {"kty": "EC", "crv": "P-256"},
        "x509_props": {"subject": f"CN={name}.example.com"},
        "issuer": {"name": issuer},
    }
    response = await client.create(vault, name, {"policy": policy, "owner": OWNER})
    assert response.status == 202, await response.text()
    if kind_of(name) == "merged":
        leaf = CA.signs(base64.b64decode((await response.json())["csr"]), Wish(end=FRESH))
        await client.drop(f"{name}.pem", b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, CA.certificate)))


@asynccontextmanager
async def queues(stack: Stack) -> AsyncIterator[QueueServiceClient]:
    connection = stack.azurite.connection_string
    async with QueueServiceClient.from_connection_string(connection, connection_verify=str(stack.ca_file)) as service:
        yield service


async def keep_calling(stack: Stack, client: Client) -> None:
    """Calls both hosts to the same vaults all the time, several times at once. Messages on the queue alone would not
    do: a host that has just had one asks for the next before the other does.
    """
    hosts = list(stack.hosts.urls) if stack.hosts else []
    headers = {"x-functions-key": stack.keys.master}

    async def call(host: str, vault: str) -> None:
        url, message = f"{host}/admin/functions/vault_shift", {"input": json.dumps({"vault": vault})}
        async with client.session.post(url, json=message, headers=headers) as response:
            assert response.status == 202, await response.text()

    for turn in itertools.count():
        in_turn = hosts[turn % 2 :] + hosts[: turn % 2]
        await asyncio.gather(
            *(call(host, vault) for _ in range(CALLS_AT_ONCE) for vault in stack.vaults for host in in_turn)
        )
        await asyncio.sleep(0.5)


async def watch(directory: Path) -> Seen:
    async with running_stack(directory, hosts=2, app=HURRIED, issuing_delay=3600, settings=SETTINGS) as stack:
        stack.event_grid.faults(duplicate_rate=0.5, reorder_rate=0.2, seed=1)
        async with client_of(stack.describe()) as client, queues(stack) as service:
            names = [
                f"{kind}-{vault}-{number}" for kind in STATUSES for vault in stack.vaults for number in range(EACH)
            ]
            for name in names:
                if kind_of(name) == "fails":
                    await client.set_outcome(name.split("-")[1], name, "fail", delay=WATCHED / 2)
            await asyncio.gather(*(start(client, name.split("-")[1], name) for name in names))
            # The first looks are messages of their own; all that looks from here on is a sweep.
            await service.get_queue_client(LOOKS).clear_messages()
            since = real_now().timestamp()  # on a busy machine some have come before
            calling = asyncio.create_task(keep_calling(stack, client))
            await asyncio.sleep(WATCHED)
            await until("both hosts to sweep and to meet", lambda: both_worked_and_met(stack))
            requests = await until("every end to be seen", lambda: ended(client))
            calling.cancel()
            await until("the first scan of each vault to be told", lambda: scans_told(client, stack))
            await until("every event to be told", lambda: nothing_under_way(stack))
            await nothing_waits(client)
            looks: dict[str, list[float]] = {}
            for call in await pending_calls(client):
                a_look = call["method"] == "GET" and call["request_id"] and call["status"] != CHALLENGED
                if a_look and call["at"] > since:
                    looks.setdefault(call["request_id"], []).append(call["at"])
            return Seen(looks, requests, times_told(await client.messages("")), logs_of(stack))


def logs_of(stack: Stack) -> list[str]:
    return [file.read_text() for file in sorted(stack.directory.glob("host*.log"))]


async def both_worked_and_met(stack: Stack) -> bool:
    logs = logs_of(stack)
    return all("swept" in log for log in logs) and any("shift-met-another" in log for log in logs)


async def ended(client: Client) -> dict[str, dict[str, Any]] | None:
    """All requests by id, once those have ended that are to end."""
    found = (await (await client.call("GET", "requests?limit=100")).json())["value"]
    as_meant = all(one["status"] == STATUSES[kind_of(one["name"])] for one in found)
    return {one["request_id"]: one for one in found} if as_meant else None


async def scans_told(client: Client, stack: Stack) -> bool:
    told = times_told(await client.messages(""))
    return all((channel, f"{vault}:surveyed") in told for channel in CHANNELS for vault in stack.vaults)


async def nothing_under_way(stack: Stack) -> bool:
    return not any(one.pending for one in stack.event_grid.stats())


async def pending_calls(client: Client) -> list[dict[str, Any]]:
    async with client.session.get(f"{client.stack['keyvault_control']}/calls", params={"path": "/pending"}) as response:
        return list(await response.json())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return asyncio.run(watch(tmp_path_factory.mktemp("two-hosts")))


def test_both_hosts_worked_and_met_each_other(seen: Seen) -> None:
    assert len(seen.logs) == 2
    assert all("swept" in log for log in seen.logs)
    assert any("shift-met-another" in log for log in seen.logs)


def test_every_request_is_there_once(seen: Seen) -> None:
    assert len(seen.requests) == len(STATUSES) * 2 * EACH
    assert len({one["name"] for one in seen.requests.values()}) == len(seen.requests)


@pytest.mark.parametrize("kind", ["fails", "hangs", "waits"])
def test_no_request_is_looked_at_twice_within_an_interval(seen: Seen, kind: str) -> None:
    for request_id, looks in seen.of(kind).items():
        gaps = [(after - before) * SPEED for before, after in itertools.pairwise(looks)]
        assert all(gap >= INTERVAL for gap in gaps), (seen.requests[request_id]["name"], gaps)


def test_what_an_issuer_has_in_hand_was_looked_at_again_and_again(seen: Seen) -> None:
    assert all(len(looks) > 1 for looks in seen.of("hangs").values())
    assert all(looks for looks in seen.of("fails").values())


def test_each_event_is_told_once_on_each_channel(seen: Seen) -> None:
    events = [
        f"{one['vault']}:{one['name']}:{request_id}:{event}"
        for request_id, one in seen.requests.items()
        for event in EVENTS[kind_of(one["name"])]
    ]
    surveys = [f"{vault}:surveyed" for vault in {one["vault"] for one in seen.requests.values()}]
    wanted = Counter(itertools.product(CHANNELS, [*events, *surveys]))
    # A CSR that has been signed, and its chain merged, before it was told: that is not told any more.
    overtaken = {key for key in wanted if ":merged-" in key[1] and key[1].endswith(":started")}
    assert set(seen.told) <= set(wanted)
    assert set(wanted) - set(seen.told) <= overtaken
    assert set(seen.told.values()) == {1}
