"""The first page of `GET messages` when 100,000 messages of 90 days are kept: for whom sees all, for a team with a
vault of its own, for one with names of its own in shared vaults, and for one of which there are none.

Counted are the requests to the table service and the rows that it returns, in the SDK's transport, beside the same with
1,000 messages. Time is that of this machine, most of it Azurite's: for any query it looks at every row of a table,
where Azure reads a range of keys, and may end an answer at the end of a partition, which is a day here. CPU is that of
our process.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import batched, groupby
from typing import Any

from benchmarks.own_process import in_own_process, main_of
from benchmarks.table import Row
from benchmarks.waiting import waits
from functions.adapters.azure_tables.message_records import MESSAGES, TableMessageRecords, row_of_message
from functions.adapters.azure_tables.rows import Entity
from functions.adapters.azure_tables.service import Tables
from functions.model.people.message_record import MessageFilter, MessageRecord
from testkit.tokens import AnyToken
from tests.clock import NOW

SMALL, LARGE, DAYS, TEAMS = 1_000, 100_000, 90, 100
TRANSACTION = 100  # rows, the service's limit
AT_ONCE = 4  # transactions
ALL = MessageFilter()
VAULT = MessageFilter(vaults=frozenset({"vault7"}), may_see=lambda one: one.vault == "vault7")
# In vaults that it shares with others.
NAMES = MessageFilter(may_see=lambda one: (one.name or "").startswith("team7-"), beginnings=frozenset({"team7-"}))
NOTHING = MessageFilter(may_see=lambda _: False, beginnings=frozenset({"elsewhere-"}))


@dataclass(frozen=True)
class Read:
    """What a first page took: requests, rows that they return, seconds of this machine and of our CPU time."""

    requests: int
    rows: int
    seconds: float
    cpu: float


def measure() -> list[Row]:
    """Starts Azurite, and counts in a process of its own."""
    return asyncio.run(in_own_process("benchmarks.messages"))


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    records = TableMessageRecords(tables)
    await _fill(tables, SMALL)
    small = await _read(records, ALL)
    await _fill(tables, LARGE)
    large, vault, names, nothing = [await _read(records, one) for one in (ALL, VAULT, NAMES, NOTHING)]
    await tables.close()
    return [
        Row(
            f"first page of {LARGE:,} messages ÷ of {SMALL:,}: table requests", large.requests / small.requests, "≤ 1.1"
        ),
        Row("  rows that they return ÷ messages shown", large.rows / ALL.limit, "≤ 1.1"),
        Row("  CPU, ms", large.cpu * 1000),
        Row("  s with Azurite", large.seconds),
        Row(f"  for one of {TEAMS} teams, with a vault of its own: table requests", vault.requests, "≤ 2"),
        Row("  with names of its own in shared vaults: table requests", names.requests, "≤ 2"),
        Row("  rows that they return ÷ messages shown", names.rows / NAMES.limit, "≤ 10"),
        Row("  for a team of which there are none: table requests", nothing.requests, "≤ 2"),
    ]


async def _fill(tables: Tables, count: int) -> None:
    """Writes so many messages, spread evenly over the days, beside those that are there."""
    table, pause, gate = await tables.table(MESSAGES), timedelta(days=DAYS) / count, asyncio.Semaphore(AT_ONCE)

    async def transaction(rows: tuple[Entity, ...]) -> None:
        async with gate:
            await table.submit_transaction([("upsert", row) for row in rows])

    rows = (row_of_message(_message(number, number * pause)) for number in range(count))
    days = (batched(day, TRANSACTION, strict=False) for _, day in groupby(rows, key=_day))
    await asyncio.gather(*(transaction(some) for day in days for some in day))


def _day(row: Entity) -> str:
    return str(row["PartitionKey"])


def _message(number: int, age: timedelta) -> MessageRecord:
    team = number % TEAMS
    return MessageRecord(
        event_id=f"vault{team}:team{team}-web:{number:032x}:started",
        channel="email" if number % 2 else "teams",
        type="Certflow.Issuance.Started",
        happened=NOW - age,
        settled=NOW - age + timedelta(seconds=9),
        outcome="delivered",
        vault=f"vault{team}",
        name=f"team{team}-web",
        to=(f"team{team}@example.com",),
    )


async def _read(records: TableMessageRecords, wanted: MessageFilter) -> Read:
    with waits() as noted:
        began, cpu = time.perf_counter(), time.process_time()
        page = await records.page(wanted, None)
        took, used = time.perf_counter() - began, time.process_time() - cpu
    expected = 0 if wanted is NOTHING else wanted.limit
    if len(page.messages) != expected or (page.token is None) is (expected > 0):
        raise AssertionError(f"{len(page.messages)} messages")
    rows = sum([len(json.loads(one.answer.content)["value"]) for one in noted.all])
    return Read(len(noted.all), rows, took, used)


if __name__ == "__main__":
    main_of(measure, _rows)
