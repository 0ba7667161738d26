"""Keeps in Azure Tables the records of certificates that were read since the last scan: partition
`-|fresh|{vault}` of the table `certflow`, a row for each name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from functions.adapters.azure_tables.rows import key_of
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of

# Bytes of a record. A string of a row has 32,768 UTF-16 units at most (Learn, "Understanding the
# Table service data model"); JSON of our records is no longer than its bytes.
MAX_RECORD = 32_000


class TableFreshRecords:
    """Implements the port `FreshRecords`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, vault: str, name: str, content: bytes, now: datetime) -> None:
        """Writes the record of a name, unless it is too large for a row."""
        if len(content) > MAX_RECORD:
            return
        row = {
            "PartitionKey": _partition(vault),
            "RowKey": key_of(name.lower()),
            "record": content.decode(),
            "at": now,
        }
        await self._tables.commit([("upsert", row)])

    async def all(self, vault: str) -> Sequence[bytes]:
        """Returns the records of a vault."""
        return [row["record"].encode() for row in await self._rows(vault)]

    async def drop(self, vault: str, before: datetime) -> None:
        """Deletes the records of a vault that were written before this time, one by one."""
        table = await self._tables.table(CERTFLOW)
        for row in await self._rows(vault):
            if row["at"] < before:
                with faults_of(TABLE_STORAGE):  # the SDK ignores a row that does not exist
                    await table.delete_entity(_partition(vault), row["RowKey"])

    async def _rows(self, vault: str) -> list[Any]:
        return await self._tables.range(_partition(vault), "", "~")


def _partition(vault: str) -> str:
    return f"-|fresh|{vault}"
