"""Deletes rows of requests and of the history in Azure Tables, and adds entries of older versions
to the list of all acts.

Where the last run stopped is in the partition `-|kept`. A request goes in three steps, of which
each may be the last of a process: the transaction that deletes its row, its `e|` rows and all of
its history but the newest entry, into which it writes the request's key (`forgets`); the hint of
that key; the entry. An entry that has `forgets`, or whose request is gone, is found again by the
next round. Rows of kinds that are not named here are left alone.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import (
    DIGITS,
    Entity,
    Operations,
    hint_row,
    hints_of,
    history_entry_of,
    history_rows,
    listed_key,
    partition_of,
    read_rows,
    request_key,
    sortable,
)
from functions.adapters.azure_tables.service import KEYS, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.app.retry_save import save_with_retries
from functions.model.errors import ConcurrentChange
from functions.model.record.retention import KeptAct
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.ports.record.retention import Piece

KEPT_PLACES = "-|kept"
PIECE_ROWS = 200
BEHIND = "!"  # makes of a row key the first one that can follow it; no part of a key has a blank
# Entries in one transaction, which takes 100 rows: each has two, and the last one of a request is
# beside its own row and its ends.
ENTRIES = 40
IF_UNCHANGED = MatchConditions.IfNotModified


class TableRetention:
    """Implements the port `Retention`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def place(self, what: str) -> str | None:
        """Returns how far an earlier run came."""
        row = await self._tables.row(KEPT_PLACES, what)
        return str(row["place"]) or None if row else None

    async def save_place(self, what: str, place: str | None) -> None:
        """Records how far a run came."""
        row = {"PartitionKey": KEPT_PLACES, "RowKey": what, "place": place or ""}
        await self._tables.commit([("upsert", row)])

    async def piece(self, vault: str, place: str | None) -> Piece:
        """Returns rows of one of the sixteen partitions; the place names the partition and the last
        row that was read.
        """
        digit, _, after = (place or DIGITS[0]).partition("|")
        start = f"{after}{BEHIND}" if after else "h|"
        rows = await self._tables.range(f"{vault}|{digit}", start, "h|~", limit=PIECE_ROWS)
        acts = tuple(read_rows(rows, _kept_act))
        if len(rows) == PIECE_ROWS:
            return Piece(acts, f"{digit}|{rows[-1]['RowKey']}")
        rest = DIGITS[DIGITS.index(digit) + 1 :]
        return Piece(acts, rest[0] if rest else None)

    async def acts(self, vault: str, name: str) -> list[KeptAct]:
        """Returns all entries of a name."""
        lower = name.lower()
        rows = await self._tables.range(partition_of(vault, name), f"h|{lower}|", f"h|{lower}|~")
        return read_rows(rows, _kept_act)

    async def list_acts(self, vault: str, name: str, acts: Sequence[KeptAct]) -> None:
        """Adds entries to the list of all acts, each unless it was deleted or listed meanwhile."""
        for some in itertools.batched(acts, ENTRIES, strict=False):
            operations: Operations = []
            for act in some:
                of_name, of_all = history_rows(vault, name, act.entry)
                mark = {key: of_name[key] for key in ("PartitionKey", "RowKey", "listed")}
                operations += [("update", mark, _if_unchanged(act)), ("upsert", of_all)]
            with suppress(ConcurrentChange):
                await self._tables.commit(operations)

    async def forget_request(self, request: TrackedRequest, acts: Sequence[KeptAct]) -> bool:
        """Deletes a request with its history but the last entry. The row goes with the last of
        several transactions, so that until then the next round finds what is left.
        """
        ends = await self._ends(request, acts)
        *first, rest = [list(some) for some in itertools.batched(acts, ENTRIES, strict=False)] or [
            []
        ]
        last = _last_steps(request, rest) + ends
        try:
            for some in first:
                await self._tables.commit(_deletions(request.vault, some))
            await self._tables.commit(last)
        except ConcurrentChange:
            return False
        return True

    async def forget_key(self, key_sha256: str, request: tuple[str, str, str]) -> None:
        """Removes a hint from those of a key; with the last one the row."""
        read = partial(self._tables.row, key_sha256, key_sha256, table=KEYS)

        async def save(row: Any) -> None:
            hints = hints_of(row) if row else []
            if request in hints:
                rest = [one for one in hints if one != request]
                await self._replace_hints(row, hint_row(key_sha256, rest) if rest else None)

        await save_with_retries(
            await read(),
            read,
            save,
            service=TABLE_STORAGE,
            what="the list of the requests of one key",
        )

    async def forget_acts(self, vault: str, acts: Sequence[KeptAct]) -> None:
        """Deletes entries of one name; those that have changed meanwhile are for the next round."""
        for some in itertools.batched(acts, ENTRIES, strict=False):
            with suppress(ConcurrentChange):
                await self._tables.commit(_deletions(vault, some))

    async def _ends(self, request: TrackedRequest, acts: Sequence[KeptAct]) -> Operations:
        """The deletions of the rows that say when a request has ended. It may have ended twice, and
        the history has the time of each end.
        """
        times = {one.entry.at for one in acts if one.entry.status is not Status.IN_PROGRESS}
        times |= {request.ended} if request.ended else set()
        partition, name = partition_of(request.vault, request.name), request.name.lower()
        keys = [f"e|{sortable(at)}|{name}|{request.request_id}" for at in sorted(times)]
        rows = await asyncio.gather(*(self._tables.row(partition, key) for key in keys))
        return [("delete", _keys_of(partition, row["RowKey"])) for row in rows if row]

    async def _replace_hints(self, known: Any, changed: Entity | None) -> None:
        table = await self._tables.table(KEYS)
        same = {"etag": known.metadata["etag"], "match_condition": IF_UNCHANGED}
        with faults_of(TABLE_STORAGE):
            try:
                if changed is None:
                    await table.delete_entity(known["PartitionKey"], known["RowKey"], **same)
                else:
                    await table.update_entity(changed, mode=UpdateMode.REPLACE, **same)
            except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
                raise ConcurrentChange("The requests of this key have changed.") from error


