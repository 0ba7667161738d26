"""Keeps approvals in Azure Tables: in the table `certflow`, in the partition of their certificate
name, so that one transaction covers an approval, its events and its lines of the history:

    a|{name}|{id}      an approval
    s|{name}|{slot}    which approval is open for the next start, or for a request from elsewhere

and in the partition `-|approvals`:

    {id}         where the approval is, and its state at the last change that was completed
    open|{id}    the same for each that is open

The rows of `-|approvals` are written first and cleared last, and what counts is the approval's own
row. So a crash leaves a row too many there at most, which `unsettled` clears up.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import (
    Entity,
    Operations,
    event_row,
    in_a_column,
    joined_text,
    lines_of,
    partition_of,
    split_text,
    text_in,
    token_of,
)
from functions.adapters.azure_tables.service import Tables
from functions.model.approval.ids import first_id_until
from functions.model.approval.record import OPEN_STATES, Approval
from functions.model.errors import ConcurrentChange, InvalidRequest
from functions.model.log import record
from functions.model.request.actor import Actor
from functions.ports.approvals.store import (
    ApprovalChange,
    ApprovalFilter,
    ApprovalPage,
    AskerLoad,
    OldApprovals,
)

APPROVALS = "-|approvals"
OPEN_ROWS = "open|"
AFTER_IDS = "g"  # ids are hexadecimal digits
APPROVAL_ID = re.compile(r"[0-9a-f]{32}")
MAX_ADDING = timedelta(hours=1)  # longer than an approval takes to be written
READ_AT_ONCE = 100  # rows of the list; of what is hidden nothing more is read


class TableApprovals:
    """Implements the port `Approvals`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, change: ApprovalChange) -> Approval:
        """Adds an approval. Raises ConcurrentChange if another one has its slot."""
        approval = change.approval
        place = _place_row(approval)
        await self._tables.commit([("upsert", place), ("upsert", _open_row(place))])
        operations: Operations = [
            ("create", _approval_row(approval)),
            ("create", _slot_row(approval)),
            *_rows_beside(change),
        ]
        try:
            etag = await self._tables.commit(operations)
        except ConcurrentChange:
            await self._remove(place)
            raise
        return replace(approval, etag=etag)

    async def get(self, approval_id: str) -> Approval | None:
        """Returns an approval; None if there is none with this id."""
        if not APPROVAL_ID.fullmatch(approval_id):
            return None
        place = await self._tables.row(APPROVALS, approval_id)
        return await self._at(place) if place else None

    async def of_name(self, vault: str, name: str) -> list[Approval]:
        """Returns the approvals of a name, the newest first."""
        start = f"a|{name.lower()}|"
        rows = await self._tables.range(partition_of(vault, name), start, f"{start}~")
        return [_approval_of(row) for row in rows]

    async def save(self, change: ApprovalChange) -> Approval:
        """Writes a changed approval. Raises ConcurrentChange."""
        approval = change.approval
        same = {"etag": approval.etag, "match_condition": MatchConditions.IfNotModified}
        operations: Operations = [
            ("update", _approval_row(approval), {"mode": UpdateMode.REPLACE, **same}),
            *_rows_beside(change),
        ]
        if not approval.is_open:
            operations.append(("delete", _slot_row(approval)))
        saved = replace(approval, etag=await self._tables.commit(operations))
        await self._note(saved)
        return saved

    async def unsettled(self, now: datetime) -> Sequence[Approval]:
        """Returns the open approvals, and clears up what is not open any more, and what never came
        to be.
        """
        places = await self._tables.range(APPROVALS, OPEN_ROWS, f"{OPEN_ROWS}~")
        found = await asyncio.gather(*(self._open_at(place, now) for place in places))
        return [one for one in found if one]

    async def _open_at(self, place: Any, now: datetime) -> Approval | None:
        """Returns the approval that a row of the list leads to, if it is open, and clears the row
        up if not. One that cannot be read stays as it is, and holds back no other.
        """
        try:
            approval = await self._at(place)
        except (msgspec.DecodeError, KeyError) as error:
            record(
                "approval-not-read",
                level=logging.ERROR,
                approval=place["id"],
                vault=place["vault"],
                name=place["name"],
                reason=repr(error),
            )
            return None
        if approval and approval.is_open:
            return approval
        if approval:
            await self._note(approval)
        elif place["asked"] < in_a_column(now - MAX_ADDING):
            await self._remove(place)
        return None

    async def page(self, wanted: ApprovalFilter, token: str | None) -> ApprovalPage:
        """Returns a page of the approvals that are wanted; of those that are open alone no other
        row is read. Raises InvalidRequest.
        """
        begin = OPEN_ROWS if wanted.states <= OPEN_STATES else ""
        shown, after = list[Approval](), _after(token)
        while rows := await self._tables.range(
            APPROVALS, f"{begin}{after}!", f"{begin}{AFTER_IDS}", limit=READ_AT_ONCE
        ):
            fitting = [row for row in rows if _fits(row, wanted)]
            for approval in await asyncio.gather(*map(self._at, fitting)):
                if approval is None or approval.state not in wanted.states:
                    continue
                if len(shown) == wanted.limit:
                    return ApprovalPage(tuple(shown), token_of(shown[-1].id))
                shown.append(approval)
            after = rows[-1]["id"]
        return ApprovalPage(tuple(shown), None)

    async def load_of(self, asker: Actor, since: datetime) -> AskerLoad:
        """Returns how much somebody has asked for."""
        waiting, lately = await asyncio.gather(
            self._tables.range(APPROVALS, OPEN_ROWS, f"{OPEN_ROWS}~"),
            self._tables.range(APPROVALS, "0", first_id_until(since)),
        )
        whose = (asker.tid, asker.oid)

        def count(rows: Sequence[Entity]) -> int:
            return sum((row.get("tid"), row.get("oid")) == whose for row in rows)

        return AskerLoad(count(waiting), count(lately))

    async def old(self, before: datetime, place: str | None) -> OldApprovals:
        """Returns a page of old approvals, and clears up what a crash has left of those that were
        forgotten.
        """
        start = f"{place}!" if place else first_id_until(before)
        rows = await self._tables.range(APPROVALS, start, AFTER_IDS, limit=READ_AT_ONCE)
        found = await asyncio.gather(*map(self._at, rows))
        for row, approval in zip(rows, found, strict=True):
            if approval is None:
                await self._forget_place(row["id"])
        last = rows[-1]["RowKey"] if len(rows) == READ_AT_ONCE else None
        return OldApprovals(tuple(one for one in found if one), last)

    async def forget(self, approval: Approval) -> None:
        """Deletes an approval, and then its row of the list."""
        partition = partition_of(approval.vault, approval.name)
        keys = {"PartitionKey": partition, "RowKey": _approval_key(approval.name, approval.id)}
        same = {"etag": approval.etag, "match_condition": MatchConditions.IfNotModified}
        try:
            await self._tables.commit([("delete", keys, same)])
        except ConcurrentChange:
            return
        await self._forget_place(approval.id)

    async def _forget_place(self, approval_id: str) -> None:
        keys = {"PartitionKey": APPROVALS, "RowKey": approval_id}
        with suppress(ConcurrentChange):  # another run has just done this
            await self._tables.commit([("delete", keys)])

    async def _at(self, place: Any) -> Approval | None:
        """Returns the approval that a row of the list leads to; None if a crash, or another
        approval that was faster, has left it without one.
        """
        vault, name, id_ = place["vault"], place["name"], place["id"]
        row = await self._tables.row(partition_of(vault, name), _approval_key(name, id_))
        return _approval_of(row) if row else None

    async def _note(self, approval: Approval) -> None:
        """Writes the state of an approval into the list."""
        place = _place_row(approval)
        operations: Operations = [("upsert", place)]
        operations.append(("upsert" if approval.is_open else "delete", _open_row(place)))
        with suppress(ConcurrentChange):  # another run has just done this
            await self._tables.commit(operations)

    async def _remove(self, place: Entity) -> None:
        keys = {"PartitionKey": APPROVALS, "RowKey": place["id"]}
        with suppress(ConcurrentChange):
            await self._tables.commit([("delete", keys), ("delete", _open_row(place))])


