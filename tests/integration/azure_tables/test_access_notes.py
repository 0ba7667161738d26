"""What was last seen of the access file, in Azure Tables: with its events, and for one writer at a time."""

from __future__ import annotations

import os

import pytest

from functions.access.file import MAX_ACCESS_BYTES
from functions.access.row_reader import AccessFault
from functions.adapters.azure_tables.access_notes import TableAccessNotes
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.model.errors import ConcurrentChange
from functions.model.events.event import Event
from functions.ports.access_files import AccessNote, AccessState
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAULT = AccessFault("grants[1]", "whom", "There is no such field. " * 16)


async def test_a_note_is_kept_with_its_events_and_in_place_of_the_one_that_was_read(tables: Tables) -> None:
    notes = TableAccessNotes(tables)
    assert await notes.note() is None
    event = Event("access:1", "Certflow.Access.Faulty", "access", NOW, name="access", data={"count": 1})
    note = AccessNote(
        "access/access.json", AccessState.LAST_GOOD, b'{"grants": []}', "5" * 64, True, (FAULT,) * 10, 40, NOW, 1
    )
    saved = await notes.save_note(note, [event])
    assert await notes.note() == saved == note
    assert event in (await TableLedger(tables).left_behind(None)).events
    with pytest.raises(ConcurrentChange):
        await notes.save_note(note)
    largest = os.urandom(MAX_ACCESS_BYTES)
    found = await notes.note()
    assert found is not None
    assert found.etag == saved.etag
    again = await notes.save_note(AccessNote("x", AccessState.FILE, largest, "6" * 64, changes=2, etag=saved.etag))
    assert await notes.note() == again
    assert again.content == largest
    with pytest.raises(ConcurrentChange):
        await notes.save_note(saved, [event])
    empty = await notes.save_note(AccessNote("x", AccessState.ROLES, changes=3, etag=again.etag))
    assert await notes.note() == empty
    assert empty.content == b""
