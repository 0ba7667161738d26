"""Appends the acts that wait in the outbox to the record, each once, whatever is killed or refused.

Before an act is appended for the first time, its row notes from where on it may be in the record.
So a run that finds such a row (the one before was killed, or its answer was lost) looks there
first. Only one of several runs can write that note. An act leaves the outbox once it is in the
record.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from functions.app.contexts import ActsContext
from functions.app.outbox import publish
from functions.model.acts.lines import FileName, act_line, fields_of, head_of
from functions.model.errors import CertflowError, ConcurrentChange, Unavailable
from functions.model.events.record.acts import ActsWaiting
from functions.model.log import record
from functions.model.options import ActsMode
from functions.ports.record.acts import ACTS_SUBJECT, ActsFault, RecordPlace, WaitingAct
from functions.record.tail import MAX_BLOCKS, Tail, append, opening, read_tail, with_room

ACTS_STORE = "The record of acts"
# Bytes of acts in one block, which holds 4 MiB in old versions of the service (Learn, "Append
# Block"); one act is far smaller.
MAX_BATCH_BYTES = 1024 * 1024
MAX_APPENDS = 20  # tries: of several instances that append at once, one gets on with each
# Less is an outage as storage has them, which passes by itself.
TOLD_AFTER = timedelta(minutes=10)
RETRY_SECONDS = 300
MAX_REASON = 300  # characters


async def export_acts(
    certflow: ActsContext, acts: Sequence[WaitingAct], max_blocks: int = MAX_BLOCKS
) -> None:
    """Appends acts of the outbox to the record. What cannot be appended now, for whatever reason,
    waits for a later run, and the operators are told of that. Raises nothing: the checks of a vault
    come after this.
    """
    if not acts:
        return
    try:
        async with certflow.acts_turn:
            for some in _batches(sorted(acts, key=_order)):
                await _export(certflow, some, max_blocks)
    except Exception as error:  # noqa: BLE001  as the docstring says
        await _unless_failing(_note_fault(certflow, acts, error))
    else:
        await _unless_failing(_end_if_written(certflow))


async def _unless_failing(step: Awaitable[None]) -> None:
    """Does something about the note, which the next run does again if it fails now."""
    try:
        await step
    except Exception as error:  # noqa: BLE001  as the docstring of export_acts says
        record("acts-fault-not-noted", level=logging.ERROR, reason=repr(error))


async def _end_if_written(certflow: ActsContext) -> None:
    """Deletes the note, unless its act waits still: that others were written does not end it."""
    fault = await certflow.waiting_acts.fault()
    if fault is None:
        return
    if not await certflow.waiting_acts.still_waiting([(fault.partition, fault.row)]):
        await certflow.waiting_acts.clear_fault()
        record("acts-written-again")


async def end_fault(certflow: ActsContext, fault: ActsFault | None) -> None:
    """Ends a fault that the outbox has a note of, once the act that waited then is written, by
    whatever run; otherwise tries to write that, also of a vault that was taken out. Raises nothing.
    """
    if fault is None:
        return
    await _unless_failing(_try_again(certflow, fault))


async def _try_again(certflow: ActsContext, fault: ActsFault) -> None:
    if acts := await certflow.waiting_acts.still_waiting([(fault.partition, fault.row)]):
        await export_acts(certflow, acts)
    else:
        await _end_if_written(certflow)


async def refuse_unrecorded(certflow: ActsContext) -> None:
    """Raises Unavailable if nothing may be started that cannot be recorded, and acts cannot be."""
    if certflow.options.acts is not ActsMode.REQUIRED:
        return
    if fault := await certflow.waiting_acts.fault():
        raise Unavailable(ACTS_STORE, fault.reason, retry_after=RETRY_SECONDS)


def _batches(acts: Iterable[WaitingAct]) -> Iterable[list[WaitingAct]]:
    """Yields acts in pieces of about MAX_BATCH_BYTES."""
    batch, size = list[WaitingAct](), 0
    for one in acts:
        batch.append(one)
        size += len(one.text.encode())
        if size >= MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _order(act: WaitingAct) -> str:
    return act.row  # by time


async def _export(certflow: ActsContext, acts: Sequence[WaitingAct], max_blocks: int) -> None:
    tail = await read_tail(certflow)
    left = await _marked(certflow, acts, tail.place)
    searched = all(one.tried == tail.place for one in left)
    for _ in range(MAX_APPENDS):
        if not searched:
            left = await _not_yet_in(certflow, left)
        if not left:
            return
        room = await with_room(certflow, tail, max_blocks)
        if room and await append(certflow, room, _lines(room, left)):
            await certflow.waiting_acts.remove(left)
            return
        tail, searched = await read_tail(certflow), False
    raise Unavailable(ACTS_STORE, "other instances append all the time")


async def _marked(
    certflow: ActsContext, acts: Sequence[WaitingAct], place: RecordPlace
) -> list[WaitingAct]:
    """Returns the acts that this run appends, with a note of where they may be. Those that met
    another run are left to that, or to a later one.
    """
    tried, fresh = [one for one in acts if one.tried], [one for one in acts if not one.tried]
    marked = await certflow.waiting_acts.mark_tried(fresh, place) if fresh else []
    if len(marked) < len(fresh):
        record("acts-met-another", left=len(fresh) - len(marked))
    return sorted([*tried, *marked], key=_order)


async def _not_yet_in(certflow: ActsContext, acts: Sequence[WaitingAct]) -> list[WaitingAct]:
    """Returns the acts that are not in the record; the others leave the outbox.

    The end of the record is read before this, so what is appended in between keeps the append that
    follows from being made.
    """
    places = [one.tried for one in acts if one.tried]
    if not places:
        return list(acts)
    known = await _ids_since(certflow, min(places, key=_where))
    await certflow.waiting_acts.remove([one for one in acts if one.id in known])
    return [one for one in acts if one.id not in known]


async def _ids_since(certflow: ActsContext, place: RecordPlace) -> set[str]:
    """Returns the ids of the acts from this place to the end of the record."""
    first, found = FileName.of(place.file), set[str]()
    for name in await certflow.act_files.names():
        if first and name < first:
            continue
        start = place.end if str(name) == place.file else 0
        found |= set(_ids_of((await certflow.act_files.read(name, start)).content))
    return found


def _ids_of(content: bytes) -> Iterable[str]:
    for line in content.split(b"\n"):
        fields = fields_of(line) or {}
        if isinstance(id_ := fields.get("id"), str):
            yield id_


def _where(place: RecordPlace) -> tuple[str, int, int]:
    name = FileName.of(place.file)
    return (name.day.isoformat(), name.number, place.end) if name else ("", 0, 0)


def _lines(tail: Tail, acts: Iterable[WaitingAct]) -> list[bytes]:
    lines = opening(tail)
    head = head_of(lines[0]) if lines else tail.head
    for one in acts:
        lines.append(act_line(one.text, head))
        head = head_of(lines[-1])
    return lines


def _reason_of(error: Exception) -> str:
    return str(error) if isinstance(error, CertflowError) else repr(error)


async def _note_fault(certflow: ActsContext, acts: Sequence[WaitingAct], error: Exception) -> None:
    """Notes that acts wait, and tells the operators once that has lasted. If none of them waits any
    more, this run or another one has written them.
    """
    reason, now = _reason_of(error)[:MAX_REASON], certflow.now()
    record("acts-not-written", level=logging.ERROR, waiting=len(acts), reason=reason)
    left = await certflow.waiting_acts.still_waiting((one.partition, one.row) for one in acts)
    if not left:
        await _end_if_written(certflow)
        return
    certflow.empty_outboxes.pop(None, None)  # it has the note, which has to be looked at
    known = await certflow.waiting_acts.fault()
    first = ActsFault(now, reason, partition=left[0].partition, row=left[0].row)
    note = replace(known, reason=reason) if known else first
    if known and (known.told or now - known.since < TOLD_AFTER):
        return
    told = ActsWaiting(
        since=note.since.isoformat(),
        reason=reason,
        stops=certflow.options.acts is ActsMode.REQUIRED,
    )
    id_ = f"acts:{note.since:%Y%m%dT%H%M%S}"
    event = told.event(id_, ACTS_SUBJECT, now, name=ACTS_SUBJECT)
    events = (event,) if known else ()
    try:
        await certflow.waiting_acts.save_fault(replace(note, told=bool(known)), events)
    except ConcurrentChange:
        return  # another instance has noted it
    await publish(certflow, events)
