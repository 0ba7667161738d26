"""An act as the record has it: who did what to which certificate, and what was before and after."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from functions.model.events.event import Event
from functions.model.request.actor import CHECK, Actor
from functions.model.request.history import HistoryEntry

# Events that are acts themselves: nobody called us, and what decides has changed.
EVENTS_THAT_ARE_ACTS = {
    "Certflow.Access.Changed": "access-changed",
    "Certflow.Access.Faulty": "access-faulty",
    "Certflow.Rules.Changed": "rules-changed",
    "Certflow.Trust.Changed": "trust-changed",
}


@dataclass(frozen=True, slots=True)
class Act:
    """An act of the record. `text` is a JSON object without `prev`, `at` when it was done (UTC)."""

    id: str
    at: datetime
    text: str


def act_of_history(vault: str, name: str, entry: HistoryEntry) -> Act:
    """Returns the act of an entry of a certificate's history. The same entry has the same id."""
    place = f"{vault}|{name.lower()}|{entry.at.astimezone(UTC).isoformat()}|{entry.what}"
    fields = {
        "vault": vault,
        "name": name,
        "request_id": entry.request_id or None,
        "approval": entry.approval,
        "outcome": None if entry.approval else entry.status.value,
        "note": entry.note,
        "before": entry.before,
        "after": entry.after,
        "certificate": entry.certificate,
        "file": entry.file,
        "findings": entry.warnings or None,
        "access": entry.access,
    }
    return _act(f"{place}|{entry.about}", entry.at, entry.what, entry.by, fields)


def act_of_event(event: Event) -> Act | None:
    """Returns the act of an event that is one itself; None for any other event. Its id has the time
    in it, since events are counted in the tables, and begin anew when these are lost.
    """
    verb = EVENTS_THAT_ARE_ACTS.get(event.type)
    if verb is None:
        return None
    key = f"{event.id}|{event.time.astimezone(UTC).isoformat()}"
    return _act(key, event.time, verb, CHECK, {"vault": event.vault, "about": event.data})


def act_of_call(
    verb: str, by: Actor, at: datetime, outcome: str, fields: Mapping[str, object]
) -> Act:
    """Returns the act of a call that belongs to no request: each call is one of its own."""
    return _act(secrets.token_hex(16), at, verb, by, {"outcome": outcome, **fields})


def _act(key: str, at: datetime, verb: str, by: Actor | None, fields: Mapping[str, object]) -> Act:
    id_ = hashlib.sha256(key.encode()).hexdigest()[:32]
    head = {"id": id_, "time": at.astimezone(UTC).isoformat(), "verb": verb}
    actor = _known(asdict(by)) if by else None
    text = json.dumps(
        {**head, **_known({"by": actor, **fields})},
        ensure_ascii=False,
        separators=(",", ":"),
        default=str,
    )
    return Act(id_, at, text)


def _known(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
