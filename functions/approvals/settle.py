"""What a timer does each minute about approvals: it completes starts that were cut off, reminds
once, and ends what nobody has decided.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from functions.app.contexts import ApprovedContext
from functions.approvals.changes import failed, reminded
from functions.approvals.expire import expire_if_over
from functions.approvals.save import save_approval
from functions.approvals.start import start_approved
from functions.model.approval.record import REMINDER_AFTER, Approval, ApprovalState
from functions.model.errors import ConcurrentChange, Unavailable
from functions.model.log import record

# Longer than the call takes that said the last yes, and starts the request itself.
STARTING = timedelta(minutes=2)
MAX_STARTING = timedelta(days=1)  # of what does not answer, as of any start (requests/intents.py)


async def settle_approvals(certflow: ApprovedContext) -> None:
    """Does what is due of each approval that is open. A fault of one holds back no other. Never
    raises: what the storage does not answer now is due again in a minute.
    """
    if certflow.access_files is None:
        return  # nobody signs in, so nothing can have been asked for
    try:
        open_now = await certflow.approvals.unsettled(certflow.now())
    except Unavailable as error:
        record("approvals-not-seen", level=logging.WARNING, reason=str(error))
        return
    for approval in open_now:
        try:
            await _settle(certflow, approval)
        except ConcurrentChange:
            continue
        except Exception as error:  # noqa: BLE001  as the docstring says
            record(
                "approval-not-settled",
                level=logging.ERROR,
                approval=approval.id,
                vault=approval.vault,
                name=approval.name,
                reason=repr(error),
            )


async def _settle(certflow: ApprovedContext, approval: Approval) -> None:
    now = certflow.now()
    if approval.state is ApprovalState.APPROVED and approval.decided:
        if now - approval.decided.at >= STARTING:
            await _complete(certflow, approval, is_last=now - approval.decided.at > MAX_STARTING)
        return
    current = await expire_if_over(certflow, approval)
    waits = current.state is ApprovalState.AWAITING and current.reminded is None
    if waits and now >= current.asked + REMINDER_AFTER:
        await save_approval(certflow, reminded(current, now))


async def _complete(certflow: ApprovedContext, approval: Approval, *, is_last: bool) -> None:
    """Starts what was approved. The last time that this is tried the approval fails if nothing
    came of it, whatever the fault was: it keeps others from asking for the name.
    """
    try:
        tried = await start_approved(certflow, approval)
    except Exception:
        if is_last:
            sentence = "For a day an error kept it from its start, so it was given up."
            await save_approval(certflow, failed(approval, sentence, certflow.now()))
        raise
    if is_last and tried.state is ApprovalState.APPROVED:
        sentence = "For a day Key Vault or the storage did not answer, so it was given up."
        await save_approval(certflow, failed(tried, sentence, certflow.now()))
