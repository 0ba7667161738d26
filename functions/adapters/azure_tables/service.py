"""Reads and commits rows of Certflow's tables, which are created on first use; the other modules of
this folder are built on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableTransactionError
from azure.data.tables.aio import TableClient, TableServiceClient

from functions.adapters.azure_tables.rows import Entity, Operations
from functions.adapters.azure_tables.scan import Answer, TableScan
from functions.adapters.faults import faults_of
from functions.adapters.proxies import follows_environment
from functions.model.errors import ConcurrentChange

TABLE_STORAGE = "The table storage"
CERTFLOW, KEYS, DELIVERIES = "certflow", "keys", "deliveries"
CONFLICTS = {404, 409, 412}  # the row does not exist, exists already, or has changed


class Tables:
    """The table service with Certflow's tables, each created on first use."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = TableServiceClient(
            endpoint=url,
            credential=credential,
            retry_total=2,
            retry_backoff_factor=0.3,
            connection_timeout=5,
            read_timeout=10,
            use_env_settings=follows_environment(),
        )
        self._scan = TableScan(url, credential)
        self._made: dict[str, TableClient] = {}
        self._lock = asyncio.Lock()

    async def table(self, name: str) -> TableClient:
        """Returns a client for one of the tables."""
        async with self._lock:
            if name not in self._made:
                with faults_of(TABLE_STORAGE):
                    self._made[name] = await self._service.create_table_if_not_exists(name)
            return self._made[name]

    async def row(self, partition: str, key: str, *, table: str = CERTFLOW) -> Any:
        """Returns a row with its metadata (ETag); None if there is none."""
        client = await self.table(table)
        with faults_of(TABLE_STORAGE):
            try:
                return await client.get_entity(partition, key)
            except ResourceNotFoundError:
                return None

    async def range(
        self,
        partition: str,
        start: str,
        end: str,
        *,
        limit: int | None = None,
        table: str = CERTFLOW,
    ) -> list[Any]:
        """Returns the rows of a partition from row key `start` to before `end`. With `limit` it
        returns the first page of at most so many rows.
        """
        client = await self.table(table)
        query = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"
        parameters = {"partition": partition, "start": start, "end": end}
        with faults_of(TABLE_STORAGE):
            rows = client.query_entities(query, parameters=parameters, results_per_page=limit)
            if limit is None:
                return [row async for row in rows]
            async for page in rows.by_page():
                if found := [
                    row async for row in page
                ]:  # empty pages may come before the first row
                    return found
            return []

    async def everywhere(self, kind: str, query: str, values: Mapping[str, str]) -> list[Entity]:
        """Returns the rows of all vaults whose row keys begin with `kind` and that match a filter
        (scan.py), without their metadata.
        """
        await self.table(CERTFLOW)
        among = f"RowKey ge @start and RowKey lt @end and {query}"
        given = {"start": kind, "end": f"{kind}~", **values}
        with faults_of(TABLE_STORAGE):
            return [row async for row in self._scan.rows(CERTFLOW, among, given)]

    def in_partition(
        self, partition: str, query: str, values: Mapping[str, str], at_once: int
    ) -> AsyncGenerator[Answer]:
        """Returns the rows of a partition of `certflow` that match a filter (scan.py), by answers
        as they are asked for, in the order of their keys and without their metadata; an answer has
        `at_once` at most. The table has to exist. Raises the errors of the SDK.
        """
        among = f"PartitionKey eq @partition and {query}"
        return self._scan.answers(CERTFLOW, among, {"partition": partition, **values}, at_once)

    async def commit(self, operations: Operations) -> str:
        """Commits all operations or none, and returns the ETag of the first row ("" if that is
        deleted). Raises ConcurrentChange if a row is not as the operations expect.
        """
        table = await self.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            try:
                results = await table.submit_transaction(operations)
            except TableTransactionError as error:
                if error.status_code in CONFLICTS:
                    raise ConcurrentChange(
                        f"{operations[0][1]['RowKey']} changed meanwhile"
                    ) from error
                raise
        return str(results[0].get("etag", ""))

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()
        await self._scan.close()
