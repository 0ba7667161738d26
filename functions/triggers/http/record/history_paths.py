"""The OpenAPI description of `GET history`."""

from __future__ import annotations

from typing import Any

from functions.model.request.history import ACTS
from functions.triggers.http.inventory.csv_text import CSV
from functions.triggers.http.openapi_parts import TEXT_SCHEMA, answer, operation, query_parameter
from functions.triggers.http.record.history import ACT_FILTERS


def history_paths() -> dict[str, Any]:
    """Returns the path of the history of all names."""
    acts = answer("Acts", "One page, the newest act first, as JSON or (Accept) as CSV")
    acts["content"][CSV] = {"schema": TEXT_SCHEMA}
    acts["headers"] = {"Link": {"required": False, "schema": TEXT_SCHEMA}}  # of CSV
    limit = {"type": "integer", "minimum": 1, "maximum": 100}
    history = operation(
        "list_history",
        f"List who did what to all certificates; verb is one of {', '.join(ACTS)}",
        {"200": acts},
        parameters=[
            *(query_parameter(name, TEXT_SCHEMA) for name in ACT_FILTERS),
            query_parameter("limit", limit),
            query_parameter("token", TEXT_SCHEMA),
        ],
    )
    return {"/history": {"get": history}}
