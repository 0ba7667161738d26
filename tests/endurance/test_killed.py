"""Killed at any request between read and moved: after a restart one merge, one report, one notification, no file gone.

Nothing of this is in the product. A run of `handle_upload` with the real adapters, against the real parts, is a process
of its own (`killing.py`). The first of a kind gets to its end, and says what it sent; the others are killed at these
requests, before one is sent or after its answer (`places.py`; `make kills` takes every place). After each kill the same
file is handled again by a fresh process, and after all of them the Functions host starts: it gets every event that
Event Grid has kept meanwhile, sends what was left in the outbox, and notifies. What came of it is judged from outside.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.data.tables.aio import TableClient, TableServiceClient
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client, client_of
from local.functions_host import running_functions_host
from local.stack import DROP, MERGED, QUARANTINE, REJECTED, running_stack
from tests.certificates import Ca, Wish, make_csr, pem
from tests.clock import real_now
from tests.e2e.request_and_chain import OWNER, body
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS, tellings
from tests.endurance.kills import settled
from tests.endurance.places import MOMENTS, Place, chosen, kind_of
from tests.endurance.runs import Runs, running

ROOT_CA = Ca.root("Killed Root", at=real_now)
CA = ROOT_CA.ca("Killed Issuing CA")
ADDED = "added.example.com"  # a name that nobody asked for
MERGE = "POST certificate pending/merge"
AT_ONCE = 2  # runs of a kind
BYSTANDER = "bystander"  # its request waits all the time, and no file is to be merged into it


@dataclass(frozen=True)
class Kind:
    """A kind of file: how many leaves it has for requests of its own, and what is to come of it."""

    leaves: int
    container: str
    subject: str


KINDS = {
    "wrong-key": Kind(0, REJECTED, "Chain rejected: {}"),
    "private-key": Kind(0, QUARANTINE, "Private key dropped: {}"),
    "good": Kind(1, MERGED, "Certificate issued: {} in main"),
    "two-leaves": Kind(2, MERGED, "Certificate issued: {} in main"),
}


@dataclass(frozen=True)
class Point:
    """A run that was killed, and the file that it handled.

    `place` and `killed_at` are None for the run that was not, whose requests are `sent`; `claims` counts what one
    killed at a merge left claimed; `failed` is what this run or the next one raised.
    """

    kind: str
    place: Place | None
    names: tuple[str, ...]
    file: str
    content: bytes
    killed_at: str | None
    sent: Mapping[str, int]
    claims: int
    failed: str | None

    @property
    def struck(self) -> str | None:
        """The kind of request that it was killed at."""
        return self.killed_at and kind_of(self.killed_at)

    def __str__(self) -> str:
        return f"killed {self.place}, {self.killed_at}"


@dataclass(frozen=True)
class Fate:
    """What became of a file and of the requests that it was for."""

    merges: dict[str, int]
    statuses: dict[str, str]
    copies: list[str]  # containers
    same_bytes: bool
    reports_beside_it: int
    reports_elsewhere: int
    left_where_it_was: bool
    messages: Counter[tuple[str, str]]
    completed_without_the_warning: int


@dataclass(frozen=True)
class World:
    """Everything as it is in the end, as the parts themselves say."""

    certificates: dict[str, Any]
    statuses: dict[str, str]
    files: dict[tuple[str, str], bytes]
    messages: list[dict[str, Any]]

    def fate(self, point: Point) -> Fate:
        copies = [(container, name) for container, name in self.files if name.endswith(f"/{point.file}")]
        folders = {(container, name.rsplit("/", 1)[0]) for container, name in copies}
        reports = [
            (container, name.rsplit("/", 1)[0])
            for (container, name), content in self.files.items()
            if name.endswith("/report.json") and json.loads(content)["file"]["name"] == point.file
        ]
        about = {point.file, *point.names}
        # The first word after the colon is the file or the certificate.
        messages = [one for one in tellings(self.messages) if {*one["subject"].partition(": ")[2].split()[:1]} & about]
        return Fate(
            merges={name: self.certificates[name]["merges"] for name in point.names},
            statuses={name: self.statuses[name] for name in point.names},
            copies=[container for container, _ in copies],
            same_bytes=all(self.files[copy] == point.content for copy in copies),
            reports_beside_it=sum(place in folders for place in reports),
            reports_elsewhere=sum(place not in folders for place in reports),
            left_where_it_was=(DROP, point.file) in self.files,
            messages=Counter(
                (one["channel"], one["subject"].removeprefix("[Certflow] "))
                for one in messages
                if "CSR ready" not in one["subject"]
            ),
            completed_without_the_warning=sum(
                "Certificate issued" in one["subject"] and ADDED not in one["text"]
                for one in messages
                if one["channel"] == "email"  # a card of several things has no room for it
            ),
        )


def due(point: Point) -> Fate:
    """What is to become of it, wherever it was killed."""
    kind = KINDS[point.kind]
    told = [kind.subject.format(one) for one in point.names or (point.file,)]
    return Fate(
        merges=dict.fromkeys(point.names, 1),
        statuses=dict.fromkeys(point.names, "completed"),
        copies=[kind.container],
        same_bytes=True,
        reports_beside_it=1,
        reports_elsewhere=max(0, len(point.names) - 1),  # under each other certificate that came of it
        left_where_it_was=False,
        messages=Counter((channel, subject) for channel in ("email", "teams") for subject in told),
        completed_without_the_warning=0,
    )


def wrongs(point: Point, fate: Fate) -> list[str]:
    """What is not as it should be, a line for each."""
    lines = [point.failed] if point.failed else []
    for name, right in vars(due(point)).items():
        if getattr(fate, name) != right:
            lines.append(f"{name} {getattr(fate, name)} instead of {right}")
    return [f"{point}: {line}" for line in lines]


async def start(runs: Runs, *names: str) -> None:
    order = body("killed")["policy"] | {"key_props": {"kty": "EC", "crv": "P-256"}}
    await runs.do(start={name: {"policy": order} for name in names}, vault="main", owner=OWNER)


async def leaf_for(client: Client, name: str) -> bytes:
    csr = (await client.certificates["main"].get_certificate_operation(name)).csr
    assert csr is not None
    return pem(CA.signs(bytes(csr), Wish(names=("killed.example.com", ADDED))))  # a warning goes with the outcome


async def content_of(client: Client, kind: str, names: tuple[str, ...]) -> bytes:
    chain = pem(CA.certificate, ROOT_CA.certificate)
    key, csr = make_csr("stranger.example.com")  # for names that no request is for
    if kind == "wrong-key":
        return pem(CA.signs(csr)) + chain
    if kind == "private-key":
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return await leaf_for(client, BYSTANDER) + chain + secret
    return b"".join([await leaf_for(client, name) for name in names]) + chain


async def claims_on(table: TableClient, names: tuple[str, ...]) -> int:
    """How many of these requests a run has claimed, for longer than until now."""
    now = real_now().isoformat()
    rows = table.query_entities("RowKey ge 'r|' and RowKey lt 'r|~' and merging_until gt @now", parameters={"now": now})
    return len([row async for row in rows if row["name"] in names])


async def kill_at_requests(runs: Runs, client: Client, table: TableClient, points: list[Point], kind: str) -> None:
    """A file of its own for each place where a run is killed, and for the runs that get to their end: one that does
    what is done once for a CA, and one like all that come after it.
    """
    points.append(await handled(runs, client, table, kind, "first", None))
    points.append(await handled(runs, client, table, kind, "whole", None))
    places = chosen(kind, points[-1].sent, always=lambda place: place.kind == MERGE)
    limit = asyncio.Semaphore(AT_ONCE)

    async def kill(number: int, place: Place) -> None:
        async with limit:
            points.append(await handled(runs, client, table, kind, f"{number}", place))

    await asyncio.gather(*(kill(number, place) for number, place in enumerate(places)))


async def handled(runs: Runs, client: Client, table: TableClient, kind: str, file: str, place: Place | None) -> Point:
    """A file whose run is killed there, and which is handled again."""
    names = tuple(f"{kind}-{file}-{leaf}" for leaf in range(KINDS[kind].leaves))
    file = f"{kind}-{file}.pem"
    if names:
        await start(runs, *names)
    content = await content_of(client, kind, names)
    await client.drop(file, content)
    first = await runs.run(file=file, **({"kill": place.asked()} if place else {"list": True}))
    claims = await claims_on(table, names) if place and place.kind == MERGE else 0
    again = await runs.run(file=file)
    failed = first.get("failed") or again.get("failed")
    return Point(kind, place, names, file, content, first.get("killed_at"), first.get("sent", {}), claims, failed)


async def tracked(client: Client) -> dict[str, str]:
    """Status by name, as our API lists it."""
    statuses: dict[str, str] = {}
    page: str | None = "requests?limit=100"
    while page:
        answer = await (await client.call("GET", page)).json()
        statuses |= {one["name"]: one["status"] for one in answer["value"]}
        page = answer.get("nextLink")
    return statuses


async def seen(client: Client) -> World:
    async with client.session.get(f"{client.stack['keyvault_control']}/state") as response:
        state = await response.json()
    files = {
        (container, name): await client.content(container, name)
        for container in (DROP, MERGED, REJECTED, QUARANTINE)
        for name in await client.files(container)
    }
    certificates = state["vaults"]["localhost"]["certificates"]
    return World(certificates, await tracked(client), files, await client.messages(""))


async def kill_and_restart(directory: Path) -> tuple[list[Point], World]:
    points: list[Point] = []
    async with AsyncExitStack() as up:
        stack = await up.enter_async_context(running_stack(directory, own_host=False, settings=MUCH_MAIL | NO_SERVERS))
        client = await up.enter_async_context(client_of(stack.describe()))
        tables = TableServiceClient.from_connection_string(
            stack.azurite.connection_string, connection_verify=str(stack.ca_file)
        )
        table = (await up.enter_async_context(tables)).get_table_client("certflow")
        async with running(stack) as runs:
            await start(runs, BYSTANDER)
            # A file without a request is looked up at every name that its vault has: those while there is one name.
            for with_leaves in (False, True):
                async with asyncio.TaskGroup() as group:
                    for kind in KINDS:
                        if bool(KINDS[kind].leaves) is with_leaves:
                            group.create_task(kill_at_requests(runs, client, table, points, kind))
        port, log = urlsplit(stack.host_url).port, stack.directory / "host.log"
        assert port is not None
        async with running_functions_host(stack.settings, stack.keys, port=port, log=log):
            await settled(stack, client, table)
            return points, await seen(client)


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Point], World]:
    """All points, and everything as it was after the restart."""
    return asyncio.run(kill_and_restart(tmp_path_factory.mktemp("killed")))


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_run_is_killed_its_file_is_dealt_with_once(after: tuple[list[Point], World], kind: str) -> None:
    points, world = after
    first, whole, *killed = (point for point in points if point.kind == kind)
    writes = {request for request in whole.sent if Place("after", request, 1).is_write}
    assert len(writes) > 5
    assert {point.struck for point in killed} >= writes
    wrong = [line for point in (first, whole, *killed) for line in wrongs(point, world.fate(point))]
    assert not wrong, "\n".join(wrong)


def test_a_run_killed_at_the_merge_has_left_its_claim_and_the_next_run_did_not_wait(
    after: tuple[list[Point], World],
) -> None:
    """That it did not wait is seen to in `killing.py`, where waiting is a failure."""
    points, _ = after
    at_merge = [point for point in points if point.struck == MERGE]
    assert len(at_merge) == sum(kind.leaves for kind in KINDS.values()) * len(MOMENTS)
    assert {point.claims for point in at_merge} == {1}


def test_nothing_was_merged_into_the_request_that_no_file_is_for(after: tuple[list[Point], World]) -> None:
    _, world = after
    assert (world.certificates[BYSTANDER]["merges"], world.statuses[BYSTANDER]) == (0, "inProgress")
