"""Reminders to the owner of a request that is still pending, and their suppression. The times are
those of model/timing.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.model.events.requests import Acknowledged, Stalled
from functions.model.humanize import moment
from functions.model.issuers import is_manual
from functions.model.request.actor import Actor, caller_of
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import NotPending, Operation
from functions.model.request.request_event import request_event, request_fields, who
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.timing import REMINDERS, ReminderDelays

TAG_HOLDS = timedelta(days=1)  # after which the tag that suppresses reminders is read again
TIE_BREAKER = timedelta(microseconds=1)


def is_reminder_due(request: TrackedRequest, now: datetime) -> bool:
    """Whether the next check, if it finds the request still in progress, reminds its owner."""
    return request.remind_at is not None and request.remind_at <= now


def acknowledged(
    request: TrackedRequest, until: datetime, why: str, by: Actor, now: datetime
) -> Change:
    """Suppresses reminders until `until`, and tells the owner of that; a repetition with the same
    time and reason only adds to the history. `next_check` moves by 1 µs, so that a concurrent check
    that holds the old due mark cannot overwrite this change.
    """
    again = request.next_check + TIE_BREAKER if request.next_check else None
    quiet = replace(request, quiet_until=until, quiet_why=why, next_check=again)
    note = f"until {moment(until)}: {why}"
    act = HistoryEntry("acknowledged", now, request.request_id, request.status, by, note)
    if (request.quiet_until, request.quiet_why) == (until, why):  # a repetition changes nothing
        return Change(quiet, history=(act,))
    told = Acknowledged(
        **request_fields(quiet, caused_by=caller_of(by)),
        until=until.astimezone(UTC).isoformat(),
        why=why,
        acknowledged_by=by.shown,
        actor=who(by),
    )
    # The time belongs to the id: acknowledged, taken back and acknowledged again in the same words
    # are three events.
    content = f"{until.isoformat()} {by.oid or by.shown} {why} {now.isoformat()}"
    which = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Change(quiet, (request_event(told, quiet, now, f":{which}"),), (act,))


def remind_if_due(
    request: TrackedRequest,
    seen: Operation | NotPending,
    now: datetime,
    reminder_delays: ReminderDelays,
    muted: datetime | None,
) -> Change:
    """Tells whoever is to act that the request is still pending, if a reminder is due and neither
    an acknowledgement nor a tag (`muted`: until when) suppresses it.
    """
    if not is_reminder_due(request, now):
        return Change(request)
    quiet = max((one for one in (request.quiet_until, muted) if one and one > now), default=None)
    if quiet is not None:
        return _suppressed(request, quiet, now, reminder_delays, muted)
    count = request.reminded + 1
    told = replace(request, reminded=count, remind_at=_remind_again(request, now, reminder_delays))
    event = request_event(_stalled(told, seen, now), told, now, f":{count}")
    act = HistoryEntry(
        "reminded", now, request.request_id, request.status, note=f"reminder {count}"
    )
    return Change(told, (event,), (act,))


def _stalled(request: TrackedRequest, seen: Operation | NotPending, now: datetime) -> Stalled:
    """What the event of a reminder says; `request` counts that reminder already."""
    cancelling = isinstance(seen, Operation) and seen.cancellation_requested
    return Stalled(
        **request_fields(request),
        reminder=request.reminded,
        escalated=request.reminded == len(REMINDERS),
        cancellation_requested=True if cancelling else None,
        csr_url=request.csr_url,
        key_sha256=request.key_sha256 if request.csr_url else None,
        age=int((now - request.created).total_seconds()),
    )


def _suppressed(
    request: TrackedRequest,
    quiet: datetime,
    now: datetime,
    reminder_delays: ReminderDelays,
    muted: datetime | None,
) -> Change:
    """The reminder is put off until `quiet`. The history gets one line for each reminder that a tag
    suppresses, not one for each check.
    """
    # An acknowledgement ends at its time; a tag can be removed on any day, of which no event tells.
    again = quiet if quiet == request.quiet_until else min(quiet, now + TAG_HOLDS)
    manual = is_manual(request.issuer)
    # It is due as planned, or since an acknowledgement has ended: no tag has put it off before.
    is_first = request.remind_at in {
        reminder_delays.reminder(request.created, request.reminded, manual=manual),
        request.quiet_until,
    }
    acts: tuple[HistoryEntry, ...] = ()
    if muted and is_first:
        acts = (HistoryEntry("muted", now, request.request_id, request.status, note="by a tag"),)
    return Change(replace(request, remind_at=again), history=acts)


def _remind_again(
    request: TrackedRequest, now: datetime, reminder_delays: ReminderDelays
) -> datetime | None:
    """When the reminder after the one that is due now is given; None after the last one."""
    manual = is_manual(request.issuer)
    following = reminder_delays.reminder(request.created, request.reminded + 1, manual=manual)
    if following and following <= now:
        # After a long suppression the owner gets one reminder, not all that were put off.
        return reminder_delays.reminder(now, 0, manual=manual)
    return following
