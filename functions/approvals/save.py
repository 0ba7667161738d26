"""Saving a change of an approval: what people are told, and the log, come after the store."""

from __future__ import annotations

from dataclasses import replace

from functions.app.contexts import ApprovalsContext
from functions.app.outbox import publish
from functions.model.approval.record import Approval
from functions.model.request.act_log import log_line
from functions.ports.approvals.store import ApprovalChange


async def add_approval(certflow: ApprovalsContext, change: ApprovalChange) -> Approval:
    """Adds an approval. Raises ConcurrentChange if another one has its place, Unavailable."""
    added = await certflow.approvals.add(change)
    await _announce(certflow, change)
    return added


async def save_approval(certflow: ApprovalsContext, change: ApprovalChange) -> Approval:
    """Saves a changed approval. Its lines of the history name the access file in force, which
    decides, and not the one that asked for the approval. Raises ConcurrentChange, Unavailable.
    """
    access = certflow.access_sha256
    change = replace(change, history=tuple(replace(one, access=access) for one in change.history))
    saved = await certflow.approvals.save(change)
    await _announce(certflow, change)
    return saved


async def _announce(certflow: ApprovalsContext, change: ApprovalChange) -> None:
    approval = change.approval
    for line in change.history:
        log_line(
            approval.vault, approval.name, line, outcome=approval.state, digest=approval.digest
        )
    await publish(certflow, change.events)
