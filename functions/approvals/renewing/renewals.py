"""Renewals that a condition wants approved: they inherit the last approval of their certificate as
long as they are for the same, and otherwise wait for one of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from functions.access.decide import Decision
from functions.access.rules import AccessRules
from functions.app.contexts import ApprovalsContext
from functions.approvals.basis import basis_of
from functions.approvals.changes import asked
from functions.approvals.digest import digest_of
from functions.approvals.errors import BECAME
from functions.approvals.expire import expire_if_over
from functions.approvals.judge import decision_on, needs_of, proposed_names, proposed_policy
from functions.approvals.save import add_approval
from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import (
    APPROVAL_TTL,
    START_SLOT,
    Approval,
    ApprovalOf,
    ApprovalState,
    NeedOfApproval,
)
from functions.model.caller import Caller
from functions.model.errors import ConcurrentChange
from functions.model.request.actor import RENEWAL
from functions.ports.judge import Proposal

FOLLOWS = {"wildcard"}  # from the names


async def renewal_approval(
    certflow: ApprovalsContext,
    proposal: Proposal,
    thumbprint: str,
    decision: Decision,
    rules: AccessRules,
) -> Approval | None:
    """What keeps a renewal of this version (`thumbprint`) from its start: the approval that waits
    for its name, or the one that was asked for it and ended without a yes. None if nothing does: it
    is for the same as what was approved last, and nobody has refused that since. Asks for an
    approval if there was none. Where something was approved for the certificate before, rows for
    some callers (`who`) count, too: one of them asked for that. Raises Unavailable.
    """
    named = await certflow.approvals.of_name(proposal.vault, proposal.name)
    known = [await expire_if_over(certflow, one) for one in named]
    policy, last = proposed_policy(proposal), _last_started(known)
    needs = needs_of(_for_anybody(rules, proposal) if last else decision)
    if not needs or (last and _inherits(last, known, policy)):
        return None
    if stands := next((one for one in known if _stands(one, thumbprint)), None):
        return stands
    difference = difference_of(last.policy, policy) if last else None
    wanted = _wanted_renewal(certflow, proposal, thumbprint, needs, rules.sha256, difference)
    return await _ask_for(certflow, wanted)


async def _ask_for(certflow: ApprovalsContext, wanted: Approval) -> Approval:
    """Asks, unless another run, or a caller, has asked for the name meanwhile."""
    try:
        return await add_approval(certflow, asked(wanted))
    except ConcurrentChange:
        return wanted


def _last_started(known: Sequence[Approval]) -> Approval | None:
    """The newest approval (`known` has the newest first) after which something was started."""
    return next((one for one in known if one.state is ApprovalState.STARTED), None)


def _for_anybody(rules: AccessRules, proposal: Proposal) -> Decision:
    """What has to be approved whoever asks."""
    rows = tuple(replace(one, who=()) for one in rules.conditions if one.approvals)
    return decision_on(replace(rules, conditions=rows), Caller(RENEWAL), proposal, 0)


def _inherits(last: Approval, known: Sequence[Approval], policy: Mapping[str, object]) -> bool:
    """Whether a policy is what was approved last, and nobody has refused that since."""
    return _is_same(last, policy) and not _refused_since(last, known, policy)


def _is_same(approval: Approval, policy: Mapping[str, object]) -> bool:
    """Whether a policy is that of an approval. What Certflow cannot read never is."""
    return not policy["unread"] and not difference_of(approval.policy, policy)


def _refused_since(last: Approval, known: Sequence[Approval], policy: Mapping[str, object]) -> bool:
    """Whether somebody has said no to the same policy after the yes that would be inherited."""
    return any(
        one.state is ApprovalState.REFUSED
        and _is_same(one, policy)
        and one.decided is not None
        and (last.decided is None or one.decided.at >= last.decided.at)
        for one in known
    )


def _stands(approval: Approval, thumbprint: str) -> bool:
    """Whether an approval is in the way of a renewal: it is open for the name, or was asked for
    this version and has ended without a start.
    """
    waits = approval.is_open and approval.slot == START_SLOT
    return waits or (approval.renews == thumbprint and approval.state is not ApprovalState.STARTED)


def why_not(approval: Approval) -> str:
    """Why nothing is started after an approval that has ended, as the end of a sentence."""
    return f"the approval that the access file asks for {BECAME[approval.state]}"


def difference_of(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, tuple[object, object]]:
    """The fields of two policies that differ, each with its value before and after. The order of
    names, and their case, say nothing.
    """
    fields = sorted({*before, *after} - FOLLOWS)
    return {
        name: (before.get(name), after.get(name))
        for name in fields
        if _compared(before.get(name)) != _compared(after.get(name))
    }


def _compared(value: object) -> object:
    if isinstance(value, Mapping):
        return {kind: _compared(names) for kind, names in value.items()}
    if isinstance(value, list | tuple):
        return sorted(str(one).lower() for one in value)
    return value


def _wanted_renewal(
    certflow: ApprovalsContext,
    proposal: Proposal,
    thumbprint: str,
    needs: tuple[NeedOfApproval, ...],
    sha256: str,
    difference: Mapping[str, tuple[object, object]] | None,
) -> Approval:
    now, policy = certflow.now(), proposed_policy(proposal)
    basis = basis_of(proposal, is_renewal=True)
    return Approval(
        id=new_approval_id(now),
        vault=proposal.vault,
        name=proposal.name,
        of=ApprovalOf.RENEWAL,
        digest=digest_of(proposal.vault, proposal.name, {}, policy, RENEWAL, thumbprint, basis),
        body={},
        policy=policy,
        needs=needs,
        asked=now,
        asked_by=RENEWAL,
        expires=now + APPROVAL_TTL,
        owner=proposal.owner,
        names=proposed_names(proposal),
        sha256=sha256,
        renews=thumbprint,
        difference=difference,
        basis=basis,
    )
