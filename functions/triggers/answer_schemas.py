"""The answers of the API as JSON schemas. Key Vault's own objects are open (it may add fields), ours are not."""

from __future__ import annotations

from typing import Any

from functions.issuance.choices import Takes
from functions.issuance.findings import CODES
from functions.issuance.requests import Origin, Status
from functions.issuance.watchbook import TrustState

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
REQUEST_ID: Schema = {"type": "string", "pattern": "^[0-9a-fA-F]{32}$"}
STATUS: Schema = {"type": "string", "enum": [one.value for one in Status]}


def answer_schemas() -> dict[str, Schema]:
    """The schemas of `components`, by name."""
    fault = _object({"code": TEXT, "message": TEXT})
    way = _object({"do": TEXT, "sentence": TEXT}, {"method": TEXT, "href": TEXT})
    operation = _object(
        {
            "id": TEXT,
            "issuer": _object({"name": TEXT}, open_=True),
            "csr": TEXT,
            "status": STATUS,
            "request_id": REQUEST_ID,
            "links": {"type": "object", "additionalProperties": TEXT},
        },
        {
            "cancellation_requested": {"type": "boolean"},
            "status_details": TEXT,
            "target": TEXT,
            "error": _object({"code": TEXT, "message": TEXT}, open_=True),
            "owner": TEXT,
            "signer": TEXT,
            "age": COUNT,
            "how": {"type": "string", "enum": ["created", "adopted", "replaced"]},
            "took_place_of": REQUEST_ID,
            "note": TEXT,
        },
        open_=True,
    )
    act = _object(
        {"act": TEXT, "at": TIME, "request_id": REQUEST_ID, "status": STATUS},
        {
            "by": TEXT,
            "verified": {"type": "boolean"},
            "note": TEXT,
            "certificate": _certificate({"version": TEXT, "thumbprint": TEXT}),
            "file": _object({"name": TEXT, "sha256": TEXT}),
            "warnings": {"type": "array", "items": TEXT},
        },
    )
    finding = _object(
        {
            "code": {"type": "string", "enum": list(CODES)},
            "severity": {"type": "string", "enum": ["error", "warning", "note"]},
            "sentence": TEXT,
            "next_step": TEXT,
        }
    )
    counts = {"type": "object", "additionalProperties": COUNT}
    names = {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}}
    silent = _object({"name": TEXT, "why": TEXT, "not_after": TIME})
    survey = _object(
        {
            "finished": TIME,
            "certificates": COUNT,
            "counts": counts,
            "names": names,
            "silenced": {"type": "array", "items": silent},
        }
    )
    trusted = _object(
        {
            "takes": {"type": "string", "enum": list(Takes)},
            "state": {"type": "string", "enum": [*TrustState, "unknown"]},
            "merges": {"type": "boolean"},
        },
        {"sha256": TEXT, "since": TIME, "until": TIME, "why": TEXT},
    )
    vault = _object(
        {
            "vault": TEXT,
            "trusted_cas": trusted,
            "observed": {"type": "boolean"},
            "last_good_sweep": {"type": ["string", "null"]},
            "backlog": COUNT,
            "last_survey": {"anyOf": [survey, {"type": "null"}]},
        }
    )
    channel = _object({"channel": TEXT, "outcome": TEXT})
    backlog = _object({"channel": TEXT, "waiting": COUNT, "since": TIME}, {"reason": TEXT})
    return {
        "Error": _object(
            {"error": fault},
            {
                "reason": TEXT,
                "request_id": REQUEST_ID,
                "ways_out": {"type": "array", "items": way},
                "issuers": {"type": "array", "items": TEXT},
                "findings": {"type": "array", "items": finding},
            },
        ),
        "Report": _report(finding),
        "Operation": operation,
        "Bundle": _object(
            {
                "id": TEXT,
                "cer": TEXT,
                "attributes": {"type": "object"},
                "findings": {"type": "array", "items": finding},
            },
            open_=True,
        ),
        "History": _object({"value": {"type": "array", "items": act}}),
        "Requests": _object(
            {"value": {"type": "array", "items": _tracked()}, "nextLink": {"type": ["string", "null"]}}
        ),
        "VaultsStatus": _object(
            {
                "vaults": {"type": "array", "items": vault},
                "files": _object(
                    {"count": COUNT, "set_aside": COUNT, "oldest": {"type": "array", "items": _lying()}},
                ),
                "refused_events": COUNT,
                "setting_faults": {"type": "array", "items": TEXT},
                "channels": {"type": "array", "items": backlog},
            }
        ),
        "Quiet": _object({"request_id": REQUEST_ID, "quiet_until": TIME, "why": TEXT}),
        "Rehearsal": _object(
            {"events": {"type": "array", "items": TEXT}, "channels": {"type": "array", "items": channel}}
        ),
        "Health": _object(
            {"status": {"type": "string", "enum": ["ok", "not ok"]}},
            {"setting_faults": {"type": "array", "items": TEXT}},
        ),
    }


def _report(finding: Schema) -> Schema:
    outcomes = ["merged", "already-merged", "rejected", "waiting", "quarantined"]
    would = ["would-merge", "would-reject", "would-wait", "would-quarantine"]
    leaf = _object(
        {
            "outcome": {"type": "string", "enum": [*outcomes[:4], *would[:3]]},
            "subject": TEXT,
            "findings": {"type": "array", "items": {"type": "string", "enum": list(CODES)}},
        },
        {
            "request": _object({"vault": TEXT, "name": TEXT, "request_id": REQUEST_ID}),
            "version": TEXT,
            "chain": {"type": "array", "items": _certificate({})},
        },
    )
    file = _object(
        {"name": TEXT, "size": COUNT, "etag": TEXT, "dropped": TIME, "metadata": {"type": "object"}}, {"sha256": TEXT}
    )
    return _object(
        {
            "outcome": {"type": "string", "enum": [*outcomes, *would]},
            "sentence": TEXT,
            "findings": {"type": "array", "items": finding},
            "leaves": {"type": "array", "items": leaf},
        },
        {"next_step": TEXT, "file": file, "moved_to": TEXT},
    )


def _lying() -> Schema:
    state = {"type": "string", "enum": ["unhandled", "waiting", "set-aside"]}
    return _object({"name": TEXT, "since": TIME, "state": state})


def _tracked() -> Schema:
    return _object(
        {
            "vault": TEXT,
            "name": TEXT,
            "request_id": REQUEST_ID,
            "status": STATUS,
            "issuer": TEXT,
            "subject": TEXT,
            "created": TIME,
            "age": COUNT,
            "link": TEXT,
        },
        {
            "names": {"type": "array", "items": TEXT},
            "owner": TEXT,
            "signer": TEXT,
            "requested_by": TEXT,
            "requested_by_verified": {"type": "boolean"},
            "origin": {"type": "string", "enum": [one.value for one in Origin]},
            "ended": TIME,
            "next_check": TIME,
            "attempts": COUNT,
            "last_error": TEXT,
            "error": _object({"code": TEXT, "message": {"type": ["string", "null"]}}),
            "version": TEXT,
            "not_after": TIME,
            "replaced_by": REQUEST_ID,
            "reminded": COUNT,
            "remind_at": TIME,
            "quiet_until": TIME,
            "quiet_why": TEXT,
        },
    )


def _certificate(more: dict[str, Schema]) -> Schema:
    said = {"subject": TEXT, "issuer": TEXT, "serial": TEXT, "sha256": TEXT, "not_before": TIME, "not_after": TIME}
    return _object(more | said)


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None, *, open_: bool = False) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": open_,
    }
