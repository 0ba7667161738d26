"""What to do about a request now: one code of a closed list, with the values for its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from functions.model.issuers import is_manual
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest

SELF_SIGNED = "self"  # the issuer that is Key Vault itself (protocol §3), in lower case


class NextStep(StrEnum):
    """What to do now.

    `sign-csr`: have the CSR signed, and return the chain; `wait-for-issuer`, `wait-for-key-vault`:
    nothing, it is being issued; `ask-issuer`: it takes unusually long; `wait-for-cancel`: the
    issuer was asked to stop; `delete-or-sign`: the same where there is no issuer that could stop;
    `look-at-error`: it failed; `nothing-to-do`: it is completed; `see-current`: another request
    took its place; `start-again`: it was cancelled or deleted.
    """

    SIGN_CSR = "sign-csr"
    WAIT_FOR_ISSUER = "wait-for-issuer"
    WAIT_FOR_KEY_VAULT = "wait-for-key-vault"
    ASK_ISSUER = "ask-issuer"
    WAIT_FOR_CANCEL = "wait-for-cancel"
    DELETE_OR_SIGN = "delete-or-sign"
    LOOK_AT_ERROR = "look-at-error"
    NOTHING_TO_DO = "nothing-to-do"
    SEE_CURRENT = "see-current"
    START_AGAIN = "start-again"


@dataclass(frozen=True, slots=True)
class WhatNow:
    """The next step, and the values for its sentence: texts, and times in ISO 8601."""

    step: NextStep
    values: Mapping[str, str]


def what_now(request: TrackedRequest, *, cancelling: bool = False) -> WhatNow:
    """What to do about a request now. A value that is not known is left out. `cancelling`: Key
    Vault has a wish to cancel it, which may be nobody's whom Certflow knows.
    """
    if request.status is Status.IN_PROGRESS:
        return _while_cancelling(request) if cancelling else _while_in_progress(request)
    ended = _time(request.ended) if request.has_dated_end else None
    match request.status:
        case Status.COMPLETED:
            until = _time(request.not_after)
            return _step(NextStep.NOTHING_TO_DO, version=request.version, not_after=until)
        case Status.FAILED:
            code, message = request.error_code, request.error_message
            return _step(NextStep.LOOK_AT_ERROR, code=code, message=message, at=ended)
        case Status.OVERWRITTEN:
            return _step(NextStep.SEE_CURRENT, request_id=request.replaced_by, at=ended)
        case _:
            return _step(NextStep.START_AGAIN, at=ended)


def _while_cancelling(request: TrackedRequest) -> WhatNow:
    by, at = request.cancel_asked_by, _time(request.cancel_asked)
    manual = is_manual(request.issuer)
    step = NextStep.DELETE_OR_SIGN if manual else NextStep.WAIT_FOR_CANCEL
    return _step(step, issuer=request.issuer, at=at, by=by.shown if by else None)


def _while_in_progress(request: TrackedRequest) -> WhatNow:
    issuer, since = request.issuer, _time(request.created)
    if is_manual(issuer):
        return _step(NextStep.SIGN_CSR, signer=request.signer, since=since)
    if request.reminded:
        return _step(NextStep.ASK_ISSUER, issuer=issuer, since=since)
    myself = issuer.lower() == SELF_SIGNED
    step = NextStep.WAIT_FOR_KEY_VAULT if myself else NextStep.WAIT_FOR_ISSUER
    return _step(step, issuer=issuer, since=since, next_check=_time(request.next_check))


def _step(step: NextStep, **values: str | None) -> WhatNow:
    return WhatNow(step, {key: value for key, value in values.items() if value})


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
