"""Handles the routes of approvals: the list, one of them, and deciding about it."""

from __future__ import annotations

import azure.functions as func

from functions.approvals.decide import approve, refuse, seen_approval, withdraw
from functions.approvals.who import may_see
from functions.model.approval.record import Approval, ApprovalState
from functions.ports.approvals.store import ApprovalFilter
from functions.triggers.http.answers import json_body, next_link
from functions.triggers.http.approvals.show import approval_item, rules_of
from functions.triggers.http.bodies import parse
from functions.triggers.http.context import Context
from functions.triggers.http.queries import (
    body_of,
    check_query,
    known_words,
    limit_of,
    vault_aliases,
)
from functions.triggers.http.types.approvals import (
    ApprovalsAnswer,
    ApproveBody,
    RefuseBody,
    WithdrawBody,
)

APPROVAL_FILTERS = ("state", "vault")


async def list_approvals(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a page of the approvals that the caller has asked for, may read or may
    approve, the newest first.
    """
    check_query(req, *APPROVAL_FILTERS, "limit", "token")
    states = known_words(req, "state", list(ApprovalState)) or list(ApprovalState)
    wanted = ApprovalFilter(
        states=frozenset(map(ApprovalState, states)),
        vaults=vault_aliases(req),
        limit=limit_of(req),
        may_see=lambda vault, name, tid, oid: may_see(
            rules_of(context), context.caller, vault, name, (tid, oid)
        ),
    )
    page = await context.certflow().approvals.page(wanted, req.params.get("token"))
    value = [approval_item(req, context, one) for one in page.approvals]
    return json_body(200, ApprovalsAnswer(value, next_link(req, page.token)))


async def get_approval(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with an approval."""
    check_query(req)
    found = await seen_approval(
        context.certflow(), rules_of(context), context.caller, req.route_params["id"]
    )
    return _shown(req, context, found)


async def approve_approval(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Says yes to what has the digest of the body, and answers 200 with the approval; with the last
    yes that it takes, its request is started.
    """
    check_query(req)
    asked, by = parse(body_of(req), ApproveBody), context.caller.actor
    id_, rules = req.route_params["id"], rules_of(context)
    found = await approve(context.certflow(), rules, context.caller, by, id_, asked.digest)
    return _shown(req, context, found)


async def refuse_approval(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Says no to what has the digest of the body, and answers 200 with the approval."""
    check_query(req)
    asked, by = parse(body_of(req), RefuseBody), context.caller.actor
    id_, rules = req.route_params["id"], rules_of(context)
    found = await refuse(
        context.certflow(), rules, context.caller, by, id_, asked.digest, asked.reason
    )
    return _shown(req, context, found)


async def withdraw_approval(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Takes back what waits for approval, and answers 200 with the approval."""
    check_query(req)
    asked, by = parse(body_of(req) or b"{}", WithdrawBody), context.caller.actor
    id_, rules = req.route_params["id"], rules_of(context)
    found = await withdraw(context.certflow(), rules, context.caller, by, id_, asked.reason)
    return _shown(req, context, found)


def _shown(req: func.HttpRequest, context: Context, approval: Approval) -> func.HttpResponse:
    return json_body(200, approval_item(req, context, approval))
