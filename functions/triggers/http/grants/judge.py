"""Judges what callers start, and says what a start would be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from functions.access.policy import EffectivePolicy, effective_policy
from functions.app.context import Certflow
from functions.model.errors import Forbidden
from functions.ports.judge import AdmitAll, GiveBack, Judge, Proposal, keep
from functions.requests.create import CreateCommand
from functions.requests.daily_starts import count_start, give_back, started_today
from functions.requests.dry_run import WouldCreate, would_create
from functions.triggers.http.answers import missing_of
from functions.triggers.http.caller_access import CallerAccess
from functions.triggers.http.context import Context
from functions.triggers.http.types.access import (
    ApprovalAnswer,
    DryRunAnswer,
    PolicyAnswer,
    RefusalAnswer,
)


@dataclass(frozen=True, slots=True)
class CallerJudge:
    """The judge of a caller's starts."""

    access: CallerAccess
    app: Certflow

    async def admit(self, proposal: Proposal) -> GiveBack:
        """Counts the start, if a grant limits their number, and returns what takes it out of the
        count again. Raises Forbidden, Unavailable.
        """
        if not self.access.counts:
            self.access.enforce(self.access.judge(proposal, 0))
            return keep
        decision, counted = await count_start(
            self.app, self.access.caller.actor, partial(self.access.judge, proposal)
        )
        self.access.enforce(decision)
        return partial(give_back, self.app, counted)


def judge_of(context: Context) -> Judge:
    """Returns the judge of a caller's starts."""
    if context.access is None:
        return AdmitAll()
    return CallerJudge(context.access, context.certflow())


async def dry_run_answer(context: Context, command: CreateCommand) -> DryRunAnswer:
    """Returns what a create would start, and whether it may. Raises what the create raises before
    it starts anything.
    """
    app = context.certflow()
    would = await would_create(app, command)
    answer = _would_answer(would)
    if context.access is None:
        answer.allowed = would.refusal is None
        return answer
    today = 0
    if context.access.counts:
        today = await started_today(app, context.caller.actor)
    decision = context.access.judge(would.proposal, today)
    answer.allowed = would.refusal is None and decision.allowed
    if decision.allowed:
        return answer
    error: Forbidden = context.access.refusal(decision)
    answer.forbidden = RefusalAnswer(str(error), error.reason, missing_of(error) or None)
    if decision.approvals:
        answer.approvals = [
            ApprovalAnswer(one.count, [str(who) for who in one.by])
            for one in decision.approvals.all_of
        ]
    return answer


def _would_answer(would: WouldCreate) -> DryRunAnswer:
    proposal, refusal = would.proposal, would.refusal
    policy = effective_policy(proposal.sent, proposal.stored)
    return DryRunAnswer(
        allowed=False,
        how=would.how,
        owner=proposal.owner,
        former_owner=proposal.former_owner,
        policy=_policy_answer(policy),
        refusal=RefusalAnswer(str(refusal), refusal.reason or refusal.code) if refusal else None,
    )


def _policy_answer(policy: EffectivePolicy) -> PolicyAnswer:
    return PolicyAnswer(
        names={kind: list(names) for kind, names in policy.names.items() if names},
        subject=", ".join(f"{one.kind}={one.value}" for one in policy.subject),
        key=policy.key,
        exportable=policy.exportable,
        reuse_key=policy.reuse_key,
        issuer=policy.issuer,
        months=policy.months,
        ekus=sorted(policy.ekus),
        key_usage=sorted(policy.key_usage),
        ca=policy.ca,
        auto_renew=policy.auto_renew,
        wildcard=policy.wildcard,
        unread=sorted(policy.unread),
    )
