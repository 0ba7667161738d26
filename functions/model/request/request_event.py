"""The event that tells of a change of a request: the fields that all such events share."""

from __future__ import annotations

from datetime import datetime

from functions.model.events.event import Event, EventFields
from functions.model.events.fields import Who
from functions.model.events.request import Request
from functions.model.request.actor import Actor
from functions.model.request.tracked import TrackedRequest


def who(actor: Actor | None) -> Who | None:
    """An actor as events have it."""
    if actor is None:
        return None
    return Who(
        kind=actor.kind.value,
        name=actor.name,
        tid=actor.tid,
        oid=actor.oid,
        azp=actor.azp,
        on_behalf_of=actor.on_behalf_of,
    )


def request_fields(request: TrackedRequest, *, caused_by: str | None = None) -> EventFields:
    """The fields that every event of a request has. `caused_by` is the caller whose events are
    limited, as `caller_of` names it.
    """
    by = request.requested_by
    return {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "issuer": request.issuer,
        "subject": request.subject,
        "names": tuple(request.names.split()) or None,
        "owner": request.owner,
        "signer": request.signer,
        "requested_by": by.shown if by else None,
        "requester": who(by),
        "caused_by": caused_by,
        "origin": request.origin.value if request.origin else None,
        "status": request.status.value,
        "created": request.created.isoformat(),
    }


def request_event(told: Request, request: TrackedRequest, now: datetime, which: str = "") -> Event:
    """The event of a request. Its id is made of the request and the type; `which` is added where
    one request can have several events of the type.
    """
    return told.event(
        f"{request.vault}:{request.name.lower()}:{request.request_id}:{told.what_happened()}{which}",
        f"vaults/{request.vault}/certificates/{request.name}",
        now,
        vault=request.vault,
        name=request.name,
    )
