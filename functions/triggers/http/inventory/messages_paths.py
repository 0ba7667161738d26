"""The OpenAPI description of `GET messages`."""

from __future__ import annotations

from typing import Any

from functions.triggers.http.inventory.messages import MESSAGE_FILTERS
from functions.triggers.http.openapi_parts import TEXT_SCHEMA, answer, operation, query_parameter


def messages_paths() -> dict[str, Any]:
    """Returns the path of the list of messages."""
    limit = {"type": "integer", "minimum": 1, "maximum": 100}
    messages = operation(
        "list_messages",
        "List what became of messages",
        {"200": answer("Messages", "One page, the newest event first")},
        parameters=[
            *(query_parameter(name, TEXT_SCHEMA) for name in MESSAGE_FILTERS),
            query_parameter("limit", limit),
            query_parameter("token", TEXT_SCHEMA),
        ],
    )
    return {"/messages": {"get": messages}}
