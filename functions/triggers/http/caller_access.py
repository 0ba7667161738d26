"""What one caller may do, as the handlers ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from functions.access.decide import (
    Asked,
    Decision,
    conditions_of,
    decide,
    decide_anywhere,
    decide_place,
    grants_of,
)
from functions.access.matching.patterns import covers
from functions.access.permissions import readable, readable_beginnings, verbs_granted
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.app.context import Certflow, InForce
from functions.approvals.judge import NeedsApproval, decision_on
from functions.model.caller import Caller
from functions.model.errors import Forbidden, NotGranted
from functions.model.request.actor import ActorKind
from functions.ports.access_files import AccessState
from functions.ports.judge import Proposal

BY_ROLES = (
    "Whoever administers this app in Entra ID can assign one of its roles: Certflow.Reader, "
    "Certflow.Requester, Certflow.Approver, Certflow.Operator."
)
ONLY_OPERATORS = "No access file could be read yet; until then only Certflow.Operator counts."


@dataclass(frozen=True, slots=True)
class CallerAccess:
    """What `caller` may do, by the rules that are `in_force`. `place` is where the access file
    is.
    """

    caller: Caller
    in_force: InForce
    place: str = ""

    @property
    def rules(self) -> AccessRules:
        """The rules."""
        return self.in_force.rules

    @property
    def who_grants(self) -> str:
        """A sentence on who can grant what is missing."""
        if self.in_force.state is AccessState.ROLES:
            return BY_ROLES
        writers = f"Whoever may write {self.place} can grant it."
        operators = self.in_force.state is AccessState.OPERATORS
        return f"{ONLY_OPERATORS} {writers}" if operators else writers

    @property
    def readable_beginnings(self) -> frozenset[str]:
        """With what the names begin that the caller may read; empty if with anything."""
        return readable_beginnings(self.rules, self.caller)

    def decide(self, verb: Verb, vault: str | None = None, name: str | None = None) -> Decision:
        """The decision on a name; on a whole vault without one, on the whole app without either."""
        return decide(self.rules, self.caller, Asked(verb, vault and vault.lower(), name))

    def require(self, verb: Verb, vault: str | None = None, name: str | None = None) -> None:
        """Raises Forbidden unless the caller may do this."""
        self.enforce(self.decide(verb, vault, name))

    def require_place(self, vault: str, name: str) -> None:
        """Raises Forbidden unless the caller may request something for this name; what that may be
        is judged when it is known (`CallerJudge`).
        """
        self.enforce(decide_place(self.rules, self.caller, vault.lower(), name))

    def require_some(self, verb: Verb) -> None:
        """Raises Forbidden unless there is any name for which the caller may do this."""
        self.enforce(decide_anywhere(self.rules, self.caller, verb))

    def require_in(self, verb: Verb, vault: str) -> None:
        """Raises Forbidden unless there is any such name in this vault (alias)."""
        if not self.may_in(vault, verb):
            self.enforce(self.decide(verb, vault, ""))

    def may_in(self, vault: str, *verbs: Verb) -> bool:
        """Whether the caller has a grant for one of the verbs and any name in this vault."""
        if self.caller.actor.kind is ActorKind.KEY:
            return True
        return any(
            one.may & set(verbs) and covers(one.vaults, vault.lower())
            for one in grants_of(self.rules, self.caller)
        )

    def sight(self, verb: Verb) -> Callable[[str, str], bool]:
        """The function that says of a vault (alias) and a name whether the caller may do this
        there.
        """
        if verb is Verb.READ:
            return readable(self.rules, self.caller)
        return cache(lambda vault, name: self.decide(verb, vault, name).allowed)

    def verbs(self) -> Callable[[str, str], tuple[Verb, ...]]:
        """The function that says of a vault (alias) and a name what the caller may do there; the
        verb `request` is among that if the caller may request anything.
        """
        return verbs_granted(self.rules, self.caller)

    def narrowed(self, app: Certflow, *verbs: Verb) -> Certflow:
        """The dependencies for this caller: with the vaults in which one of the verbs is granted,
        and with the names for which the first is.
        """
        vaults = [alias for alias in app.vaults if self.may_in(alias, *verbs)]
        return app.narrowed(vaults, self.sight(verbs[0]))

    def judge(self, proposal: Proposal, started_today: int) -> Decision:
        """The decision on a start, as decision_on has it."""
        return decision_on(self.rules, self.caller, proposal, started_today)

    @property
    def rows(self) -> tuple[object, ...]:
        """All rows that mean the caller: what the caller sees of a list depends on nothing else."""
        kind = self.caller.actor.kind
        mine = grants_of(self.rules, self.caller), conditions_of(self.rules, self.caller)
        return (kind, *mine)

    @property
    def counts(self) -> bool:
        """Whether a grant of the caller limits how many requests may be started in a day."""
        grants = grants_of(self.rules, self.caller)
        return any(one.limits.a_day is not None for one in grants)

    def enforce(self, decision: Decision) -> None:
        """Raises Forbidden for a decision that is not `allowed`."""
        if not decision.allowed:
            raise self.refusal(decision)

    def refusal(self, decision: Decision) -> Forbidden:
        """The error of a decision that is not `allowed`."""
        missing = tuple(NotGranted(one.what, one.asked, one.granted) for one in decision.missing)
        if decision.denied:
            changes = self.who_grants.replace("can grant it", "can change that")
            end = "" if decision.denied.endswith((".", "!", "?")) else "."
            denied = f"This is denied: {decision.denied}{end}"
            return Forbidden(denied, "denied", missing, changes)
        if missing:
            sentences = " ".join(one.sentence for one in decision.missing)
            return Forbidden(sentences, "not-granted", missing, self.who_grants)
        return NeedsApproval(decision, self.caller, self.in_force.sha256)
