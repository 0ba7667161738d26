"""Keeps the acts that wait for the record, beside the events in the outbox: row `oa|{time}|{id}` in
the partition of their change. The note that acts cannot be written is row `of|acts` in the
partition of its event. One range has all (`oa|` and `of|` sort right before `o|`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.history.kept import BEHIND
from functions.adapters.azure_tables.rows import (
    Entity,
    Operations,
    acts_fault_of,
    event_row,
    partition_of,
    waiting_act_of,
    waiting_row,
)
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.model.acts.act import Act
from functions.model.errors import ConcurrentChange
from functions.model.events.event import Event
from functions.ports.record.acts import ACTS_SUBJECT, ActsFault, RecordPlace, WaitingAct

FAULT_PARTITION, FAULT_ROW = partition_of(None, ACTS_SUBJECT), f"of|{ACTS_SUBJECT}"
MAX_ROWS = 100  # in a transaction (Learn, "Performing entity group transactions")


class TableWaitingActs:
    """Implements the port `WaitingActs`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, act: Act, vault: str | None) -> None:
        """Writes the row of an act that comes with no other change."""
        await self._tables.commit([("upsert", waiting_row(partition_of(vault, act.id), act))])

    async def mark_tried(self, acts: Sequence[WaitingAct], place: RecordPlace) -> list[WaitingAct]:
        """Notes the place in the rows, each transaction by itself."""
        marked = list[WaitingAct]()
        for some in _transactions(acts):
            try:
                await self._tables.commit([_tried(one, place) for one in some])
            except ConcurrentChange:
                continue  # another run has marked or deleted some of them
            marked += (replace(one, tried=place) for one in some)
        return marked

    async def remove(self, acts: Sequence[WaitingAct]) -> None:
        """Deletes the rows."""
        for some in _transactions(acts):
            try:
                await self._tables.commit([("delete", _waiting_keys(one)) for one in some])
            except ConcurrentChange:  # another run has deleted some of them
                for one in some:
                    await self._delete(one.partition, one.row)

    async def still_waiting(self, places: Iterable[tuple[str, str]]) -> list[WaitingAct]:
        """Reads the rows, one range of each partition."""
        found = list[WaitingAct]()
        for partition, keys in itertools.groupby(sorted(places), key=lambda one: one[0]):
            wanted = [row for _, row in keys]
            rows = await self._tables.range(partition, wanted[0], f"{wanted[-1]}{BEHIND}")
            found += (waiting_act_of(one) for one in rows if one["RowKey"] in wanted)
        return found

    async def fault(self) -> ActsFault | None:
        """Reads the note."""
        row = await self._tables.row(FAULT_PARTITION, FAULT_ROW)
        return acts_fault_of(row) if row else None

    async def save_fault(self, fault: ActsFault, events: Sequence[Event] = ()) -> None:
        """Writes the note with its events."""
        note = msgspec.json.encode(replace(fault, etag="")).decode()
        row: Entity = {"PartitionKey": FAULT_PARTITION, "RowKey": FAULT_ROW, "note": note}
        operations: Operations = [("upsert", event_row(event)) for event in events]
        if fault.etag:
            same = {"etag": fault.etag, "match_condition": MatchConditions.IfNotModified}
            operations.insert(0, ("update", row, {"mode": UpdateMode.REPLACE, **same}))
        else:
            operations.insert(0, ("create", row))
        await self._tables.commit(operations)

    async def clear_fault(self) -> None:
        """Deletes the note."""
        await self._delete(FAULT_PARTITION, FAULT_ROW)

    async def _delete(self, partition: str, row: str) -> None:
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            try:
                await table.delete_entity(partition, row)
            except ResourceNotFoundError:
                return


def _transactions(acts: Iterable[WaitingAct]) -> Iterator[tuple[WaitingAct, ...]]:
    """Yields acts in pieces that one transaction takes: of one partition, and not too many."""
    in_order = sorted(acts, key=lambda one: one.partition)
    for _, of_it in itertools.groupby(in_order, key=lambda one: one.partition):
        yield from itertools.batched(of_it, MAX_ROWS, strict=False)


def _waiting_keys(act: WaitingAct) -> Entity:
    return {"PartitionKey": act.partition, "RowKey": act.row}


def _tried(act: WaitingAct, place: RecordPlace) -> tuple[str, Entity, dict[str, Any]]:
    row = {**_waiting_keys(act), "file": place.file, "end": place.end}
    same = {"etag": act.etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", row, {"mode": UpdateMode.MERGE, **same})
