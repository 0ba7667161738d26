"""Judges what callers start, and says what a start would be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import msgspec

from functions.access.decide import Decision
from functions.app.context import Certflow
from functions.approvals.judge import (
    NeedsApproval,
    approvals_of,
    proposed_policy,
    who_may_approve,
)
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
        count again. What has to be approved first counts when it is asked for. Raises Forbidden,
        Unavailable.
        """
        if not self.access.counts:
            self.access.enforce(self.access.judge(proposal, 0))
            return keep
        judged, counted = await count_start(
            self.app, self.access.caller.actor, partial(self._judged, proposal)
        )
        back = partial(give_back, self.app, counted)
        if judged.decision.approvals:
            access = self.access
            raise NeedsApproval(judged.decision, access.caller, access.in_force.sha256, back)
        self.access.enforce(judged.decision)
        return back

    def _judged(self, proposal: Proposal, started_today: int) -> _Counted:
        return _Counted(self.access.judge(proposal, started_today))


@dataclass(frozen=True, slots=True)
class _Counted:
    """A decision, by whether the start counts."""

    decision: Decision

    @property
    def allowed(self) -> bool:
        """Whether it is allowed, or is as soon as others approve it."""
        return self.decision.allowed or bool(self.decision.approvals)


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
        answer.forbidden.message = f"{approvals_of(decision)}. A create waits until then."
        alias, name = would.proposal.vault, would.proposal.name
        by_verb = list(who_may_approve(context.access.rules, alias, name))
        answer.approvals = [
            ApprovalAnswer(one.count, [str(who) for who in one.by], by_verb)
            for one in decision.approvals
        ]
    return answer


def _would_answer(would: WouldCreate) -> DryRunAnswer:
    proposal, refusal = would.proposal, would.refusal
    return DryRunAnswer(
        allowed=False,
        how=would.how,
        owner=proposal.owner,
        former_owner=proposal.former_owner,
        policy=msgspec.convert(proposed_policy(proposal), PolicyAnswer),
        refusal=RefusalAnswer(str(refusal), refusal.reason or refusal.code) if refusal else None,
    )
