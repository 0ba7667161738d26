"""The ledger in Azure Tables: tracked requests, due marks, the outbox, history.

Table `certflow` holds what must change together, so that one transaction (one partition, 100 entities) covers it.
PartitionKey: `{vault alias}|{first hex digit of SHA-256 of the lower-cased name}`; events of a drop without a request:
`-|{digit}`. RowKey: `r|{name}|{request_id}` a request, `d|{next check}|{name}|{request_id}` its due mark,
`i|{name}|{id}` an intent and `d|{due}|{name}|i|{id}` its mark, `o|{event id}` an event not yet sent,
`h|{name}|{time}|{act}|{request_id}` history. Partition `-|beats`: the last good sweep of each vault. Partition
`-|aside` (RowKey: SHA-256 of the blob's name, which may hold what a RowKey must not): the files set aside.

Table `keys` (PartitionKey and RowKey: key hash) holds hints, each written before the request it points to: a
crash leaves a hint too many, never one too few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from functions.adapters.faults import faults_of
from functions.adapters.rows import (
    ASIDE,
    BEATS,
    Entity,
    Operations,
    aside_row,
    continuation_of,
    due_mark,
    due_of,
    event_row,
    filter_of,
    hint_of,
    hint_row,
    hints_of,
    intent_mark,
    intent_row,
    partition_of,
    request_key,
    request_of,
    request_row,
    rows_beside,
    sortable,
    token_of,
)
from functions.issuance.errors import ConcurrentChange, Unavailable
from functions.issuance.events import Event
from functions.issuance.ports import Due, Intent, Page, Wanted
from functions.issuance.requests import Act, Change, TrackedRequest

SERVICE = "The table storage"
DIGITS = "0123456789abcdef"
TRIES = 10
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

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()


class TableLedger:
    """The port `Ledger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def intend(self, intent: Intent) -> Intent | None:
        """Writes an intent and its due mark, unless there is one with this id."""
        try:
            await self._transaction([("create", intent_row(intent)), ("upsert", intent_mark(intent))])
        except ConcurrentChange:
            return await self.intent(intent.vault, intent.name, intent.id)
        return None

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        """An intent."""
        row = await self._row(partition_of(vault, name), f"i|{name.lower()}|{intent_id}")
        return msgspec.json.decode(row["intent"], type=Intent) if row else None

    async def finish(self, intent: Intent) -> None:
        """Keeps an intent with its answer; its mark moves to when it is to be forgotten."""
        known = await self.intent(intent.vault, intent.name, intent.id)
        operations: Operations = [("upsert", intent_row(intent)), ("upsert", intent_mark(intent))]
        if known and known.due != intent.due:
            operations.append(("delete", intent_mark(known)))
        try:
            await self._transaction(operations)
        except ConcurrentChange:
            return  # a repetition of the call has just done the same

    async def forget(self, intent: Intent) -> None:
        """Removes an intent and its mark."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            for row in (intent_mark(intent), intent_row(intent)):
                await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        """Adds a request: first its hint, then request, due mark, events and history in one transaction."""
        request = change.request
        await self._hint(request)
        try:
            etag = await self._transaction([("create", request_row(request)), *rows_beside(change)])
        except ConcurrentChange:
            standing = await self.get(request.vault, request.name, request.request_id)
            if standing is None:
                raise
            return standing, False
        return replace(request, etag=etag), True

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """A tracked request with its ETag."""
        row = await self._row(partition_of(vault, name), request_key(name, request_id))
        return request_of(row) if row else None

    async def named(self, vault: str, name: str) -> list[TrackedRequest]:
        """All requests for a name."""
        rows = await self._range(partition_of(vault, name), f"r|{name.lower()}|", f"r|{name.lower()}|~")
        return [request_of(row) for row in rows]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change with its events and history, if `before` is still what stands there."""
        request = change.request
        update = {"mode": UpdateMode.REPLACE, "etag": before.etag, "match_condition": MatchConditions.IfNotModified}
        operations: Operations = [("update", request_row(request), update)]
        if before.next_check and before.next_check != request.next_check:
            operations.append(("delete", due_mark(before)))
        operations += rows_beside(change, due=request.next_check != before.next_check)
        etag = await self._transaction(operations)
        return replace(request, etag=etag)

    async def due(self, vault: str, now: datetime) -> list[Due]:
        """The due marks up to now: one range of each of the vault's sixteen partitions, nothing else is read."""
        until = f"d|{sortable(now)}|~"
        rows = await asyncio.gather(*(self._range(f"{vault}|{digit}", "d|", until) for digit in DIGITS))
        marks = sorted((row for some in rows for row in some), key=lambda row: str(row["RowKey"]))
        return [due_of(row) for row in marks]

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests with this key; a hint without its request is a crash's remnant and is passed over."""
        row = await self._row(key_sha256, key_sha256, table="keys")
        found = await asyncio.gather(*(self.get(*hint) for hint in (hints_of(row) if row else ())))
        return sorted((one for one in found if one), key=lambda one: one.created, reverse=True)

    async def add_event(self, event: Event) -> None:
        """Adds an event to the outbox."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            await table.upsert_entity(event_row(event))

    async def unsent(self, vaults: Sequence[str]) -> list[Event]:
        """What stands in the outbox of these vaults, and of drops without a request."""
        partitions = [f"{vault}|{digit}" for vault in (*vaults, "-") for digit in DIGITS]
        rows = await asyncio.gather(*(self._range(partition, "o|", "o|~") for partition in partitions))
        return [msgspec.json.decode(row["event"], type=Event) for some in rows for row in some]

    async def sent(self, event: Event) -> None:
        """Clears an event from the outbox."""
        table, row = await self._tables.table("certflow"), event_row(event)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def requests(self, wanted: Wanted, token: str | None) -> Page:
        """One page: a scan of the rows of requests, of one vault's partitions or of all, filtered by the service."""
        query, parameters = filter_of(wanted)
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            listed = table.query_entities(query, parameters=parameters, results_per_page=wanted.limit)
            pages = listed.by_page(continuation_of(token))
            rows = [row async for row in await anext(pages)]
        return Page(tuple(request_of(row) for row in rows), token_of(pages.continuation_token))  # type: ignore[attr-defined]  # of the SDK's page iterator

    async def history(self, vault: str, name: str) -> list[Act]:
        """The lines of a name's history, in the order of their times."""
        rows = await self._range(partition_of(vault, name), f"h|{name.lower()}|", f"h|{name.lower()}|~")
        return [msgspec.json.decode(row["act"], type=Act) for row in rows]

    async def set_aside(self, drop: str, etag: str) -> None:
        """Marks a dropped file."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            await table.upsert_entity(aside_row(drop, etag))

    async def aside(self) -> dict[str, str]:
        """The marks: name → ETag."""
        return {row["name"]: row["etag"] for row in await self._range(ASIDE, "", "~")}

    async def take_back(self, drop: str) -> None:
        """Removes a mark."""
        table, row = await self._tables.table("certflow"), aside_row(drop, "")
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def beat(self, vault: str, now: datetime) -> None:
        """Records a good sweep."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            await table.upsert_entity({"PartitionKey": BEATS, "RowKey": vault, "at": now.isoformat()})

    async def beats(self) -> dict[str, datetime]:
        """The last good sweep of each vault."""
        rows = await self._range(BEATS, "", "~")
        return {row["RowKey"]: datetime.fromisoformat(row["at"]) for row in rows}

    async def _hint(self, request: TrackedRequest) -> None:
        """Adds a request to those of its key. Others may do so for another request at the same time."""
        table, key, hint = await self._tables.table("keys"), request.key_sha256, hint_of(request)
        for _ in range(TRIES):
            row = await self._row(key, key, table="keys")
            hints = hints_of(row) if row else []
            if hint in hints:
                return
            with faults_of(SERVICE), suppress(ResourceExistsError, ResourceModifiedError):
                changed = hint_row(key, [*hints, hint])
                if row is None:
                    await table.create_entity(changed)
                else:
                    same = {"etag": row.metadata["etag"], "match_condition": MatchConditions.IfNotModified}
                    await table.update_entity(changed, mode=UpdateMode.REPLACE, **same)
                return
        raise Unavailable(SERVICE, "the requests of one key keep changing", retry_after=1)

    async def _row(self, partition: str, key: str, *, table: str = "certflow") -> Any:
        client = await self._tables.table(table)
        with faults_of(SERVICE):
            try:
                return await client.get_entity(partition, key)
            except ResourceNotFoundError:
                return None

    async def _range(self, partition: str, start: str, end: str) -> list[Entity]:
        table = await self._tables.table("certflow")
        query = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"
        parameters = {"partition": partition, "start": start, "end": end}
        with faults_of(SERVICE):
            return [row async for row in table.query_entities(query, parameters=parameters)]

    async def _transaction(self, operations: Operations) -> str:
        """Commits all or nothing; returns the first row's ETag. Raises ConcurrentChange."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            try:
                results = await table.submit_transaction(operations)
            except TableTransactionError as error:
                if error.status_code in CONFLICTS:
                    raise ConcurrentChange(f"{operations[0][1]['RowKey']} changed meanwhile") from error
                raise
        return str(results[0]["etag"])
