"""Handles the routes of one certificate, which have the shape of Key Vault's own operations: create
a request, see, cancel, delete and merge it, get its CSR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import azure.functions as func
import msgspec

from functions.app.context import Certflow
from functions.app.trust_hints import hint_of
from functions.approvals.ask import create_or_ask
from functions.chains.merge_by_call import merge
from functions.chains.parsing.parse import parse, parse_items
from functions.chains.received_keys import findings_as_sent, tell_key_received
from functions.chains.trust_changes import trust_note
from functions.model.approval.record import Approval
from functions.model.errors import InvalidRequest, Refused, Unavailable
from functions.model.findings import AWAITING_APPROVAL, PRIVATE_KEY, ChainProblem, once_merged
from functions.model.issuers import is_manual
from functions.ports.key_vault_objects import MergeFields
from functions.requests.create import CreateCommand, CreateResult
from functions.requests.manage import Address, PendingView, cancel, csr, delete, status
from functions.triggers.http.answers import certificate_url, findings_of, json_body, pending_url
from functions.triggers.http.approvals.show import waiting_answer
from functions.triggers.http.bodies import check_name, parse_cancel, parse_create, parse_merge
from functions.triggers.http.context import Context
from functions.triggers.http.grants.judge import dry_run_answer, judge_of
from functions.triggers.http.grants.tags import check_may_change
from functions.triggers.http.queries import (
    actor_of,
    address_of,
    body_of,
    check_query,
    flag_of,
    idempotency_key,
)
from functions.triggers.http.types.answers import BundleExtras, OperationExtras

RETRY_AFTER = {"Retry-After": "10"}  # as Key Vault for a request in progress (protocol §1)


async def create_certificate(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Starts a request, or adopts or replaces a pending one, and answers 202 with the operation;
    with the approval, if it has to be approved first. With `dry_run=true` it answers 200 with what
    would happen, and nothing does.
    """
    check_query(req, "requested_by", "dry_run")
    dry_run = flag_of(req, "dry_run")
    vault, name = req.route_params["vault"], check_name(req.route_params["name"])
    asked, body = parse_create(body_of(req))
    actor = actor_of(req, context, asked.requested_by)
    order = CreateCommand(
        vault,
        name,
        body,
        asked.owner,
        asked.if_pending,
        idempotency_key(req),
        actor,
        signer=asked.signer,
        judge=judge_of(context),
    )
    if dry_run:
        return json_body(200, await dry_run_answer(context, order))
    started = await create_or_ask(context.certflow(), order)
    if isinstance(started, Approval):
        return waiting_answer(req, context, started)
    if _manual(started.fields):
        started = replace(
            started, note=await _with_trust(context.certflow(), vault.lower(), started.note)
        )
    location = pending_url(req, vault, name, started.request_id)
    return json_body(202, _started_body(req, order, started), {"Location": location, **RETRY_AFTER})


async def get_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a pending request."""
    address, app = address_of(req), context.certflow()
    seen = await status(app, address)
    in_progress = seen.operation.operation.status == "inProgress"
    return json_body(
        200, _pending_body(req, address, seen, app), RETRY_AFTER if in_progress else {}
    )


async def cancel_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Asks for the cancellation of a pending request, and answers 200 with it."""
    address, app = address_of(req, "requested_by"), context.certflow()
    asked = parse_cancel(body_of(req))
    seen = await cancel(app, address, actor_of(req, context, asked.requested_by))
    return json_body(200, _pending_body(req, address, seen, app))


async def delete_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Deletes a pending request, and answers 200 with its last state."""
    address, app = address_of(req, "requested_by"), context.certflow()
    seen = await delete(app, address, actor_of(req, context))
    return json_body(200, _pending_body(req, address, seen, app))


async def get_csr(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the CSR as PEM."""
    address = address_of(req)
    pem = await csr(context.certflow(), address)
    headers = {"Content-Disposition": f'attachment; filename="{address.name}.csr"'}
    return func.HttpResponse(pem, headers=headers, mimetype="application/x-pem-file")


