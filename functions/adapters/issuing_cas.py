"""The CAs of merged chains in Azure Tables: partition `-|cas|{vault}` of the table `certflow`, RowKey the SHA-256."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError

from functions.adapters.faults import faults_of
from functions.adapters.table_service import CERTFLOW, SERVICE, Tables
from functions.issuance.issuing_cas import Kept

PARTITION = "-|cas|"  # and the vault's alias


class TableIssuingCas:
    """The port `IssuingCas`. A certificate is some KB; a binary property holds 64."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def kept(self, vault: str) -> list[Kept]:
        """Reads the partition."""
        rows = await self._tables.range(f"{PARTITION}{vault}", "", "~")
        return [Kept(row["RowKey"], row["der"], datetime.fromisoformat(row["at"])) for row in rows]

    async def keep(self, vault: str, one: Kept) -> None:
        """Writes a row."""
        table = await self._tables.table(CERTFLOW)
        row = {"PartitionKey": f"{PARTITION}{vault}", "RowKey": one.sha256, "der": one.der, "at": one.at.isoformat()}
        with faults_of(SERVICE):
            await table.upsert_entity(row)

    async def forget(self, vault: str, sha256: str) -> None:
        """Deletes it."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE), suppress(ResourceNotFoundError):
            await table.delete_entity(f"{PARTITION}{vault}", sha256)
