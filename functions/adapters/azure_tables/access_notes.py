"""Keeps in Azure Tables what was last seen of the access file, and the last good one. The note is
in the table `certflow`, in the partition of the events about it, so that one transaction covers
both: row `a|access`.

The app's role on the tables (Storage Table Data Contributor) is enough; whoever has it, too, could
replace the last good file, which counts while the one in the container has a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import Entity, Operations, event_rows, partition_of
from functions.adapters.azure_tables.service import Tables
from functions.model.events.event import Event
from functions.ports.access_files import ACCESS_SUBJECT, AccessNote

PARTITION_KEY, ROW_KEY = partition_of(None, ACCESS_SUBJECT), f"a|{ACCESS_SUBJECT}"
# Bytes of one binary property, which holds 64 KiB (Learn, "Understanding the Table service data
# model"); with five of them a row is far below its 1 MiB.
MAX_PROPERTY_BYTES = 60 * 1024


class TableAccessNotes:
    """Implements the port `AccessNotes`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def note(self) -> AccessNote | None:
        """Returns the note; None if there is none."""
        row = await self._tables.row(PARTITION_KEY, ROW_KEY)
        if row is None:
            return None
        known = msgspec.json.decode(row["note"], type=AccessNote)
        return replace(known, content=_content_of(row), etag=row.metadata["etag"])

    async def save_note(self, note: AccessNote, events: Sequence[Event] = ()) -> AccessNote:
        """Writes the note, with events, in one transaction. Raises ConcurrentChange."""
        row = _row_of(note)
        operations: Operations = [row for event in events for row in event_rows(event)]
        if note.etag:
            same = {"etag": note.etag, "match_condition": MatchConditions.IfNotModified}
            operations.insert(0, ("update", row, {"mode": UpdateMode.REPLACE, **same}))
        else:
            operations.insert(0, ("create", row))
        return replace(note, etag=await self._tables.commit(operations))


def _row_of(note: AccessNote) -> Entity:
    text = msgspec.json.encode(replace(note, content=b"", etag="")).decode()
    starts = range(0, len(note.content), MAX_PROPERTY_BYTES)
    parts = [note.content[at : at + MAX_PROPERTY_BYTES] for at in starts]
    return {
        "PartitionKey": PARTITION_KEY,
        "RowKey": ROW_KEY,
        "note": text,
        "parts": len(parts),
        **{f"content_{number}": part for number, part in enumerate(parts)},
    }


def _content_of(row: Any) -> bytes:
    return b"".join(row[f"content_{number}"] for number in range(row["parts"]))
