"""Judging a start by the rules, and what of the decision an approval keeps."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from itertools import product

from functions.access.decide import Asked, Decision, Need, decide
from functions.access.matching.patterns import covers
from functions.access.policy import EffectivePolicy, effective_policy
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.model.approval.record import Approval, Given, NeedOfApproval
from functions.model.caller import Caller
from functions.model.errors import Forbidden
from functions.ports.judge import GiveBack, Proposal, keep
from functions.ports.key_vault_objects import Policy
from functions.requests.takeover import filled_in

# The paths of a policy whose values an effective policy has. Of what happens at the end of a
# certificate's life it says whether Key Vault renews; the rest of that changes no certificate.
READ_FIELDS = (
    "issuer.name",
    "key_props.",
    "x509_props.subject",
    "x509_props.sans.",
    "x509_props.ekus",
    "x509_props.key_usage",
    "x509_props.validity_months",
    "x509_props.basic_constraints.ca",
    "lifetime_actions",
)


class NeedsApproval(Forbidden):
    """The start has to be approved first. `decision` says by whom, `sha256` is the hash of the
    access file that does; `give_back` takes the start out of the count of today.
    """

    def __init__(
        self,
        decision: Decision,
        caller: Caller,
        sha256: str = "",
        give_back: GiveBack = keep,
    ) -> None:
        super().__init__(
            f"{approvals_of(decision)}. Ask for it with a create, which then waits.",
            "approval-needed",
        )
        self.decision, self.caller = decision, caller
        self.sha256, self.give_back = sha256, give_back


def decision_on(
    rules: AccessRules, caller: Caller, proposal: Proposal, started_today: int
) -> Decision:
    """The decision on a start: for its owner, and for the owner whom it takes over from; of an
    adoption by each of its policies. What is denied or not granted for one of them wins; all that
    has to be approved for any of them has to be.
    """
    policies = [effective_policy(proposal.sent, proposal.stored)]
    if proposal.same_as:
        policies.append(effective_policy(proposal.same_as, None))
    owners = dict.fromkeys((proposal.owner, proposal.former_owner or proposal.owner))
    found = list[Decision]()
    for policy, owner in product(policies, owners):
        asked = Asked(Verb.REQUEST, proposal.vault, proposal.name, policy, owner, started_today)
        one = decide(rules, caller, asked)
        if one.denied or one.missing:
            return one
        found.append(one)
    needs = {need for one in found if one.approvals for need in one.approvals}
    return Decision(not needs, approvals=tuple(sorted(needs)))


def approvals_of(decision: Decision) -> str:
    """What has to be approved, as the beginning of a sentence."""
    each = [
        f"{one.count} of {', '.join(map(str, one.by)) or 'those who may approve it'}"
        for one in decision.approvals
    ]
    return f"This needs approval by {' and by '.join(each)}"


def needs_of(decision: Decision) -> tuple[NeedOfApproval, ...]:
    """What an approval keeps of the conditions that ask for it."""
    return tuple(need_of(one) for one in decision.approvals)


def need_of(need: Need) -> NeedOfApproval:
    """What an approval keeps of one condition."""
    return NeedOfApproval(need.count, tuple(map(str, need.by)), need.tell)


def still_counted(rules: AccessRules, approval: Approval) -> Approval:
    """The approval with each yes that counts by these rules: of people who may approve it still,
    with the roles that they had. In rows that have no roles, of all who are not denied it.
    """
    needs = (
        replace(need, given=tuple(one for one in need.given if _counts(rules, approval, one)))
        for need in approval.needs
    )
    return replace(approval, needs=tuple(needs))


def _counts(rules: AccessRules, approval: Approval, given: Given) -> bool:
    caller = Caller(given.by, frozenset(given.roles or ()))
    decision = decide(rules, caller, Asked(Verb.APPROVE, approval.vault, approval.name))
    return decision.allowed or (given.roles is None and decision.denied is None)


def who_may_approve(rules: AccessRules, vault: str, name: str) -> tuple[str, ...]:
    """Whom the rows of the access file mean that let somebody approve for this name, sorted."""
    rows = (
        one
        for one in rules.grants
        if Verb.APPROVE in one.may and covers(one.vaults, vault) and covers(one.names, name)
    )
    return tuple(sorted({str(who) for one in rows for who in one.who}))


def policy_fields(policy: EffectivePolicy) -> dict[str, object]:
    """The fields of an effective policy as JSON: for answers, and as an approval keeps them."""
    return {
        "names": {kind: list(names) for kind, names in policy.names.items() if names},
        "subject": ", ".join(f"{one.kind}={one.value}" for one in policy.subject),
        "key": policy.key,
        "exportable": policy.exportable,
        "reuse_key": policy.reuse_key,
        "issuer": policy.issuer,
        "months": policy.months,
        "ekus": sorted(policy.ekus),
        "key_usage": sorted(policy.key_usage),
        "ca": policy.ca,
        "auto_renew": policy.auto_renew,
        "wildcard": policy.wildcard,
        "unread": sorted(policy.unread),
    }


def proposed_policy(proposal: Proposal) -> dict[str, object]:
    """The same of what a start would be for, with the fields that have no place of their own."""
    policy = effective_policy(proposal.sent, proposal.stored)
    raw = (proposal.stored or {}) if proposal.sent is None else proposal.sent
    return {**policy_fields(policy), "other_fields": _other_fields(raw, policy.unread)}


def _other_fields(policy: Policy, unread: Collection[str]) -> list[str]:
    """The values of a policy, each with its path, that its effective policy does not have: of other
    fields (`issuer.cty`), and of what could not be read; sorted.
    """
    return sorted(
        f"{path}: {value if isinstance(value, str) else json.dumps(value, sort_keys=True)}"
        for path, value in filled_in(policy).items()
        if not path.startswith(READ_FIELDS) or path.startswith(tuple(unread))
    )


def proposed_names(proposal: Proposal) -> tuple[str, ...]:
    """The names that it would be for, DNS names before others."""
    policy = effective_policy(proposal.sent, proposal.stored)
    return tuple(name for names in policy.names.values() for name in names)