def _approval_key(name: str, approval_id: str) -> str:
    return f"a|{name.lower()}|{approval_id}"


def _approval_row(approval: Approval) -> Entity:
    text = msgspec.json.encode(replace(approval, etag="")).decode()
    return {
        "PartitionKey": partition_of(approval.vault, approval.name),
        "RowKey": _approval_key(approval.name, approval.id),
        "state": approval.state.value,
        **split_text("approval", text),
    }


def _approval_of(row: Any) -> Approval:
    found = msgspec.json.decode(joined_text("approval", row), type=Approval)
    return replace(found, etag=row.metadata["etag"])


def _slot_row(approval: Approval) -> Entity:
    return {
        "PartitionKey": partition_of(approval.vault, approval.name),
        "RowKey": f"s|{approval.name.lower()}|{approval.slot}",
        "id": approval.id,
    }


def _place_row(approval: Approval) -> Entity:
    by = approval.asked_by
    whose = {"tid": by.tid, "oid": by.oid}
    return {
        "PartitionKey": APPROVALS,
        "RowKey": approval.id,
        "id": approval.id,
        "vault": approval.vault,
        "name": approval.name,
        "state": approval.state.value,
        "asked": in_a_column(approval.asked),
        **{key: value for key, value in whose.items() if value},
    }


def _open_row(place: Entity) -> Entity:
    return {**place, "RowKey": f"{OPEN_ROWS}{place['id']}"}


def _rows_beside(change: ApprovalChange) -> Operations:
    vault, name = change.approval.vault, change.approval.name
    events: Operations = [("upsert", event_row(event)) for event in change.events]
    return events + lines_of(vault, name, change.history)


def _fits(row: Any, wanted: ApprovalFilter) -> bool:
    """Whether a row of the list can be one that is wanted. A state that is still an open one there
    may have changed since.
    """
    state, vault = row["state"], row["vault"]
    return (
        (state in wanted.states or state in OPEN_STATES)
        and (not wanted.vaults or vault in wanted.vaults)
        and wanted.may_see(vault, row["name"], row.get("tid"), row.get("oid"))
    )


def _after(token: str | None) -> str:
    """Returns the id after which a page begins. Raises InvalidRequest."""
    after = text_in(token)
    if after and not APPROVAL_ID.fullmatch(after):
        raise InvalidRequest("token", "This is no token that a nextLink held.")
    return after or ""
