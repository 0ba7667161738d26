"""Deciding about an approval: yes, no, or that it is not wanted any more."""

from __future__ import annotations

from collections.abc import Callable

from functions.access.rules import AccessRules
from functions.app.contexts import ApprovalsContext, ApprovedContext
from functions.app.retry_save import save_with_retries
from functions.approvals.ask import APPROVAL_STORE
from functions.approvals.changes import refused, said_yes, withdrawn
from functions.approvals.errors import UnknownApproval
from functions.approvals.expire import expire_if_over
from functions.approvals.judge import still_counted
from functions.approvals.save import save_approval
from functions.approvals.start import start_approved
from functions.approvals.stop import stop_start
from functions.approvals.who import (
    already_error,
    approver_error,
    check_awaits,
    may_see,
    may_withdraw,
    open_needs,
)
from functions.model.approval.record import Approval, ApprovalState, Given
from functions.model.caller import Caller
from functions.model.errors import Forbidden
from functions.model.request.actor import Actor
from functions.ports.approvals.store import ApprovalChange


async def seen_approval(
    certflow: ApprovalsContext, rules: AccessRules, caller: Caller, approval_id: str
) -> Approval:
    """An approval as it is now, for a caller who may see it. Raises UnknownApproval, whether there
    is none or the caller may not know of it; Unavailable.
    """
    found = await certflow.approvals.get(approval_id)
    if found is None:
        raise UnknownApproval
    by = found.asked_by
    if not may_see(rules, caller, found.vault, found.name, (by.tid, by.oid)):
        raise UnknownApproval
    return await expire_if_over(certflow, found)


async def approve(
    certflow: ApprovedContext,
    rules: AccessRules,
    caller: Caller,
    by: Actor,
    approval_id: str,
    digest: str,
) -> Approval:
    """Says yes to what has this digest, and starts its request with the last yes that it takes. The
    yes of somebody who may not approve it any more is dropped.
    Where the start cannot be completed now, a timer does that, or whoever approves it again.

    Raises UnknownApproval, Forbidden (who may not), Refused (409: decided already, said already,
    or changed), Unavailable.
    """

    def yes(known: Approval) -> ApprovalChange:
        if error := approver_error(rules, caller, known):
            raise error
        check_awaits(known, digest)
        counted = still_counted(rules, known)
        needs = open_needs(caller, counted)
        if not needs:
            raise already_error(caller, counted)
        return said_yes(counted, Given(by, certflow.now(), tuple(sorted(caller.roles))), needs)

    known = await seen_approval(certflow, rules, caller, approval_id)
    began = known.state is ApprovalState.APPROVED and _is_approver(caller, known)
    approved = known if began else await _decide(certflow, known, yes)
    if approved.state is ApprovalState.APPROVED:
        return await start_approved(certflow, approved)
    return approved


def _is_approver(caller: Caller, approval: Approval) -> bool:
    return any(one.is_given_by(caller.actor) for one in approval.needs)


async def refuse(
    certflow: ApprovalsContext,
    rules: AccessRules,
    caller: Caller,
    by: Actor,
    approval_id: str,
    digest: str,
    reason: str,
) -> Approval:
    """Says no, which ends it: one person of any condition is enough. Raises as approve does."""

    def no(known: Approval) -> ApprovalChange:
        if error := approver_error(rules, caller, known):
            raise error
        check_awaits(known, digest)
        return refused(known, by, reason, certflow.now())

    known = await seen_approval(certflow, rules, caller, approval_id)
    return await _decide(certflow, known, no)


async def withdraw(
    certflow: ApprovalsContext,
    rules: AccessRules,
    caller: Caller,
    by: Actor,
    approval_id: str,
    reason: str | None,
) -> Approval:
    """Takes it back, also once it is approved, as long as nothing was started: for who asked, or
    who may delete requests of this name. Raises as approve does.
    """

    def back(known: Approval) -> ApprovalChange:
        if not may_withdraw(rules, caller, known):
            raise Forbidden(
                "Only who asked can withdraw this, or somebody with the verb delete for the name.",
                "not-granted",
            )
        if not (stopped and known.state is ApprovalState.APPROVED):
            check_awaits(known)
        return withdrawn(known, by, reason, certflow.now())

    known = await seen_approval(certflow, rules, caller, approval_id)
    stopped = may_withdraw(rules, caller, known) and await stop_start(certflow, known)
    return await _decide(certflow, known, back)


async def _decide(
    certflow: ApprovalsContext, known: Approval, change: Callable[[Approval], ApprovalChange]
) -> Approval:
    """Applies a change, and applies it to what is there then if another one was faster."""

    async def read() -> Approval:
        found = await certflow.approvals.get(known.id)
        if found is None:
            raise UnknownApproval
        return await expire_if_over(certflow, found)

    async def save(current: Approval) -> Approval:
        return await save_approval(certflow, change(current))

    return await save_with_retries(known, read, save, service=APPROVAL_STORE, what="this approval")
