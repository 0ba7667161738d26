"""The OpenAPI description of `GET audit`."""

from __future__ import annotations

from typing import Any

from functions.triggers.http.inventory.audit import AUDIT_FILTERS
from functions.triggers.http.inventory.csv_text import CSV
from functions.triggers.http.openapi_parts import TEXT_SCHEMA, answer, operation, query_parameter


def audit_paths() -> dict[str, Any]:
    """Returns the path of the audit."""
    found = answer("Audit", "The findings, as JSON by code or (Accept) as CSV")
    found["content"][CSV] = {"schema": TEXT_SCHEMA}
    audit = operation(
        "get_audit",
        "Return what is wrong with the certificates, and what to do about it",
        {"200": found},
        parameters=[query_parameter(name, TEXT_SCHEMA) for name in AUDIT_FILTERS],
    )
    return {"/audit": {"get": audit}}
