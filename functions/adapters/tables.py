"""The ledger in Azure Tables: tracked requests, due marks, the outbox, history.

Table `certflow` holds what must change together, so that one transaction (one partition, 100 entities) covers it.
PartitionKey: `{vault alias}|{first hex digit of SHA-256 of the lower-cased name}`; events of a drop without a request:
`-|{digit}`. RowKey: `r|{name}|{request_id}` a request, `d|{next check}|{name}|{request_id}` its due mark,
`i`-marks (`d|{due}|i|{id}`) an intent, `o|{event id}` an event not yet sent, `h|{name}|{time}|{what}` history.

Table `keys` (PartitionKey: key hash; RowKey: `{vault}|{name}|{request_id}`) is a hint, written before the request it
points to: a crash leaves a hint too many, never one too few.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from functions.adapters.faults import faults_of
from functions.issuance.errors import ConcurrentChange
from functions.issuance.events import Event
from functions.issuance.ports import Due, Intent
from functions.issuance.requests import Change, TrackedRequest

SERVICE = "The table storage"
DIGITS = "0123456789abcdef"
CONFLICTS = {404, 409, 412}  # a row that is gone, there already, or changed

Entity = dict[str, Any]
Operations = list[tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]]


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

    async def intend(self, intent: Intent) -> None:
        """Writes an intent as a due mark."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            await table.upsert_entity(_intent_row(intent))

    async def forget(self, intent: Intent) -> None:
        """Removes an intent."""
        table, row = await self._tables.table("certflow"), _intent_row(intent)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def add(self, change: Change, intent: Intent) -> bool:
        """Adds a request: first its hint, then request, due mark, events and history in one transaction."""
        request = change.request
        if await self.get(request.vault, request.name, request.request_id) is not None:
            await self.forget(intent)
            return False
        keys = await self._tables.table("keys")
        with faults_of(SERVICE):
            await keys.upsert_entity(_hint_row(request))
        try:
            await self._transaction([("create", _request_row(request)), *_extras(change)])
        except ConcurrentChange:
            return False  # another run has just added it
        finally:
            await self.forget(intent)  # only now: cut off before, the intent brings us here again
        return True

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """A tracked request with its ETag."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            try:
                return _request(await table.get_entity(_partition(vault, name), _request_key(name, request_id)))
            except ResourceNotFoundError:
                return None

    async def named(self, vault: str, name: str) -> list[TrackedRequest]:
        """All requests for a name."""
        rows = await self._range(_partition(vault, name), f"r|{name.lower()}|", f"r|{name.lower()}|~")
        return [_request(row) for row in rows]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change with its events and history, if `before` is still what stands there."""
        request = change.request
        update = {"mode": UpdateMode.REPLACE, "etag": before.etag, "match_condition": MatchConditions.IfNotModified}
        operations: Operations = [("update", _request_row(request), update)]
        if before.next_check and before.next_check != request.next_check:
            operations.append(("delete", _due_row(before)))
        operations += _extras(change, due=request.next_check != before.next_check)
        etag = await self._transaction(operations)
        return replace(request, etag=etag)

    async def due(self, vault: str, now: datetime) -> list[Due]:
        """The due marks up to now: one range of each of the vault's sixteen partitions, nothing else is read."""
        until = f"d|{_sortable(now)}|~"
        rows = await asyncio.gather(*(self._range(f"{vault}|{digit}", "d|", until) for digit in DIGITS))
        marks = sorted((row for some in rows for row in some), key=lambda row: str(row["RowKey"]))
        return [_due(row) for row in marks]

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests with this key; a hint without its request is a crash's remnant and is passed over."""
        table = await self._tables.table("keys")
        with faults_of(SERVICE):
            hints = [row async for row in table.query_entities("PartitionKey eq @key", parameters={"key": key_sha256})]
        found = await asyncio.gather(*(self.get(row["vault"], row["name"], row["request_id"]) for row in hints))
        return sorted((one for one in found if one), key=lambda one: one.created, reverse=True)

    async def add_event(self, event: Event) -> None:
        """Adds an event to the outbox."""
        table = await self._tables.table("certflow")
        with faults_of(SERVICE):
            await table.upsert_entity(_event_row(event))

    async def unsent(self, vaults: Sequence[str]) -> list[Event]:
        """What stands in the outbox of these vaults, and of drops without a request."""
        partitions = [f"{vault}|{digit}" for vault in (*vaults, "-") for digit in DIGITS]
        rows = await asyncio.gather(*(self._range(partition, "o|", "o|~") for partition in partitions))
        return [msgspec.json.decode(row["event"], type=Event) for some in rows for row in some]

    async def sent(self, event: Event) -> None:
        """Clears an event from the outbox."""
        table, row = await self._tables.table("certflow"), _event_row(event)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

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


