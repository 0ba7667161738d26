"""The OpenAPI description of `GET plan`."""

from __future__ import annotations

from typing import Any

from functions.model.inventory.plan import PLANNED_LIMITS
from functions.triggers.http.inventory.csv_text import CSV
from functions.triggers.http.inventory.plan import DEFAULT_LIMIT, PLAN_FILTERS
from functions.triggers.http.openapi_parts import (
    A_FLAG,
    TEXT_SCHEMA,
    answer,
    operation,
    query_parameter,
)


def plan_paths() -> dict[str, Any]:
    """Returns the path of the plan."""
    limit = {"type": "integer", "enum": list(PLANNED_LIMITS), "default": DEFAULT_LIMIT}
    planned = answer("Plan", "The plan, as JSON or (Accept) as CSV")
    planned["content"][CSV] = {"schema": TEXT_SCHEMA}
    plan = operation(
        "get_plan",
        "Return how often each certificate will be renewed, and who has to do that",
        {"200": planned},
        parameters=[
            query_parameter("limit", limit),
            query_parameter("public", A_FLAG),
            *(query_parameter(name, TEXT_SCHEMA) for name in PLAN_FILTERS),
        ],
    )
    return {"/plan": {"get": plan}}
