"""Who may see an approval, and what each may do with it now."""

from __future__ import annotations

from functions.access.decide import Asked, decide
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.access.who import means_any, read_who
from functions.approvals.errors import conflict, decided_error
from functions.model.approval.record import (
    Approval,
    ApprovalOf,
    ApprovalState,
    NeedOfApproval,
    same_person,
)
from functions.model.caller import Caller
from functions.model.errors import CertflowError, Forbidden
from functions.model.request.actor import ActorKind

SEEING = (Verb.READ, Verb.APPROVE)  # each of them is enough


def may_see(
    rules: AccessRules, caller: Caller, vault: str, name: str, asker: tuple[str | None, str | None]
) -> bool:
    """Whether a caller may know of an approval: of one that is their own (`asker`: the tenant and
    the object id of who asked), unless a row denies them to read the name; or of one that they may
    read or approve.
    """
    actor = caller.actor
    if actor.oid is not None and (actor.tid, actor.oid) == asker:
        return decide(rules, caller, Asked(Verb.READ, vault, name)).denied is None
    return any(_may(rules, caller, verb, vault, name) for verb in SEEING)


def deeds_of(rules: AccessRules, caller: Caller, approval: Approval) -> tuple[str, ...]:
    """What a caller may do with an approval now: `approve`, `refuse`, `withdraw`; the last also
    with the approved request of a caller, as long as its start has not begun.
    """
    if approval.state is ApprovalState.APPROVED and approval.of is ApprovalOf.CREATE:
        return ("withdraw",) if may_withdraw(rules, caller, approval) else ()
    if approval.state is not ApprovalState.AWAITING:
        return ()
    error = approver_error(rules, caller, approval)
    found = list[str]()
    if error is None and open_needs(caller, approval):
        found.append("approve")
    if error is None:
        found.append("refuse")
    if may_withdraw(rules, caller, approval):
        found.append("withdraw")
    return tuple(found)


def approver_error(rules: AccessRules, caller: Caller, approval: Approval) -> Forbidden | None:
    """Why a caller may neither approve nor refuse; None if the caller may: a person other than who
    asked or caused that, with the verb `approve` for this name at this time, whom one of the
    conditions means.
    """
    if caller.actor.kind is not ActorKind.PERSON:
        return Forbidden(
            "Only a person who is signed in can approve or refuse, and no application can. Have "
            "a person do it, who has the verb approve there.",
            "not-a-person",
        )
    if own := _own_error(caller, approval):
        return own
    if not _may(rules, caller, Verb.APPROVE, approval.vault, approval.name):
        return Forbidden(
            f"The verb approve is not granted to you for {approval.name} in {approval.vault}. Ask "
            "whoever may write the access file.",
            "not-granted",
        )
    if not any(_means(one, caller) for one in approval.needs):
        return Forbidden(
            f"The access file asks others for this: {_whom(approval)}. One of them has to decide.",
            "not-an-approver",
        )
    return None


def _own_error(caller: Caller, approval: Approval) -> Forbidden | None:
    """Why a caller may not decide about what is their own; None if it is somebody else's."""
    if same_person(caller.actor, approval.asked_by):
        return Forbidden(
            "This is your own request, which somebody else has to decide. If it is not wanted any "
            "more, withdraw it.",
            "own-request",
        )
    if any(same_person(caller.actor, one) for one in approval.caused_by):
        return Forbidden(
            "You have taken this request over, or sent the chain because of which this was asked "
            "for, so somebody else has to decide.",
            "own-request",
        )
    return None


def open_needs(caller: Caller, approval: Approval) -> frozenset[int]:
    """The numbers of the conditions for which the yes of this caller would count: each person
    counts once for a condition.
    """
    return frozenset(
        number
        for number, one in enumerate(approval.needs)
        if _means(one, caller) and not one.is_given_by(caller.actor) and not one.is_met
    )


def already_error(caller: Caller, approval: Approval) -> CertflowError:
    """The error of a yes that counts for nothing."""
    if any(one.is_given_by(caller.actor) for one in approval.needs):
        return conflict(
            "already-approved",
            "You have approved this already, and each person counts once. Others have to approve "
            f"it, too: {_whom(approval)}.",
        )
    return conflict(
        "not-needed",
        "The conditions for which your approval counts have enough of them. Others have to "
        f"approve it, too: {_whom(approval)}.",
    )


def may_withdraw(rules: AccessRules, caller: Caller, approval: Approval) -> bool:
    """Whether a caller may withdraw it: who asked, and who may delete requests of this name."""
    return same_person(caller.actor, approval.asked_by) or _may(
        rules, caller, Verb.DELETE, approval.vault, approval.name
    )


def check_awaits(approval: Approval, digest: str | None = None) -> None:
    """Raises Refused unless the approval can still be decided, and has this digest."""
    if approval.state is not ApprovalState.AWAITING:
        raise decided_error(approval)
    if digest is not None and digest.lower() != approval.digest:
        raise conflict(
            "digest-changed",
            "It has changed: the digest is not that of what waits now. Read it again, and decide "
            "about what it says then.",
        )


def _means(need: NeedOfApproval, caller: Caller) -> bool:
    return not need.by or means_any(map(read_who, need.by), caller)


def _may(rules: AccessRules, caller: Caller, verb: Verb, vault: str, name: str) -> bool:
    return decide(rules, caller, Asked(verb, vault, name)).allowed


def _whom(approval: Approval) -> str:
    return " and ".join(
        f"{one.approvals} of {', '.join(one.by) or 'those who may approve it'}"
        for one in approval.needs
        if not one.is_met
    )
