"""A simulated week of 10,000 requests to one issuer: Key Vault calls, and how long it takes until an end is noticed.

Ours is the product's own code (`track_request`, `check_one`, `check_named`, `refresh`, `check_due`, `scan_inventory`)
on the unit tests' fakes and a simulated clock: looks from the queue, the minute timer, and an event of the vault five
seconds after a success (a failure has none). Every call to the vault counts, also the certificate that is read at an
end and the tags before a reminder. Theirs is what a good engineer would script: a GET for everything pending, every
minute, answered at once.

Requests start evenly over the week; durations are log-uniform from 10 s to 5 days; a tenth of the requests fails. So
our median is what is assumed of the event. The hourly inventory scans, which find what was started elsewhere, what is
near its end and what has changed, have no counterpart in the script. They count all the same, as if each request were
the next one of a certificate of its own: pages of 25, each certificate read once a day, and asked for a pending request
once a day (`CERTFLOW_QUIET_CHECK=24h`) or in each scan. They run over every tenth certificate, and the requests of a
week do not change what the scans of the others ask.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from benchmarks.table import Row, print_rows
from benchmarks.week_fakes import IndexedLedger, Queue, WeekVault, request_id_of
from functions.app.context import Certflow
from functions.inventory.fresh import refresh
from functions.model.options import Options
from functions.model.request.operation import Operation, Status
from functions.model.timing import MAX_CHECK_PAUSE
from functions.monitoring.check_due import check_due
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.ports.ledger import Intent
from functions.requests.check import check_named, check_one
from functions.requests.track import track_request
from tests.certificates import make_csr
from tests.clock import NOW
from tests.unit.fakes import World

SEED = 20261124
REQUESTS, WEEK = 10_000, timedelta(days=7)
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(days=5)
FAILING = 0.1
EVENT = timedelta(seconds=5)  # from a success to Key Vault's event of it
MINUTE = timedelta(minutes=1)
HOUR, HOURS = timedelta(hours=1), 24 * 7
SCANNED = 10  # every tenth certificate
DAILY = timedelta(days=1)
PERCENT_95 = 0.95
CSR = make_csr("web.example.com")[1]
Hourly = Callable[[Certflow], Awaitable[None]]


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


def failures(week: Sequence[Fate]) -> list[str]:
    """The names of the requests that fail."""
    return [fate.name for fate in week if fate.fails]


@dataclass
class Side:
    """What one side did: calls to Key Vault by kind, for each request the seconds until its end was noticed, and the
    calls of scans.
    """

    calls: Counter[str]
    noticed: dict[str, float] = field(default_factory=dict)
    scans: Counter[str] = field(default_factory=Counter)

    @property
    def per_request(self) -> float:
        """Calls for each finished request, without scans."""
        return self.calls.total() / len(self.noticed)

    @property
    def scans_per_certificate(self) -> float:
        """Calls of the scans of the week for each certificate."""
        return self.scans.total() / len(self.noticed)

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


async def _no_scan(_certflow: Certflow) -> None:
    """Without scans nothing happens by the hour."""


async def ours(week: Sequence[Fate]) -> Side:
    """Runs the product through the week, and on until the last request has ended."""
    vault = WeekVault()
    return await _through(week, World(ledger=IndexedLedger(), vault=vault), vault, _no_scan)


async def _through(week: Sequence[Fate], world: World, vault: WeekVault, each_hour: Hourly) -> Side:
    """The same in a world with this vault. `each_hour` is called in each hour of the week; what the vault is asked by
    it is counted apart.
    """
    agenda: list[tuple[datetime, int, Callable[[], Awaitable[Any]]]] = []
    order, ends = count(), {fate.name: fate.ends for fate in week}

    def at(when: datetime, what: Callable[[], Awaitable[Any]]) -> None:
        heapq.heappush(agenda, (when, next(order), what))

    def look_later(after: timedelta, message: Mapping[str, Any]) -> None:
        at(world.now + after, partial(check_one, certflow, message["vault"], message["name"], message["request_id"]))

    world.work_queue = Queue(look_later)
    certflow, scans = world.certflow, Counter[str]()

    for fate in week:
        at(fate.starts, partial(_start, certflow, vault, fate))
        at(fate.ends, partial(_end, vault, fate))
        if not fate.fails:
            at(fate.ends + EVENT, partial(_hear, certflow, fate.name))

    async def minute() -> None:
        await check_due(certflow, "main", world.now + MINUTE)
        if agenda or await _unfinished(world):
            at(world.now + MINUTE, minute)

    async def hour() -> None:
        before = len(vault.calls)
        await each_hour(certflow)
        scans.update(vault.calls[before:])

    at(NOW + MINUTE, minute)
    for number in range(HOURS):
        at(NOW + (number + 1 / 2) * HOUR, hour)
    while agenda:
        world.now, _order, what = heapq.heappop(agenda)
        await what()

    noticed = {one.name: one.ended for one in world.ledger.tracked.values() if one.ended}
    seconds = {name: (noticed[name] - end).total_seconds() for name, end in ends.items()}
    return Side(Counter(vault.calls) - scans, seconds, scans)


async def _start(certflow: Certflow, vault: WeekVault, fate: Fate) -> None:
    """What the product does once Key Vault has taken a create."""
    operation = Operation(request_id_of(fate.name), Status.IN_PROGRESS, "DigiCert", CSR)
    vault.operations[fate.name] = operation
    await track_request(certflow, Intent("main", fate.name, "", certflow.now()), operation)


async def _end(vault: WeekVault, fate: Fate) -> None:
    vault.finish(fate.name, Status.FAILED if fate.fails else Status.COMPLETED)


async def _hear(certflow: Certflow, name: str) -> None:
    """What the product does when an event of the vault comes (triggers/event_grid.py)."""
    await check_named(certflow, "main", name)
    await refresh(certflow, "main", name)


async def _unfinished(world: World) -> bool:
    return bool(await world.ledger.due("main", world.now + 2 * MAX_CHECK_PAUSE, 1))


# --- with scans ---


async def scanned(week: Sequence[Fate], quiet: timedelta) -> Side:
    """The same with a scan of the vault each hour, in which each request is the next one of a certificate. The scan
    before the week, which reads all, does not count.
    """
    vault = WeekVault()
    vault.fill([fate.name for fate in week], CSR)
    world = World(ledger=IndexedLedger(), vault=vault, options=Options(quiet_check=quiet))
    await _scan(world.certflow)
    vault.calls.clear()
    return await _through(week, world, vault, _scan)


async def _scan(certflow: Certflow) -> None:
    await request_scans(certflow)
    await scan_inventory(certflow, "main", certflow.now() + MINUTE)


# --- the table ---


def measure() -> list[Row]:
    """Both sides through the same week."""
    week = fates()
    script, product = theirs(week), asyncio.run(ours(week))
    everybody, failing = [fate.name for fate in week], failures(week)
    (our_median, our_95), (their_median, their_95) = product.times(everybody), script.times(everybody)
    (our_failing, our_failing_95), (failing_median, failing_95) = product.times(failing), script.times(failing)
    if our_median > their_median:
        raise AssertionError(f"ours notices after {our_median:.0f} s, theirs after {their_median:.0f} s")
    daily, hourly = (
        asyncio.run(scanned(week[::SCANNED], quiet)).scans_per_certificate for quiet in (DAILY, timedelta(hours=1))
    )

    def with_scans(scans: float) -> float:
        return script.per_request / (product.per_request + scans)

    return [
        Row(
            "Key Vault calls for a finished request, with a week of scans: a script's ÷ ours", with_scans(daily), "≥ 12"
        ),
        Row("  the same where each scan asks for each pending request", with_scans(hourly)),
        Row("  the same without scans", script.per_request / product.per_request, "≥ 10"),
        Row("  calls, ours, without scans", product.per_request),
        Row("  calls of a week of scans for a certificate, asked once a day", daily),
        Row("  the same, asked by each scan", hourly),
        Row("  calls, theirs", script.per_request),
        Row("  seconds until an end is noticed, median: ours", our_median, f"≤ {their_median:.1f}"),
        Row("  the same, theirs", their_median),
        Row("  95 of 100 ends noticed within, seconds: ours", our_95),
        Row("  the same, theirs", their_95),
        Row("  failures alone, median seconds: ours", our_failing),
        Row("  the same, theirs", failing_median),
        Row("  failures alone, 95 of 100 within, seconds: ours", our_failing_95, "≤ 1800"),
        Row("  the same, theirs", failing_95),
    ]


def main() -> int:
    """Prints the rows."""
    print(f"a week of {REQUESTS:,} requests, seed {SEED}")
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
