"""Makes the OpenAPI 3.1 document of the API. Its schemas of bodies and answers are made of the
types that parse and write them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from functions import __version__
from functions.triggers.http.approvals.paths import approval_paths
from functions.triggers.http.board.paths import board_paths, view_operations
from functions.triggers.http.bodies import (
    CERTIFICATE_NAME,
    AcknowledgeBody,
    CancelBody,
    CreateBody,
    MergeBody,
    RebuildBody,
    RehearseBody,
    RetryBody,
)
from functions.triggers.http.inventory.audit_paths import audit_paths
from functions.triggers.http.inventory.certificate_paths import (
    certificate_list_paths,
    one_certificate_operations,
)
from functions.triggers.http.inventory.messages_paths import messages_paths
from functions.triggers.http.inventory.plan_paths import plan_paths
from functions.triggers.http.inventory.tag_body import TagBody
from functions.triggers.http.openapi_parts import (
    A_FLAG,
    A_PERIOD,
    ERRORS,
    TEXT_SCHEMA,
    answer,
    header_parameter,
    operation,
    query_parameter,
)
from functions.triggers.http.plain_text import MAX_TEXT_LETTERS
from functions.triggers.http.queries import CSR_FILTERS, FILTERS, PERIODS, REQUEST_ID
from functions.triggers.http.record.history_paths import history_paths
from functions.triggers.http.types.answer_schemas import Schema, answer_schemas
from functions.triggers.http.types.approvals import ApproveBody, RefuseBody, WithdrawBody

EXAMPLES = {
    name: {
        "value": {
            "policy": {"x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": issuer}}
        }
    }
    for name, issuer in (("an integrated issuer", "DigiCert"), ("a CA of your own", "Unknown"))
}
# The parameters of the operations that an answer of create leads to.
THIS_REQUEST = {
    "path.vault": "$request.path.vault",
    "path.name": "$request.path.name",
    "query.request_id": "$response.body#/request_id",
}
PENDING_LINKS = {
    "links": {
        name: {"operationId": name, "parameters": THIS_REQUEST}
        for name in ("get_pending", "cancel_pending", "delete_pending", "get_csr")
    }
}
FILES: dict[str, Any] = {
    kind: {"schema": {}}
    for kind in ("application/x-pem-file", "application/pkix-cert", "application/pkcs7-mime")
}
CERTIFICATE_PATH = "/vaults/{vault}/certificates/{name}"
KEY_SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    "code": {"type": "apiKey", "in": "query", "name": "code"},
}
TOKEN_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token (v2.0) of Microsoft Entra ID for this API",
    }
}
APPROVAL_SCHEMA = "#/components/schemas/Approval"
BODIES = (
    *(CreateBody, CancelBody, MergeBody, RetryBody),
    *(AcknowledgeBody, RehearseBody, RebuildBody, TagBody),
    *(ApproveBody, RefuseBody, WithdrawBody),
)
SAMPLED_LATELY = "The last test was less than a minute ago"


def describe(vaults: Sequence[str], *, signed_in: bool = False) -> dict[str, Any]:
    """Returns the OpenAPI document without `servers`, which the route adds. `vaults` are the
    aliases of the vaults that the reader may know; `signed_in`: callers sign in with a token, and
    not with a function key.
    """
    schemas, components = msgspec.json.schema_components(
        BODIES, ref_template="#/components/schemas/{name}"
    )
    create, cancel, merge, retry, quiet, rehearse, rebuild, tags, *of_approvals = schemas
    address = _vault_and_name(vaults)
    schemes: dict[str, Any] = TOKEN_SCHEMES if signed_in else KEY_SCHEMES
    paths = (
        _certificate_paths(address, create, cancel, merge, quiet)
        | _list_paths()
        | board_paths()
        | certificate_list_paths()
        | {CERTIFICATE_PATH: {"parameters": address, **one_certificate_operations(tags)}}
        | audit_paths()
        | plan_paths()
        | approval_paths(*of_approvals)
        | _app_paths(rebuild)
        | _chain_paths(retry)
        | _notification_paths(rehearse)
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Certflow",
            "version": __version__,
            "description": "Starts, watches and finishes certificates.",
        },
        "security": [{name: []} for name in schemes],
        "paths": _with_sign_in(paths) if signed_in else paths,
        "components": {
            "schemas": components | answer_schemas(),
            "securitySchemes": schemes,
        },
    }


def _with_sign_in(paths: dict[str, Any]) -> dict[str, Any]:
    """Returns the paths with the answer to a call without a good token, which is our own."""
    sentence = "No token, or one that is not accepted; the message says why"
    refused = answer("Error", sentence, "WWW-Authenticate")

    def told(member: Any) -> Any:
        if isinstance(member, dict) and "401" in member.get("responses", {}):
            return member | {"responses": member["responses"] | {"401": refused}}
        return member

    return {
        path: {key: told(member) for key, member in item.items()} for path, item in paths.items()
    }


def _certificate_paths(
    address: list[Schema], create: Schema, cancel: Schema, merge: Schema, quiet: Schema
) -> dict[str, Any]:
    pending = f"{CERTIFICATE_PATH}/pending"
    one = [*address, _request_id()]
    history = {"200": answer("History", "The history, the oldest entry first")}
    return {
        f"{CERTIFICATE_PATH}/create": {"parameters": address, "post": _create_operation(create)},
        pending: {"parameters": one, **_pending_operations(cancel)},
        f"{pending}/merge": {"parameters": one, "post": _merge_operation(merge)},
        f"{pending}/view": {"parameters": one, **view_operations()},
        f"{pending}/csr": {"parameters": one, "get": _csr_operation()},
        f"{pending}/acknowledge": {"parameters": one, "post": _acknowledge_operation(quiet)},
        f"{CERTIFICATE_PATH}/history": {
            "parameters": address,
            "get": operation("get_history", "Return the history of a certificate name", history),
        },
    }


def _create_operation(body: Schema) -> dict[str, Any]:
    started = answer(
        "Operation",
        "Started, adopted, or replaced; or the approval that it waits for",
        "Location",
        "Retry-After",
    )
    either = [started["content"]["application/json"]["schema"], {"$ref": APPROVAL_SCHEMA}]
    started["content"]["application/json"]["schema"] = {"anyOf": either}
    key = header_parameter("Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 255})
    return operation(
        "create_certificate",
        "Start a request",
        {"200": answer("DryRun", "What would happen (dry_run)"), "202": started | PENDING_LINKS},
        body={"application/json": {"schema": body, "examples": EXAMPLES}},
        body_needed=False,
        parameters=[_who(), query_parameter("dry_run", A_FLAG), key],
        more=("409", "422"),
    )


def _pending_operations(cancel: Schema) -> dict[str, Any]:
    asked = "Cancellation is requested; whether the issuer cancels is known later"
    return {
        "get": operation(
            "get_pending",
            "Return a pending request",
            {"200": answer("Operation", "Its state in Key Vault")},
        ),
        "patch": operation(
            "cancel_pending",
            "Ask for cancellation",
            {"200": answer("Operation", asked)},
            body={"application/json": {"schema": cancel}},
            parameters=[_who()],
        ),
        "delete": operation(
            "delete_pending",
            "Delete a pending request",
            {"200": answer("Operation", "Its last state")},
            parameters=[_who()],
        ),
    }


def _merge_operation(body: Schema) -> dict[str, Any]:
    return operation(
        "merge_pending",
        "Merge a signed chain",
        {"201": answer("Bundle", "Merged", "Location")},
        body={"application/json": {"schema": body}, **FILES},
        parameters=[_who()],
        more=("403", "409"),
    )


def _csr_operation() -> dict[str, Any]:
    pem = {"description": "PEM", "content": {"application/x-pem-file": {"schema": TEXT_SCHEMA}}}
    return operation("get_csr", "Return the CSR as PEM", {"200": pem})


def _acknowledge_operation(body: Schema) -> dict[str, Any]:
    quiet = "No reminders until then; the end of the request is reported all the same"
    return operation(
        "acknowledge_pending",
        "Suppress the reminders of a pending request",
        {"200": answer("Quiet", quiet)},
        body={"application/json": {"schema": body}},
        parameters=[_who()],
    )


def _request_filters() -> list[Schema]:
    return [
        *(query_parameter(name, TEXT_SCHEMA) for name in FILTERS),
        *(query_parameter(name, A_PERIOD) for name in PERIODS),
        query_parameter("order", {"type": "string", "enum": ["age", "none"]}),
        query_parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
        query_parameter("token", TEXT_SCHEMA),
    ]


def _list_paths() -> dict[str, Any]:
    csrs = {"description": "A zip", "content": {"application/zip": {"schema": {}}}}
    return {
        "/requests": {
            "get": operation(
                "list_requests",
                "List tracked requests",
                {"200": answer("Requests", "One page")},
                parameters=_request_filters(),
            )
        },
        "/csrs": {
            "get": operation(
                "get_csrs",
                "Return the CSRs that wait for a CA's signature, with a manifest",
                {"200": csrs},
                parameters=[
                    *(query_parameter(name, TEXT_SCHEMA) for name in CSR_FILTERS),
                    query_parameter("older_than", A_PERIOD),
                ],
            )
        },
        **messages_paths(),
        **history_paths(),
    }


def _app_paths(rebuild: Schema) -> dict[str, Any]:
    document = {
        "description": "OpenAPI 3.1",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    status = {"200": answer("VaultsStatus", "The state of each vault")}
    return {
        "/status": {"get": operation("status", "Return the state of the monitoring", status)},
        "/rebuild": {"post": _rebuild_operation(rebuild)},
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "Return whether the app is up",
                "security": [],
                "responses": {
                    "200": answer("Health", "Up"),
                    "400": answer("Error", "An unknown query parameter"),
                    "503": answer("Health", "Not up"),
                },
            }
        },
        "/access": {
            "get": operation(
                "access", "Return what the caller may do", {"200": answer("Access", "That")}
            )
        },
        "/openapi.json": {"get": operation("openapi", "Return this document", {"200": document})},
    }


def _rebuild_operation(body: Schema) -> dict[str, Any]:
    asked = "Asked for; GET status says when it is through, by a last_survey that is not null"
    return operation(
        "rebuild",
        "Begin again from Key Vault, after tables were lost",
        {"202": answer("Rebuild", asked)},
        body={"application/json": {"schema": body}},
        body_needed=False,
        parameters=[_who()],
    )


def _chain_paths(retry: Schema) -> dict[str, Any]:
    name = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LETTERS}
    return {
        "/chains": {
            "post": operation(
                "return_chain",
                "Merge a file from the CA as if it had been dropped",
                {"200": answer("Report", "What became of the file, of which nothing is kept")},
                body={"application/octet-stream": {"schema": {}}, **FILES},
                parameters=[_who(), query_parameter("file", name)],
                body_needed=False,  # an empty file has a report, too
            )
        },
        "/chains/inspect": {
            "post": operation(
                "inspect_chain",
                "Report what dropping this file would do",
                {"200": answer("Report", "The report; nothing has been changed")},
                body={"application/octet-stream": {"schema": {}}, **FILES},
                body_needed=False,
                parameters=[_who()],
            )
        },
        "/chains/retry": {
            "post": operation(
                "retry_chain",
                "Handle a file again that is still in the container",
                {"200": answer("Report", "What became of the file")},
                body={"application/json": {"schema": retry}},
                parameters=[_who()],
            )
        },
    }


def _notification_paths(rehearse: Schema) -> dict[str, Any]:
    sent = "Which samples were sent, and the outcome on each channel"
    test = operation(
        "test_notifications",
        "Send a sample of each message on every channel",
        {"200": answer("Rehearsal", sent)},
        body={"application/json": {"schema": rehearse}},
        parameters=[_who()],
        body_needed=False,
    )
    test["responses"]["503"] = answer("Error", f"{SAMPLED_LATELY}, or {ERRORS['503']}")
    return {"/notifications/test": {"post": test}}


def _vault_and_name(vaults: Sequence[str]) -> list[Schema]:
    pattern = f"^{CERTIFICATE_NAME.pattern}$"
    known = {"enum": list(vaults)} if vaults else {}
    return [
        {
            "name": "vault",
            "in": "path",
            "required": True,
            "schema": {"type": "string", **known},
        },
        {
            "name": "name",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": pattern},
        },
    ]


def _who() -> Schema:
    return query_parameter(
        "requested_by", {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LETTERS}
    )


def _request_id() -> Schema:
    return query_parameter("request_id", {"type": "string", "pattern": f"^{REQUEST_ID.pattern}$"})
