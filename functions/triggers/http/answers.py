"""Builds answers: JSON bodies, errors in Key Vault's model, and the addresses of what can be done
next.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

import azure.functions as func
import msgspec

from functions.approvals.errors import UnknownApproval
from functions.model.errors import (
    BadSettings,
    CertflowError,
    ConcurrentChange,
    Forbidden,
    InvalidRequest,
    KeyReused,
    Refused,
    Unauthenticated,
    Unavailable,
    UnknownVault,
)
from functions.model.findings import Finding
from functions.model.log import record
from functions.triggers.http.types.answers import (
    ErrorAnswer,
    Fault,
    FindingAnswer,
    MissingGrant,
    WayOut,
)

JSON = "application/json; charset=utf-8"  # as Key Vault writes it
STATUS: dict[str, int] = {
    UnknownVault.code: 404,
    UnknownApproval.code: 404,
    ConcurrentChange.code: 409,
    KeyReused.code: 422,
    BadSettings.code: 500,
    Unavailable.code: 503,
}
# The method and the path for each way out that is done over this API; other ways out have none.
WAYS: dict[str, tuple[str, str]] = {
    "merge": ("POST", "/pending/merge"),
    "cancel": ("PATCH", "/pending"),
    "delete": ("DELETE", "/pending"),
    "wait": ("GET", "/pending"),
}


async def answered(
    req: func.HttpRequest, handle: Callable[[], Awaitable[func.HttpResponse]]
) -> func.HttpResponse:
    """Returns what `handle` returns, or an answer with a body for any exception that it raises. If
    a function raises, the platform answers 500 without a body.
    """
    try:
        return await handle()
    except CertflowError as error:
        return _error_answer(req, error)
    except Exception as error:
        incident = uuid.uuid4().hex
        record(
            "unforeseen-error", level=logging.ERROR, incident=incident, reason=type(error).__name__
        )
        logging.getLogger("certflow").exception("incident %s", incident)
        return error_body(
            500,
            "InternalError",
            f"Something unforeseen happened; the log says more under {incident}.",
        )


def _error_answer(req: func.HttpRequest, error: CertflowError) -> func.HttpResponse:
    if isinstance(error, Refused):
        return _refused_answer(req, error)
    if isinstance(error, Forbidden):
        missing = missing_of(error) or None
        return error_body(403, error.code, str(error), reason=error.reason, missing=missing)
    if isinstance(error, Unauthenticated):
        return error_body(401, error.code, str(error), headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, Unavailable):
        message = f"{error} Nothing will be started later; please try again."
        return error_body(503, error.code, message, headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, InvalidRequest):
        findings = findings_of(error.findings) or None
        return error_body(400, error.code, str(error), reason=error.reason, findings=findings)
    return error_body(STATUS.get(error.code, 500), error.code, str(error))


def json_body(
    code: int, body: object, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Returns an answer with a JSON body."""
    return func.HttpResponse(
        msgspec.json.encode(body), status_code=code, headers=dict(headers or {}), mimetype=JSON
    )


def error_body(
    code: int,
    name: str,
    message: str,
    *,
    headers: Mapping[str, str] | None = None,
    reason: str | None = None,
    request_id: str | None = None,
    ways_out: list[WayOut] | None = None,
    issuers: list[str] | None = None,
    findings: list[FindingAnswer] | None = None,
    missing: list[MissingGrant] | None = None,
) -> func.HttpResponse:
    """Returns an answer in Key Vault's error model, `{"error": {"code", "message"}}`. The other
    fields are Certflow's and stand beside `error`.
    """
    return json_body(
        code,
        ErrorAnswer(Fault(name, message), reason, request_id, ways_out, issuers, findings, missing),
        headers,
    )


def missing_of(error: Forbidden) -> list[MissingGrant]:
    """Returns what is not granted in the form that answers have."""
    return [MissingGrant(one.what, one.asked, list(one.granted)) for one in error.missing]


def findings_of(findings: Iterable[Finding]) -> list[FindingAnswer]:
    """Returns findings in the form that answers have."""
    return [FindingAnswer(one.code, one.severity, one.sentence, one.next_step) for one in findings]


def time_of(moment: datetime | None) -> str | None:
    """Returns a time in the form that answers have (ISO 8601); None for None."""
    return moment.isoformat() if moment else None


def certificate_url(req: func.HttpRequest, vault: str, name: str) -> str:
    """Returns the address of a certificate in this API, under the host that the caller used."""
    base = urlsplit(req.url)
    return f"{base.scheme}://{base.netloc}/api/vaults/{quote(vault)}/certificates/{quote(name)}"


def pending_url(
    req: func.HttpRequest, vault: str, name: str, request_id: str, path: str = "/pending"
) -> str:
    """Returns the address of one pending request. It has the request_id, so that an old link never
    reaches a newer request of the same name.
    """
    return f"{certificate_url(req, vault, name)}{path}?request_id={request_id}"


def next_link(req: func.HttpRequest, token: str | None) -> str | None:
    """Returns the address of the next page of a list; None after the last one."""
    if token is None:
        return None
    base = urlsplit(req.url)
    # Without `code`, the function key: a link must not carry a secret.
    kept = {name: value for name, value in req.params.items() if name not in {"code", "token"}}
    query = urlencode(kept | {"token": token})
    return f"{base.scheme}://{base.netloc}{base.path}?{query}"


def _refused_answer(req: func.HttpRequest, error: Refused) -> func.HttpResponse:
    vault, name = req.route_params.get("vault"), req.route_params.get("name")
    ways = []
    for way in error.ways_out:
        link = WayOut(way.do, way.sentence)
        if way.do in WAYS and error.request_id and vault and name:
            method, path = WAYS[way.do]
            link.method, link.href = method, pending_url(req, vault, name, error.request_id, path)
        ways.append(link)
    return error_body(
        error.status,
        error.code,
        str(error),
        reason=error.reason,
        request_id=error.request_id,
        ways_out=ways or None,
        issuers=list(error.issuers) if error.issuers is not None else None,
    )
