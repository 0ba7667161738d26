"""Keeps in Azure Tables how many requests each caller has started on a day: partition `-|started`
of the table `certflow`, row keys made of the day and a hash of the caller, who is in the column
`who`.
"""

from __future__ import annotations

from datetime import date

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import key_of
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.ports.start_counts import StartCount

STARTED = "-|started"


class TableStartCounts:
    """Implements the port `StartCounts`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def started(self, day: date, who: str) -> StartCount:
        """Returns the count of a caller on a day; 0 if there is none."""
        row = await self._tables.row(STARTED, _row_key(day, who))
        if row is None:
            return StartCount(day, who)
        return StartCount(day, who, int(row["count"]), row.metadata["etag"])

    async def save_started(self, count: StartCount) -> None:
        """Writes a count in place of the one that was read. Raises ConcurrentChange."""
        row = {
            "PartitionKey": STARTED,
            "RowKey": _row_key(count.day, count.who),
            "who": count.who,
            "count": count.count,
        }
        if not count.etag:
            await self._tables.commit([("create", row)])
            return
        same = {"etag": count.etag, "match_condition": MatchConditions.IfNotModified}
        await self._tables.commit([("update", row, {"mode": UpdateMode.REPLACE, **same})])

    async def forget_started(self, before: date) -> None:
        """Deletes the counts of days before this one, one by one."""
        table = await self._tables.table(CERTFLOW)
        for row in await self._tables.range(STARTED, "", before.isoformat()):
            with faults_of(TABLE_STORAGE):  # the SDK ignores a row that does not exist
                await table.delete_entity(STARTED, row["RowKey"])


def _row_key(day: date, who: str) -> str:
    return f"{day.isoformat()}|{key_of(who)}"
