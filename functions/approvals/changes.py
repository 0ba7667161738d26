"""The changes of an approval, each with what people are told and what the history has of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from functions.model.approval.facts import facts_of_approval
from functions.model.approval.record import Approval, ApprovalState, Decided, Given
from functions.model.events.approvals.approval import ApprovalEvent, AskedFor, Yes
from functions.model.events.approvals.asked import ApprovalAsked, ApprovalReminded, Difference
from functions.model.events.approvals.decided import (
    ApprovalExpired,
    ApprovalFailed,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalWithdrawn,
)
from functions.model.events.event import Event, EventFields
from functions.model.events.fields import Who
from functions.model.request.actor import CHECK, Actor, caller_of
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.request_event import who
from functions.ports.approvals.store import ApprovalChange
from functions.x509.describe import printed

# The event is one property of a table row, which takes 32,768 characters.
MAX_TOLD_NAMES, MAX_TOLD_FIELDS, MAX_TOLD_LETTERS = 20, 12, 500


def asked(approval: Approval) -> ApprovalChange:
    """It waits from now on. The access file that asks for it has judged it."""
    told = ApprovalAsked(
        **_fields(approval), to=approval.tell or None, difference=_difference_of(approval)
    )
    change = _change(None, approval, "asked", approval.asked, approval.asked_by, told)
    (line,) = change.history
    return replace(change, history=(replace(line, access=approval.sha256 or None),))


def reminded(approval: Approval, now: datetime) -> ApprovalChange:
    """Nobody has decided for some days."""
    changed = replace(approval, reminded=now)
    told = ApprovalReminded(
        **_fields(changed), to=changed.tell or None, difference=_difference_of(changed)
    )
    return ApprovalChange(changed, (_event(changed, told, now),))


def said_yes(approval: Approval, given: Given, needs: frozenset[int]) -> ApprovalChange:
    """Somebody has said yes for the conditions with these numbers. With the last yes that it takes
    it is approved.
    """
    counted = tuple(
        replace(one, given=(*one.given, given)) if number in needs else one
        for number, one in enumerate(approval.needs)
    )
    changed = replace(approval, needs=counted)
    if not changed.is_met:
        return _change(approval, changed, "approved", given.at, given.by)
    changed = replace(changed, state=ApprovalState.APPROVED, decided=Decided(given.at, given.by))
    told = ApprovalGiven(**_fields(changed), by=given.by.shown, actor=_who(given.by))
    return _change(approval, changed, "approved", given.at, given.by, told)


def started(approval: Approval, request_id: str, now: datetime) -> ApprovalChange:
    """Its request was started. The event of that is the request's own."""
    changed = replace(approval, state=ApprovalState.STARTED, request_id=request_id)
    return _change(approval, changed, "started", now, approval.asked_by)


def failed(approval: Approval, error: str, now: datetime) -> ApprovalChange:
    """Its request cannot be started."""
    sentence = printed(error, MAX_TOLD_LETTERS)
    changed = replace(approval, state=ApprovalState.FAILED, error=sentence)
    told = ApprovalFailed(**_fields(changed), error=sentence)
    return _change(approval, changed, "failed", now, CHECK, told, note=sentence)


def refused(approval: Approval, by: Actor, reason: str, now: datetime) -> ApprovalChange:
    """Somebody who may approve it has said no."""
    changed = _decided(approval, ApprovalState.REFUSED, Decided(now, by, reason))
    told = ApprovalRefused(**_fields(changed), by=by.shown, actor=_who(by), reason=reason)
    return _change(approval, changed, "refused", now, by, told, note=reason)


def withdrawn(approval: Approval, by: Actor, reason: str | None, now: datetime) -> ApprovalChange:
    """It is not wanted any more."""
    changed = _decided(approval, ApprovalState.WITHDRAWN, Decided(now, by, reason))
    told = ApprovalWithdrawn(**_fields(changed), by=by.shown, actor=_who(by), reason=reason)
    return _change(approval, changed, "withdrawn", now, by, told, note=reason)


def expired(approval: Approval) -> ApprovalChange:
    """Nobody has decided in time. It counts from the moment until which that was possible."""
    changed = _decided(approval, ApprovalState.EXPIRED, Decided(approval.expires, CHECK))
    told = ApprovalExpired(**_fields(changed))
    return _change(approval, changed, "expired", approval.expires, CHECK, told)


def _decided(approval: Approval, state: ApprovalState, decided: Decided) -> Approval:
    return replace(approval, state=state, decided=decided)


def _change(
    known: Approval | None,
    approval: Approval,
    what: str,
    at: datetime,
    by: Actor,
    told: ApprovalEvent | None = None,
    *,
    note: str | None = None,
) -> ApprovalChange:
    line = HistoryEntry(
        what,
        at,
        approval.request_id or "",
        Status.IN_PROGRESS,
        by,
        note=note,
        approval=approval.id,
        before=facts_of_approval(known) if known else None,
        after=facts_of_approval(approval),
    )
    return ApprovalChange(approval, (_event(approval, told, at),) if told else (), (line,))


def _event(approval: Approval, told: ApprovalEvent, at: datetime) -> Event:
    word = told.what_happened()
    return told.event(
        f"approval:{approval.id}:{word}",
        f"vaults/{approval.vault}/certificates/{approval.name}",
        at,
        vault=approval.vault,
        name=approval.name,
    )


def _fields(approval: Approval) -> EventFields:
    by = approval.asked_by
    return {
        "approval": approval.id,
        "vault": approval.vault,
        "name": approval.name,
        "of": approval.of.value,
        "digest": approval.digest,
        "issuer": str(approval.policy["issuer"]),
        "names": _told_names(approval) or None,
        "name_count": len(approval.names) or None,
        "owner": approval.owner,
        "requested_by": by.shown,
        "requester": _who(by),
        "caused_by": caller_of(by),
        "request_id": approval.request_id,
        "asked": approval.asked.isoformat(),
        "expires": approval.expires.isoformat(),
        "needs": tuple(
            AskedFor(
                approvals=one.approvals,
                by=one.by,
                given=tuple(Yes(by=_who(yes.by), at=yes.at.isoformat()) for yes in one.given),
            )
            for one in approval.needs
        ),
    }


def _told_names(approval: Approval) -> tuple[str, ...]:
    """The first names, wildcards before others: they are what conditions are about."""
    names = sorted(approval.names, key=lambda one: not one.startswith("*"))
    return tuple(names[:MAX_TOLD_NAMES])


def _difference_of(approval: Approval) -> tuple[Difference, ...] | None:
    changed = list((approval.difference or {}).items())[:MAX_TOLD_FIELDS]
    return (
        tuple(
            Difference(field=name, before=_shown(before), after=_shown(after))
            for name, (before, after) in changed
        )
        or None
    )


def _who(actor: Actor) -> Who:
    found = who(actor)
    assert found is not None, "an actor is somebody"  # noqa: S101
    return found


def _shown(value: object) -> str:
    """A value of a field as people read it."""
    if isinstance(value, dict):
        return printed(", ".join(str(one) for some in value.values() for one in some))
    if isinstance(value, list | tuple):
        return printed(", ".join(map(str, value)))
    return printed(str(value))
