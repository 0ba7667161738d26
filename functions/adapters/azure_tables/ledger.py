"""Keeps the ledger in Azure Tables: tracked requests, due marks, intents, the outbox, history.

Rows that change together are in one partition of the table `certflow`, because a transaction covers
one partition and at most 100 rows. The PartitionKey is `{vault alias}|{digit}`, where digit is the
first hex digit of the SHA-256 of the lower-cased name; for an event of a file without a request it
is `-|{digit}`. Row keys of such a partition:

    r|{name}|{request_id}                 a request
    d|{next check}|{name}|{request_id}    its due mark
    e|{ended}|{name}|{request_id}         that it has ended
    i|{name}|{id}                         an intent
    d|{due}|{name}|i|{id}                 the due mark of an intent
    o|{event id}                          an event that is not yet sent
    oa|{time}|{id}                        an act that is not yet in its record
    h|{name}|{time}|{act}|{request_id}    a history entry
    w|{time backwards}|{name}|{act}|{request_id}
                                          the same in the list of all acts (history/pages.py)
    l|{name}, m|{next look}|{name}        an endpoint check (endpoint_checks.py)
    a|{name}|{id}, s|{name}|{slot}        an approval, and which is open (approvals.py)

The partition `-|aside` has the files that are set aside; its RowKey is the SHA-256 of the blob's
name, which may have characters that a RowKey forbids. The partition `-|vouched` has the events that
were sent to the topic, for some weeks; its RowKey is the SHA-256 of the event id. The partition
`-|board` has the change mark of the board (board_mark.py), `-|kept` how far the last runs came that
delete what is too old (history/kept.py). Who adds a kind of rows that belong to a request or to a
history entry says there how they go.

The table `keys` has the hints that lead from a key to its requests; PartitionKey and RowKey are the
hash of the key. A hint is written before its request, so a crash can leave a hint without a
request, but never a request without a hint.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.board_mark import BoardMark
from functions.adapters.azure_tables.rows import (
    DIGITS,
    PARKED,
    VOUCHED_EVENTS,
    Entity,
    Operations,
    acts_fault_of,
    checked_row,
    continuation_of,
    due_check_of_row,
    due_mark,
    event_of,
    event_row,
    filter_of,
    hint_of,
    hint_row,
    hints_of,
    history_entry_of,
    in_a_column,
    intent_mark,
    intent_of,
    intent_row,
    key_of,
    mark_of,
    parked_row,
    partition_of,
    place_in,
    place_of_row,
    read_rows,
    request_in,
    request_key,
    request_of,
    request_row,
    rows_beside,
    sortable,
    token_of,
    vouched_row,
    waiting_act_of,
)
from functions.adapters.azure_tables.service import CERTFLOW, KEYS, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.app.retry_save import save_with_retries
from functions.model.due_mark import DueCheck, due_check_of
from functions.model.errors import ConcurrentChange
from functions.model.events.event import Event
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.request_filter import MAX_IN_ORDER, Page, RequestFilter, fits, in_order
from functions.ports.chain_files import ParkedFile
from functions.ports.ledger import BoardReading, Intent, LeftBehind

IN_A_TRANSACTION = 100  # rows (Learn, "Performing entity group transactions")
MOVED = IN_A_TRANSACTION // 3  # due marks in one transaction, which has three rows for each
# Such transactions at once. The SDK takes some 25 ms of CPU time for each, and nothing else runs
# meanwhile. If all began together, checks would stop for half a second, and the budget of calls of
# their vault would go unused.
MOVING = 2


class TableLedger:
    """Implements the port `Ledger`. Every method raises Unavailable if the storage does not
    answer.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._mark = BoardMark(tables)

    async def add_intent(self, intent: Intent) -> Intent | None:
        """Writes an intent and its due mark, and returns None. If there is an intent with this id,
        returns that one and writes nothing.
        """
        try:
            await self._tables.commit(
                [("create", intent_row(intent)), ("upsert", intent_mark(intent))]
            )
        except ConcurrentChange:
            return await self.intent(intent.vault, intent.name, intent.id)
        await self._mark.change()
        return None

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        """Returns an intent; None if there is none with this id."""
        row = await self._tables.row(partition_of(vault, name), f"i|{name.lower()}|{intent_id}")
        return intent_of(row) if row else None

    async def save_intent(self, intent: Intent) -> None:
        """Writes a changed intent, and moves its due mark to the time when it is due now."""
        known = await self.intent(intent.vault, intent.name, intent.id)
        operations: Operations = [("upsert", intent_row(intent)), ("upsert", intent_mark(intent))]
        if known and known.due != intent.due:
            operations.append(("delete", intent_mark(known)))
        try:
            await self._tables.commit(operations)
        except ConcurrentChange:
            return  # the same call, repeated, has just done this

    async def is_starting(self, vault: str, name: str) -> bool:
        """Whether there is an intent for this name without an answer of Key Vault."""
        rows = await self._tables.range(
            partition_of(vault, name), f"i|{name.lower()}|", f"i|{name.lower()}|~"
        )
        return any(intent_of(row).answer is None for row in rows)

    async def remove_intent(self, intent: Intent) -> None:
        """Removes an intent and its due mark in one transaction: an intent without its mark would
        say for ever that a start is under way. An intent with another mark by now belongs to a
        repetition of the call, and stays.
        """
        with suppress(ConcurrentChange):
            await self._tables.commit(
                [("delete", intent_mark(intent)), ("delete", intent_row(intent))]
            )
            if intent.answer is None:
                await self._mark.change()

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        """Adds a request: first its hint, then the request with its due mark, events and history in
        one transaction. Returns it and True; if it is tracked already, the stored one and False.
        """
        request = change.request
        await self._hint(request)
        try:
            etag = await self._tables.commit(
                [("create", request_row(request)), *rows_beside(change)]
            )
        except ConcurrentChange:
            standing = await self.get(request.vault, request.name, request.request_id)
            if standing is None:
                raise
            return standing, False
        await self._mark.change()
        return replace(request, etag=etag), True

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """Returns a tracked request with its ETag; None if there is none."""
        row = await self._tables.row(partition_of(vault, name), request_key(name, request_id))
        return request_of(row) if row else None

    async def by_name(self, vault: str, name: str) -> list[TrackedRequest]:
        """Returns all requests for a name."""
        rows = await self._tables.range(
            partition_of(vault, name), f"r|{name.lower()}|", f"r|{name.lower()}|~"
        )
        return [request_of(row) for row in rows]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change with its events and history, and returns the request with its new ETag.
        Raises ConcurrentChange if the stored request is not `before` any more.
        """
        request = change.request
        update = {
            "mode": UpdateMode.REPLACE,
            "etag": before.etag,
            "match_condition": MatchConditions.IfNotModified,
        }
        operations: Operations = [("update", request_row(request), update)]
        if before.next_check and before.next_check != request.next_check:
            operations.append(("delete", due_mark(before)))
        operations += rows_beside(change, due=due_check_of(request) != due_check_of(before))
        etag = await self._tables.commit(operations)
        await self._mark.change()
        return replace(request, etag=etag)

    async def due(self, vault: str, now: datetime, limit: int) -> list[DueCheck]:
        """Returns about `limit` checks of a vault that are due, the longest due first: the first
        ones of each of its sixteen partitions.
        """
        until, some = f"d|{sortable(now)}|~", max(1, limit // len(DIGITS))
        ranges = (
            self._tables.range(f"{vault}|{digit}", "d|", until, limit=some) for digit in DIGITS
        )
        looks = [due_check_of_row(row) for rows in await asyncio.gather(*ranges) for row in rows]
        return sorted(looks, key=lambda look: look.at)

    async def backlog(self, vault: str, now: datetime, limit: int) -> int:
        """Counts the checks of a vault that are due, up to `limit`."""
        until = f"d|{sortable(now)}|~"
        ranges = (
            self._tables.range(f"{vault}|{digit}", "d|", until, limit=limit) for digit in DIGITS
        )
        return min(limit, sum(map(len, await asyncio.gather(*ranges))))

    async def ended(self, vault: str, since: datetime) -> list[tuple[str, Status]]:
        """Returns name and status of each request of a vault that has ended since a time. A request
        may end twice (it failed, and was completed after all); its last status counts.
        """
        ranges = (
            self._tables.range(f"{vault}|{digit}", f"e|{sortable(since)}|", "e|~")
            for digit in DIGITS
        )
        rows = [row for some in await asyncio.gather(*ranges) for row in some]
        return list(
            {row["request_id"]: (row["name"], Status(row["status"])) for row in rows}.values()
        )

    async def in_progress(self, vault: str) -> AsyncIterator[DueCheck]:
        """Yields the due marks of all requests of a vault, whenever they are due."""
        table = await self._tables.table(CERTFLOW)
        query = "PartitionKey eq @partition and RowKey ge 'd|' and RowKey lt 'd|~'"
        for digit in DIGITS:
            with faults_of(TABLE_STORAGE):
                async for row in table.query_entities(
                    query, parameters={"partition": f"{vault}|{digit}"}
                ):
                    look = due_check_of_row(row)
                    if look.request_id is not None:
                        yield look

    async def move_marks(self, moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        """Replaces due marks, and writes the new time into the rows of their requests. A due mark
        that does not exist any more means that its request has changed; that request is left as it
        is.
        """
        by_partition: dict[str, list[tuple[DueCheck, DueCheck]]] = {}
        for before, after in moves:
            by_partition.setdefault(partition_of(before.vault, before.name), []).append(
                (before, after)
            )
        chunks = [
            some[at : at + MOVED]
            for some in by_partition.values()
            for at in range(0, len(some), MOVED)
        ]
        gate = asyncio.Semaphore(MOVING)

        async def one(chunk: Sequence[tuple[DueCheck, DueCheck]]) -> None:
            async with gate:
                await self._move(chunk)

        await asyncio.gather(*map(one, chunks))

    async def _move(self, chunk: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        operations: Operations = []
        for before, after in chunk:
            operations.append(("update", checked_row(after), {"mode": UpdateMode.MERGE}))
            operations += [("delete", mark_of(before)), ("upsert", mark_of(after))]
        try:
            await self._tables.commit(operations)
        except ConcurrentChange:
            if len(chunk) > 1:  # one of them has changed, so each gets a transaction of its own
                for one in chunk:
                    await self._move([one])

    async def remove_mark(self, due_check: DueCheck) -> None:
        """Removes a due mark."""
        table, row = await self._tables.table(CERTFLOW), mark_of(due_check)
        with faults_of(TABLE_STORAGE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """Returns the requests with this key, the newest first. A hint without a request, which a
        crash has left, is ignored.
        """
        row = await self._tables.row(key_sha256, key_sha256, table=KEYS)
        found = await asyncio.gather(*(self.get(*hint) for hint in (hints_of(row) if row else ())))
        return sorted((one for one in found if one), key=lambda one: one.created, reverse=True)

    async def add_event(self, event: Event) -> None:
        """Adds an event to the outbox."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(event_row(event))

    async def left_behind(self, vault: str | None) -> LeftBehind:
        """Returns what is in the outbox of a vault; with None, what belongs to no vault."""
        partitions = [f"{vault or '-'}|{digit}" for digit in DIGITS]
        found = await asyncio.gather(
            *(self._tables.range(partition, "oa|", "o|~") for partition in partitions)
        )
        rows = list(itertools.chain.from_iterable(found))
        return LeftBehind(
            read_rows((row for row in rows if "event" in row), event_of),
            read_rows((row for row in rows if "act" in row), waiting_act_of),
            next(iter(read_rows((row for row in rows if "note" in row), acts_fault_of)), None),
        )

    async def mark_sent(self, event: Event) -> None:
        """Removes an event from the outbox."""
        table, row = await self._tables.table(CERTFLOW), event_row(event)
        with faults_of(TABLE_STORAGE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def keep_sent(self, event: Event, now: datetime) -> None:
        """Keeps an event that is about to be sent under its id, as proof that it is Certflow's."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(vouched_row(event, now), mode=UpdateMode.REPLACE)

    async def kept_event(self, event_id: str) -> Event | None:
        """Returns the event that was kept under this id; None if there is none."""
        row = await self._tables.row(VOUCHED_EVENTS, key_of(event_id))
        return event_of(row) if row else None

    async def forget_kept(self, before: datetime) -> None:
        """Deletes the events that were kept before a time, in transactions of a hundred rows."""
        table = await self._tables.table(CERTFLOW)
        query, parameters = (
            "PartitionKey eq @partition and at lt @before",
            {"partition": VOUCHED_EVENTS},
        )
        parameters["before"] = sortable(before)
        with faults_of(TABLE_STORAGE):
            rows = table.query_entities(
                query, parameters=parameters, select=["PartitionKey", "RowKey"]
            )
            old = [
                ("delete", {"PartitionKey": VOUCHED_EVENTS, "RowKey": row["RowKey"]})
                async for row in rows
            ]
        for some in itertools.batched(old, IN_A_TRANSACTION, strict=False):
            with suppress(ConcurrentChange):  # another run deletes them, too
                await self._tables.commit(list(some))

    async def requests(self, request_filter: RequestFilter, token: str | None) -> Page:
        """Returns one page of requests. The service scans the rows of requests, in the partitions
        of some vaults or of all, and filters them. Raises InvalidRequest for a wrong token.
        """
        if request_filter.in_order:
            return await self._in_order(request_filter, token)
        if request_filter.may_see is not None:
            return await self._unordered_in_sight(request_filter, token)
        return await self._unordered(request_filter, token)

    async def _in_order(self, request_filter: RequestFilter, token: str | None) -> Page:
        """Returns a page of the wanted requests in the order of their age, of which it reads
        all.
        """
        query, parameters = filter_of(request_filter)
        table = await self._tables.table(CERTFLOW)
        after, found = place_in(token), list[TrackedRequest]()
        with faults_of(TABLE_STORAGE):
            async for row in table.query_entities(query, parameters=parameters):
                request = request_of(row)
                if fits(request, request_filter):
                    found.append(request)
                if len(found) > MAX_IN_ORDER:
                    break
        page, last = in_order(found, request_filter, after)
        return Page(tuple(page), token_of(last))

    async def _unordered(self, request_filter: RequestFilter, token: str | None) -> Page:
        """Returns a page of the wanted requests as the service pages them."""
        query, parameters = filter_of(request_filter)
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            listed = table.query_entities(
                query, parameters=parameters, results_per_page=request_filter.limit
            )
            pages = listed.by_page(continuation_of(token))
            rows = [row async for row in await anext(pages)]
        requests = tuple(one for one in map(request_of, rows) if fits(one, request_filter))
        return Page(requests, token_of(pages.continuation_token))  # type: ignore[attr-defined]  # of the SDK's page iterator

    async def _unordered_in_sight(self, request_filter: RequestFilter, token: str | None) -> Page:
        """Returns a page for a reader for whom not all requests exist. The service's own token
        names the next row, whosever it is, and its pages would be the shorter the more they hide.
        So this reads on until the page is full, and its token names the last row that it shows.
        """
        query, parameters = filter_of(request_filter)
        if after := continuation_of(token):
            query += (
                " and ( PartitionKey gt @after_partition or"
                " ( PartitionKey eq @after_partition and RowKey gt @after_row ) )"
            )
            parameters |= {
                "after_partition": str(after["PartitionKey"]),
                "after_row": str(after["RowKey"]),
            }
        table, shown = await self._tables.table(CERTFLOW), list[TrackedRequest]()
        with faults_of(TABLE_STORAGE):
            async for row in table.query_entities(query, parameters=parameters):
                request = request_of(row)
                if not fits(request, request_filter):
                    continue
                if len(shown) == request_filter.limit:
                    return Page(tuple(shown), token_of(place_of_row(shown[-1])))
                shown.append(request)
        return Page(tuple(shown), None)

    async def board_requests(
        self, ended_since: datetime, changed_since: datetime | None = None
    ) -> BoardReading:
        """Returns the requests in progress and those that have ended since a time; with
        `changed_since` those of them whose rows were written since then.
        """
        query = "( status eq @pending or ended ge @since )"
        values = {"pending": Status.IN_PROGRESS.value, "since": in_a_column(ended_since)}
        if changed_since:
            query += f" and Timestamp ge datetime'{in_a_column(changed_since.astimezone(UTC))}'"
        rows = await self._tables.everywhere("r|", query, values)
        newest = max((row["Timestamp"] for row in rows), default=None)
        return BoardReading(
            [request_in(row) for row in rows],
            datetime.fromisoformat(newest) if newest else None,
        )

    async def unanswered(self) -> list[Intent]:
        """Returns the intents of which Key Vault has not answered yet."""
        rows = await self._tables.everywhere("i|", "unanswered eq true", {})
        return [intent_of(row) for row in rows]

    async def board_mark(self) -> str | None:
        """Returns the change mark of the board."""
        return await self._mark.read()

    async def history(self, vault: str, name: str) -> list[HistoryEntry]:
        """Returns the history of a name, the oldest entry first."""
        rows = await self._tables.range(
            partition_of(vault, name), f"h|{name.lower()}|", f"h|{name.lower()}|~"
        )
        return read_rows(rows, history_entry_of)

    async def park(self, drop: str, parked: ParkedFile) -> None:
        """Records that a dropped file is set aside."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(parked_row(drop, parked))

    async def parked(self) -> dict[str, ParkedFile]:
        """Returns the files that are set aside, by name."""
        return {
            row["name"]: ParkedFile(row["etag"], row["tries"])
            for row in await self._tables.range(PARKED, "", "~")
        }

    async def unpark(self, drop: str) -> None:
        """Removes the record that a dropped file is set aside."""
        table, row = await self._tables.table(CERTFLOW), parked_row(drop, ParkedFile("", 0))
        with faults_of(TABLE_STORAGE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def _hint(self, request: TrackedRequest) -> None:
        """Adds a request to those of its key. Others may add another request at the same time."""
        key, hint = request.key_sha256, hint_of(request)
        read = partial(self._tables.row, key, key, table=KEYS)

        async def save(row: Any) -> None:
            hints = hints_of(row) if row else []
            if hint not in hints:
                await self._replace_hints(row, hint_row(key, [*hints, hint]))

        await save_with_retries(
            await read(),
            read,
            save,
            service=TABLE_STORAGE,
            what="the list of the requests of one key",
        )

    async def _replace_hints(self, known: Any, changed: Entity) -> None:
        """Writes the hints of a key in place of the known row (None: there is none). Raises
        ConcurrentChange.
        """
        table = await self._tables.table(KEYS)
        with faults_of(TABLE_STORAGE):
            try:
                if known is None:
                    await table.create_entity(changed)
                else:
                    await table.update_entity(
                        changed,
                        mode=UpdateMode.REPLACE,
                        etag=known.metadata["etag"],
                        match_condition=MatchConditions.IfNotModified,
                    )
            except (ResourceExistsError, ResourceModifiedError) as error:
                raise ConcurrentChange("Another request was added to those of its key.") from error
