"""The ledger in Azure Tables: tracked requests, due marks, the outbox, history.

Table `certflow` holds what must change together, so that one transaction (one partition, 100 entities) covers it.
PartitionKey: `{vault alias}|{first hex digit of SHA-256 of the lower-cased name}`; events of a drop without a request:
`-|{digit}`. RowKey: `r|{name}|{request_id}` a request, `d|{next check}|{name}|{request_id}` its due mark,
`e|{ended}|{name}|{request_id}` that it has ended, `i|{name}|{id}` an intent and `d|{due}|{name}|i|{id}` its mark,
`o|{event id}` an event not yet sent, `h|{name}|{time}|{act}|{request_id}` history. Partition `-|aside` (RowKey: SHA-256
of the blob's name, which may hold what a RowKey must not): the files set aside. Partition `-|vouched` (RowKey: SHA-256
of the event's id): what was sent to the topic, for some weeks.

Table `keys` (PartitionKey and RowKey: key hash) holds hints, each written before the request it points to: a
crash leaves a hint too many, never one too few.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.data.tables import UpdateMode

from functions.adapters.faults import faults_of
from functions.adapters.rows import (
    ASIDE,
    VOUCHED,
    Operations,
    aside_row,
    continuation_of,
    due_mark,
    event_row,
    filter_of,
    hint_of,
    hint_row,
    hints_of,
    intent_mark,
    intent_of,
    intent_row,
    key_of,
    look_of,
    looked_row,
    mark_of,
    partition_of,
    place_in,
    request_key,
    request_of,
    request_row,
    rows_beside,
    sortable,
    token_of,
    vouched_row,
)
from functions.adapters.table_service import CERTFLOW, KEYS, SERVICE, Tables
from functions.issuance.errors import ConcurrentChange, Unavailable
from functions.issuance.events import Event
from functions.issuance.files import Aside
from functions.issuance.listing import MOST_IN_ORDER, Page, Wanted, fits, in_order
from functions.issuance.looks import Look, look_for
from functions.issuance.ports import Intent
from functions.issuance.requests import Act, Change, Status, TrackedRequest

DIGITS = "0123456789abcdef"
TRIES = 10
IN_A_TRANSACTION = 100  # rows
MOVED = IN_A_TRANSACTION // 3  # looks: three rows each
# Such transactions at once. The SDK takes some 25 ms of CPU time for each, in which nothing else goes on; if all were
# begun together, a sweep would stand still for half a second, and its vault's budget would pass unused.
MOVING = 2


class TableLedger:
    """The port `Ledger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def intend(self, intent: Intent) -> Intent | None:
        """Writes an intent and its due mark, unless there is one with this id."""
        try:
            await self._tables.commit([("create", intent_row(intent)), ("upsert", intent_mark(intent))])
        except ConcurrentChange:
            return await self.intent(intent.vault, intent.name, intent.id)
        return None

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        """An intent."""
        row = await self._tables.row(partition_of(vault, name), f"i|{name.lower()}|{intent_id}")
        return intent_of(row) if row else None

    async def finish(self, intent: Intent) -> None:
        """Keeps an intent as it now is; its mark moves to when it is due."""
        known = await self.intent(intent.vault, intent.name, intent.id)
        operations: Operations = [("upsert", intent_row(intent)), ("upsert", intent_mark(intent))]
        if known and known.due != intent.due:
            operations.append(("delete", intent_mark(known)))
        try:
            await self._tables.commit(operations)
        except ConcurrentChange:
            return  # a repetition of the call has just done the same

    async def starting(self, vault: str, name: str) -> bool:
        """Whether there is an intent without an answer."""
        rows = await self._tables.range(partition_of(vault, name), f"i|{name.lower()}|", f"i|{name.lower()}|~")
        return any(intent_of(row).answer is None for row in rows)

    async def forget(self, intent: Intent) -> None:
        """Removes an intent and its mark, together: a row without its mark would say for ever that a start is under
        way. One that has another mark by now is a repetition's, and stays.
        """
        with suppress(ConcurrentChange):
            await self._tables.commit([("delete", intent_mark(intent)), ("delete", intent_row(intent))])

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        """Adds a request: first its hint, then request, due mark, events and history in one transaction."""
        request = change.request
        await self._hint(request)
        try:
            etag = await self._tables.commit([("create", request_row(request)), *rows_beside(change)])
        except ConcurrentChange:
            standing = await self.get(request.vault, request.name, request.request_id)
            if standing is None:
                raise
            return standing, False
        return replace(request, etag=etag), True

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """A tracked request with its ETag."""
        row = await self._tables.row(partition_of(vault, name), request_key(name, request_id))
        return request_of(row) if row else None

    async def named(self, vault: str, name: str) -> list[TrackedRequest]:
        """All requests for a name."""
        rows = await self._tables.range(partition_of(vault, name), f"r|{name.lower()}|", f"r|{name.lower()}|~")
        return [request_of(row) for row in rows]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change with its events and history, if `before` is still what stands there."""
        request = change.request
        update = {"mode": UpdateMode.REPLACE, "etag": before.etag, "match_condition": MatchConditions.IfNotModified}
        operations: Operations = [("update", request_row(request), update)]
        if before.next_check and before.next_check != request.next_check:
            operations.append(("delete", due_mark(before)))
        operations += rows_beside(change, due=look_for(request) != look_for(before))
        etag = await self._tables.commit(operations)
        return replace(request, etag=etag)

    async def due(self, vault: str, now: datetime, most: int) -> list[Look]:
        """The due marks up to now: one range of each of the vault's sixteen partitions, of each the first."""
        until, some = f"d|{sortable(now)}|~", max(1, most // len(DIGITS))
        ranges = (self._tables.range(f"{vault}|{digit}", "d|", until, most=some) for digit in DIGITS)
        looks = [look_of(row) for rows in await asyncio.gather(*ranges) for row in rows]
        return sorted(looks, key=lambda look: look.at)

    async def backlog(self, vault: str, now: datetime, most: int) -> int:
        """As many of those as there are."""
        until = f"d|{sortable(now)}|~"
        ranges = (self._tables.range(f"{vault}|{digit}", "d|", until, most=most) for digit in DIGITS)
        return min(most, sum(map(len, await asyncio.gather(*ranges))))

    async def ended(self, vault: str, since: datetime) -> list[tuple[str, Status]]:
        """The last that stands there of each request: one that failed may have been completed after all."""
        ranges = (self._tables.range(f"{vault}|{digit}", f"e|{sortable(since)}|", "e|~") for digit in DIGITS)
        rows = [row for some in await asyncio.gather(*ranges) for row in some]
        return list({row["request_id"]: (row["name"], Status(row["status"])) for row in rows}.values())

    async def waiting(self, vault: str) -> AsyncIterator[Look]:
        """The due marks of a vault, whenever they are due."""
        table = await self._tables.table(CERTFLOW)
        query = "PartitionKey eq @partition and RowKey ge 'd|' and RowKey lt 'd|~'"
        for digit in DIGITS:
            with faults_of(SERVICE):
                async for row in table.query_entities(query, parameters={"partition": f"{vault}|{digit}"}):
                    look = look_of(row)
                    if look.request_id is not None:
                        yield look

    async def move(self, moves: Sequence[tuple[Look, Look]]) -> None:
        """For each: its mark goes, another comes, and its request's row says when. A mark that is gone already says
        that the request has changed: it goes by what it has now.
        """
        by_partition: dict[str, list[tuple[Look, Look]]] = {}
        for before, after in moves:
            by_partition.setdefault(partition_of(before.vault, before.name), []).append((before, after))
        chunks = [some[at : at + MOVED] for some in by_partition.values() for at in range(0, len(some), MOVED)]
        gate = asyncio.Semaphore(MOVING)

        async def one(chunk: Sequence[tuple[Look, Look]]) -> None:
            async with gate:
                await self._move(chunk)

        await asyncio.gather(*map(one, chunks))

    async def _move(self, chunk: Sequence[tuple[Look, Look]]) -> None:
        operations: Operations = []
        for before, after in chunk:
            operations.append(("update", looked_row(after), {"mode": UpdateMode.MERGE}))
            operations += [("delete", mark_of(before)), ("upsert", mark_of(after))]
        try:
            await self._tables.commit(operations)
        except ConcurrentChange:
            if len(chunk) > 1:  # one of them: all the others go by themselves
                for one in chunk:
                    await self._move([one])

    async def drop(self, look: Look) -> None:
        """Removes a mark."""
        table, row = await self._tables.table(CERTFLOW), mark_of(look)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests with this key; a hint without its request is a crash's remnant and is passed over."""
        row = await self._tables.row(key_sha256, key_sha256, table=KEYS)
        found = await asyncio.gather(*(self.get(*hint) for hint in (hints_of(row) if row else ())))
        return sorted((one for one in found if one), key=lambda one: one.created, reverse=True)

    async def add_event(self, event: Event) -> None:
        """Adds an event to the outbox."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE):
            await table.upsert_entity(event_row(event))

    async def unsent(self, vault: str | None) -> list[Event]:
        """What stands in the outbox of a vault, or of what belongs to none."""
        partitions = [f"{vault or '-'}|{digit}" for digit in DIGITS]
        rows = await asyncio.gather(*(self._tables.range(partition, "o|", "o|~") for partition in partitions))
        return [msgspec.json.decode(row["event"], type=Event) for some in rows for row in some]

    async def sent(self, event: Event) -> None:
        """Clears an event from the outbox."""
        table, row = await self._tables.table(CERTFLOW), event_row(event)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def vouch(self, event: Event, now: datetime) -> None:
        """Keeps an event under its id."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE):
            await table.upsert_entity(vouched_row(event, now), mode=UpdateMode.REPLACE)

    async def vouched(self, event_id: str) -> Event | None:
        """One row, by the hash of its id."""
        row = await self._tables.row(VOUCHED, key_of(event_id))
        return msgspec.json.decode(row["event"], type=Event) if row else None

    async def forget_vouched(self, before: datetime) -> None:
        """A hundred rows in a transaction: they are of one partition."""
        table = await self._tables.table(CERTFLOW)
        query, parameters = "PartitionKey eq @partition and at lt @before", {"partition": VOUCHED}
        parameters["before"] = sortable(before)
        with faults_of(SERVICE):
            rows = table.query_entities(query, parameters=parameters, select=["PartitionKey", "RowKey"])
            old = [("delete", {"PartitionKey": VOUCHED, "RowKey": row["RowKey"]}) async for row in rows]
        for some in itertools.batched(old, IN_A_TRANSACTION, strict=False):
            with suppress(ConcurrentChange):  # another run has begun to
                await self._tables.commit(list(some))

    async def requests(self, wanted: Wanted, token: str | None) -> Page:
        """One page: a scan of the rows of requests, of some vaults' partitions or of all, filtered by the service."""
        query, parameters = filter_of(wanted)
        table = await self._tables.table(CERTFLOW)
        if wanted.in_order:
            after, found = place_in(token), list[TrackedRequest]()
            with faults_of(SERVICE):
                async for row in table.query_entities(query, parameters=parameters):
                    request = request_of(row)
                    if fits(request, wanted):
                        found.append(request)
                    if len(found) > MOST_IN_ORDER:
                        break
            page, last = in_order(found, wanted, after)
            return Page(tuple(page), token_of(last))
        with faults_of(SERVICE):
            listed = table.query_entities(query, parameters=parameters, results_per_page=wanted.limit)
            pages = listed.by_page(continuation_of(token))
            rows = [row async for row in await anext(pages)]
        requests = tuple(one for one in map(request_of, rows) if fits(one, wanted))
        return Page(requests, token_of(pages.continuation_token))  # type: ignore[attr-defined]  # of the SDK's page iterator

    async def history(self, vault: str, name: str) -> list[Act]:
        """The lines of a name's history, in the order of their times."""
        rows = await self._tables.range(partition_of(vault, name), f"h|{name.lower()}|", f"h|{name.lower()}|~")
        return [msgspec.json.decode(row["act"], type=Act) for row in rows]

    async def set_aside(self, drop: str, aside: Aside) -> None:
        """Marks a dropped file."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE):
            await table.upsert_entity(aside_row(drop, aside))

    async def aside(self) -> dict[str, Aside]:
        """The marks by name."""
        return {row["name"]: Aside(row["etag"], row["tries"]) for row in await self._tables.range(ASIDE, "", "~")}

    async def take_back(self, drop: str) -> None:
        """Removes a mark."""
        table, row = await self._tables.table(CERTFLOW), aside_row(drop, Aside("", 0))
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def _hint(self, request: TrackedRequest) -> None:
        """Adds a request to those of its key. Others may do so for another request at the same time."""
        table, key, hint = await self._tables.table(KEYS), request.key_sha256, hint_of(request)
        for _ in range(TRIES):
            row = await self._tables.row(key, key, table=KEYS)
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
