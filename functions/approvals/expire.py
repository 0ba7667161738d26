"""Approvals that nobody has decided in time: judged on the spot, and by the timer."""

from __future__ import annotations

from functions.app.contexts import ApprovalsContext
from functions.approvals.changes import expired
from functions.approvals.save import save_approval
from functions.model.approval.record import Approval, ApprovalState
from functions.model.errors import ConcurrentChange


async def expire_if_over(certflow: ApprovalsContext, approval: Approval) -> Approval:
    """The approval as it is now: expired, if it has waited too long. Raises Unavailable."""
    over = certflow.now() >= approval.expires
    if approval.state is not ApprovalState.AWAITING or not over:
        return approval
    try:
        return await save_approval(certflow, expired(approval))
    except ConcurrentChange:
        return await certflow.approvals.get(approval.id) or approval
