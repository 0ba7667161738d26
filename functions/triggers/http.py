"""The HTTP way in, shaped like Key Vault's own operations: the routes of one certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import azure.functions as func

from functions.issuance.certflow import Certflow
from functions.issuance.errors import InvalidRequest, Refused, Unavailable
from functions.issuance.exposed import sent, tell_key_received
from functions.issuance.findings import PRIVATE_KEY, ChainProblem, once_merged
from functions.issuance.pending import Address, Seen, cancel, csr, delete, merge, status
from functions.issuance.reading import read, read_items
from functions.issuance.requests import is_manual
from functions.issuance.start import Order, Started, start
from functions.issuance.trusting import hint_of, trust_note
from functions.triggers.answers import certificate_url, json_body, pending_url
from functions.triggers.bodies import check_name, parse_cancel, parse_create, parse_merge
from functions.triggers.queries import actor_of, address_of, body_of, check_query, idempotency_key
from functions.triggers.routes import Context

RETRY_AFTER = {"Retry-After": "10"}  # what Key Vault itself says of a request in progress (protocol §1)


async def create_certificate(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Starts a request, or adopts or replaces a pending one → 202."""
    check_query(req, "requested_by")
    vault, name = req.route_params["vault"], check_name(req.route_params["name"])
    asked, body = parse_create(body_of(req))
    actor = actor_of(req, context, asked.requested_by)
    order = Order(vault, name, body, asked.owner, asked.if_pending, idempotency_key(req), actor, signer=asked.signer)
    started = await start(context.certflow(), order)
    if _manual(started.fields):
        started = replace(started, note=await _with_trust(context.certflow(), vault.lower(), started.note))
    location = pending_url(req, vault, name, started.request_id)
    return json_body(202, _started(req, order, started), {"Location": location, **RETRY_AFTER})


async def get_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """How a pending request stands → 200."""
    address, app = address_of(req), context.certflow()
    seen = await status(app, address)
    in_progress = seen.answer.operation.status == "inProgress"
    return json_body(200, _seen(req, address, seen, app), RETRY_AFTER if in_progress else {})


async def cancel_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Asks for cancellation → 200."""
    address, app = address_of(req, "requested_by"), context.certflow()
    asked = parse_cancel(body_of(req))
    seen = await cancel(app, address, actor_of(req, context, asked.requested_by))
    return json_body(200, _seen(req, address, seen, app))


async def delete_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Deletes the pending object → 200, as it stood."""
    address, app = address_of(req, "requested_by"), context.certflow()
    seen = await delete(app, address, actor_of(req, context))
    return json_body(200, _seen(req, address, seen, app))


async def get_csr(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """The CSR as PEM → 200."""
    address = address_of(req)
    pem = await csr(context.certflow(), address)
    headers = {"Content-Disposition": f'attachment; filename="{address.name}.csr"'}
    return func.HttpResponse(pem, headers=headers, mimetype="application/x-pem-file")


async def merge_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Merges a chain: x5c as JSON, or a file as a CA sends it as the body → 201."""
    address, body = address_of(req, "requested_by"), body_of(req)
    more: dict[str, Any] = {}
    said = None
    try:
        if body.lstrip()[:1] in {b"{", b"["} or "json" in req.headers.get("content-type", ""):
            items, more, said = parse_merge(body)
            contents = read_items(items)
        else:
            contents = read(body)
        by = actor_of(req, context, said)
        bundle, findings = await merge(context.certflow(), address, contents.certificates, more, by)
    except ChainProblem as problem:
        code = problem.finding.code
        if code == "request-ended":
            raise Refused(409, "Conflict", str(problem), reason=code) from problem
        if code == PRIVATE_KEY:
            by = actor_of(req, context, said)
            await tell_key_received(context.certflow(), body, "merge", by, address.alias, address.name)
        findings = sent(problem.findings)
        raise InvalidRequest("body", f"{problem} {findings[0].next_step}", reason=code, findings=findings) from problem
    said_of_it = [finding.as_dict() for finding in (*findings, *once_merged(contents.findings))]
    return json_body(201, {**bundle.fields, "findings": said_of_it}, {"Location": str(bundle.fields["id"])})


async def _with_trust(app: Certflow, vault: str, note: str | None) -> str | None:
    """The note, and that a chain for this request could not be merged as things stand."""
    try:
        hint = hint_of(await trust_note(app, vault))
    except Unavailable:  # it has been started, and that is what the caller has to hear
        hint = None
    return " ".join(one for one in (note, hint) if one) or None


def _started(req: func.HttpRequest, order: Order, started: Started) -> dict[str, Any]:
    ours = {
        "owner": started.owner,
        "signer": started.signer,
        "how": started.how,
        "note": started.note,
        "links": _links(req, order.vault, order.name, started.request_id, manual=_manual(started.fields)),
    }
    return {**started.fields, **_given(ours)}


def _seen(req: func.HttpRequest, address: Address, seen: Seen, app: Certflow) -> dict[str, Any]:
    request, operation = seen.request, seen.answer.operation
    manual = _manual(seen.answer.fields)
    ours = {
        "owner": request.owner if request else None,
        "signer": request.signer if request else None,
        "age": int((app.now() - request.created).total_seconds()) if request else None,
        "took_place_of": seen.took_place_of,
        "note": seen.note,
        "links": _links(req, address.vault, address.name, operation.request_id, manual=manual),
    }
    return {**seen.answer.fields, **_given(ours)}


def _links(req: func.HttpRequest, vault: str, name: str, request_id: str, *, manual: bool) -> dict[str, str]:
    """Where to go from here. `merge` and `pending` carry the request_id, so that they mean this request for good."""
    links = {"pending": pending_url(req, vault, name, request_id)}
    if manual:
        links["csr"] = pending_url(req, vault, name, request_id, "/pending/csr")
        links["merge"] = pending_url(req, vault, name, request_id, "/pending/merge")
    return links | {"history": f"{certificate_url(req, vault, name)}/history"}


def _manual(fields: Mapping[str, Any]) -> bool:
    return is_manual(str(fields["issuer"]["name"]))


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
