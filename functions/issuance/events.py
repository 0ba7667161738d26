"""Domain events: what happened, for the notifier and whoever else subscribes (CloudEvents 1.0 on the topic)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functions.issuance.requests import TrackedRequest

ISSUANCE = "Certflow.Issuance."
CHAIN_MERGED = "Certflow.Chain.Merged"
CHAIN_REJECTED = "Certflow.Chain.Rejected"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The id is deterministic, so that an event told twice can be recognised.

    `vault` and `name` say whose event it is, None for a drop that belongs to no request.
    """

    id: str
    type: str
    subject: str
    time: datetime
    vault: str | None = None
    name: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


def request_event(what: str, request: TrackedRequest, now: datetime, **more: Any) -> Event:
    """The event `Certflow.Issuance.{what}` of a request."""
    data: dict[str, Any] = {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "issuer": request.issuer,
        "subject": request.subject,
        "owner": request.owner,
        "requested_by": request.requested_by,
        "status": request.status.value,
        "created": request.created.isoformat(),
    }
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


def chain_event(
    type_: str, drop_id: str, now: datetime, report: dict[str, Any], request: TrackedRequest | None
) -> Event:
    """A dropped chain was merged or rejected. `report` is what lies beside the file."""
    return Event(
        id=f"drop:{drop_id}:{type_.rsplit('.', 1)[1].lower()}",
        type=type_,
        subject=f"chains/{drop_id}",
        time=now,
        vault=request.vault if request else None,
        name=request.name if request else None,
        data=report | ({"owner": request.owner} if request and request.owner else {}),
    )