def _partition(vault: str | None, name: str) -> str:
    return f"{vault or '-'}|{hashlib.sha256(name.lower().encode()).hexdigest()[0]}"


def _request_key(name: str, request_id: str) -> str:
    return f"r|{name.lower()}|{request_id}"


def _sortable(time: datetime) -> str:
    """UTC to the microsecond, so that text order is time order; no character that a RowKey forbids (/ \\ # ?)."""
    return time.strftime("%Y%m%dT%H%M%S.%fZ")


def _request_row(request: TrackedRequest) -> Entity:
    fields = {key: value for key, value in msgspec.to_builtins(request).items() if value is not None and key != "etag"}
    return {
        "PartitionKey": _partition(request.vault, request.name),
        "RowKey": _request_key(request.name, request.request_id),
        **fields,
    }


def _request(row: Any) -> TrackedRequest:
    fields = {key: value for key, value in row.items() if key not in {"PartitionKey", "RowKey"}}
    return msgspec.convert(fields | {"etag": row.metadata["etag"]}, TrackedRequest)


def _due_row(request: TrackedRequest) -> Entity:
    if request.next_check is None:
        raise ValueError("a request that has ended has no due mark")
    return {
        "PartitionKey": _partition(request.vault, request.name),
        "RowKey": f"d|{_sortable(request.next_check)}|{request.name.lower()}|{request.request_id}",
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
    }


def _intent_row(intent: Intent) -> Entity:
    return {
        "PartitionKey": _partition(intent.vault, intent.name),
        "RowKey": f"d|{_sortable(intent.due)}|i|{intent.id}",
        "vault": intent.vault,
        "name": intent.name,
        "intent": msgspec.json.encode(intent).decode(),
    }


def _due(row: Entity) -> Due:
    intent = msgspec.json.decode(row["intent"], type=Intent) if "intent" in row else None
    return Due(row["vault"], row["name"], row.get("request_id"), intent)


def _event_row(event: Event) -> Entity:
    return {
        "PartitionKey": _partition(event.vault, event.name or event.id),
        "RowKey": f"o|{event.id}",
        "event": msgspec.json.encode(event).decode(),
    }


def _hint_row(request: TrackedRequest) -> Entity:
    return {
        "PartitionKey": request.key_sha256,
        "RowKey": f"{request.vault}|{request.name.lower()}|{request.request_id}",
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
    }


def _extras(change: Change, *, due: bool = True) -> Operations:
    """The rows that are written with a request: its due mark, its events, and a line of history for each event."""
    request = change.request
    operations: Operations = [("upsert", _event_row(event)) for event in change.events]
    operations += [("upsert", _history_row(request, event)) for event in change.events]
    if due and request.next_check is not None:
        operations.append(("upsert", _due_row(request)))
    return operations


def _history_row(request: TrackedRequest, event: Event) -> Entity:
    return {
        "PartitionKey": _partition(request.vault, request.name),
        "RowKey": f"h|{request.name.lower()}|{_sortable(event.time)}|{event.type}",
        "request_id": request.request_id,
        "what": event.type,
    }
