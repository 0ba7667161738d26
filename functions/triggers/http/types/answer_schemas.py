"""Makes the JSON schemas of the answers from their types: one component for each answer, with the
schemas of its parts in it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from functions.triggers.http.types.access import DryRunAnswer, OwnAccessAnswer
from functions.triggers.http.types.answers import (
    AcknowledgedAnswer,
    BundleExtras,
    ErrorAnswer,
    HealthAnswer,
    HistoryAnswer,
    KeyVaultBundle,
    KeyVaultOperation,
    OperationExtras,
    RehearsalAnswer,
    RequestsAnswer,
)
from functions.triggers.http.types.approvals import ApprovalItem, ApprovalsAnswer
from functions.triggers.http.types.audit import AuditAnswer
from functions.triggers.http.types.board import BoardAnswer, PendingViewAnswer
from functions.triggers.http.types.history import ActsAnswer
from functions.triggers.http.types.inventory import (
    CertificateAnswer,
    CertificatesAnswer,
    VaultsAnswer,
)
from functions.triggers.http.types.messages import MessagesAnswer
from functions.triggers.http.types.plan import PlanAnswer
from functions.triggers.http.types.reports import ReportAnswer
from functions.triggers.http.types.status import RebuildStarted, StatusAnswer

type Schema = dict[str, Any]

# By name. An object of Key Vault has two types: its own fields, and those that Certflow adds.
COMPONENTS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "Error": (ErrorAnswer,),
    "Access": (OwnAccessAnswer,),
    "DryRun": (DryRunAnswer,),
    "Report": (ReportAnswer,),
    "Operation": (KeyVaultOperation, OperationExtras),
    "Bundle": (KeyVaultBundle, BundleExtras),
    "History": (HistoryAnswer,),
    "Acts": (ActsAnswer,),
    "Requests": (RequestsAnswer,),
    "Approval": (ApprovalItem,),
    "Approvals": (ApprovalsAnswer,),
    "Audit": (AuditAnswer,),
    "Plan": (PlanAnswer,),
    "Messages": (MessagesAnswer,),
    "VaultsStatus": (StatusAnswer,),
    "Rebuild": (RebuildStarted,),
    "Board": (BoardAnswer,),
    "PendingView": (PendingViewAnswer,),
    "Certificates": (CertificatesAnswer,),
    "Certificate": (CertificateAnswer,),
    "Vaults": (VaultsAnswer,),
    "Quiet": (AcknowledgedAnswer,),
    "Rehearsal": (RehearsalAnswer,),
    "Health": (HealthAnswer,),
}


def answer_schemas() -> dict[str, Schema]:
    """Returns the schemas for `components` of the OpenAPI document, by name."""
    types = [one for some in COMPONENTS.values() for one in some]
    _, made = msgspec.json.schema_components(types, ref_template="{name}")
    return {
        name: _one_object([_resolved(made[one.__name__], made) for one in some])
        for name, some in COMPONENTS.items()
    }


def _one_object(parts: list[Schema]) -> Schema:
    """Returns the schema of one object that has the fields of all of these."""
    first, *more = parts
    for one in more:
        first = first | {
            "properties": first["properties"] | one["properties"],
            "required": first["required"] + one["required"],
        }
    return first


def _resolved(schema: Schema, made: dict[str, Schema]) -> Schema:
    """Returns a schema of msgspec with each reference replaced by the schema that it refers to, and
    without the names of Python classes.
    """
    if "$ref" in schema:
        return _resolved(made[schema["$ref"]], made)
    whole = {key: _value_of_keyword(value, made) for key, value in schema.items() if key != "title"}
    if "properties" in schema:
        whole["properties"] = {
            name: _field_schema(one, made) for name, one in schema["properties"].items()
        }
        whole.setdefault("additionalProperties", True)
    return _one_type(whole)


def _value_of_keyword(value: Any, made: dict[str, Schema]) -> Any:
    """Returns the value of a keyword of JSON Schema, resolved if it is a schema or several."""
    if isinstance(value, dict):
        return _resolved(value, made)
    return [_value_of_keyword(one, made) for one in value] if isinstance(value, list) else value


def _field_schema(schema: Schema, made: dict[str, Schema]) -> Schema:
    """Returns the schema of a field. A field with the default None is left out where it is None, so
    its schema does not allow null.
    """
    if "default" not in schema:
        return _resolved(schema, made)
    (given,) = (one for one in schema["anyOf"] if one != {"type": "null"})
    return _resolved(given, made)


def _one_type(schema: Schema) -> Schema:
    """Returns `type: [string, null]` in place of `anyOf` with schemas that say nothing but their
    type.
    """
    choices = schema.get("anyOf", ())
    if not choices or any(one.keys() != {"type"} for one in choices):
        return schema
    return {key: value for key, value in schema.items() if key != "anyOf"} | {
        "type": [one["type"] for one in choices]
    }
