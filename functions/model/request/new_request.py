"""Tracking a request: the record and the event with which that begins."""

from __future__ import annotations

from datetime import datetime

from functions.model.events.requests import Started
from functions.model.request.actor import Actor, ActorKind, Origin
from functions.model.request.history import Action, history_line
from functions.model.request.operation import Operation
from functions.model.request.request_event import request_event, request_fields
from functions.model.request.tracked import Change, TrackedRequest, shortened, starter_of
from functions.model.timing import DEFAULT_REMINDER_DELAYS, ReminderDelays, next_check_at, soonest

MAX_SUBJECT = 500  # characters of a CSR's subject


def track(
    vault: str,
    name: str,
    operation: Operation,
    subject: str,
    key: str,
    owner: str | None,
    now: datetime,
    action: Action,
    csr_url: str | None = None,
    reminder_delays: ReminderDelays = DEFAULT_REMINDER_DELAYS,
    origin: Origin | None = None,
    renews: str | None = None,
    names: str = "",
    signer: str | None = None,
    approval: str | None = None,
) -> Change:
    """Begins to track a request that has just been created, or that was found in Key Vault and is
    adopted.

    `key` is the SHA-256 (hex) of the CSR's SubjectPublicKeyInfo. `csr_url` is where its CSR was
    published; the event and the history then name the key, too, so that whoever signs the CSR can
    compare the two, for others may write to that storage. The other parameters are as in
    TrackedRequest.
    """
    remind_at = reminder_delays.reminder(now, 0, manual=operation.manual)
    look = next_check_at(now, operation.request_id, now, manual=operation.manual)
    request = TrackedRequest(
        vault=vault,
        name=name,
        request_id=operation.request_id,
        issuer=operation.issuer,
        subject=shortened(subject, MAX_SUBJECT) or "",
        key_sha256=key,
        created=now,
        next_check=soonest(look, remind_at),
        owner=owner,
        requested_by=_requester(action),
        csr_url=csr_url,
        remind_at=remind_at,
        origin=origin,
        renews=renews,
        names=names,
        signer=signer,
        approval=approval,
    )
    return _started(request, action, now)


def _requester(action: Action) -> Actor | None:
    """Who asked for the request. Of one that Certflow only found, nobody knows that."""
    found = action.what == "adopted" and action.by.kind is ActorKind.SYSTEM
    return None if found else action.by


def _started(request: TrackedRequest, action: Action, now: datetime) -> Change:
    key = request.key_sha256
    told = Started(
        **request_fields(request, caused_by=starter_of(request)),
        csr_url=request.csr_url,
        key_sha256=key if request.csr_url else None,
    )
    note = f"SHA-256 of the CSR's key: {key}" if request.csr_url else None
    act = history_line(request.request_id, request.status, action, now, note=note)
    return Change(request, (request_event(told, request, now),), (act,))
