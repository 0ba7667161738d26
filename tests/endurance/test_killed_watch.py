"""Killed between any two steps of check, publish and notify: the next run completes it, and people hear of it once.

As in `test_killed.py` nothing of this is in the product. A shift of a vault, what sends the events that were left
behind, what handles an event, and what sends the notices that wait are runs of their own (`killing.py`), each killed
before its first request, after the answer to it, before its second, and so on until a run gets to its end. After each
kill the same is done again by a fresh process, whose clock is so far ahead that leases and claims have lapsed. In the
end a Functions host takes all that Event Grid has kept meanwhile, and what came of it is judged from outside.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.keyvault.certificates import CertificatePolicy
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client, client_of
from local.functions_host import running_functions_host
from local.stack import Stack, running_stack
from tests.certificates import DAY, Ca, Wish, make_csr, pem
from tests.clock import real_now
from tests.e2e.request_and_chain import OWNER
from tests.e2e.telling import CHANNELS, MUCH_MAIL, NO_SERVERS, times_told
from tests.endurance.killing import BEGUN
from tests.endurance.kills import settled
from tests.endurance.places import MOMENTS, Place, chosen, kind_of
from tests.endurance.runs import Runs, running

VAULTS = 60  # one for each point of a shift, and some to spare
AT_ONCE = 4
HOUR = 3600
REMINDED = 30 * HOUR  # an issuer's request is stalled after a day, a manual one after three
AGAIN = (31 * HOUR, 32 * HOUR)  # the lease of the run that was killed has lapsed, and what it left is left behind
LAPSED = 600  # longer than any claim
NEVER = "0 0 0 1 1 *"
ROOT_CA = Ca.root("Killed Watch Root", at=real_now)

# What is in a vault when its shift begins, and what is to come of it.
ISSUERS = {"failed": "DigiCert", "done": "DigiCert", "stalled": "GlobalSign", "waiting": "Unknown"}
STATUSES = {
    "failed": "failed",
    "done": "completed",
    "stalled": "inProgress",
    "waiting": "inProgress",
    "elsewhere": "inProgress",
    "renewed": "inProgress",
}
ACTS = {
    *(("failed", "created"), ("failed", "observed")),
    *(("done", "created"), ("done", "observed")),
    *(("stalled", "created"), ("stalled", "reminded")),
    *(("waiting", "created"), ("elsewhere", "adopted"), ("renewed", "created")),
}


@dataclass(frozen=True)
class Point:
    """A run that was killed, and what it was about. `place` and `killed_at` are None for the one that was not, whose
    requests are `sent`.

    `subject` is the vault of a shift, the beginning of the event ids of all else; `done` are the writes that were
    answered; `failed` is what this run or the next one raised.
    """

    what: str
    subject: str
    place: Place | None = None
    killed_at: str | None = None
    sent: Mapping[str, int] = field(default_factory=dict)
    done: tuple[str, ...] = ()
    failed: str | None = None

    @property
    def struck(self) -> str | None:
        """The kind of request that it was killed at."""
        return self.killed_at and kind_of(self.killed_at)

    def __str__(self) -> str:
        return f"{self.what} killed {self.place}, {self.killed_at}"


@dataclass(frozen=True)
class World:
    """Everything as it is in the end: our table by partition, what stands in Key Vault, and what people were told."""

    rows: list[dict[str, Any]]
    vaults: dict[str, Any]
    messages: list[dict[str, Any]]

    def rows_of(self, vault: str, kind: str) -> list[dict[str, Any]]:
        mine = [row for row in self.rows if row["PartitionKey"].startswith(f"{vault}|")]
        return [row for row in mine if row["RowKey"].startswith(f"{kind}|")]

    def told(self, beginning: str) -> Counter[tuple[str, str]]:
        """How often each channel told of each event whose id begins so."""
        counts = times_told(self.messages)
        return Counter({key: count for key, count in counts.items() if key[1].startswith(beginning)})


def on_both(*events: str) -> Counter[tuple[str, str]]:
    return Counter(itertools.product(CHANNELS, events))


# --- the runs ---


type Killing = Callable[[Point], Awaitable[Point]]


def point_of(what: str, number: int | str, place: Place | None = None) -> Point:
    return Point(what, f"{what}-{number}:", place)


async def killed(runs: Runs, point: Point, again: tuple[int, ...], **asked: Any) -> Point:
    """The run that is killed at this point, and those after it."""
    how = {"kill": point.place.asked()} if point.place else {"list": True}
    first = await runs.run(**how, **asked)
    failed = first.get("failed")
    for later in again:
        failed = failed or (await runs.run(**asked | {"later": later})).get("failed")
    sent, done = first.get("sent", {}), tuple(first.get("done", ()))
    return replace(point, killed_at=first.get("killed_at"), sent=sent, done=done, failed=failed)


async def one_by_one(
    kill: Killing, what: str, found: list[Point], always: Callable[[Place], bool] = lambda _: False
) -> None:
    """A run to its end, and one for each place."""
    found.append(await kill(point_of(what, "whole")))
    for number, place in enumerate(chosen(what, found[-1].sent, always=always)):
        found.append(await kill(point_of(what, number, place)))


async def shifts(runs: Runs, client: Client, vaults: Iterator[str], found: list[Point]) -> None:
    """A vault of its own for each write of a shift, one for none, and one for the run that gets to its end: a run that
    is killed before a write has left what one killed after the write before it has. So it is with its reads, which are
    some hundred. One more goes first: it makes the container and the file of the record of acts, which all others find.
    """
    await shift(runs, client, Point("shift", next(vaults)))
    whole = await shift(runs, client, Point("shift", next(vaults)))
    none = Place("before", next(iter(whole.sent)), 1)
    places = [none, *chosen("shift", whole.sent, among=lambda place: place.is_write)]
    found.append(whole)
    for some in itertools.batched(places, AT_ONCE, strict=False):
        these = [Point("shift", next(vaults), place) for place in some]
        found += await asyncio.gather(*(shift(runs, client, point) for point in these))


async def shift(runs: Runs, client: Client, point: Point) -> Point:
    """After a baseline, and before a survey."""
    vault = client.certificates[point.subject]
    props = {"key_props": {"kty": "EC", "crv": "P-256"}}
    orders = {
        name: {"policy": props | {"x509_props": {"subject": f"CN={name}.example.com"}, "issuer": {"name": issuer}}}
        for name, issuer in ISSUERS.items()
    }
    await runs.do(shift=point.subject, want_survey=point.subject)
    await runs.do(start=orders, vault=point.subject, owner=OWNER)
    elsewhere = CertificatePolicy("Unknown", subject="CN=elsewhere.example.com", key_type="EC", key_curve_name="P-256")
    await vault.create_certificate("elsewhere", elsewhere)
    for name, tags in (("ending", {}), ("renewed", {"certflow-renew": "auto"})):
        policy = CertificatePolicy(content_type="application/x-pem-file")
        tags |= {"certflow-owner": OWNER}
        await vault.import_certificate(name, ending(f"{name}.example.com"), policy=policy, tags=tags)
    return await killed(runs, point, AGAIN, shift=point.subject, later=REMINDED)


def ending(host: str) -> bytes:
    """A certificate that is at the last rung of the ladder when the shift comes, and its key."""
    key, csr = make_csr(host)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + pem(ROOT_CA.signs(csr, Wish(start=-365 * DAY, end=timedelta(seconds=2 * REMINDED))))


async def publishings(runs: Runs, found: list[Point]) -> None:
    async def publish(point: Point) -> Point:
        events = [event(f"{point.subject}{number}") for number in (1, 2)]
        vault = point.subject.rstrip(":")
        await runs.do(leave=[{"subject": f"vaults/{vault}", "vault": vault, **one} for one in events])
        return await killed(runs, point, (2 * LAPSED,), publish=vault, later=LAPSED)

    await one_by_one(publish, "publish", found)


async def notifyings(runs: Runs, found: list[Point]) -> None:
    """The third request that an issuer's account lets fail, and so the one that is told of the issuer, too."""
    error = {"code": "Certificate issuer error", "message": "The account is suspended."}

    async def notify(point: Point) -> Point:
        failures = [
            event(f"{point.subject}{number}", "Failed", issuer=point.subject.rstrip(":"), error=error)
            for number in (1, 2, 3)
        ]
        await runs.do(notify=failures[:2])
        return await killed(runs, point, (LAPSED,), notify=failures[2:])

    await one_by_one(notify, "notify", found)


