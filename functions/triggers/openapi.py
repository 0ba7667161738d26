"""The API's description, OpenAPI 3.1: request bodies from the very types that parse them, answers written out here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from functions.triggers.answer_schemas import REQUEST_ID, TEXT, Schema, answer_schemas
from functions.triggers.bodies import NAME, AcknowledgeBody, CancelBody, CreateBody, MergeBody, RehearseBody, RetryBody
from functions.triggers.plain_text import MOST_LETTERS
from functions.triggers.queries import CSR_FILTERS, FILTERS, PERIOD, PERIODS

VERSION = "0.1.0"
EXAMPLES = {
    name: {"value": {"policy": {"x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": issuer}}}}
    for name, issuer in (("an integrated issuer", "DigiCert"), ("a CA of your own", "Unknown"))
}
# Where an answer of create leads: all that can be done with the request that it started.
THIS_REQUEST = {
    "path.vault": "$request.path.vault",
    "path.name": "$request.path.name",
    "query.request_id": "$response.body#/request_id",
}
LINKS = {
    "links": {
        name: {"operationId": name, "parameters": THIS_REQUEST}
        for name in ("get_pending", "cancel_pending", "delete_pending", "get_csr")
    }
}
FILES: dict[str, Any] = {
    kind: {"schema": {}} for kind in ("application/x-pem-file", "application/pkix-cert", "application/pkcs7-mime")
}
CERTIFICATE = "/vaults/{vault}/certificates/{name}"


def describe(vaults: Sequence[str]) -> dict[str, Any]:
    """The document, but for `servers`, which the route adds. `vaults` are the aliases that there are."""
    bodies = (CreateBody, CancelBody, MergeBody, RetryBody, AcknowledgeBody, RehearseBody)
    (create, cancel, merge, retry, quiet, rehearse), components = msgspec.json.schema_components(
        bodies, ref_template="#/components/schemas/{name}"
    )
    address = _vault_and_name(vaults)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Certflow", "version": VERSION, "description": "Starts, watches and finishes certificates."},
        "security": [{"key": []}, {"code": []}],
        "paths": _paths(address, create, cancel, merge) | _doctor(retry) | _telling(address, quiet, rehearse),
        "components": {
            "schemas": components | answer_schemas(),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "code": {"type": "apiKey", "in": "query", "name": "code"},
            },
        },
    }


def _paths(address: list[Schema], create: Schema, cancel: Schema, merge: Schema) -> dict[str, Any]:
    pending, who = f"{CERTIFICATE}/pending", _who()
    which = _query("request_id", REQUEST_ID)
    return {
        f"{CERTIFICATE}/create": {
            "parameters": address,
            "post": _operation(
                "create_certificate",
                "Start a request",
                {"202": _answer("Operation", "Started, adopted, or replaced", "Location", "Retry-After") | LINKS},
                body={"application/json": {"schema": create, "examples": EXAMPLES}},
                body_needed=False,
                parameters=[who, _header("Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 255})],
                more=("409", "422"),
            ),
        },
        pending: {
            "parameters": [*address, which],
            "get": _operation(
                "get_pending", "How a pending request stands", {"200": _answer("Operation", "As Key Vault says")}
            ),
            "patch": _operation(
                "cancel_pending",
                "Ask for cancellation",
                {"200": _answer("Operation", "Asked for; whether its issuer cancels it is seen later")},
                body={"application/json": {"schema": cancel}},
                parameters=[who],
            ),
            "delete": _operation(
                "delete_pending",
                "Delete the pending object",
                {"200": _answer("Operation", "As it stood")},
                parameters=[who],
            ),
        },
        f"{pending}/merge": {
            "parameters": [*address, which],
            "post": _operation(
                "merge_pending",
                "Merge a signed chain",
                {"201": _answer("Bundle", "Merged", "Location")},
                body={"application/json": {"schema": merge}, **FILES},
                parameters=[who],
                more=("403", "409"),
            ),
        },
        f"{pending}/csr": {
            "parameters": [*address, which],
            "get": _operation(
                "get_csr",
                "The CSR as PEM",
                {"200": {"description": "PEM", "content": {"application/x-pem-file": {"schema": TEXT}}}},
            ),
        },
        f"{CERTIFICATE}/history": {
            "parameters": address,
            "get": _operation("get_history", "What happened", {"200": _answer("History", "The oldest first")}),
        },
        "/requests": {
            "get": _operation(
                "list_requests",
                "What is tracked",
                {"200": _answer("Requests", "One page")},
                parameters=[
                    *(_query(name, TEXT) for name in FILTERS),
                    *(_query(name, {"type": "string", "pattern": f"^{PERIOD.pattern}$"}) for name in PERIODS),
                    _query("order", {"type": "string", "enum": ["age", "none"]}),
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
                    _query("token", TEXT),
                ],
            )
        },
        "/csrs": {
            "get": _operation(
                "get_csrs",
                "The CSRs that wait for a person's CA, with a manifest",
                {"200": {"description": "A zip", "content": {"application/zip": {"schema": {}}}}},
                parameters=[
                    *(_query(name, TEXT) for name in CSR_FILTERS),
                    _query("older_than", {"type": "string", "pattern": f"^{PERIOD.pattern}$"}),
                ],
            )
        },
        "/status": {"get": _operation("status", "How the watching goes", {"200": _answer("VaultsStatus", "By vault")})},
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "Up or not",
                "security": [],
                "responses": {
                    "200": _answer("Health", "Up"),
                    "400": _answer("Error", "An unknown query parameter"),
                    "503": _answer("Health", "Not up"),
                },
            }
        },
        "/openapi.json": {
            "get": _operation(
                "openapi",
                "This document",
                {
                    "200": {
                        "description": "OpenAPI 3.1",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            )
        },
    }


def _doctor(retry: Schema) -> dict[str, Any]:
    return {
        "/chains/inspect": {
            "post": _operation(
                "inspect_chain",
                "What a drop of this file would do",
                {"200": _answer("Report", "Nothing has been done")},
                body={"application/octet-stream": {"schema": {}}, **FILES},
                parameters=[_who()],
            )
        },
        "/chains/retry": {
            "post": _operation(
                "retry_chain",
                "Handle a file again that still lies in the container",
                {"200": _answer("Report", "What became of it")},
                body={"application/json": {"schema": retry}},
            )
        },
    }


def _telling(address: list[Schema], quiet: Schema, rehearse: Schema) -> dict[str, Any]:
    return {
        f"{CERTIFICATE}/pending/acknowledge": {
            "parameters": [*address, _query("request_id", REQUEST_ID)],
            "post": _operation(
                "acknowledge_pending",
                "Hold the reminders of a pending request back",
                {"200": _answer("Quiet", "No reminders until then; its end is told all the same")},
                body={"application/json": {"schema": quiet}},
                parameters=[_who()],
            ),
        },
        "/notifications/test": {
            "post": _operation(
                "test_notifications",
                "Send a sample of each message on every channel",
                {"200": _answer("Rehearsal", "What was sent, and how that ended by channel")},
                body={"application/json": {"schema": rehearse}},
                body_needed=False,
            )
        },
    }


def _operation(
    operation_id: str,
    summary: str,
    answers: dict[str, Any],
    *,
    body: dict[str, Any] | None = None,
    body_needed: bool = True,
    parameters: list[Schema] | None = None,
    more: tuple[str, ...] = (),
) -> dict[str, Any]:
    said = {
        "400": "The request cannot be meant; the message names the field",
        "403": "Key Vault forbids it",
        "404": "No such vault, or no such request",
        "409": "Something stands in the way; ways_out says what can be done",
        "411": "The body came chunked",
        "422": "This Idempotency-Key was used for something else",
        "500": "Unforeseen, or a setting is wrong",
        "503": "Key Vault or the storage does not answer; see Retry-After",
    }
    codes = {"400", "403", "404", "500", "503", *more} | ({"411"} if body else set())
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "responses": answers
        | {"401": {"description": "No key, or a wrong one; no body"}}
        | {code: _answer("Error", said[code]) for code in sorted(codes)},
    }
    if parameters:
        operation["parameters"] = parameters
    if body:
        operation["requestBody"] = {"required": body_needed, "content": body}
    return operation


def _answer(schema: str, description: str, *headers: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    answer: dict[str, Any] = {"description": description, "content": content}
    if headers:
        answer["headers"] = {name: {"required": True, "schema": TEXT} for name in headers}
    return answer


def _vault_and_name(vaults: Sequence[str]) -> list[Schema]:
    pattern = f"^{NAME.pattern}$"
    return [
        {"name": "vault", "in": "path", "required": True, "schema": {"type": "string", "enum": list(vaults)}},
        {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}},
    ]


def _who() -> Schema:
    return _query("requested_by", {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS})


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _header(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "required": False, "schema": schema}
