"""Stopping the start of what was approved, as long as nothing was started: the intent that a start
would write is taken first, so that of a start and a withdrawal one is too late.
"""

from __future__ import annotations

from datetime import timedelta

from functions.app.contexts import ApprovalsContext
from functions.approvals.digest import approved_command
from functions.model.approval.record import Approval, ApprovalOf, ApprovalState
from functions.ports.ledger import Intent

TAKEN_FOR_WITHDRAWAL = "withdrawn"  # no hash of a command, so a start that finds it is refused
# Longer than a start can be under way that has read the approval before it was withdrawn.
WITHDRAWN_KEPT = timedelta(days=1)


async def stop_start(certflow: ApprovalsContext, approval: Approval) -> bool:
    """Keeps the request of an approval from its start from now on. Returns whether that was
    possible: it is approved, of a caller, and nothing was started. Raises Unavailable.
    """
    if approval.state is not ApprovalState.APPROVED or approval.of is not ApprovalOf.CREATE:
        return False
    named = await certflow.ledger.by_name(approval.vault, approval.name)
    if any(one.approval == approval.id for one in named):
        return False
    now = certflow.now()
    taken = Intent(
        vault=approval.vault,
        name=approval.name,
        id=approved_command(approval).intent_id,
        due=now + WITHDRAWN_KEPT,
        asked=TAKEN_FOR_WITHDRAWAL,
        keep=True,
        answer={"how": TAKEN_FOR_WITHDRAWAL},  # so that nothing is looked for
        began=now,
        approval=approval.id,
    )
    earlier = await certflow.ledger.add_intent(taken)
    return earlier is None or earlier.asked == TAKEN_FOR_WITHDRAWAL