async def sendings(runs: Runs, channel: str, found: list[Point]) -> None:
    """One after the other: a channel is one, and what waits there is sent together."""

    async def send(point: Point) -> Point:
        await runs.do(notify=[event(f"{point.subject}{number}") for number in (1, 2, 3)])
        # Later than they came: mail waits some seconds for more.
        return await killed(runs, point, (2 * LAPSED,), send=channel, later=LAPSED)

    await one_by_one(send, f"send-{channel}", found, always=between_acceptance_and_record)


def between_acceptance_and_record(place: Place) -> bool:
    return place.moment == "before" and place.kind.startswith("PATCH deliveries") and place.nth == 1


def event(id_: str, what: str = "Cancelled", **more: Any) -> dict[str, Any]:
    """An event of a request, as it is told."""
    name = id_.split(":")[0]
    data = {"vault": "main", "name": name, "request_id": id_, "issuer": "DigiCert", "owner": OWNER, **more}
    return {"id": id_, "type": f"Certflow.Issuance.{what}", "data": data}


async def kill_and_restart(directory: Path) -> tuple[list[Point], World]:
    found: list[Point] = []
    async with AsyncExitStack() as up:
        stack = await up.enter_async_context(
            running_stack(
                directory, own_host=False, vaults=VAULTS, issuing_delay=0.0, hurry=10, settings=MUCH_MAIL | NO_SERVERS
            )
        )
        stack.settings["CERTFLOW_RENEW_MOST"] = str(2 * VAULTS)  # one for each vault, and some counted twice
        client = await up.enter_async_context(client_of(stack.describe()))
        for name, outcome in (("failed", "fail"), ("stalled", "hang")):
            wish = {"name": name, "outcome": outcome}
            async with client.session.post(f"{client.stack['keyvault_control']}/outcomes", json=wish) as response:
                assert response.status == 200
        tables = TableServiceClient.from_connection_string(
            stack.azurite.connection_string, connection_verify=str(stack.ca_file)
        )
        table = (await up.enter_async_context(tables)).get_table_client("certflow")
        async with running(stack) as runs:
            vaults = iter([alias for alias in stack.vaults if alias != "main"])  # `main` is in the other points
            async with asyncio.TaskGroup() as group:
                group.create_task(publishings(runs, found))
                group.create_task(notifyings(runs, found))
            await runs.do(publish="main", later=2 * LAPSED)  # of an issuer in trouble
            for channel in CHANNELS:
                await runs.do(send=channel, later=2 * LAPSED)  # what waits there already
                await sendings(runs, channel, found)
            await shifts(runs, client, vaults, found)
        return found, await after_a_restart(stack, client, table)


