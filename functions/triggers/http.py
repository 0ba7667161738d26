"""The HTTP way in, shaped like Key Vault's own operations."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlsplit

import azure.functions as func
import msgspec

from functions.issuance.certflow import Certflow
from functions.issuance.errors import (
    BadSettings,
    CertflowError,
    ConcurrentChange,
    InvalidRequest,
    Refused,
    Unavailable,
    UnknownVault,
)
from functions.issuance.journal import record
from functions.issuance.start import start, status
from functions.triggers.bodies import check_name, parse_order

CERTIFICATE = "vaults/{vault}/certificates/{name}"
STATUS: dict[type[CertflowError], int] = {
    InvalidRequest: 400,
    UnknownVault: 404,
    ConcurrentChange: 409,
    BadSettings: 500,
    Unavailable: 503,
}
JSON = "application/json; charset=utf-8"  # as Key Vault writes it
RETRY_AFTER = "10"  # what Key Vault itself says of a request in progress (protocol §1)


def http_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """`POST …/create` and `GET …/pending`."""
    blueprint = func.Blueprint()

    @blueprint.function_name("create_certificate")
    @blueprint.route(route=f"{CERTIFICATE}/create", methods=["POST"])
    async def create_certificate(req: func.HttpRequest) -> func.HttpResponse:
        async def create() -> func.HttpResponse:
            order = parse_order(req.route_params["vault"], req.route_params["name"], _body(req))
            answer = await start(certflow(), order)
            location = _pending_url(req, order.vault, order.name, answer.operation.request_id)
            return _json(
                202, _with_owner(answer.fields, order.owner), {"Location": location, "Retry-After": RETRY_AFTER}
            )

        return await _answered(create)

    @blueprint.function_name("get_pending")
    @blueprint.route(route=f"{CERTIFICATE}/pending", methods=["GET"])
    async def get_pending(req: func.HttpRequest) -> func.HttpResponse:
        async def get() -> func.HttpResponse:
            vault, name = req.route_params["vault"], check_name(req.route_params["name"])
            answer, owner = await status(certflow(), vault, name, req.params.get("request_id"))
            headers = {"Retry-After": RETRY_AFTER} if answer.operation.status == "inProgress" else {}
            return _json(200, _with_owner(answer.fields, owner), headers)

        return await _answered(get)

    return blueprint


async def _answered(handle: Callable[[], Awaitable[func.HttpResponse]]) -> func.HttpResponse:
    """Every error becomes a body here: if a function raises, the platform answers 500 with none at all."""
    try:
        return await handle()
    except Refused as error:
        return _error(error.status, error.code, str(error))
    except Unavailable as error:
        return _error(503, error.code, str(error), {"Retry-After": str(error.retry_after)})
    except CertflowError as error:
        return _error(STATUS.get(type(error), 500), error.code, str(error))
    except Exception as error:
        incident = uuid.uuid4().hex
        record("unforeseen-error", level=logging.ERROR, incident=incident, reason=type(error).__name__)
        logging.getLogger("certflow").exception("incident %s", incident)
        return _error(500, "InternalError", f"Something unforeseen happened; the log says more under {incident}.")


def _body(req: func.HttpRequest) -> bytes:
    body = req.get_body()
    if not body and req.headers.get("transfer-encoding", "").lower() == "chunked":
        # The host hands a body on only if Content-Length says that there is one.
        raise Refused(411, "LengthRequired", "Send the body with a Content-Length; chunked uploads do not arrive.")
    return body


def _pending_url(req: func.HttpRequest, vault: str, name: str, request_id: str) -> str:
    base = urlsplit(req.url)
    return (
        f"{base.scheme}://{base.netloc}/api/vaults/{quote(vault)}/certificates/{name}/pending?request_id={request_id}"
    )


def _with_owner(fields: Any, owner: str | None) -> dict[str, Any]:
    return {**fields, **({"owner": owner} if owner else {})}


def _json(code: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> func.HttpResponse:
    return func.HttpResponse(msgspec.json.encode(body), status_code=code, headers=headers or {}, mimetype=JSON)


def _error(code: int, name: str, message: str, headers: dict[str, str] | None = None) -> func.HttpResponse:
    return _json(code, {"error": {"code": name, "message": message}}, headers)
