"""Keeps in Azure Tables the records of certificates that were read since the last scan: partition
`-|fresh|{vault}` of the table `certflow`, a row for each name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.adapters.azure_tables.rows import key_of
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.adapters.inventory_json import line_of, record_in
from functions.model.inventory.record import CertificateRecord

# UTF-16 units of a record: a string of a row has 64 KiB at most in UTF-16 (Learn, "Understanding
# the Table service data model").
MAX_UNITS = 32_000


class TableFreshRecords:
    """Implements the port `FreshRecords`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, vault: str, record: CertificateRecord, now: datetime) -> None:
        """Writes the record of a name, unless it is too large for a row."""
        line = line_of(record)
        if len(line.encode("utf-16-le")) > 2 * MAX_UNITS:
            return
        row = {
            "PartitionKey": _partition(vault),
            "RowKey": key_of(record.name.lower()),
            "record": line,
            "at": now,
        }
        await self._tables.commit([("upsert", row)])

    async def all(self, vault: str) -> list[CertificateRecord]:
        """Returns the records of a vault that can be read."""
        found = (record_in(row["record"]) for row in await self._rows(vault))
        return [one for one in found if one is not None]

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
