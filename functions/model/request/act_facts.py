"""What an act was about: the facts of a request before and after it, as the history has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from functions.model.request.tracked import Change, TrackedRequest

# The fields of a request that an act can change and an auditor asks for.
FACTS = (
    "status",
    "issuer",
    "subject",
    "owner",
    "signer",
    "version",
    "not_after",
    "replaced_by",
    "error_code",
    "cancel_asked",
    "quiet_until",
)
POLICY, THUMBPRINT = "policy_sha256", "thumbprint"
type Facts = Mapping[str, str]


def facts_of(request: TrackedRequest) -> dict[str, str]:
    """Returns the facts of a request that have a value; times are UTC (ISO 8601)."""
    values = {name: getattr(request, name) for name in FACTS}
    return {name: _text(value) for name, value in values.items() if value is not None}


def facts_before_start(owner: str | None, policy: str | None, renews: str | None) -> dict[str, str]:
    """Returns what is known of a certificate before a start: its owner, the SHA-256 of its policy,
    and the thumbprint of the version that is renewed.
    """
    known = {"owner": owner, POLICY: policy, THUMBPRINT: renews}
    return {name: value for name, value in known.items() if value is not None}


def with_facts(
    change: Change, before: Facts, access: str | None, more: Facts | None = None
) -> Change:
    """Returns a change whose entries of the history say what was before, and what is now; `more`
    is known of it beside the request. `access` is the SHA-256 of the access file in force.
    """
    after = {**facts_of(change.request), **(more or {})}
    entries = (replace(one, before=before, after=after, access=access) for one in change.history)
    return replace(change, history=tuple(entries))


def policy_sha256(policy: Mapping[str, object] | None) -> str | None:
    """Returns the SHA-256 (hex) of a policy as JSON with sorted keys and no blanks; None for
    none.
    """
    if not policy:
        return None
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
