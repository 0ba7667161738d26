"""The OpenAPI description of the routes of approvals."""

from __future__ import annotations

from typing import Any

from functions.model.approval.record import ApprovalState
from functions.triggers.http.openapi_parts import TEXT_SCHEMA, answer, operation, query_parameter
from functions.triggers.http.types.answer_schemas import Schema

AN_ID: Schema = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}


def approval_paths(approve: Schema, refuse: Schema, withdraw: Schema) -> dict[str, Any]:
    """Returns the paths of approvals; the parameters are the schemas of their bodies."""
    one = {"parameters": [AN_ID]}
    return {
        "/approvals": {"get": _list_operation()},
        "/approvals/{id}": {
            **one,
            "get": operation(
                "get_approval", "Return an approval", {"200": answer("Approval", "As it is now")}
            ),
        },
        "/approvals/{id}/approve": {
            **one,
            "post": _deed("approve", "Approve what has this digest", approve),
        },
        "/approvals/{id}/refuse": {
            **one,
            "post": _deed("refuse", "Refuse what has this digest", refuse),
        },
        "/approvals/{id}/withdraw": {
            **one,
            "post": _deed("withdraw", "Withdraw what waits", withdraw, body_needed=False),
        },
    }


def _list_operation() -> dict[str, Any]:
    states = ", ".join(ApprovalState)
    return operation(
        "list_approvals",
        "List the approvals that the caller asked for, may read or may approve",
        {"200": answer("Approvals", "One page, the newest first")},
        parameters=[
            query_parameter("state", TEXT_SCHEMA | {"description": f"Some of {states}"}),
            query_parameter("vault", TEXT_SCHEMA),
            query_parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
            query_parameter("token", TEXT_SCHEMA),
        ],
    )


def _deed(name: str, summary: str, body: Schema, *, body_needed: bool = True) -> dict[str, Any]:
    return operation(
        name,
        summary,
        {"200": answer("Approval", "As it is then")},
        body={"application/json": {"schema": body}},
        body_needed=body_needed,
        more=("409",),
    )
