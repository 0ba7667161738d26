"""Who may do what at this moment: by the access file as it was read MAX_AGE ago at most, or by what
stands in for it (AccessState).

**A fault.** A file that has a fault, is gone or cannot be read changes nothing: the last good one
goes on to decide, from the note that all instances share, so that a new instance decides as the old
ones do. The operators are told once of each fault, and of its end. Before there was any good file,
nobody but operators may do anything. Only where there never was a file, the app roles decide.

**An outage.** While the storage does not answer, a process decides by what it read last, for
OUTAGE_LIMIT; after that it answers 503. So does a process that has read nothing yet.

Rights: the app's identity reads the container of the file (Storage Blob Data Reader, there alone);
the note and its events are in the table `certflow`.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.access.file import WHOLE_FILE, parse_access
from functions.access.roles import only_operator, without_file
from functions.access.row_reader import AccessFault, AccessFaults
from functions.access.rules import AccessRules
from functions.app.context import InForce
from functions.app.contexts import AccessContext
from functions.app.outbox import publish
from functions.app.retry_save import save_with_retries
from functions.model.errors import BadSettings, Unavailable
from functions.model.events.event import Event
from functions.model.events.operators import (
    MAX_TOLD_FAULTS,
    AccessChanged,
    AccessFaulty,
    FaultOfAccess,
)
from functions.model.log import record
from functions.ports.access_files import (
    ACCESS_SETTING,
    ACCESS_SUBJECT,
    AccessFile,
    AccessFiles,
    AccessNote,
    AccessState,
)

# A row that takes a right away counts on every instance within a minute: this, and LOOK_SECONDS.
MAX_AGE = timedelta(seconds=30)
LOOK_SECONDS = 10
# Azure's storage is away for longer than this so rarely that refusing everybody is the better
# answer then: a right that was taken away meanwhile cannot be seen.
OUTAGE_LIMIT = timedelta(minutes=15)
AFTER_FAILURE = timedelta(seconds=5)  # until the storage is asked again
ACCESS_STORE = "The store of the access file"
MAX_FAULT_LETTERS = 400  # of one sentence, for a note is one property of a row


async def access_rules(certflow: AccessContext) -> AccessRules:
    """Returns who may do what. Raises Unavailable after an outage of OUTAGE_LIMIT, or if nothing
    was read yet.
    """
    return (await access_in_force(certflow)).rules


async def access_in_force(certflow: AccessContext) -> InForce:
    """Returns the same with the hash of the file and its faults. Raises Unavailable."""
    cache = certflow.access
    async with cache.asking:
        if not _is_within(MAX_AGE, cache.seen_at, certflow.now()):
            await _renew(certflow)
        if cache.in_force is None or not _is_within(OUTAGE_LIMIT, cache.seen_at, certflow.now()):
            seconds = int(AFTER_FAILURE.total_seconds())
            raise Unavailable(ACCESS_STORE, "it was not read lately", retry_after=seconds)
        return cache.in_force


async def access_read_now(certflow: AccessContext) -> AccessRules:
    """Returns who may do what by the file as it is now, however lately it was read. Raises
    Unavailable if it cannot be read at this moment.
    """
    cache, began = certflow.access, certflow.now()
    async with cache.asking:
        await _renew(certflow)
        if cache.in_force is None or cache.seen_at is None or cache.seen_at < began:
            seconds = int(AFTER_FAILURE.total_seconds())
            raise Unavailable(ACCESS_STORE, "it cannot be read now", retry_after=seconds)
        return cache.in_force.rules


async def watch_access(certflow: AccessContext) -> None:
    """Looks at the file, so that a change or a fault is told also while nobody calls; a timer calls
    it every minute. Storage that does not answer is asked again in a minute.
    """
    if certflow.access_files is None:
        return
    try:
        await access_in_force(certflow)
    except Unavailable as error:
        record("access-not-seen", level=logging.WARNING, reason=str(error))


async def _renew(certflow: AccessContext) -> None:
    """Looks at the file again; after a failure nobody waits for the storage for AFTER_FAILURE."""
    cache, now = certflow.access, certflow.now()
    if _is_within(AFTER_FAILURE, cache.failed_at, now):
        return
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            cache.in_force = await _look(certflow, cache.in_force)
    except (Unavailable, TimeoutError) as error:
        cache.failed_at = now
        record("access-not-seen", level=logging.WARNING, reason=str(error) or "no answer came")
    else:
        cache.seen_at = now  # when the look began, for the file may have changed since


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look at the place of the file has found: the file, or no file, or why it cannot be
    read.
    """

    file: AccessFile | None
    unread: str | None = None

    @property
    def is_missing(self) -> bool:
        return self.file is None and self.unread is None


async def _look(certflow: AccessContext, known: InForce | None) -> InForce:
    """Returns what decides now. A good file that has not changed is not read again; anything else
    is compared with the note, which another instance may have written.
    """
    found = await _find(certflow, known.file if known else None)
    if known and known.state is AccessState.FILE and known.noted and found.file is known.file:
        return known
    try:
        return await _compare(certflow)
    except Unavailable:
        rules, _ = _parsed(found, certflow.tenant)
        if rules is None:
            raise
        # A good file counts although it cannot be noted, for it may take a right away.
        return InForce(
            rules, AccessState.FILE, rules.sha256, certflow.now(), found.file, noted=False
        )


async def _find(certflow: AccessContext, known: AccessFile | None = None) -> _Found:
    try:
        return _Found(await _files_of(certflow).read(known))
    except BadSettings as error:
        return _Found(None, str(error))


