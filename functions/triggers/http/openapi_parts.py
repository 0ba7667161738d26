"""What the operations of the OpenAPI document are made of."""

from __future__ import annotations

from typing import Any

from functions.triggers.http.queries import PERIOD
from functions.triggers.http.types.answer_schemas import Schema

TEXT_SCHEMA: Schema = {"type": "string"}
A_FLAG: Schema = {"type": "string", "enum": ["true", "false"]}
A_PERIOD: Schema = {"type": "string", "pattern": f"^{PERIOD.pattern}$"}
NO_KEY = {"description": "No function key, or a wrong one; no body"}
# What an answer with this code means, whatever the operation.
ERRORS = {
    "400": "The request is invalid; the message names the field",
    "403": "It is not granted, or Key Vault forbids it; missing says what the caller lacks",
    "404": "There is no such vault, or no such request",
    "409": "The request conflicts with the current state; ways_out says what can be done",
    "411": "The body was sent chunked, without a Content-Length",
    "422": "This Idempotency-Key was used with another request",
    "500": "An unforeseen error, or a wrong setting",
    "503": "Key Vault or the storage does not answer; see Retry-After",
}


def operation(
    operation_id: str,
    summary: str,
    answers: dict[str, Any],
    *,
    body: dict[str, Any] | None = None,
    body_needed: bool = True,
    parameters: list[Schema] | None = None,
    more: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Returns an operation, with the error answers that every operation has and those in `more`."""
    codes = {"400", "403", "404", "500", "503", *more} | ({"411"} if body else set())
    made: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "responses": answers
        | {"401": NO_KEY}
        | {code: answer("Error", ERRORS[code]) for code in sorted(codes)},
    }
    if parameters:
        made["parameters"] = parameters
    if body:
        made["requestBody"] = {"required": body_needed, "content": body}
    return made


def answer(schema: str, description: str, *headers: str) -> dict[str, Any]:
    """Returns an answer with the JSON of a schema among the components, and these headers."""
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    made: dict[str, Any] = {"description": description, "content": content}
    if headers:
        made["headers"] = {name: {"required": True, "schema": TEXT_SCHEMA} for name in headers}
    return made


def query_parameter(name: str, schema: Schema) -> Schema:
    """Returns a query parameter that may be left out."""
    return {"name": name, "in": "query", "required": False, "schema": schema}


def header_parameter(name: str, schema: Schema) -> Schema:
    """Returns a header that may be left out."""
    return {"name": name, "in": "header", "required": False, "schema": schema}
