"""`GET history` of 100,000 acts in six vaults, on Azurite: what its first page asks of the tables, as a ratio to that
with 1,000 acts, and the CPU time of our process; for somebody who reads everything, and for a team that reads a
fourteenth of the names.

The acts are made by chance, always the same ones, over 400 days. Seconds are Azurite's, most of them: it looks at every
row of the table for any query, which the service does not. CPU time grows with them though our process does the same:
the longer it waits for each of its answers, the more of its caches are another's by then.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import batched, groupby
from typing import Any

from benchmarks.own_process import in_own_process, main_of
from benchmarks.table import Row
from benchmarks.waiting import waits
from functions.adapters.azure_tables.history.pages import TableHistory
from functions.adapters.azure_tables.rows import Entity, history_rows
from functions.adapters.azure_tables.service import CERTFLOW, Tables
from functions.app.context import Certflow
from functions.model.request.actor import Actor, ActorKind
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from testkit.tokens import AnyToken
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World
from tests.unit.signed_in import ROUTE, Api

SEED, FEW, ACTS, NAMES, ROUNDS, TRANSACTION, AT_ONCE = 20261201, 1_000, 100_000, 5_000, 5, 100, 4
TEAMS = ["api", "auth", "billing", "cdn", "data", "edge", "files", "hr", "jobs", "mail", "ops", "pay", "shop", "web"]
PLACES = ["eu", "us", "asia", "test", "stage", "prod"]
KINDS = ("created", "observed", "merged", "reminded", "acknowledged", "cancelled")


@dataclass
class HistoryApi(Api):
    """The API over tables, with a vault for each place."""

    tables: Tables = field(kw_only=True)

    def certflow(self) -> Certflow:
        """The dependencies, with the history of all names."""
        return replace(super().certflow(), history=TableHistory(self.tables))


@dataclass(frozen=True)
class Figures:
    """Requests of a first page, CPU seconds of our process, and seconds until it is there."""

    requests: int
    cpu: float
    waited: float


def measure() -> list[Row]:
    """Starts Azurite, and measures in a process of its own."""
    return asyncio.run(in_own_process("benchmarks.history"))


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    api = HistoryApi(World(), {f"prod-{place}": FakeVault() for place in PLACES}, _grants(), tables=tables)
    chance = random.Random(SEED)  # noqa: S311  no secret
    await _fill(tables, chance, FEW)
    few = await _figures(api, "all")
    await _fill(tables, chance, ACTS - FEW)
    many, of_team = await _figures(api, "all"), await _figures(api, "team-api")
    await tables.close()
    return [
        Row("GET history, first page of 100,000 acts: requests ÷ with 1,000", many.requests / few.requests, "≤ 1.0"),
        Row("  CPU, ms", many.cpu * 1000),
        Row("  with 1,000", few.cpu * 1000),
        Row("  requests", many.requests),
        Row("  s with Azurite", many.waited),
        Row("  a team that reads a fourteenth of the names: requests", of_team.requests),
        Row("  CPU of that, ms", of_team.cpu * 1000),
        Row("  s with Azurite", of_team.waited),
    ]


async def _figures(api: HistoryApi, role: str) -> Figures:
    """The medians of some first pages."""
    gc.collect()  # what filling the tables has left would be looked at in between
    gc.freeze()
    cpu, seconds, requests = list[float](), list[float](), set[int]()
    for number in range(ROUNDS + 1):
        with waits() as noted:
            began, used = time.perf_counter(), time.process_time()
            answer = await api.call(ROUTE["list_history"], (role,))
        if number:  # the first one connects
            cpu.append(time.process_time() - used)
            seconds.append(time.perf_counter() - began)
            requests.add(len(noted.all))
        if len(json.loads(answer.get_body())["value"]) != 25:
            raise AssertionError(answer.get_body()[:300])
    (count,) = requests
    return Figures(count, statistics.median(cpu), statistics.median(seconds))


def _grants() -> bytes:
    """One role reads everything; fourteen read the names of their teams."""
    teams = [{"who": [f"role:team-{team}"], "may": ["read"], "names": [f"{team}-*"]} for team in TEAMS]
    return json.dumps({"grants": [*teams, {"who": ["role:all"], "may": ["read"]}]}).encode()


def _act(chance: random.Random) -> tuple[str, str, HistoryEntry]:
    """The vault, the name and the act."""
    number = chance.randrange(NAMES)
    team, place = TEAMS[number % len(TEAMS)], PLACES[number % len(PLACES)]
    by = Actor(ActorKind.PERSON, f"{team}.{chance.randrange(9)}@example.com", "t", chance.randbytes(8).hex())
    at = NOW - timedelta(microseconds=chance.randrange(400 * 86_400 * 10**6))
    entry = HistoryEntry(chance.choice(KINDS), at, chance.randbytes(16).hex(), Status.IN_PROGRESS, by)
    return f"prod-{place}", f"{team}-{place}-{number:04}", entry


async def _fill(tables: Tables, chance: random.Random, count: int) -> None:
    """Writes so many acts more, each with both of its rows."""
    table, gate = await tables.table(CERTFLOW), asyncio.Semaphore(AT_ONCE)

    async def transaction(rows: tuple[Entity, ...]) -> None:
        async with gate:
            await table.submit_transaction([("upsert", row) for row in rows])

    rows = sorted((row for _ in range(count) for row in history_rows(*_act(chance))), key=_partition)
    some = (batched(mine, TRANSACTION, strict=False) for _, mine in groupby(rows, key=_partition))
    await asyncio.gather(*(transaction(batch) for batches in some for batch in batches))


def _partition(row: Entity) -> str:
    return str(row["PartitionKey"])


if __name__ == "__main__":
    main_of(measure, _rows)
