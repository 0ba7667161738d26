"""Answers over HTTP: JSON bodies, Key Vault's error model, the addresses of what can be done next."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import azure.functions as func
import msgspec

from functions.issuance.errors import (
    BadSettings,
    CertflowError,
    ConcurrentChange,
    InvalidRequest,
    KeyReused,
    Refused,
    Unavailable,
    UnknownVault,
)
from functions.issuance.journal import record

JSON = "application/json; charset=utf-8"  # as Key Vault writes it
STATUS: dict[str, int] = {
    UnknownVault.code: 404,
    ConcurrentChange.code: 409,
    KeyReused.code: 422,
    BadSettings.code: 500,
    Unavailable.code: 503,
}
# What a way out is called, and how it is done here; those that are not ours to do have no address.
WAYS: dict[str, tuple[str, str]] = {
    "merge": ("POST", "/pending/merge"),
    "cancel": ("PATCH", "/pending"),
    "delete": ("DELETE", "/pending"),
    "wait": ("GET", "/pending"),
}


async def answered(req: func.HttpRequest, handle: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """Every error becomes a body here: if a function raises, the platform answers 500 with none at all."""
    try:
        return await handle()
    except Refused as error:
        return _refused(req, error)
    except Unavailable as error:
        message = f"{error} Nothing will be started later; please try again."
        return error_body(503, error.code, message, headers={"Retry-After": str(error.retry_after)})
    except InvalidRequest as error:
        findings = [finding.as_dict() for finding in error.findings] or None
        return error_body(400, error.code, str(error), reason=error.reason, findings=findings)
    except CertflowError as error:
        return error_body(STATUS.get(error.code, 500), error.code, str(error))
    except Exception as error:
        incident = uuid.uuid4().hex
        record("unforeseen-error", level=logging.ERROR, incident=incident, reason=type(error).__name__)
        logging.getLogger("certflow").exception("incident %s", incident)
        return error_body(500, "InternalError", f"Something unforeseen happened; the log says more under {incident}.")


def json_body(code: int, body: Any, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """A JSON answer."""
    return func.HttpResponse(msgspec.json.encode(body), status_code=code, headers=dict(headers or {}), mimetype=JSON)


def error_body(
    code: int, name: str, message: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> func.HttpResponse:
    """Key Vault's error model, `{"error": {"code", "message"}}`; extra fields are ours and stand beside `error`."""
    extra = {key: value for key, value in more.items() if value is not None}
    return json_body(code, {"error": {"code": name, "message": message}, **extra}, headers)


def certificate_url(req: func.HttpRequest, vault: str, name: str) -> str:
    """Our own address of a certificate, under the host that the caller used."""
    base = urlsplit(req.url)
    return f"{base.scheme}://{base.netloc}/api/vaults/{quote(vault)}/certificates/{quote(name)}"


def pending_url(req: func.HttpRequest, vault: str, name: str, request_id: str, path: str = "/pending") -> str:
    """The address of one pending request, by its request_id: an old link never meets somebody's newer request."""
    return f"{certificate_url(req, vault, name)}{path}?request_id={request_id}"


def _refused(req: func.HttpRequest, error: Refused) -> func.HttpResponse:
    vault, name = req.route_params.get("vault"), req.route_params.get("name")
    ways = []
    for way in error.ways_out:
        link: dict[str, str] = {"do": way.do, "sentence": way.sentence}
        if way.do in WAYS and error.request_id and vault and name:
            method, path = WAYS[way.do]
            link |= {"method": method, "href": pending_url(req, vault, name, error.request_id, path)}
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