async def after_a_restart(stack: Stack, client: Client, table: TableClient) -> World:
    """With a host that looks at nothing by itself: it takes what Event Grid and the queues have for it."""
    timers = {f"CERTFLOW_{name}_SCHEDULE": NEVER for name in ("CHECK", "DISCOVER", "DAILY", "SWEEP")}
    port, log = urlsplit(stack.host_url).port, stack.directory / "host.log"
    assert port is not None
    async with running_functions_host(stack.settings | timers, stack.keys, port=port, log=log):
        await settled(stack, client, table)
    async with client.session.get(f"{client.stack['keyvault_control']}/state") as response:
        by_host = (await response.json())["vaults"]
    hosts = {alias: urlsplit(url) for alias, url in stack.vaults.items()}
    vaults = {alias: by_host.get(url.netloc) or by_host.get(url.hostname) for alias, url in hosts.items()}
    rows = [dict(row) async for row in table.list_entities()]
    return World(rows, vaults, await client.messages(""))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Point], World]:
    """All points, and everything as it was after the restart."""
    return asyncio.run(kill_and_restart(tmp_path_factory.mktemp("killed-watch")))


# --- what is to come of it ---


def these(after: tuple[list[Point], World], what: str, writes: int) -> tuple[list[Point], World]:
    """The points of a kind. A run makes more than so many kinds of writes, and at each of them one was killed."""
    whole, *killed = (point for point in after[0] if point.what == what)
    kinds = {kind for kind in whole.sent if Place("after", kind, 1).is_write}
    assert len(kinds) > writes
    assert {point.struck for point in killed} >= kinds
    assert [point.failed for point in (whole, *killed) if point.failed] == []
    return [whole, *killed], after[1]


def test_a_shift_killed_at_any_write_is_completed_by_the_next(after: tuple[list[Point], World]) -> None:
    found, world = these(after, "shift", 15)
    assert [line for point in found for line in wrong_in_vault(point, world)] == []


