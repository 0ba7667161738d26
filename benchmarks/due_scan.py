"""What the scan for due requests costs by what is tracked: 1,000 due among 1,000, and among 100,000.

Counted are the requests to the table service and the entities that it returns, in the SDK's transport. Not time: for
any query Azurite looks at every row of a table, where Azure reads a range of a partition's index.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from benchmarks.own_process import in_own_process, main_of
from benchmarks.table import Row
from benchmarks.tracked import ALIAS, put, tracked
from benchmarks.waiting import waits
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.monitoring.check_due import MAX_ROUND_MARKS
from testkit.tokens import AnyToken
from tests.clock import NOW

DUE, SMALL, LARGE = 1_000, 1_000, 100_000


def measure() -> list[Row]:
    """Starts Azurite, and counts in a process of its own."""
    return asyncio.run(in_own_process("benchmarks.due_scan"))


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    await _put(tables, 0, SMALL)
    small = await _scanned(tables)
    await _put(tables, SMALL, LARGE)
    large = await _scanned(tables)
    await tables.close()
    among = f"{DUE:,} due among {LARGE:,} tracked ÷ among {SMALL:,}"
    return [
        Row(f"{among}: table requests", large[0] / small[0], "≤ 1.1"),
        Row(f"{among}: entities returned", large[1] / small[1], "≤ 1.1"),
        Row("table requests of that scan", large[0]),
        Row("entities that they return", large[1]),
    ]


async def _put(tables: Tables, start: int, end: int) -> None:
    """Puts requests there; those beyond the first 1,000 are due later, some of them in a second."""
    for some in range(start, end, MAX_ROUND_MARKS):
        numbers = range(some, min(some + MAX_ROUND_MARKS, end))
        await put(tables, (tracked(number, NOW, _due(number)) for number in numbers))


def _due(number: int) -> datetime:
    return NOW - timedelta(minutes=1) if number < DUE else NOW + timedelta(seconds=1 + number % 3600)


async def _scanned(tables: Tables) -> tuple[int, int]:
    """Requests and entities of one scan; it finds those that are due, and nothing else."""
    with waits() as waiting:
        looks = await TableLedger(tables).due(ALIAS, NOW, MAX_ROUND_MARKS)
    if len(looks) != DUE:
        raise AssertionError(f"{len(looks)} are due, not {DUE}")
    entities = sum(len(json.loads(one.answer.content)["value"]) for one in waiting.all)
    return len(waiting.all), entities


if __name__ == "__main__":
    main_of(measure, _rows)
