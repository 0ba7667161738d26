"""The table service: our tables, made on first use, and what every port that is kept in them does with rows."""

from __future__ import annotations

import asyncio
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableTransactionError
from azure.data.tables.aio import TableClient, TableServiceClient

from functions.adapters.faults import faults_of
from functions.adapters.rows import Operations
from functions.issuance.errors import ConcurrentChange

SERVICE = "The table storage"
CERTFLOW, KEYS, DELIVERIES = "certflow", "keys", "deliveries"
CONFLICTS = {404, 409, 412}  # a row that is gone, there already, or changed


class Tables:
    """The table service, with our three tables made on first use."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = TableServiceClient(
            endpoint=url,
            credential=credential,
            retry_total=2,
            retry_backoff_factor=0.3,
            connection_timeout=5,
            read_timeout=10,
        )
        self._made: dict[str, TableClient] = {}
        self._lock = asyncio.Lock()

    async def table(self, name: str) -> TableClient:
        """A client for one of our tables."""
        async with self._lock:
            if name not in self._made:
                with faults_of(SERVICE):
                    self._made[name] = await self._service.create_table_if_not_exists(name)
            return self._made[name]

    async def row(self, partition: str, key: str, *, table: str = CERTFLOW) -> Any:
        """A row with its metadata (ETag), or None."""
        client = await self.table(table)
        with faults_of(SERVICE):
            try:
                return await client.get_entity(partition, key)
            except ResourceNotFoundError:
                return None

    async def range(
        self, partition: str, start: str, end: str, *, most: int | None = None, table: str = CERTFLOW
    ) -> list[Any]:
        """The rows of a range of row keys; with `most`, the first of them, in one request."""
        client = await self.table(table)
        query = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"
        parameters = {"partition": partition, "start": start, "end": end}
        with faults_of(SERVICE):
            rows = client.query_entities(query, parameters=parameters, results_per_page=most)
            if most is None:
                return [row async for row in rows]
            async for page in rows.by_page():  # the service may answer an empty one before the first row
                if found := [row async for row in page]:
                    return found
            return []

    async def commit(self, operations: Operations) -> str:
        """Commits all or nothing; returns the first row's ETag ("" if it is deleted). Raises ConcurrentChange."""
        table = await self.table(CERTFLOW)
        with faults_of(SERVICE):
            try:
                results = await table.submit_transaction(operations)
            except TableTransactionError as error:
                if error.status_code in CONFLICTS:
                    raise ConcurrentChange(f"{operations[0][1]['RowKey']} changed meanwhile") from error
                raise
        return str(results[0].get("etag", ""))

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()
