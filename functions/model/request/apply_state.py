"""Applying what Key Vault says of a request now: the one function through which its status
changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.model.events.requests import Cancelling
from functions.model.issuers import is_manual
from functions.model.request.actor import CHECK, caller_of
from functions.model.request.end import end_told
from functions.model.request.history import Action, HistoryEntry, history_line
from functions.model.request.moves import MOVES
from functions.model.request.operation import (
    CertificateVersion,
    NotPending,
    Operation,
    Status,
)
from functions.model.request.remind import remind_if_due
from functions.model.request.request_event import request_event, request_fields, who
from functions.model.request.tracked import Change, TrackedRequest, shortened
from functions.model.timing import (
    AFTER_AN_ACTION,
    DEFAULT_REMINDER_DELAYS,
    ReminderDelays,
    next_check_at,
    pause_after,
    soonest,
)

# Characters of an issuer's message. It stands twice in a notice that waits, which is one property
# of a table row (32,768 characters), and escaping can make it six times as long there.
MAX_MESSAGE = 2000


def apply_state(
    request: TrackedRequest,
    seen: Operation | NotPending,
    now: datetime,
    certificate: CertificateVersion | None = None,
    action: Action | None = None,
    reminder_delays: ReminderDelays = DEFAULT_REMINDER_DELAYS,
    muted: datetime | None = None,
) -> Change:
    """Applies what Key Vault says now. Does no I/O. Applied twice, the second time changes nothing
    but the time of the next check.

    `certificate` is the current version, given when `seen` is completed. `action` is the action of
    Certflow or a caller that came before; without one, an end counts as observed. `muted` is until
    when a tag of the certificate suppresses reminders.
    """
    status = _status(request, seen)
    if certificate and certificate.key_sha256 != request.key_sha256:
        certificate = None  # a later version, of another request
    if status in MOVES[request.status]:
        return _ended(request, seen, status, now, certificate, action)
    if request.status is Status.IN_PROGRESS:
        return _in_progress(request, seen, now, action, reminder_delays, muted)
    return _ended_before(request, now, certificate, action)


def postpone(
    request: TrackedRequest, now: datetime, reason: str, retry_after: int
) -> TrackedRequest:
    """Postpones the next check after one that failed (throttled, time-out, 5xx) for `reason`;
    `retry_after` is in seconds.
    """
    attempts = request.attempts + 1
    return replace(
        request,
        attempts=attempts,
        last_error=reason,
        next_check=now + pause_after(attempts, retry_after),
    )


def _status(request: TrackedRequest, seen: Operation | NotPending) -> Status:
    if isinstance(seen, NotPending):
        return Status.OVERWRITTEN if seen.replaced_by else Status.DELETED
    if seen.request_id != request.request_id:
        return Status.OVERWRITTEN
    return seen.status


def _replaced_by(request: TrackedRequest, seen: Operation | NotPending) -> str | None:
    if isinstance(seen, NotPending):
        return seen.replaced_by
    return seen.request_id if seen.request_id != request.request_id else None


def _ended(
    request: TrackedRequest,
    seen: Operation | NotPending,
    status: Status,
    now: datetime,
    certificate: CertificateVersion | None,
    doing: Action | None,
) -> Change:
    """The request has come to its end, or from a failed or cancelled one to its completion."""
    operation = seen if isinstance(seen, Operation) else None
    ended = replace(
        request,
        status=status,
        ended=now,
        next_check=None,
        attempts=0,
        last_error=None,
        error_code=operation.error_code if operation else None,
        error_message=shortened(operation.error_message, MAX_MESSAGE) if operation else None,
        replaced_by=_replaced_by(request, seen),
        # A run that merges a chain keeps its claim until it has recorded the merge itself.
        merging=None if doing else request.merging,
        merging_until=None,
        remind_at=None,
    )
    if status is Status.COMPLETED and certificate:
        ended = replace(ended, version=certificate.version, not_after=certificate.not_after)
    event = request_event(end_told(request, ended, now, doing), ended, now)
    action = doing or Action("observed", CHECK)
    act = history_line(request.request_id, status, action, now, certificate)
    return Change(ended, (event,), (act,))


def _ended_before(
    request: TrackedRequest,
    now: datetime,
    certificate: CertificateVersion | None,
    action: Action | None,
) -> Change:
    """The request has ended before, and what is seen is no further move of it."""
    acts: tuple[HistoryEntry, ...] = ()
    if action and not _is_recorded(request, action):
        acts = (history_line(request.request_id, request.status, action, now, certificate),)
    merging = None if action else request.merging
    same = replace(request, attempts=0, last_error=None, next_check=None, merging=merging)
    return Change(same, history=acts)


def _is_recorded(request: TrackedRequest, action: Action) -> bool:
    """Whether the history has this merge already: another run for the same file was faster."""
    return (
        action.what == "merged" and request.status is Status.COMPLETED and request.merging is None
    )


def _in_progress(
    request: TrackedRequest,
    seen: Operation | NotPending,
    now: datetime,
    action: Action | None,
    reminder_delays: ReminderDelays,
    muted: datetime | None,
) -> Change:
    """The request is still in progress: a reminder if one is due, and the time of the next
    check.
    """
    reminded = remind_if_due(request, seen, now, reminder_delays, muted)
    asked = Change(reminded.request)
    if action and action.what == "cancelled":
        asked = _cancelling(reminded.request, action, now)
    look = next_check_at(request.created, request.request_id, now, manual=is_manual(request.issuer))
    if action:  # whoever acted waits for the result
        look = min(look, now + AFTER_AN_ACTION)
    next_check = soonest(look, asked.request.remind_at)
    same = replace(asked.request, attempts=0, last_error=None, next_check=next_check)
    acts = (history_line(request.request_id, request.status, action, now),) if action else ()
    return Change(same, (*reminded.events, *asked.events), (*acts, *reminded.history))


def _cancelling(request: TrackedRequest, action: Action, now: datetime) -> Change:
    """A caller has asked for cancellation. The owner is told at once where no issuer works on the
    request: there Key Vault only records the wish, and it is not known whether the status ever
    changes. An issuer's answer comes within seconds.
    """
    if request.cancel_asked:
        return Change(request)
    asked = replace(request, cancel_asked=now, cancel_asked_by=action.by)
    if not is_manual(request.issuer):
        return Change(asked)
    caused_by = caller_of(action.by)
    told = Cancelling(
        **request_fields(asked, caused_by=caused_by),
        by=action.by.shown,
        actor=who(action.by),
    )
    return Change(asked, (request_event(told, asked, now),))
