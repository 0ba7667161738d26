"""The HTTP way in to what is tracked: requests, history, health, status, and the API's own description."""

from __future__ import annotations

import functools
import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import azure.functions as func

from functions.issuance.channel_backlog import waiting_on_channels
from functions.issuance.errors import CertflowError
from functions.issuance.health import is_healthy
from functions.issuance.journal import record
from functions.issuance.overview import files_lying, refused_events, status_of_vaults
from functions.issuance.requests import Act, TrackedRequest
from functions.triggers.answers import json_body, pending_url
from functions.triggers.bodies import check_name
from functions.triggers.openapi import describe
from functions.triggers.queries import check_query, wanted_of
from functions.triggers.routes import Context


async def list_requests(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """What is tracked, a page at a time → 200."""
    app = context.certflow()
    wanted, token = wanted_of(req, app.now())
    for alias in wanted.vaults:
        app.vault(alias)
    page = await app.ledger.requests(wanted, token)
    value = [_request(req, one, app.now()) for one in page.requests]
    return json_body(200, {"value": value, "nextLink": _next(req, page.token)})


async def get_history(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """What happened to a certificate name, the oldest first → 200."""
    check_query(req)
    app, vault, name = context.certflow(), req.route_params["vault"], check_name(req.route_params["name"])
    app.vault(vault)
    acts = await app.ledger.history(vault.lower(), name)
    return json_body(200, {"value": [_act(act) for act in acts]})


async def get_health(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Up or not, and which settings cannot work: no key is needed to ask → 200, 503."""
    check_query(req)
    try:
        app = context.certflow()
        healthy = await is_healthy(app)
    except CertflowError as error:  # a setting; who asks is anonymous, so the reason is for the log alone
        record("not-healthy", level=logging.ERROR, reason=str(error))
        healthy = False
    if not healthy:
        return json_body(503, {"status": "not ok"}, {"Retry-After": "10"})
    faults = {"setting_faults": list(app.setting_faults)} if app.setting_faults else {}
    return json_body(200, {"status": "ok", **faults})


async def get_status(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """How the watching goes and what is trusted, by vault; files that lie, messages that wait, what is wrong → 200."""
    check_query(req)
    app = context.certflow()
    found = {
        "vaults": await status_of_vaults(app),
        "files": await files_lying(app),
        "refused_events": await refused_events(app),
        "setting_faults": list(app.setting_faults),
        "channels": await waiting_on_channels(app),
    }
    return json_body(200, found)


async def get_openapi(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """The API's description → 200."""
    check_query(req)
    base = urlsplit(req.url)
    document = _description(tuple(context.certflow().vaults))
    return json_body(200, document | {"servers": [{"url": f"{base.scheme}://{base.netloc}/api"}]})


@functools.cache
def _description(vaults: tuple[str, ...]) -> dict[str, Any]:
    return describe(vaults)


def _request(req: func.HttpRequest, request: TrackedRequest, now: datetime) -> dict[str, Any]:
    fields = {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "status": request.status.value,
        "issuer": request.issuer,
        "subject": request.subject,
        "names": request.names.split() or None,
        "owner": request.owner,
        "signer": request.signer,
        "requested_by": request.requested_by,
        "requested_by_verified": request.requested_by_verified if request.requested_by else None,
        "origin": request.origin.value if request.origin else None,
        "created": request.created.isoformat(),
        "age": int(((request.ended or now) - request.created).total_seconds()),
        "ended": request.ended.isoformat() if request.ended else None,
        "next_check": request.next_check.isoformat() if request.next_check else None,
        "attempts": request.attempts or None,
        "last_error": request.last_error,
        "error": {"code": request.error_code, "message": request.error_message} if request.error_code else None,
        "version": request.version,
        "not_after": request.not_after.isoformat() if request.not_after else None,
        "replaced_by": request.replaced_by,
        "reminded": request.reminded or None,
        "remind_at": request.remind_at.isoformat() if request.remind_at else None,
        "quiet_until": request.quiet_until.isoformat() if request.quiet_until else None,
        "quiet_why": request.quiet_why,
        "link": pending_url(req, request.vault, request.name, request.request_id),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _act(act: Act) -> dict[str, Any]:
    by = {"by": act.by.name, "verified": act.by.verified} if act.by.name else {}
    said = {"act": act.what, "at": act.at.isoformat(), "request_id": act.request_id, "status": act.status.value}
    more = {"note": act.note, "certificate": act.certificate, "file": act.file, "warnings": list(act.warnings)}
    return said | by | {key: value for key, value in more.items() if value}


def _next(req: func.HttpRequest, token: str | None) -> str | None:
    if token is None:
        return None
    base = urlsplit(req.url)
    query = {name: value for name, value in req.params.items() if name not in {"code", "token"}} | {"token": token}
    return f"{base.scheme}://{base.netloc}{base.path}?{urlencode(query)}"
