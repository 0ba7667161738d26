"""The OpenAPI description of the routes of the board and of the view of one request."""

from __future__ import annotations

from typing import Any

from functions.triggers.http.inventory.certificate_paths import UNCHANGED
from functions.triggers.http.openapi_parts import TEXT_SCHEMA, answer, header_parameter, operation
from functions.triggers.http.types.answer_schemas import Schema


def board_paths() -> dict[str, Any]:
    """Returns the path of the board."""
    table = answer("Board", "The requests in progress and those that ended lately", "ETag")
    board = operation(
        "get_board",
        "Return the requests in progress and those that ended lately, as a table",
        {"200": table, "304": UNCHANGED},
        parameters=[header_parameter("If-None-Match", TEXT_SCHEMA)],
    )
    return {"/board": {"get": board}}


def view_operations() -> Schema:
    """Returns the operation of the view of one request."""
    seen = {"200": answer("PendingView", "The request as it is known, also after its end")}
    summary = "Return all that the page of a request shows"
    return {"get": operation("get_pending_view", summary, seen)}
