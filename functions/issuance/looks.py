"""A look that is due: what it is about, and all that it needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.issuance.requests import TrackedRequest


@dataclass(frozen=True, slots=True)
class Look:
    """A due mark: something to look at, at `at` (UTC): a tracked request, or an intent.

    It holds what a look at a request needs, so that one that finds nothing new reads no row and writes one mark.
    """

    vault: str
    name: str
    at: datetime
    request_id: str | None = None
    intent_id: str | None = None
    issuer: str = ""
    created: datetime | None = None
    remind_at: datetime | None = None
    quiet_until: datetime | None = None
    attempts: int = 0
    error: str | None = None


def look_for(request: TrackedRequest) -> Look:
    """What a request's due mark holds."""
    return Look(
        vault=request.vault,
        name=request.name,
        at=request.next_check or request.created,
        request_id=request.request_id,
        issuer=request.issuer,
        created=request.created,
        remind_at=request.remind_at,
        quiet_until=request.quiet_until,
        attempts=request.attempts,
        error=request.last_error,
    )