async def merge_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Merges a chain, which is `x5c` in a JSON body, or a body as a CA's file has it; answers 201
    with the new version.
    """
    address, body = address_of(req, "requested_by"), body_of(req)
    more: MergeFields = {}
    said = None
    try:
        if _is_json(req, body):
            items, more, said = parse_merge(body)
            if more:
                # A merge with tags or attributes changes the certificate.
                await check_may_change(context, address.alias, address.name, more.get("tags"))
            contents = parse_items(items)
        else:
            contents = parse(body)
        by = actor_of(req, context, said)
        bundle, findings = await merge(context.certflow(), address, contents.certificates, more, by)
    except ChainProblem as problem:
        if problem.finding.code == PRIVATE_KEY:
            by = actor_of(req, context, said)
            await tell_key_received(
                context.certflow(), body, "merge", by, address.alias, address.name
            )
        raise _not_merged(problem) from problem
    ours = BundleExtras(findings_of((*findings, *once_merged(contents.findings))))
    return json_body(201, _extended(bundle.fields, ours), {"Location": str(bundle.fields["id"])})


def _is_json(req: func.HttpRequest, body: bytes) -> bool:
    return body.lstrip()[:1] in {b"{", b"["} or "json" in req.headers.get("content-type", "")


def _not_merged(problem: ChainProblem) -> Refused | InvalidRequest:
    """Returns the error of the API for a chain that was not merged."""
    code = problem.finding.code
    if code in {"request-ended", AWAITING_APPROVAL, "not-approved"}:
        return Refused(409, "Conflict", str(problem), reason=code)
    findings = findings_as_sent(problem.findings)
    return InvalidRequest(
        "body", f"{problem} {findings[0].next_step}", reason=code, findings=findings
    )


async def _with_trust(app: Certflow, vault: str, note: str | None) -> str | None:
    """Returns the note, followed by a hint if no chain for the request could be merged at the
    moment.
    """
    try:
        hint = hint_of(await trust_note(app, vault))
    except Unavailable:  # the request is started, and the caller has to get its answer
        hint = None
    return " ".join(one for one in (note, hint) if one) or None


def _started_body(
    req: func.HttpRequest, command: CreateCommand, started: CreateResult
) -> dict[str, Any]:
    ours = OperationExtras(
        owner=started.owner,
        signer=started.signer,
        how=started.how,
        note=started.note,
        links=_links(
            req, command.vault, command.name, started.request_id, manual=_manual(started.fields)
        ),
    )
    return _extended(started.fields, ours)


def _pending_body(
    req: func.HttpRequest, address: Address, seen: PendingView, app: Certflow
) -> dict[str, Any]:
    request, operation = seen.request, seen.operation.operation
    manual = _manual(seen.operation.fields)
    ours = OperationExtras(
        owner=request.owner if request else None,
        signer=request.signer if request else None,
        age=int((app.now() - request.created).total_seconds()) if request else None,
        took_place_of=seen.replaced,
        note=seen.note,
        links=_links(req, address.vault, address.name, operation.request_id, manual=manual),
    )
    return _extended(seen.operation.fields, ours)


def _links(
    req: func.HttpRequest, vault: str, name: str, request_id: str, *, manual: bool
) -> dict[str, str]:
    """Returns the addresses of what can be done with a request. All but `history` have the
    request_id, so that they never mean a later request.
    """
    links = {"pending": pending_url(req, vault, name, request_id)}
    if manual:
        links["csr"] = pending_url(req, vault, name, request_id, "/pending/csr")
        links["merge"] = pending_url(req, vault, name, request_id, "/pending/merge")
    return links | {"history": f"{certificate_url(req, vault, name)}/history"}


def _manual(fields: Mapping[str, Any]) -> bool:
    return is_manual(str(fields["issuer"]["name"]))


def _extended(fields: Mapping[str, Any], ours: OperationExtras | BundleExtras) -> dict[str, Any]:
    """Returns all fields of an object of Key Vault, with the fields that Certflow adds."""
    return {**fields, **msgspec.to_builtins(ours)}