def _files_of(certflow: AccessContext) -> AccessFiles:
    if certflow.access_files is None:
        raise BadSettings(f"{ACCESS_SETTING}: without sign-in nothing says who may do what.")
    return certflow.access_files


async def _compare(certflow: AccessContext) -> InForce:
    """Compares the file with the note; saves and tells what has changed. Raises Unavailable."""

    async def read() -> tuple[AccessNote | None, _Found]:
        # In this order: another instance may change the file's note after this has read the file,
        # and then the save is refused; had it read the file first, it could write an older one.
        note = await certflow.access_notes.note()
        return note, await _find(certflow)

    async def save(known: tuple[AccessNote | None, _Found]) -> InForce:
        before, found = known
        rules, note = _judged(certflow, before, found)
        if note != before and (before or note.state is not AccessState.ROLES):
            await _keep(certflow, before, note)
        return InForce(rules, note.state, note.sha256, note.since, found.file, note.faults)

    return await save_with_retries(
        await read(), read, save, service=ACCESS_STORE, what="the access file"
    )


def _judged(
    certflow: AccessContext, before: AccessNote | None, found: _Found
) -> tuple[AccessRules, AccessNote]:
    """Returns what decides, by what was found and what was noted before, and the new note."""
    place, tenant = _files_of(certflow).place, certflow.tenant
    known = before or AccessNote(place, AccessState.ROLES)
    if found.is_missing and not (place and known.once):
        rules, note = without_file(tenant), AccessNote(place, AccessState.ROLES, etag=known.etag)
    else:
        # A container that cannot be read yet, because roles take minutes to count, is no file.
        once = known.once or found.file is not None
        rules, note = _by_file(replace(known, place=place, once=once), found, tenant)
    lasting = before and (before.state, before.sha256) == (note.state, note.sha256)
    since = before.since if before and lasting else certflow.now()
    return rules, replace(note, changes=known.changes, since=since)


def _by_file(
    known: AccessNote, found: _Found, tenant: str | None
) -> tuple[AccessRules, AccessNote]:
    """Returns what decides where there is a file, or was one."""
    rules, faults = _parsed(found, tenant)
    if rules is not None and found.file:
        state, content = AccessState.FILE, found.file.content
        good = replace(known, state=state, content=content, sha256=rules.sha256)
        return rules, replace(good, faults=(), fault_count=0)
    first = tuple(replace(one, sentence=one.sentence[:MAX_FAULT_LETTERS]) for one in faults)
    note = replace(known, faults=first[:MAX_TOLD_FAULTS], fault_count=len(faults))
    last, _ = _parsed(_Found(AccessFile("", known.content)), tenant)
    if last is None:
        return only_operator(tenant), replace(note, state=AccessState.OPERATORS)
    return last, replace(note, state=AccessState.LAST_GOOD)


def _parsed(
    found: _Found, tenant: str | None
) -> tuple[AccessRules | None, tuple[AccessFault, ...]]:
    """Returns what the file says, or why there is nothing that counts."""
    if found.file is None:
        why = found.unread or "The file is gone: it was deleted, or its container was."
        return None, (AccessFault(WHOLE_FILE, "", why),)
    try:
        return parse_access(found.file.content, tenant), ()
    except AccessFaults as error:
        return None, error.faults


async def _keep(certflow: AccessContext, before: AccessNote | None, note: AccessNote) -> None:
    """Saves a note that differs from the one before, and tells the operators if they need to know.
    Raises ConcurrentChange, Unavailable.
    """
    told = _told(before, note)
    events: tuple[Event, ...] = ()
    if told:
        note = replace(note, changes=note.changes + 1)
        events = (
            told.event(
                f"access:{note.changes}", ACCESS_SUBJECT, certflow.now(), name=ACCESS_SUBJECT
            ),
        )
    await certflow.access_notes.save_note(note, events)
    record(
        "access-seen",
        level=logging.ERROR if note.faults else logging.INFO,
        place=note.place,
        state=note.state,
        sha256=note.sha256,
        faults=note.fault_count,
    )
    await publish(certflow, events)


def _told(before: AccessNote | None, note: AccessNote) -> AccessChanged | AccessFaulty | None:
    """Returns what the operators are told of a note; None if they know it."""
    if note.faults:
        known = before and (before.state, before.faults) == (note.state, note.faults)
        return None if known else _faulty(note)
    known = before and (before.state, before.sha256) == (note.state, note.sha256)
    return None if known else _changed(before, note)


def _changed(before: AccessNote | None, note: AccessNote) -> AccessChanged:
    return AccessChanged(
        place=note.place,
        state=note.state.value,
        was=before.state.value if before else None,
        sha256=note.sha256 or None,
        before=(before.sha256 if before else None) or None,
    )


def _faulty(note: AccessNote) -> AccessFaulty:
    return AccessFaulty(
        place=note.place,
        state=note.state.value,
        faults=tuple(_told_fault(one) for one in note.faults),
        count=note.fault_count,
        sha256=note.sha256 or None,
    )


def _told_fault(fault: AccessFault) -> FaultOfAccess:
    row = None if fault.row == WHOLE_FILE else fault.row
    return FaultOfAccess(row=row, field=fault.field or None, sentence=fault.sentence)


def _is_within(limit: timedelta, at: datetime | None, now: datetime) -> bool:
    return at is not None and timedelta(0) <= now - at < limit
