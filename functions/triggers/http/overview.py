"""Handles the routes that only read: tracked requests, history, health, the OpenAPI document."""

from __future__ import annotations

import functools
import logging
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from functions.app.health import is_healthy
from functions.model.errors import CertflowError
from functions.model.log import record
from functions.model.request.tracked import TrackedRequest
from functions.triggers.http.answers import json_body, next_link, pending_url, time_of
from functions.triggers.http.bodies import check_name
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import access_answer, seen_by
from functions.triggers.http.queries import check_query, filter_of
from functions.triggers.http.types.answers import (
    HealthAnswer,
    HistoryAnswer,
    RequestItem,
    RequestsAnswer,
    actor_answer,
)
from functions.triggers.http.types.from_ledger import history_entry, issuer_error

MAX_DOCUMENTS = 32  # that are kept: one for each set of vaults that a caller may see


async def list_requests(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a page of tracked requests."""
    app = context.certflow()
    wanted, token = filter_of(req, app.now())
    wanted = seen_by(context, wanted)
    page = await app.ledger.requests(wanted, token)
    value = [_request_item(req, one, app.now()) for one in page.requests]
    return json_body(200, RequestsAnswer(value, next_link(req, page.token)))


async def get_history(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the history of a certificate name, the oldest entry first."""
    check_query(req)
    app, vault = context.certflow(), req.route_params["vault"]
    name = check_name(req.route_params["name"])
    app.vault(vault)
    acts = await app.ledger.history(vault.lower(), name)
    return json_body(200, HistoryAnswer([history_entry(act) for act in acts]))


async def get_health(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 if the app and its storage are up, with the wrong settings; else 503. No key is
    needed.
    """
    check_query(req)
    try:
        app = context.certflow()
        healthy = await is_healthy(app)
    # A wrong setting. Callers are anonymous, so only the log says which.
    except CertflowError as error:
        record("not-healthy", level=logging.ERROR, reason=str(error))
        healthy = False
    if not healthy:
        return json_body(503, HealthAnswer("not ok"), {"Retry-After": "10"})
    faults = list(app.setting_faults)
    if context.sign_in is not None:  # a value, such as a vault's name, is nothing for anybody
        faults = [
            f"{one.partition(':')[0]}: it cannot work; GET status says why." for one in faults
        ]
    return json_body(200, HealthAnswer("ok", faults or None))


async def get_access(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with what the caller may do, and by what that is decided."""
    check_query(req)
    return json_body(200, access_answer(context))


async def get_openapi(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the OpenAPI document."""
    check_query(req)
    base = urlsplit(req.url)
    vaults = tuple(context.certflow().vaults)
    document = _description(vaults, signed_in=context.sign_in is not None)
    return json_body(200, document | {"servers": [{"url": f"{base.scheme}://{base.netloc}/api"}]})


@functools.lru_cache(MAX_DOCUMENTS)
def _description(vaults: tuple[str, ...], *, signed_in: bool) -> dict[str, Any]:
    # Imported here, because a cold start needs neither this nor the making of schemas.
    from functions.triggers.http.openapi import describe

    return describe(vaults, signed_in=signed_in)


def _request_item(req: func.HttpRequest, request: TrackedRequest, now: datetime) -> RequestItem:
    by = request.requested_by
    return RequestItem(
        vault=request.vault,
        name=request.name,
        request_id=request.request_id,
        status=request.status.value,
        issuer=request.issuer,
        subject=request.subject,
        names=request.names.split() or None,
        owner=request.owner,
        signer=request.signer,
        requested_by=by.shown if by else None,
        requested_by_verified=by.verified if by and by.shown else None,
        actor=actor_answer(by),
        on_behalf_of=by.on_behalf_of if by else None,
        origin=request.origin.value if request.origin else None,
        created=request.created.isoformat(),
        age=int(((request.ended or now) - request.created).total_seconds()),
        ended=time_of(request.ended),
        next_check=time_of(request.next_check),
        attempts=request.attempts or None,
        last_error=request.last_error,
        error=issuer_error(request),
        version=request.version,
        not_after=time_of(request.not_after),
        replaced_by=request.replaced_by,
        reminded=request.reminded or None,
        remind_at=time_of(request.remind_at),
        quiet_until=time_of(request.quiet_until),
        quiet_why=request.quiet_why,
        link=pending_url(req, request.vault, request.name, request.request_id),
    )
