"""Killed at any request between the last yes and the start: the request is started once, and people hear of it once.

As in `test_killed.py` nothing of this is in the product. Each approval has a run of `approve` that is killed at a place
of its own (`killing.py`), at a vault whose issuer answers at once, so that a second start would be a second version.
After the kill a timer, or the same yes once more, completes it; a Functions host then takes what Event Grid has kept.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.data.tables.aio import TableServiceClient

from functions.model.acts.verify import verify
from local.api import Client, client_of
from local.entra import ACCESS_FILE
from local.functions_host import running_functions_host
from local.stack import Stack, running_stack
from tests.e2e.request_and_chain import OWNER
from tests.e2e.telling import CHANNELS, MUCH_MAIL, NO_SERVERS, times_told
from tests.endurance.kills import settled
from tests.endurance.places import Place, chosen, kind_of
from tests.endurance.runs import Runs, running

LAPSED = 600  # seconds; longer than any claim, and than a start may take before a timer completes it
NEVER = "0 0 0 1 1 *"
TIMERS = ("CHECK", "DISCOVER", "DAILY", "SWEEP")
ACCESS = {
    "grants": [
        {"who": ["role:Certflow.Requester"], "may": ["read", "request"]},
        {"who": ["role:Certflow.Approver"], "may": ["read", "approve"]},
    ],
    "conditions": [{"wildcard": True, "approvals": 1, "by": ["role:Certflow.Approver"]}],
}
ACTS = Counter(("asked", "approved", "started", "created"))


@dataclass(frozen=True)
class Point:
    """A yes that was killed, and the name that it is about. `place` is None for one that got to its end, whose
    requests are `sent`; `asked` are those of asking for it, `failed` is what this run or one after it raised.
    """

    name: str
    place: Place | None
    killed_at: str | None
    asked: Mapping[str, int]
    sent: Mapping[str, int] = field(default_factory=dict)
    failed: str | None = None

    def __str__(self) -> str:
        return f"killed {self.place}, {self.killed_at}"


@dataclass(frozen=True)
class World:
    """Everything as it is in the end: our table, what Key Vault has, what people were told, the record of acts."""

    rows: list[dict[str, Any]]
    certificates: dict[str, Any]
    told: Counter[tuple[str, str]]
    record: dict[str, bytes]

    def rows_of(self, kind: str, name: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["RowKey"].startswith(f"{kind}|{name}|")]


async def asked_and_killed(runs: Runs, number: int, place: Place | None) -> Point:
    """Asks, says a yes that is killed there, and lets a timer complete that, or the same yes once more."""
    name, main = f"wild-{number}", {"vault": "main"}
    policy = {
        "key_props": {"kty": "EC", "crv": "P-256"},
        "x509_props": {"subject": f"CN=*.{name}.example.com"},
        "issuer": {"name": "DigiCert"},
    }
    asked = await runs.run(ask={name: {"policy": policy}}, owner=OWNER, list=True, **main)
    first = await runs.run(approve=name, **main, **({"kill": place.asked()} if place else {"list": True}))
    again = {"approve": name} if number % 2 else {"settle": True}
    second = await runs.run(**again, later=LAPSED, **main)
    # Whose yes itself was cut off has to say it again.
    third = await runs.run(approve=name, settle=True, later=2 * LAPSED, **main)
    failed = next((one["failed"] for one in (asked, first, second, third) if "failed" in one), None)
    return Point(name, place, first.get("killed_at"), asked.get("sent", {}), first.get("sent", {}), failed)


async def kill_and_restart(directory: Path) -> tuple[list[Point], World]:
    async with AsyncExitStack() as up:
        stack = await up.enter_async_context(
            running_stack(directory, own_host=False, issuing_delay=0.0, settings=MUCH_MAIL | NO_SERVERS)
        )
        client = await up.enter_async_context(client_of(stack.describe()))
        container, _, file = ACCESS_FILE.partition("/")
        await client.put(container, file, json.dumps(ACCESS).encode())
        async with running(stack) as runs:
            # The first makes what is made once for all of them; the second is like all that are killed.
            points = [await asked_and_killed(runs, number, None) for number in range(2)]
            places = chosen("approve", points[1].sent)
            points += [await asked_and_killed(runs, number, place) for number, place in enumerate(places, 2)]
            await runs.do(shift="main", later=3 * LAPSED)  # what the runs that were killed have left in the outbox
        return points, await after_a_restart(stack, client)


async def after_a_restart(stack: Stack, client: Client) -> World:
    """With a host that looks at nothing by itself: it takes what Event Grid and the queues have for it."""
    timers = {f"CERTFLOW_{name}_SCHEDULE": NEVER for name in TIMERS}
    port, log = urlsplit(stack.host_url).port, stack.directory / "host.log"
    assert port is not None
    connection = stack.azurite.connection_string
    async with TableServiceClient.from_connection_string(connection, connection_verify=str(stack.ca_file)) as tables:
        table = tables.get_table_client("certflow")
        async with running_functions_host(stack.settings | timers, stack.keys, port=port, log=log):
            await settled(stack, client, table)
        async with client.session.get(f"{client.stack['keyvault_control']}/state") as response:
            certificates = (await response.json())["vaults"]["localhost"]["certificates"]
        record = {name: await client.content("acts", name) for name in await client.files("acts")}
        rows = [dict(row) async for row in table.list_entities()]
        return World(rows, certificates, times_told(await client.messages("")), record)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Point], World]:
    """All points, and everything as it was after the restart."""
    return asyncio.run(kill_and_restart(tmp_path_factory.mktemp("killed-approval")))


def test_wherever_the_last_yes_is_killed_its_request_is_started_once(after: tuple[list[Point], World]) -> None:
    (first, whole, *killed), world = after
    writes = {kind for kind in whole.sent if Place("after", kind, 1).is_write}
    assert "POST certificate create" in writes
    assert {point.killed_at and kind_of(point.killed_at) for point in killed} >= writes
    assert [line for point in (first, whole, *killed) for line in wrongs(point, world)] == []


def wrongs(point: Point, world: World) -> list[str]:
    """What is not as an undisturbed yes leaves it, a line for each."""
    (approval,) = world.rows_of("a", point.name)
    id_, certificate = approval["RowKey"].rpartition("|")[2], world.certificates[point.name]
    requests = [row["request_id"] for row in world.rows_of("r", point.name)]
    wanted: dict[str, tuple[Any, Any]] = {
        "a run": (point.failed, None),
        "the approval": (approval["state"], "started"),
        "left open": (
            world.rows_of("s", point.name) + [row for row in world.rows if row["RowKey"] == f"open|{id_}"],
            [],
        ),
        "requests": (len(requests), 1),
        "versions": (len(certificate["versions"]) + len(certificate["half_made"]), 1),
        "the one in Key Vault": (certificate["pending"]["request_id"], *requests),
        "acts": (Counter(row["RowKey"].split("|")[3] for row in world.rows_of("h", point.name)) & ACTS, ACTS),
        "told": (
            Counter({key: count for key, count in world.told.items() if key[1] == f"approval:{id_}:approved"}),
            Counter((channel, f"approval:{id_}:approved") for channel in CHANNELS),
        ),
    }
    return [f"{point}: {what} {there} instead of {right}" for what, (there, right) in wanted.items() if there != right]


def test_before_the_yes_key_vault_is_only_read(after: tuple[list[Point], World]) -> None:
    points, _ = after
    asked = {kind for point in points for kind in point.asked if " certificate" in kind}
    assert asked
    assert {kind.partition(" ")[0] for kind in asked} == {"GET"}


def test_each_act_of_an_approval_is_on_the_record_once(after: tuple[list[Point], World]) -> None:
    points, world = after
    assert verify(world.record).problems == []
    lines = [json.loads(line) for content in world.record.values() for line in content.splitlines()]
    found = Counter((one["name"], one["verb"]) for one in lines if one.get("verb") in ACTS)
    assert found == Counter((point.name, what) for point in points for what in ACTS)
