"""`GET board` of 5,000 requests, on Azurite: bytes, and the CPU time of our process for the answer in full (to who asks
first, and to who asks for the same again), for a 304, for a poll that reads the change mark alone, for one that finds
one request changed, and for one that reads all rows again, which happens once a minute.

The requests are made by chance, always the same ones: ids, keys and times that cannot be compressed, two thirds in
progress, one to four names, owners and issuers of a company with twenty teams. The baseline is gzip of the very bytes
that are answered. Time is that of this machine; in a read of all rows most of it is Azurite's, which looks at every row
of the table for any query.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import batched, groupby
from typing import Any

import azure.functions as func

from benchmarks.own_process import in_own_process, main_of
from benchmarks.table import Row
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.rows import Entity, request_row
from functions.adapters.azure_tables.service import CERTFLOW, Tables
from functions.app.context import Certflow
from functions.board.kept import KEPT, OVERLAP, READ_ALL_AFTER
from functions.model.request.actor import Actor, ActorKind
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.triggers.http.inventory.compressed import SENT_LEVEL, compressed
from testkit.tokens import AnyToken
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World
from tests.unit.signed_in import ROUTE, Api

SEED, REQUESTS, ROUNDS, TRANSACTION, AT_ONCE = 20261130, 5_000, 7, 100, 4
TEAMS = ["api", "auth", "billing", "cdn", "data", "edge", "files", "hr", "jobs", "mail", "ops", "pay", "shop", "web"]
PLACES = ["eu", "us", "asia", "test", "stage", "prod"]
ISSUERS = (("Unknown", 0.5), ("DigiCert", 0.35), ("GlobalSign", 0.15))
ENDS = (Status.COMPLETED, Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.DELETED, Status.OVERWRITTEN)
ERROR = "The order {} was refused: the organization is not validated for {}. Contact your account manager."
WHOLE = {"accept-encoding": "gzip"}


def requests() -> list[TrackedRequest]:
    """The requests."""
    chance = random.Random(SEED)  # noqa: S311  no secret
    return [_request(chance, number) for number in range(REQUESTS)]


def _request(chance: random.Random, number: int) -> TrackedRequest:
    team, place = chance.choice(TEAMS), chance.choice(PLACES)
    host = f"{team}{number:04}.{place}.example.com"
    (issuer,) = chance.choices([one for one, _ in ISSUERS], [share for _, share in ISSUERS])
    created = NOW - timedelta(microseconds=chance.randrange(28 * 86_400 * 10**6))
    waits = number % 3 != 0
    status = Status.IN_PROGRESS if waits else chance.choice(ENDS)
    failed = status is Status.FAILED
    ended = None if waits else created + (NOW - created) * chance.random()
    names = [host, *(f"{other}.{host}" for other in chance.sample(TEAMS, chance.choice((0, 0, 1, 1, 1, 3))))]
    return TrackedRequest(
        f"prod-{place}",
        f"{team}-{place}-{number:04}",
        chance.randbytes(16).hex(),
        issuer,
        f"CN={host},O=Example AG,C=CH",
        chance.randbytes(32).hex(),
        created,
        next_check=NOW + timedelta(microseconds=chance.randrange(3600 * 10**6)) if waits else None,
        owner=f"{team}-team@example.com",
        signer="pki@example.com" if issuer == "Unknown" else None,
        requested_by=Actor(ActorKind.PERSON, f"{team}.{chance.randrange(9)}@example.com", tid="t", oid="o"),
        status=status,
        ended=ended,
        error_code="Certificate issuer error" if failed else None,
        error_message=ERROR.format(chance.randrange(10**9), host) if failed else None,
        reminded=chance.choice((0, 0, 0, 1)) if waits else 0,
        names=" ".join(names),
    )


@dataclass
class BoardApi(Api):
    """The API over tables, with a vault for each place."""

    tables: Tables = field(kw_only=True)

    def certflow(self) -> Certflow:
        """The dependencies, with what the board is read from."""
        ledger, store = TableLedger(self.tables), TableMonitoringStore(self.tables)
        return replace(super().certflow(), ledger=ledger, monitoring_store=store)

    async def board(self, *roles: str, **headers: str) -> func.HttpResponse:
        """The board as a person with these roles gets it."""
        return await self.call(ROUTE["get_board"], roles, **headers)


def measure() -> list[Row]:
    """Starts Azurite, and measures in a process of its own."""
    return asyncio.run(in_own_process("benchmarks.board"))


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    await _fill(tables)
    api = BoardApi(World(), {f"prod-{place}": FakeVault() for place in PLACES}, _grants(), tables=tables)
    for place in PLACES:
        await TableMonitoringStore(tables).heartbeat(f"prod-{place}", NOW + timedelta(days=1))
    first = await api.board("all", **WHOLE)
    sent, plain = first.get_body(), gzip.decompress(first.get_body())
    found = json.loads(plain)["columns"]["name"]
    if len(found) != REQUESTS:
        raise AssertionError(f"{len(found)} rows")
    of_teams = await _figures(api, *(f"team-{team}" for team in TEAMS))
    figures = await _figures(api, "all")
    baseline = await _seconds(lambda: _zipped(plain))
    changed = await _changed(api)
    await tables.close()
    return [
        Row("GET board of 5,000 requests, compressed, KB", len(sent) / 1000, "≤ 250"),
        Row("  the same, not compressed, KB", len(plain) / 1000),
        Row("  CPU of the answer from kept rows ÷ of gzip of its bytes", figures.whole / baseline, "≤ 3"),
        Row("  CPU of the answer from kept rows, ms", figures.whole * 1000),
        Row(f"  the same for a caller with {len(TEAMS)} grants by name, ms", of_teams.whole * 1000),
        Row("  CPU of the same answer for the next who asks, ms", figures.again * 1000),
        Row("  CPU of a 304 from kept rows, ms", figures.same * 1000, "≤ 5"),
        Row(f"  the same for a caller with {len(TEAMS)} grants by name, ms", of_teams.same * 1000),
        Row("  CPU of a 304 after a look at the mark, ms", figures.marked * 1000),
        Row("  CPU of the answer after one request has changed, ms", changed * 1000),
        Row("  CPU of a 304 after all rows are read again, ms", figures.read * 1000),
        Row("  s with Azurite", figures.waited),
    ]


@dataclass(frozen=True)
class Figures:
    """CPU seconds of the whole answer, of the same again, and of three kinds of 304; seconds of the last kind."""

    whole: float
    again: float
    same: float
    marked: float
    read: float
    waited: float


async def _figures(api: BoardApi, *roles: str) -> Figures:
    etag = (await api.board(*roles, **WHOLE)).headers["ETag"]

    async def first() -> None:
        compressed.cache_clear()
        await api.board(*roles, **WHOLE)

    async def same(later: timedelta = timedelta(0)) -> None:
        api.world.now += later
        answer = await api.board(*roles, **{"if-none-match": etag})
        if answer.status_code != 304:
            raise AssertionError(f"{answer.status_code} in place of 304")

    whole = await _seconds(first)
    again = await _seconds(lambda: api.board(*roles, **WHOLE))
    kept, marked = await _seconds(same), await _seconds(lambda: same(KEPT))
    began = time.perf_counter()
    read = await _seconds(lambda: same(READ_ALL_AFTER))
    return Figures(whole, again, kept, marked, read, (time.perf_counter() - began) / ROUNDS)


async def _changed(api: BoardApi) -> float:
    """CPU seconds of the answer after each of some changes of a request."""
    # Rows that are younger than this beside the newest one are read again with it.
    await asyncio.sleep(OVERLAP.total_seconds())
    ledger, which = TableLedger(api.tables), requests()[0]
    found = []
    for count in range(ROUNDS):
        known = await ledger.get(which.vault, which.name, which.request_id)
        if known is None:
            raise AssertionError(which)
        await ledger.save(known, Change(replace(known, reminded=count + 1)))
        api.world.now += KEPT
        found.append(await _seconds(lambda: api.board("all", **WHOLE), rounds=1))
    return statistics.median(found)


def _grants() -> bytes:
    """One role may do everything; fourteen may work with the names of their teams."""
    verbs = ["read", "request", "return", "cancel", "acknowledge"]
    teams = [{"who": [f"role:team-{team}"], "may": verbs, "names": [f"{team}-*"]} for team in TEAMS]
    return json.dumps({"grants": [*teams, {"who": ["role:all"], "may": ["read", "cancel"]}]}).encode()


async def _zipped(plain: bytes) -> bytes:
    return gzip.compress(plain, SENT_LEVEL, mtime=0)


async def _seconds(what: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """CPU seconds, the median of some rounds."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        await what()
        found.append(time.process_time() - began)
    return statistics.median(found)


async def _fill(tables: Tables) -> None:
    table, gate = await tables.table(CERTFLOW), asyncio.Semaphore(AT_ONCE)

    async def transaction(rows: tuple[Entity, ...]) -> None:
        async with gate:
            await table.submit_transaction([("upsert", row) for row in rows])

    rows = sorted(map(request_row, requests()), key=_partition)
    some = (batched(rows, TRANSACTION, strict=False) for _, rows in groupby(rows, key=_partition))
    await asyncio.gather(*(transaction(batch) for batches in some for batch in batches))


def _partition(row: Entity) -> str:
    return str(row["PartitionKey"])


if __name__ == "__main__":
    main_of(measure, _rows)