def _kept_act(row: Any) -> KeptAct:
    return KeptAct(
        name=row["RowKey"].split("|")[1],
        entry=history_entry_of(row),
        key=row["RowKey"],
        etag=row.metadata["etag"],
        listed=bool(row.get("listed")),
        forgets=row.get("forgets"),
    )


def _keys_of(partition: str, key: str) -> Entity:
    return {"PartitionKey": partition, "RowKey": key}


def _if_unchanged(act: KeptAct) -> dict[str, Any]:
    return {"mode": UpdateMode.MERGE, "etag": act.etag, "match_condition": IF_UNCHANGED}


def _deletions(vault: str, acts: Iterable[KeptAct]) -> Operations:
    operations: Operations = []
    for act in acts:
        partition = partition_of(vault, act.name)
        same = {"etag": act.etag, "match_condition": IF_UNCHANGED}
        operations.append(("delete", _keys_of(partition, act.key), same))
        if act.listed:
            operations.append(("delete", _keys_of(partition, listed_key(act.name, act.entry))))
    return operations


def _last_steps(request: TrackedRequest, acts: Sequence[KeptAct]) -> Operations:
    """Deletes the request and all of these entries but the last, which gets the request's key."""
    partition = partition_of(request.vault, request.name)
    row = _keys_of(partition, request_key(request.name, request.request_id))
    same = {"etag": request.etag, "match_condition": IF_UNCHANGED}
    operations: Operations = [("delete", row, same), *_deletions(request.vault, acts[:-1])]
    if acts:
        mark = {**_keys_of(partition, acts[-1].key), "forgets": request.key_sha256}
        operations.append(("update", mark, _if_unchanged(acts[-1])))
    return operations
