"""A tracked request: what Key Vault last said of it, and the one function that applies what Key Vault says now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from functions.issuance.certificate import load
from functions.issuance.describe import describe, printed
from functions.issuance.events import ISSUANCE, Event
from functions.issuance.keys import sha1_of
from functions.issuance.phrases import moment
from functions.issuance.timing import AFTER_AN_ACT, PATIENCE, REMINDERS, Patience, next_look, pause_after, soonest


class Status(StrEnum):
    """Key Vault's four states of a pending operation (spelling: protocol §1), and the two that it answers with 404."""

    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    OVERWRITTEN = "overwritten"


# What may follow what (protocol §5). A failed or cancelled request is completed by merging a chain got out of band.
MOVES: dict[Status, frozenset[Status]] = {
    Status.IN_PROGRESS: frozenset(Status) - {Status.IN_PROGRESS},
    Status.FAILED: frozenset({Status.COMPLETED}),
    Status.CANCELLED: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.DELETED: frozenset(),
    Status.OVERWRITTEN: frozenset(),
}

TAG_HOLDS = timedelta(days=1)  # until a tag that mutes is asked for again
TRIFLE = timedelta(microseconds=1)
# Characters of an issuer's message, and of a CSR's subject. The message stands twice in a notice that waits, which is
# one property of a table row (32,768), and what has to be escaped there is up to six times as long.
MOST_MESSAGE, MOST_SUBJECT = 2000, 500
ENDS = {"cancelled", "deleted", "replaced"}  # the acts by which callers end requests, anybody's
MOST_WARNINGS, MOST_WARNING = 10, 1000  # in a line of the history, which is one property, too; characters of each
MERGEABLE = frozenset(status for status, then in MOVES.items() if Status.COMPLETED in then)


def is_manual(issuer: str) -> bool:
    """Whether an issuer's name means that there is none (protocol §3), in any case."""
    return issuer.lower() == "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """A pending certificate operation as Key Vault answers it. `csr` is DER."""

    request_id: str
    status: Status
    issuer: str
    csr: bytes
    error_code: str | None = None
    error_message: str | None = None
    cancellation_requested: bool = False

    @property
    def manual(self) -> bool:
        """True if no issuer works on it: a person or a CA outside signs the CSR, and the chain is merged."""
        return is_manual(self.issuer)


@dataclass(frozen=True, slots=True)
class Gone:
    """Key Vault knows the request no more. `replaced_by` is the request that stands there instead, if one does."""

    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class CertificateVersion:
    """A certificate version that is complete. `der` is the leaf, `key_sha256` the SHA-256 (hex) of its SPKI."""

    version: str
    der: bytes
    key_sha256: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked. `verified` only if App Service authentication says so, or if it is Certflow itself; otherwise it is
    what the caller said.
    """

    name: str | None = None
    verified: bool = False


NOBODY = Actor()  # a timer or an event, not a caller
ITSELF = Actor("certflow-renew", verified=True)  # Certflow, because a tag asks for the next version
UNVERIFIED = "unverified"  # all callers whose names can be typed are one, or each call could name another


class Origin(StrEnum):
    """Where a request comes from. No caller can set it: it follows from the code that started or found the request."""

    CALLER = "caller"  # started over the API
    RENEWAL = "renewal"  # started by Certflow itself, because a tag asks for the next version
    FOUND = "found"  # started elsewhere and found in Key Vault


def caller_of(by: Actor) -> str | None:
    """By which name what a caller causes is limited; None for Certflow itself."""
    if by == ITSELF:
        return None
    return by.name.lower() if by.verified and by.name else UNVERIFIED


