"""The OpenAPI description of the routes of certificates and vaults."""

from __future__ import annotations

from typing import Any

from functions.model.inventory.who_renews import Renewer
from functions.triggers.http.inventory.certificates import CERTIFICATE_FILTERS
from functions.triggers.http.inventory.csv_text import CSV
from functions.triggers.http.openapi_parts import (
    TEXT_SCHEMA,
    answer,
    header_parameter,
    operation,
    query_parameter,
)
from functions.triggers.http.plain_text import MAX_TEXT_LETTERS
from functions.triggers.http.types.answer_schemas import Schema

UNCHANGED = {"description": "The caller has it already (If-None-Match)"}
WHO: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LETTERS}
FILTER_SCHEMAS: dict[str, Schema] = {
    "renewed_by": {"type": "string", "description": f"{', '.join(Renewer)}; several with commas"},
    "finding": {
        "type": "string",
        "description": "A code of the audit (docs/audit.md); several with commas",
    },
    "ends_before": {"type": "string", "description": "A date or a time (ISO 8601)"},
}


def certificate_list_paths() -> dict[str, Any]:
    """Returns the paths of the lists."""
    table = answer("Certificates", "The certificates, as JSON or (Accept) as CSV", "ETag")
    table["content"][CSV] = {"schema": TEXT_SCHEMA}
    table["headers"]["ETag"]["required"] = False  # CSV has none
    filters = [
        query_parameter(name, FILTER_SCHEMAS.get(name, TEXT_SCHEMA)) for name in CERTIFICATE_FILTERS
    ]
    certificates = operation(
        "list_certificates",
        "List the certificates of the vaults",
        {"200": table, "304": UNCHANGED},
        parameters=[*filters, header_parameter("If-None-Match", TEXT_SCHEMA)],
    )
    vaults = operation(
        "list_vaults", "List the vaults", {"200": answer("Vaults", "Each vault, with counts")}
    )
    return {"/certificates": {"get": certificates}, "/vaults": {"get": vaults}}


def one_certificate_operations(tags: Schema) -> dict[str, Any]:
    """Returns the operations on one certificate; `tags` is the schema of the body of a change."""
    seen = {"200": answer("Certificate", "The certificate as Key Vault has it now")}
    return {
        "get": operation("get_certificate", "Return a certificate", seen),
        "patch": operation(
            "tag_certificate",
            "Change Certflow's tags of a certificate",
            seen,
            body={"application/json": {"schema": tags}},
            parameters=[query_parameter("requested_by", WHO)],
        ),
    }
