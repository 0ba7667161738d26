"""An approval in the form that answers have."""

from __future__ import annotations

from urllib.parse import urlsplit

import azure.functions as func
import msgspec

from functions.access.rules import AccessRules
from functions.approvals.who import deeds_of
from functions.model.approval.record import Approval, Basis, Decided, Given, NeedOfApproval
from functions.model.request.actor import Actor
from functions.triggers.http.answers import json_body
from functions.triggers.http.context import Context
from functions.triggers.http.types.access import PolicyAnswer
from functions.triggers.http.types.answers import ActorAnswer
from functions.triggers.http.types.approvals import (
    ApprovalItem,
    BasisAnswer,
    DecidedAnswer,
    GivenAnswer,
    NeedAnswer,
)

WHILE_PEOPLE_DECIDE = {"Retry-After": "60"}


def rules_of(context: Context) -> AccessRules:
    """The rules that decide; none with function keys, where nothing waits for anybody."""
    return context.access.rules if context.access else AccessRules()


def waiting_answer(
    req: func.HttpRequest, context: Context, approval: Approval
) -> func.HttpResponse:
    """Answers 202 with an approval that was asked for in place of a start."""
    item = approval_item(req, context, approval)
    return json_body(202, item, {"Location": item.link, **WHILE_PEOPLE_DECIDE})


def approval_item(req: func.HttpRequest, context: Context, approval: Approval) -> ApprovalItem:
    """An approval, with what the caller may do with it now."""
    base = urlsplit(req.url)
    return ApprovalItem(
        id=approval.id,
        state=approval.state.value,
        of=approval.of.value,
        vault=approval.vault,
        name=approval.name,
        digest=approval.digest,
        asked=approval.asked.isoformat(),
        asked_by=approval.asked_by.shown or "",
        asker=_actor(approval.asked_by),
        expires=approval.expires.isoformat(),
        owner=approval.owner,
        names=list(approval.names),
        body=dict(approval.body),
        policy=msgspec.convert(approval.policy, PolicyAnswer),
        basis=_basis(approval.basis) if approval.basis else None,
        needs=[_need(one) for one in approval.needs],
        difference=_difference(approval),
        decided=_decided(approval.decided) if approval.decided else None,
        request_id=approval.request_id,
        error=approval.error,
        access_file=approval.sha256 or None,
        may=list(deeds_of(rules_of(context), context.caller, approval)),
        link=f"{base.scheme}://{base.netloc}/api/approvals/{approval.id}",
    )


def _basis(basis: Basis) -> BasisAnswer:
    return BasisAnswer(
        basis.policy_sha256,
        basis.owner,
        basis.signer,
        basis.former_owner,
        dict(basis.tags),
        basis.how,
        basis.stands,
    )


def _difference(approval: Approval) -> dict[str, list[object]] | None:
    if approval.difference is None:
        return None
    return {name: list(values) for name, values in approval.difference.items()}


def _need(need: NeedOfApproval) -> NeedAnswer:
    return NeedAnswer(need.approvals, list(need.by), list(need.tell), list(map(_given, need.given)))


def _given(given: Given) -> GivenAnswer:
    return GivenAnswer(given.by.shown or "", given.at.isoformat(), _actor(given.by))


def _decided(decided: Decided) -> DecidedAnswer:
    by = decided.by
    return DecidedAnswer(decided.at.isoformat(), by.shown or "", decided.reason, _actor(by))


def _actor(actor: Actor) -> ActorAnswer:
    return ActorAnswer(actor.kind.value, actor.name, actor.tid, actor.oid, actor.azp)
