"""A simulated week of 10,000 requests to one issuer: Key Vault calls, and how long it takes until an end is noticed.

Ours is the product's own code (`track_request`, `check_one`, `check_named`, `check_due`) on the unit tests' fakes and a
simulated clock: looks from the queue, the minute timer, and an event of the vault five seconds after a success (a
failure has none). Every call to the vault counts, also the certificate that is read at an end and the tags before a
reminder. Theirs is what a good engineer would script: a GET for everything pending, every minute, answered at once.

Requests start evenly over the week; durations are log-uniform from 10 s to 5 days; a tenth of the requests fails. So
our median is what is assumed of the event. The survey, which finds what was started elsewhere and what is near its end,
has no counterpart in the script: its calls are shown apart, and what would be left of the ratio with them, if each
request is a certificate of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from benchmarks.table import Row, print_rows
from functions.app.context import Certflow
from functions.model.due_mark import DueCheck, due_check_of
from functions.model.events.event import Event
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.timing import MAX_CHECK_PAUSE
from functions.monitoring.check_due import check_due
from functions.ports.ledger import Intent
from functions.requests.check import check_named, check_one
from functions.requests.track import track_request
from tests.certificates import make_csr
from tests.clock import NOW
from tests.unit.fakes import A_PAGE, FakeLedger, FakeVault, FakeWork, World

SEED = 20261124
REQUESTS, WEEK = 10_000, timedelta(days=7)
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(days=5)
FAILING = 0.1
EVENT = timedelta(seconds=5)  # from a success to Key Vault's event of it
MINUTE = timedelta(minutes=1)
HOURS, DAYS = 24 * 7, 7
PERCENT_95 = 0.95


@dataclass(frozen=True)
class Fate:
    """One request: when it starts, and when and how it ends."""

    name: str
    starts: datetime
    ends: datetime
    fails: bool


def fates() -> list[Fate]:
    """The requests of the week, always the same ones."""
    chance = random.Random(SEED)  # noqa: S311  no secret
    made = []
    for number in range(REQUESTS):
        starts = NOW + WEEK * chance.random()
        lasts = SHORTEST * math.exp(chance.uniform(0, math.log(LONGEST / SHORTEST)))
        made.append(Fate(f"web-{number}", starts, starts + lasts, chance.random() < FAILING))
    return made


@dataclass
class Side:
    """What one side did: calls to Key Vault by kind, and for each request the seconds until its end was noticed."""

    calls: Counter[str]
    noticed: dict[str, float] = field(default_factory=dict)

    @property
    def per_request(self) -> float:
        """Calls for each finished request."""
        return sum(self.calls.values()) / REQUESTS

    def times(self, names: Sequence[str]) -> tuple[float, float]:
        """Median and 95th percentile of the seconds until the ends of those were noticed."""
        seconds = sorted(self.noticed[name] for name in names)
        return statistics.median(seconds), seconds[int(len(seconds) * PERCENT_95)]


def theirs(week: Sequence[Fate]) -> Side:
    """Polls everything pending on each full minute."""
    side = Side(Counter())
    for fate in week:
        first = (fate.starts - NOW) // MINUTE + 1
        last = max(first, -((NOW - fate.ends) // MINUTE))
        side.calls["pending"] += last - first + 1
        side.noticed[fate.name] = (NOW + last * MINUTE - fate.ends).total_seconds()
    return side


# --- ours ---


class IndexedLedger(FakeLedger):
    """The unit tests' ledger, which finds what is due, and a name's requests, without reading all."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[datetime, tuple[str, str, str]]] = []

    def _stored(self, change: Change) -> TrackedRequest:
        self.acts.clear()
        return self._indexed(super()._stored(change))

    def told(self, events: Sequence[Event]) -> None:
        """Nobody reads the outbox here."""

    def _indexed(self, request: TrackedRequest) -> TrackedRequest:
        if request.next_check:
            key = request.vault, request.name.lower(), request.request_id
            heapq.heappush(self._due, (request.next_check, key))
        return request

    async def due(self, vault: str, now: datetime, most: int) -> list[DueCheck]:  # noqa: ARG002  there is one vault
        """As the tables do: the marks up to now, which stay until they are moved."""
        found = {}
        while self._due and self._due[0][0] <= now:
            at, key = heapq.heappop(self._due)
            if self.tracked[key].next_check == at:
                found[key] = due_check_of(self.tracked[key])
        for key, look in found.items():
            heapq.heappush(self._due, (look.at, key))
        return list(found.values())[:most]

    async def move_marks(self, moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        """The marks go into the index, too."""
        await super().move_marks(moves)
        for before, _after in moves:
            self._indexed(self.tracked[before.vault, before.name.lower(), before.request_id or ""])

    async def by_name(self, vault: str, name: str) -> list[TrackedRequest]:
        """Each name has one request here."""
        return [one for one in [self.tracked.get((vault, name, _request_id(name)))] if one]


class Queue(FakeWork):
    """The queue of looks on the simulated clock."""

    def __init__(self, later: Callable[[timedelta, Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._later = later

    async def put(
        self,
        queue: str,  # noqa: ARG002  there is one
        message: Mapping[str, Any],
        after: timedelta = timedelta(0),
        lasts: timedelta | None = None,  # noqa: ARG002  each is taken when it comes
    ) -> None:
        """A message comes when it can be seen."""
        self._later(after, message)


async def ours(week: Sequence[Fate]) -> Side:
    """Runs the product through the week, and on until the last request has ended."""
    agenda: list[tuple[datetime, int, Callable[[], Awaitable[Any]]]] = []
    order, ends = count(), {fate.name: fate.ends for fate in week}
    world = World(ledger=IndexedLedger())

    def at(when: datetime, what: Callable[[], Awaitable[Any]]) -> None:
        heapq.heappush(agenda, (when, next(order), what))

    def look_later(after: timedelta, message: Mapping[str, Any]) -> None:
        at(world.now + after, partial(check_one, certflow, message["vault"], message["name"], message["request_id"]))

    world.work_queue = Queue(look_later)
    certflow = world.certflow
    vault, csr = world.vault, make_csr("web.example.com")[1]

    for fate in week:
        at(fate.starts, partial(_start, certflow, vault, fate, csr))
        at(fate.ends, partial(_end, vault, fate))
        if not fate.fails:
            at(fate.ends + EVENT, partial(check_named, certflow, "main", fate.name))

    async def minute() -> None:
        await check_due(certflow, "main", world.now + MINUTE)
        if agenda or await _unfinished(world):
            at(world.now + MINUTE, minute)

    at(NOW + MINUTE, minute)
    while agenda:
        world.now, _order, what = heapq.heappop(agenda)
        await what()

    noticed = {one.name: one.ended for one in world.ledger.tracked.values() if one.ended}
    return Side(Counter(vault.calls), {name: (noticed[name] - end).total_seconds() for name, end in ends.items()})


async def _start(certflow: Certflow, vault: FakeVault, fate: Fate, csr: bytes) -> None:
    """What the product does once Key Vault has taken a create."""
    operation = Operation(_request_id(fate.name), Status.IN_PROGRESS, "DigiCert", csr)
    vault.operations[fate.name] = operation
    await track_request(certflow, Intent("main", fate.name, "", certflow.now()), operation)


def _request_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


async def _end(vault: FakeVault, fate: Fate) -> None:
    status = Status.FAILED if fate.fails else Status.COMPLETED
    vault.operations[fate.name] = replace(vault.operations[fate.name], status=status)


async def _unfinished(world: World) -> bool:
    return bool(await world.ledger.due("main", world.now + 2 * MAX_CHECK_PAUSE, 1))


# --- the table ---


def measure() -> list[Row]:
    """Both sides through the same week."""
    week = fates()
    script, product = theirs(week), asyncio.run(ours(week))
    everybody, failing = [fate.name for fate in week], [fate.name for fate in week if fate.fails]
    (our_median, our_95), (their_median, their_95) = product.times(everybody), script.times(everybody)
    (our_failing, our_failing_95), (failing_median, failing_95) = product.times(failing), script.times(failing)
    if our_median > their_median:
        raise AssertionError(f"ours notices after {our_median:.0f} s, theirs after {their_median:.0f} s")
    survey = 1 + 1 / A_PAGE  # calls for a certificate

    def with_surveys(times: int) -> float:
        return script.per_request / (product.per_request + times * survey)

    return [
        Row(
            "Key Vault calls for a finished request: a script's ÷ ours",
            script.per_request / product.per_request,
            "≥ 10",
        ),
        Row("  calls, ours", product.per_request),
        Row("  calls, theirs", script.per_request),
        Row("  seconds until an end is noticed, median: ours", our_median, f"≤ {their_median:.1f}"),
        Row("  the same, theirs", their_median),
        Row("  95 of 100 ends noticed within, seconds: ours", our_95),
        Row("  the same, theirs", their_95),
        Row("  failures alone, median seconds: ours", our_failing),
        Row("  the same, theirs", failing_median),
        Row("  failures alone, 95 of 100 within, seconds: ours", our_failing_95),
        Row("  the same, theirs", failing_95),
        Row("  beside it, a week of hourly surveys: calls for a certificate", HOURS * survey),
        Row("  a script's ÷ ours with these", with_surveys(HOURS)),
        Row("  the same with a survey a day", with_surveys(DAYS)),
    ]


def main() -> int:
    """Prints the rows."""
    print(f"a week of {REQUESTS:,} requests, seed {SEED}")
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
