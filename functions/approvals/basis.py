"""What a start builds on beside its body. All of it is in the digest, and has to be the same at the
start: whoever may tag a certificate, or start something in its place, must not change what others
have said yes to.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from functions.approvals.judge import proposed_policy
from functions.model.approval.record import Approval, Basis
from functions.model.errors import Forbidden
from functions.model.request.act_facts import policy_sha256
from functions.model.tags import SIGNER_TAG
from functions.ports.judge import Proposal
from functions.requests.create import HOW_BY_CHOICE
from functions.requests.takeover import OF_THE_SERVICE

# What has changed, as a sentence names it. What is about the same thing has the same words.
CHANGED_PARTS = {
    "policy_sha256": "the policy",
    "owner": "the owner of the certificate",
    "signer": "its signer",
    "former_owner": "the owner of the certificate",
    "tags": "its tags",
    "how": "the pending request",
    "stands": "the pending request",
}


def basis_of(proposal: Proposal, *, is_renewal: bool = False) -> Basis:
    """What a start would build on now."""
    policy = proposal.stored or {} if proposal.sent is None else proposal.sent
    whole = {name: value for name, value in policy.items() if name not in OF_THE_SERVICE}
    return Basis(
        policy_sha256(whole) or "",
        proposal.owner,
        proposal.tags.get(SIGNER_TAG),
        None if is_renewal else proposal.former_owner,
        {} if is_renewal else dict(proposal.tags),
        proposal.how,
        proposal.stands,
    )


def _without_the_replaced(was: Basis, now: Basis) -> Basis:
    """What a start builds on now; if what it was to replace is gone, nothing has to be replaced."""
    if was.how == HOW_BY_CHOICE["replace"] and now.stands is None:
        return replace(now, how=was.how, stands=was.stands)
    return now


def check_unchanged(approval: Approval, proposal: Proposal) -> None:
    """Raises Forbidden if a start is not what was approved any more, and says what has changed."""
    found = list[str]()
    if proposed_policy(proposal) != approval.policy:
        found.append(CHANGED_PARTS["policy_sha256"])
    if approval.basis:
        is_there = basis_of(proposal, is_renewal=bool(approval.renews))
        was, now = asdict(approval.basis), asdict(_without_the_replaced(approval.basis, is_there))
        found += [words for name, words in CHANGED_PARTS.items() if was[name] != now[name]]
    if found:
        raise Forbidden(
            f"Since this was asked for, {' and '.join(dict.fromkeys(found))} changed, so it is not "
            "what was approved. Ask again.",
            "changed",
        )
