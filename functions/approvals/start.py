"""Starting what was approved: exactly once, with the body that was approved, in the name of who
asked. The intent of the start has the approval's id, so whoever comes again goes on with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from functions.access.decide import Decision
from functions.app.access import access_read_now
from functions.app.contexts import ApprovalsContext, ApprovedContext
from functions.approvals.basis import check_unchanged
from functions.approvals.changes import failed, started
from functions.approvals.digest import approved_command
from functions.approvals.elsewhere import change_at_yes
from functions.approvals.judge import decision_on, needs_of, still_counted
from functions.approvals.renewing.start_renewal import (
    TooManyToday,
    count_renewal,
    note_renewal,
    refuse_renewal,
)
from functions.approvals.save import save_approval
from functions.model.approval.record import Approval, ApprovalOf
from functions.model.caller import Caller
from functions.model.errors import (
    ConcurrentChange,
    Forbidden,
    InvalidRequest,
    KeyReused,
    Refused,
    Unavailable,
    UnknownVault,
)
from functions.model.request.tracked import TrackedRequest
from functions.ports.approvals.store import ApprovalChange
from functions.ports.judge import GiveBack, Proposal, keep
from functions.requests.create import INTENT_TIMEOUT, CreateCommand, create_request
from functions.requests.intents import settle_intent
from functions.x509.public_keys import sha1_of


async def start_approved(certflow: ApprovedContext, approval: Approval) -> Approval:
    """Starts the request of an approval that is `approved`; returns it as it is then. What does not
    answer now is tried again by the timer. Raises Unavailable only if it cannot be read or saved.
    """
    if approval.of is ApprovalOf.ELSEWHERE:
        change = await change_at_yes(certflow, approval)
        return await _save(certflow, change) if change else approval
    try:
        request_id = await _started_before(certflow, approval) or await _start(certflow, approval)
    except Unavailable:
        return approval
    except (Forbidden, InvalidRequest, UnknownVault, KeyReused, Refused) as error:
        if _is_to_wait(certflow, approval, error):
            return approval
        sentence = f"{error.code}: {error}" if isinstance(error, Refused) else str(error)
        return await _save(certflow, failed(approval, sentence, certflow.now()))
    return await _started(certflow, approval, request_id)


async def _start(certflow: ApprovedContext, approval: Approval) -> str:
    """Starts it, and returns the id of its request. Raises as create_request does."""
    return (await create_request(certflow, await _command(certflow, approval))).request_id


def _is_to_wait(certflow: ApprovedContext, approval: Approval, error: Exception) -> bool:
    """Whether an error may end by itself: where the app has no access, whoever runs it can mend
    that, and a day is given for it; what has no room today has some tomorrow (UTC).
    """
    if isinstance(error, TooManyToday):
        return approval.decided is not None and certflow.now().date() == approval.decided.at.date()
    return isinstance(error, Refused) and error.of_access


async def _started(certflow: ApprovedContext, approval: Approval, request_id: str) -> Approval:
    """Records that the request was started; of a renewal also for the scans."""
    if approval.renews:
        await note_renewal(certflow, approval, approval.renews)
    return await _save(certflow, started(approval, request_id, certflow.now()))


async def _command(certflow: ApprovedContext, approval: Approval) -> CreateCommand:
    """The start. That of a renewal takes over the tags as they are now, as each renewal does.
    Raises Forbidden if the version that it was to replace is not the current one any more.
    """
    command = replace(approved_command(approval), judge=ApprovedJudge(certflow, approval))
    if not approval.renews:
        return command
    vault = certflow.vault(approval.vault)
    current = await vault.certificate(approval.name)
    if current is None or sha1_of(current.version.der) != approval.renews:
        raise Forbidden("The certificate has another version by now.", "changed")
    return replace(command, body={"tags": dict(await vault.tags(approval.name))})


class ApprovedJudge:
    """The judge of a start that was approved: the access file as it is now has to allow it for who
    asked, with no other approvals than it has, and it has to be what was approved.
    """

    def __init__(self, certflow: ApprovedContext, approval: Approval) -> None:
        self._certflow, self._approval = certflow, approval

    async def admit(self, proposal: Proposal) -> GiveBack:
        """Lets it start. What a caller asked for was counted then; a renewal is counted now.
        Raises Forbidden, Refused, Unavailable.
        """
        approval, certflow = self._approval, self._certflow
        if approval.renews:
            policy = await certflow.vault(approval.vault).policy(approval.name)
            await refuse_renewal(certflow, approval, approval.renews, policy, proposal.tags)
            proposal = replace(proposal, stored=policy)
        check_unchanged(approval, proposal)
        caller = Caller(approval.asked_by, frozenset(approval.roles))
        rules = await access_read_now(certflow)
        _check_allowed(approval, decision_on(rules, caller, proposal, 0))
        if not still_counted(rules, approval).is_met:
            raise Forbidden(
                "Somebody who approved this may not approve it any more, and without them too few "
                "have. Ask again.",
                "approval-needed",
            )
        return await count_renewal(certflow, approval.vault) if approval.renews else keep


def _check_allowed(approval: Approval, decision: Decision) -> None:
    """Raises Forbidden unless all is allowed for who asked that others have not approved."""
    if decision.denied:
        raise Forbidden(f"This is denied now: {decision.denied}", "denied")
    if decision.missing:
        sentences = " ".join(one.sentence for one in decision.missing)
        raise Forbidden(f"It is not granted any more to who asked. {sentences}", "not-granted")
    asked = {(one.approvals, one.by) for one in approval.needs}
    if not {(one.approvals, one.by) for one in needs_of(decision)} <= asked:
        raise Forbidden(
            "The access file asks for other approvals now than when this was asked for. Ask again.",
            "approval-needed",
        )


async def _started_before(certflow: ApprovedContext, approval: Approval) -> str | None:
    """The id of the request that an earlier run has started and not recorded here, whatever has
    changed since; None if there is none. Raises Unavailable while that run may still be at it;
    Refused.
    """
    named = await certflow.ledger.by_name(approval.vault, approval.name)
    if tracked := next((one.request_id for one in named if _came_of(one, approval)), None):
        return tracked
    place = (approval.vault, approval.name, approved_command(approval).intent_id)
    intent = await certflow.ledger.intent(*place)
    if intent and intent.answer is None:
        if intent.began and certflow.now() < intent.began + INTENT_TIMEOUT:
            raise Unavailable("Key Vault", "another call has just begun to start this")
        await settle_intent(certflow, *place)
        intent = await certflow.ledger.intent(*place)
    answer = intent.answer if intent and intent.answer else {}
    return cast("str | None", answer.get("request_id"))


def _came_of(request: TrackedRequest, approval: Approval) -> bool:
    """Whether a request was started after this approval; that of a renewal may have been started
    without it, because the access file has asked for none since.
    """
    same_version = approval.renews is not None and request.renews == approval.renews
    return request.approval == approval.id or same_version


async def _save(certflow: ApprovalsContext, change: ApprovalChange) -> Approval:
    """Saves what came of it; another run may have been faster with the same."""
    try:
        return await save_approval(certflow, change)
    except ConcurrentChange:
        found = await certflow.approvals.get(change.approval.id)
        return found or change.approval
