"""The due mark, a stored record: that a request or an intent is to be checked at some time, and all
that the check needs. model/timing.py computes the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.model.request.tracked import TrackedRequest


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A due mark: a tracked request or an intent that is to be checked at `at` (UTC).

    It holds what a check of a request needs: a check that finds nothing new reads no row of the
    request, and writes one due mark.
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


def due_check_of(request: TrackedRequest) -> DueCheck:
    """The due mark of a request."""
    return DueCheck(
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
