"""The state of a request for whoever works through a list of them: what it waits for, or how it
ended.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from functions.model.issuers import is_manual
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest

CHECK_FAILED = "check-failed"  # the code of an error that is not the issuer's


class RequestState(StrEnum):
    """What a request waits for, or how it ended.

    `asked`: Key Vault has not answered the create yet; `in-progress`: an issuer works on it;
    `your-turn`: its CSR waits for a CA outside Key Vault, to which a person brings it; `stalled`:
    it is pending for so long that its owner was reminded; `cancelled`: it was cancelled, deleted or
    overwritten.
    """

    ASKED = "asked"
    IN_PROGRESS = "in-progress"
    YOUR_TURN = "your-turn"
    STALLED = "stalled"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"


ENDS = {Status.COMPLETED: RequestState.DONE, Status.FAILED: RequestState.FAILED}


def state_of(status: Status, issuer: str, reminded: int) -> RequestState:
    """The state of a request with this status at this issuer, after so many reminders."""
    if status is not Status.IN_PROGRESS:
        return ENDS.get(status, RequestState.CANCELLED)
    if reminded:
        return RequestState.STALLED
    return RequestState.YOUR_TURN if is_manual(issuer) else RequestState.IN_PROGRESS


def changed_at(request: TrackedRequest) -> datetime | None:
    """When the request ended, or else was asked to be cancelled (UTC); None if neither: of its
    other changes, such as reminders, the history alone has the times.
    """
    return request.ended or request.cancel_asked


def error_of(request: TrackedRequest) -> tuple[str | None, str | None]:
    """The code and the message of why a request failed, or of why its last check did."""
    if request.error_code:
        return request.error_code, request.error_message
    return (CHECK_FAILED, request.last_error) if request.last_error else (None, None)