@dataclass(frozen=True, slots=True)
class Act:
    """One line of a certificate's history: something was done (`created`, `adopted`, `replaced`, `cancelled`,
    `deleted`, `merged`, `acknowledged`), an end that Key Vault came to by itself was `observed`, its owner was
    `reminded` or, by a tag, not (`muted`). `note` says more, where there is more to say. Of a completion `certificate`
    is the version that is there now (`_shown`), `file` the name and SHA-256 of the file that was merged, if it was one,
    and `warnings` are the sentences that its owner heard.
    """

    what: str
    at: datetime
    request_id: str
    status: Status
    by: Actor = NOBODY
    note: str | None = None
    certificate: Mapping[str, str] | None = None
    file: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackedRequest:
    """One request for a certificate, from its start to its end. Times are UTC.

    `vault` is the alias; `key_sha256` the SHA-256 (hex) of the CSR's SubjectPublicKeyInfo; `next_check` is None once
    there is nothing left to watch; `merging` names what is being merged, and until when others wait for it;
    `replaced_by` is the request that took its place. `reminded` counts the reminders, the next is due at `remind_at`
    (None: no more); whoever acknowledged the request wants none until `quiet_until`. `cancel_asked` is when a caller
    asked for its cancellation, `cancel_asked_by` who. `names` are the CSR's alternative names, the first of them, with
    blanks between them; `signer` is who has the CSR signed, where the caller or a tag names somebody. `origin` is None
    in rows that were written before there was one; `renews` is the thumbprint of the version that a renewal of ours
    replaces.
    """

    vault: str
    name: str
    request_id: str
    issuer: str
    subject: str
    key_sha256: str
    created: datetime
    next_check: datetime | None = None
    owner: str | None = None
    requested_by: str | None = None
    requested_by_verified: bool = False
    csr_url: str | None = None
    status: Status = Status.IN_PROGRESS
    attempts: int = 0
    last_error: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    version: str | None = None
    not_after: datetime | None = None
    ended: datetime | None = None
    replaced_by: str | None = None
    merging: str | None = None
    merging_until: datetime | None = None
    reminded: int = 0
    remind_at: datetime | None = None
    quiet_until: datetime | None = None
    quiet_why: str | None = None
    cancel_asked: datetime | None = None
    cancel_asked_by: str | None = None
    names: str = ""
    signer: str | None = None
    origin: Origin | None = None
    renews: str | None = None
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What an observation or an act makes of a request: its new form, the domain events, lines for the history."""

    request: TrackedRequest
    events: tuple[Event, ...] = ()
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Doing:
    """What a caller does to a request, for its history: one of the acts, and by whom.

    `warnings` are sentences that its owner should hear with the outcome; `file` is as in Act.
    """

    what: str
    by: Actor
    warnings: tuple[str, ...] = ()
    file: Mapping[str, str] | None = None


def track(
    vault: str,
    name: str,
    operation: Operation,
    subject: str,
    key: str,
    owner: str | None,
    now: datetime,
    doing: Doing,
    csr_url: str | None = None,
    patience: Patience = PATIENCE,
    origin: Origin | None = None,
    renews: str | None = None,
    names: str = "",
    signer: str | None = None,
) -> Change:
    """A request that has just been created, or was found in Key Vault and is adopted: begin to watch it.

    `csr_url` is where its CSR was handed out: whoever signs it can hold its key against what is told another
    way than by storage, where a file could have been exchanged. The others are as in TrackedRequest.
    """
    remind_at = patience.reminder(now, 0, manual=operation.manual)
    look = next_look(now, operation.request_id, now, manual=operation.manual)
    request = TrackedRequest(
        vault=vault,
        name=name,
        request_id=operation.request_id,
        issuer=operation.issuer,
        subject=_cut(subject, MOST_SUBJECT) or "",
        key_sha256=key,
        created=now,
        next_check=soonest(look, remind_at),
        owner=owner,
        requested_by=doing.by.name,
        requested_by_verified=doing.by.verified,
        csr_url=csr_url,
        remind_at=remind_at,
        origin=origin,
        renews=renews,
        names=names,
        signer=signer,
    )
    event = request_event(
        "Started", request, now, csr_url=csr_url, key_sha256=key if csr_url else None, caused_by=_asked_by(request)
    )
    act = replace(_act(request, doing, now), note=f"SHA-256 of the CSR's key: {key}" if csr_url else None)
    return Change(request, (event,), (act,))


def observe(
    request: TrackedRequest,
    seen: Operation | Gone,
    now: datetime,
    certificate: CertificateVersion | None = None,
    doing: Doing | None = None,
    patience: Patience = PATIENCE,
    muted: datetime | None = None,
) -> Change:
    """Applies what Key Vault says now. Does no I/O; applied twice, the second time changes nothing but the next look.

    `certificate` is the current version, given when `seen` is completed. `doing` is the act of ours that came before;
    without one, an end is one that we observed. `muted`: until when a tag of the certificate wants no reminders.
    """
    status = _status(request, seen)
    if certificate and certificate.key_sha256 != request.key_sha256:  # a later version, which did not come of it
        certificate = None
    if status not in MOVES[request.status]:
        # Ended, and what is seen is no further move of it; or nothing new.
        acts = (_act(request, doing, now, certificate),) if doing and not _written(request, doing) else ()
        if request.status is not Status.IN_PROGRESS:
            merging = None if doing else request.merging
            return Change(replace(request, attempts=0, last_error=None, next_check=None, merging=merging), acts=acts)
        change = _reminded(request, seen, now, patience, muted)
        asked = (
            _cancelling(change.request, doing, now) if doing and doing.what == "cancelled" else Change(change.request)
        )
        look = next_look(request.created, request.request_id, now, manual=is_manual(request.issuer))
        if doing:  # what came of it is wanted to be known
            look = min(look, now + AFTER_AN_ACT)
        same = replace(asked.request, attempts=0, last_error=None, next_check=soonest(look, asked.request.remind_at))
        return Change(same, (*change.events, *asked.events), (*acts, *change.acts))
    ended = replace(
        request,
        status=status,
        ended=now,
        next_check=None,
        attempts=0,
        last_error=None,
        error_code=seen.error_code if isinstance(seen, Operation) else None,
        error_message=_cut(seen.error_message, MOST_MESSAGE) if isinstance(seen, Operation) else None,
        replaced_by=_replaced_by(request, seen),
        merging=None if doing else request.merging,  # the run that merges has still to write that down
        merging_until=None,
        remind_at=None,
    )
    if status is Status.COMPLETED and certificate:
        ended = replace(ended, version=certificate.version, not_after=certificate.not_after)
    caller = caller_of(doing.by) if doing and doing.what in ENDS else _asked_by(request)
    event = request_event(
        status.value.capitalize(),
        ended,
        now,
        replaced_by=ended.replaced_by,
        warnings=list(doing.warnings) if doing and doing.warnings else None,
        by=_by(request, status, doing),
        went_before=_went_before(request) if status is Status.COMPLETED else None,
        caused_by=caller,
    )
    return Change(ended, (event,), (_act(ended, doing or Doing("observed", NOBODY), now, certificate),))


def _cancelling(request: TrackedRequest, doing: Doing, now: datetime) -> Change:
    """A caller has asked for cancellation. The owner hears of that at once where no issuer works on the request: there
    Key Vault notes the wish, and nothing is known to come of it. An issuer's answer comes within seconds.
    """
    if request.cancel_asked:
        return Change(request)
    asked = replace(request, cancel_asked=now, cancel_asked_by=doing.by.name)
    if not is_manual(request.issuer):
        return Change(asked)
    return Change(asked, (request_event("Cancelling", asked, now, by=doing.by.name, caused_by=caller_of(doing.by)),))


def _by(request: TrackedRequest, status: Status, doing: Doing | None) -> str | None:
    """Who brought an end about, as the history has it; None if Key Vault or an issuer came to it by itself."""
    if doing:
        return doing.by.name
    return request.cancel_asked_by if status is Status.CANCELLED else None


def _went_before(request: TrackedRequest) -> dict[str, str] | None:
    """What its completion has overtaken: an end that was told already, or that somebody did not want it any more."""
    if request.status is not Status.IN_PROGRESS and request.ended:
        return {"status": request.status.value, "at": request.ended.isoformat()}
    if request.cancel_asked is None:
        return None
    by = {"by": request.cancel_asked_by} if request.cancel_asked_by else {}
    return {"status": "cancelling", "at": request.cancel_asked.isoformat(), **by}


def request_event(what: str, request: TrackedRequest, now: datetime, **more: Any) -> Event:
    """The event `Certflow.Issuance.{what}` of a request."""
    data: dict[str, Any] = {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "issuer": request.issuer,
        "subject": request.subject,
        "names": request.names.split() or None,
        "owner": request.owner,
        "signer": request.signer,
        "requested_by": request.requested_by,
        "origin": request.origin.value if request.origin else None,
        "status": request.status.value,
        "created": request.created.isoformat(),
    }
    if request.ended:
        data["took"] = int((request.ended - request.created).total_seconds())
    if request.error_code:
        data["error"] = {"code": request.error_code, "message": request.error_message}
    if request.version:
        data["version"] = request.version
    if request.not_after:
        data["not_after"] = request.not_after.isoformat()
    return Event(
        id=f"{request.vault}:{request.name.lower()}:{request.request_id}:{what.lower()}",
        type=f"{ISSUANCE}{what}",
        subject=f"vaults/{request.vault}/certificates/{request.name}",
        time=now,
        vault=request.vault,
        name=request.name,
        data={key: value for key, value in (data | more).items() if value is not None},
    )


def _asked_by(request: TrackedRequest) -> str | None:
    """The caller that started a request, if one did."""
    by = Actor(request.requested_by, request.requested_by_verified)
    return caller_of(by) if request.origin is Origin.CALLER else None


def put_off(request: TrackedRequest, now: datetime, reason: str, retry_after: int) -> TrackedRequest:
    """The look failed (throttled, time-out, 5xx): the next one later."""
    attempts = request.attempts + 1
    return replace(request, attempts=attempts, last_error=reason, next_check=now + pause_after(attempts, retry_after))


def is_reminder_due(request: TrackedRequest, now: datetime) -> bool:
    """Whether the next look, if it finds the request still in progress, reminds its owner."""
    return request.remind_at is not None and request.remind_at <= now


def acknowledged(request: TrackedRequest, until: datetime, why: str, by: Actor, now: datetime) -> Change:
    """Somebody knows of it: no reminders until then, and its owner hears of that, each time that it is put off. Its
    next look moves a trifle, so that a sweep that has the mark as it was does not write that back.
    """
    again = request.next_check + TRIFLE if request.next_check else None
    quiet = replace(request, quiet_until=until, quiet_why=why, next_check=again)
    event = request_event(
        "Acknowledged",
        quiet,
        now,
        until=until.astimezone(UTC).isoformat(),
        why=why,
        acknowledged_by=by.name,
        caused_by=caller_of(by),
    )
    act = Act("acknowledged", now, request.request_id, request.status, by, f"until {moment(until)}: {why}")
    if (request.quiet_until, request.quiet_why) == (until, why):  # said again, and it changes nothing
        return Change(quiet, acts=(act,))
    # Put off, taken back and put off again in the same words are three things: so the time belongs to the id.
    which = hashlib.sha256(f"{until.isoformat()} {by.name} {why} {now.isoformat()}".encode()).hexdigest()[:16]
    return Change(quiet, (replace(event, id=f"{event.id}:{which}"),), (act,))


def _reminded(
    request: TrackedRequest, seen: Operation | Gone, now: datetime, patience: Patience, muted: datetime | None
) -> Change:
    """Whoever is to act hears that the request is still pending, unless they asked for quiet."""
    if not is_reminder_due(request, now):
        return Change(request)
    quiet = max((until for until in (request.quiet_until, muted) if until and until > now), default=None)
    count, manual = request.reminded + 1, is_manual(request.issuer)
    if quiet is not None:
        # An acknowledgement ends when it says; a tag may be taken away any day, and nobody tells us.
        again = quiet if quiet == request.quiet_until else min(quiet, now + TAG_HOLDS)
        held = request.remind_at == patience.reminder(request.created, request.reminded, manual=manual)
        acts = (Act("muted", now, request.request_id, request.status, note="by a tag"),) if muted and held else ()
        return Change(replace(request, remind_at=again), acts=acts)
    told = replace(request, reminded=count, remind_at=patience.reminder(request.created, count, manual=manual))
    if told.remind_at and told.remind_at <= now:  # after a long quiet: one reminder, not all that were held back
        told = replace(told, remind_at=patience.reminder(now, 0, manual=manual))
    cancelling = isinstance(seen, Operation) and seen.cancellation_requested
    event = request_event(
        "Stalled",
        told,
        now,
        reminder=count,
        escalated=count == len(REMINDERS),
        cancellation_requested=cancelling or None,
        csr_url=request.csr_url,
        key_sha256=request.key_sha256 if request.csr_url else None,
        age=int((now - request.created).total_seconds()),
    )
    event = replace(event, id=f"{event.id}:{count}")
    return Change(told, (event,), (Act("reminded", now, request.request_id, request.status, note=f"reminder {count}"),))


def _status(request: TrackedRequest, seen: Operation | Gone) -> Status:
    if isinstance(seen, Gone):
        return Status.OVERWRITTEN if seen.replaced_by else Status.DELETED
    if seen.request_id != request.request_id:
        return Status.OVERWRITTEN
    return seen.status


def _replaced_by(request: TrackedRequest, seen: Operation | Gone) -> str | None:
    if isinstance(seen, Gone):
        return seen.replaced_by
    return seen.request_id if seen.request_id != request.request_id else None


def _cut(text: str | None, most: int) -> str | None:
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"


def _written(request: TrackedRequest, doing: Doing) -> bool:
    """Whether the history has this merge already: another run of the same drop was faster."""
    return doing.what == "merged" and request.status is Status.COMPLETED and request.merging is None


def _act(request: TrackedRequest, doing: Doing, now: datetime, certificate: CertificateVersion | None = None) -> Act:
    return Act(
        doing.what,
        now,
        request.request_id,
        request.status,
        doing.by,
        certificate=_shown(certificate) if certificate and request.status is Status.COMPLETED else None,
        file=doing.file,
        warnings=tuple(printed(one, MOST_WARNING) for one in doing.warnings[:MOST_WARNINGS]),
    )


def _shown(certificate: CertificateVersion) -> dict[str, str]:
    """What an auditor asks of a version: which it is in Key Vault, and what its certificate says."""
    leaf = load(certificate.der)
    return {"version": certificate.version, "thumbprint": sha1_of(certificate.der), **describe(leaf)}
