"""Keeps the CA certificates of merged chains, in the table `certflow`: partition `-|cas|{vault}`,
RowKey the SHA-256 of the certificate.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError

from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.ports.issuing_cas import IssuingCa

PARTITION = "-|cas|"  # followed by the vault's alias


class TableIssuingCas:
    """Implements the port `IssuingCas`. A certificate has some KB, and a binary property holds 64
    KiB (Learn, "Understanding the Table service data model").
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def list_cas(self, vault: str) -> list[IssuingCa]:
        """Returns all certificates that are kept for a vault."""
        rows = await self._tables.range(f"{PARTITION}{vault}", "", "~")
        return [
            IssuingCa(row["RowKey"], row["der"], datetime.fromisoformat(row["at"])) for row in rows
        ]

    async def put(self, vault: str, one: IssuingCa) -> None:
        """Keeps a certificate; one that is kept already gets the new time."""
        table = await self._tables.table(CERTFLOW)
        row = {
            "PartitionKey": f"{PARTITION}{vault}",
            "RowKey": one.sha256,
            "der": one.der,
            "at": one.at.isoformat(),
        }
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(row)

    async def remove(self, vault: str, sha256: str) -> None:
        """Deletes a certificate; one that does not exist is no error."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE), suppress(ResourceNotFoundError):
            await table.delete_entity(f"{PARTITION}{vault}", sha256)
