"""Deletes approvals that were decided long ago: a page in each run, on from where the last one
stopped.
"""

from __future__ import annotations

from datetime import datetime

from functions.app.contexts import RetentionContext
from functions.model.approval.record import Approval, ApprovalState
from functions.model.log import record

OLD_APPROVALS = "approvals"  # under which the place is kept


async def forget_approvals(certflow: RetentionContext) -> None:
    """Deletes some of the approvals that are not needed any more. Raises Unavailable."""
    kept = certflow.options.keep_requests
    if not kept:
        return
    before, retention = certflow.now() - kept, certflow.retention
    page = await certflow.approvals.old(before, await retention.place(OLD_APPROVALS))
    for one in page.approvals:
        if not await _is_needed(certflow, one, before):
            await certflow.approvals.forget(one)
            record("approval-forgotten", approval=one.id, vault=one.vault, name=one.name)
    await retention.save_place(OLD_APPROVALS, page.place)


async def _is_needed(certflow: RetentionContext, approval: Approval, before: datetime) -> bool:
    """Whether an approval has to stay: it is open, was decided lately or belongs to a request that
    is kept; or it is the last one of its name that led to a start, from which renewals inherit.
    """
    vault, name, decided = approval.vault, approval.name, approval.decided
    if approval.is_open or decided is None or decided.at >= before or vault not in certflow.vaults:
        return True
    if approval.request_id and await certflow.ledger.get(vault, name, approval.request_id):
        return True
    if approval.state is not ApprovalState.STARTED:
        return False
    known = await certflow.approvals.of_name(vault, name)
    return next(one.id for one in known if one.state is ApprovalState.STARTED) == approval.id
