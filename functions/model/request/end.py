"""The event that tells of the end of a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from functions.model.events.ends import (
    Cancelled,
    Completed,
    Deleted,
    Ended,
    Failed,
    Overwritten,
    WentBefore,
)
from functions.model.events.fields import Error
from functions.model.request.actor import Actor, ActorKind, caller_of
from functions.model.request.history import Action
from functions.model.request.operation import Status
from functions.model.request.request_event import request_fields, who
from functions.model.request.tracked import TrackedRequest, starter_of

# The actions by which a caller ends a request, also one that somebody else started.
END_ACTIONS = {"cancelled", "deleted", "replaced"}
# The event of each end, but for Completed and Overwritten, which have more fields.
OTHER_ENDS: Mapping[Status, type[Ended]] = {
    Status.FAILED: Failed,
    Status.CANCELLED: Cancelled,
    Status.DELETED: Deleted,
}


def end_told(
    request: TrackedRequest, ended: TrackedRequest, now: datetime, action: Action | None
) -> Ended:
    """What the event of an end says. `request` is the request before its end, `ended` after it;
    `action` is the action that ended it, if one did.
    """
    caller = caller_of(action.by) if action and action.what in END_ACTIONS else starter_of(request)
    error = Error(code=ended.error_code, message=ended.error_message) if ended.error_code else None
    by = _ended_by(request, ended.status, action)
    fields = request_fields(ended, caused_by=caller) | {
        "took": int((now - ended.created).total_seconds()),
        "error": error,
        "by": _name_of_caller(by),
        "actor": who(by),
    }
    if ended.status is Status.COMPLETED:
        return Completed(
            **fields,
            version=ended.version,
            not_after=ended.not_after.isoformat() if ended.not_after else None,
            warnings=(action.warnings or None) if action else None,
            went_before=_went_before(request),
        )
    if ended.status is Status.OVERWRITTEN:
        return Overwritten(**fields, replaced_by=ended.replaced_by or "")
    return OTHER_ENDS[ended.status](**fields)


def _ended_by(request: TrackedRequest, status: Status, action: Action | None) -> Actor | None:
    """Who ended the request; None if Key Vault or an issuer did."""
    if action:
        return action.by
    return request.cancel_asked_by if status is Status.CANCELLED else None


def _name_of_caller(by: Actor | None) -> str | None:
    """The name of who ended a request; None if no caller did."""
    return by.shown if by and by.kind is not ActorKind.SYSTEM else None


def _went_before(request: TrackedRequest) -> WentBefore | None:
    """What a completion supersedes: an end of which an event told already, or the wish of a caller
    to cancel the request.
    """
    if request.status in {Status.FAILED, Status.CANCELLED} and request.ended:
        failed = request.status is Status.FAILED
        return WentBefore(status="failed" if failed else "cancelled", at=request.ended.isoformat())
    if request.cancel_asked is None:
        return None
    by = request.cancel_asked_by
    return WentBefore(
        status="cancelling",
        at=request.cancel_asked.isoformat(),
        by=by.shown if by else None,
        actor=who(by),
    )