def wrong_in_vault(point: Point, world: World) -> list[str]:
    """What is not as an undisturbed shift leaves it, a line for each."""
    vault = point.subject
    requests = {row["name"]: row for row in world.rows_of(vault, "r")}
    ids = {name: f"{vault}:{name}:{requests.get(name, {}).get('request_id')}" for name in STATUSES}
    pending = {name: one["pending"] for name, one in world.vaults[vault]["certificates"].items()}
    endings = {event for _, event in world.told(f"{vault}:ending:")}
    in_progress = {name for name, status in STATUSES.items() if status == "inProgress"}
    marks = Counter(row["RowKey"].split("|")[2] for row in world.rows_of(vault, "d") if "|i|" not in row["RowKey"])
    wanted: dict[str, tuple[Any, Any]] = {
        "requests": (len(world.rows_of(vault, "r")), len(STATUSES)),
        "statuses": ({name: row["status"] for name, row in requests.items()}, STATUSES),
        "acts": (Counter(acts_of(world, vault)), Counter(ACTS)),
        "due marks": (marks, Counter(in_progress)),
        "standing in Key Vault": (
            {name: (pending[name] or {}).get("request_id") for name in in_progress},
            {name: requests[name]["request_id"] for name in in_progress if name in requests},
        ),
        "left in the outbox": (world.rows_of(vault, "o"), []),
        "told": (
            world.told(f"{vault}:"),
            on_both(
                f"{vault}:surveyed",
                f"{ids['failed']}:failed",
                f"{ids['done']}:completed",
                f"{ids['stalled']}:stalled:1",
                *(f"{ids[name]}:started" for name in ("waiting", "elsewhere", "renewed")),
                *endings,
            ),
        ),
        "told of the end": (len(endings), 1),
    }
    return [
        f"{point}: {what} {unlike(there, right)} instead of {unlike(right, there)}"
        for what, (there, right) in wanted.items()
        if there != right
    ]


def unlike(one: Any, other: Any) -> Any:
    """What is to be read of something long: where it is not like the other."""
    return one - other if isinstance(one, Counter) else one


def acts_of(world: World, vault: str) -> list[tuple[str, str]]:
    keys = [row["RowKey"].split("|") for row in world.rows_of(vault, "h")]
    return [(key[1], key[3]) for key in keys]


def test_what_sends_the_events_left_behind_is_completed_by_the_next(after: tuple[list[Point], World]) -> None:
    found, world = these(after, "publish", 3)
    for point in found:
        assert world.told(point.subject) == on_both(f"{point.subject}1", f"{point.subject}2"), str(point)
        assert world.rows_of(point.subject.rstrip(":"), "o") == [], str(point)


def test_an_event_whose_telling_was_cut_off_is_told_when_it_comes_again(after: tuple[list[Point], World]) -> None:
    found, world = these(after, "notify", 6)
    for point in found:
        assert world.told(point.subject) == on_both(*(f"{point.subject}{number}" for number in (1, 2, 3))), str(point)
        issuer = f"main:issuer:{point.subject.rstrip(':')}:"
        assert world.told(issuer) == on_both(f"{issuer}{point.subject}1"), str(point)


@pytest.mark.parametrize("channel", CHANNELS)
def test_notices_whose_sending_was_cut_off_are_sent_by_the_next_run(
    after: tuple[list[Point], World], channel: str
) -> None:
    found, world = these(after, f"send-{channel}", 6)
    for point in found:
        events = [f"{point.subject}{number}" for number in (1, 2, 3)]
        accepted = next((at for at in point.done if is_card(at) or is_mail(at)), "")  # the three are one message
        gap = Counter({(channel, one): int(in_the_gap(point, accepted, one, channel)) for one in events})
        assert on_both(*events) <= world.told(point.subject) <= on_both(*events) + gap, str(point)


def test_a_kill_between_acceptance_and_record_is_told_twice_and_nothing_else_is(
    after: tuple[list[Point], World],
) -> None:
    """So the gap was there; and both messages have the same id, or they would not have counted as two."""
    points, world = after
    twice = {event for (_, event), count in times_told(world.messages).items() if count > 1}
    gaps = [point for point in points if any(event.startswith(point.subject) for event in twice)]
    assert {point.what for point in gaps} == {f"send-{channel}" for channel in CHANNELS}
    assert {point.place.moment for point in gaps if point.place} == set(MOMENTS)


def is_card(at: str) -> bool:
    return at.startswith("POST /") and "devstoreaccount1" not in at


def is_mail(at: str) -> bool:
    return at.startswith(f"{BEGUN}MAIL ")


def in_the_gap(point: Point, accepted: str, event_id: str, channel: str) -> bool:
    """Whether a channel had taken an event when the run was killed, or may have, and our record did not say so yet, as
    far as the run knew: what was on its way may have arrived.
    """
    settled = f"PATCH /devstoreaccount1/deliveries(PartitionKey='{event_id}',RowKey='{channel}')"
    return accepted in point.done and settled not in point.done
