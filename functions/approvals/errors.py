"""The errors of approvals: each says what is in the way, and what to do."""

from __future__ import annotations

from functions.model.approval.record import Approval, ApprovalState
from functions.model.errors import CertflowError, Forbidden, Refused
from functions.model.humanize import moment

CONFLICT = 409
# What became of an approval, as the middle of a sentence.
BECAME = {
    ApprovalState.APPROVED: "was approved already, and its request is being started",
    ApprovalState.STARTED: "was approved already, and its request was started",
    ApprovalState.FAILED: "was approved already, and its request could not be started",
    ApprovalState.REFUSED: "was refused already",
    ApprovalState.EXPIRED: "has expired: nobody decided it in time",
    ApprovalState.WITHDRAWN: "was withdrawn",
}
ASK_AGAIN = "Whoever still needs the certificate asks for it again."


class UnknownApproval(CertflowError):
    """There is no approval with this id, or none that the caller may see."""

    code = "ApprovalNotFound"

    def __init__(self) -> None:
        super().__init__(
            "There is no approval with this id, or you may not see it. GET approvals lists those "
            "that you may see."
        )


def conflict(reason: str, message: str, *, request_id: str | None = None) -> Refused:
    """The error of an act that the state of an approval does not let happen."""
    return Refused(CONFLICT, "Conflict", message, reason=reason, request_id=request_id)


def decided_error(approval: Approval) -> Refused:
    """The error of an act on an approval that is not open any more."""
    next_step = ASK_AGAIN
    if approval.state in {ApprovalState.APPROVED, ApprovalState.STARTED}:
        next_step = "There is nothing left to decide."
    return conflict(
        approval.state.value,
        f"This {BECAME[approval.state]}. {next_step}",
        request_id=approval.request_id,
    )


def waits_already(approval: Approval, *, is_seen: bool) -> Refused:
    """The error of a create while another one for the same name waits; whoever may not see that is
    told nothing of it.
    """
    if not is_seen:
        return conflict(
            "approval-pending",
            f"Another request for {approval.name} waits for approval. Wait for its end, then ask "
            "again.",
        )
    return conflict(
        "approval-pending",
        f"Another request for {approval.name} waits for approval until "
        f"{moment(approval.expires.isoformat())} (GET approvals/{approval.id}). Wait for its end, "
        f"or withdraw it (POST approvals/{approval.id}/withdraw), then ask again.",
    )


def too_many(message: str) -> Forbidden:
    """The error of asking for more approvals than one caller can have."""
    return Forbidden(message, "too-many-approvals")
