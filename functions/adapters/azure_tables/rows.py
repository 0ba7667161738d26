"""Turns records into rows of the tables and back. Row keys sort in the order in which they are
read; people can read the columns.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from functions.adapters.azure_tables.actors import (
    actor_as_json,
    actor_columns,
    actor_in_columns,
    actor_in_json,
    without_actor,
)
from functions.adapters.azure_tables.filters import MAX_COMPARISONS, joined
from functions.model.acts.act import Act, act_of_event, act_of_history
from functions.model.due_mark import DueCheck, due_check_of
from functions.model.errors import InvalidRequest
from functions.model.events.event import Event
from functions.model.log import record
from functions.model.record.act_list import names_of
from functions.model.request.actor import UNNAMED
from functions.model.request.history import HistoryEntry
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.request_filter import Place, RequestFilter
from functions.ports.chain_files import ParkedFile
from functions.ports.ledger import Intent
from functions.ports.notifications import LATEST_TIME
from functions.ports.record.acts import ActsFault, RecordPlace, WaitingAct

Entity = dict[str, Any]
Operations = list[tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]]
type Hint = tuple[str, str, str]  # vault alias, certificate name, request_id

PLACE_COMPARISONS = 3  # of the place from which a page goes on (ledger.py)
MAX_HINTS = 150  # of one key (`reuse_key`): a property holds 64 KiB, and a hint at most 400 bytes
# Characters of one property: it holds 32,768 units of UTF-16, and a character has one or two. A row
# holds 1 MiB in all (Learn, "Understanding the Table service data model").
MAX_PROPERTY_LETTERS = 16_000
HEARTBEATS, PARKED, VOUCHED_EVENTS = "-|beats", "-|aside", "-|vouched"  # partitions


KEY_COLUMNS = {"PartitionKey", "RowKey"}
DIGITS = "0123456789abcdef"  # what partitions of a vault end in


def partition_of(vault: str | None, name: str) -> str:
    """Returns the partition of a certificate name in a vault; with vault None that of an event
    without a request, whose id is the name.
    """
    return f"{vault or '-'}|{hashlib.sha256(name.lower().encode()).hexdigest()[0]}"


def request_key(name: str, request_id: str) -> str:
    """Returns the row key of a request."""
    return f"r|{name.lower()}|{request_id}"


def place_of_row(request: TrackedRequest) -> dict[str, str]:
    """Returns the keys of a request's row, after which a list can go on."""
    return {
        "PartitionKey": partition_of(request.vault, request.name),
        "RowKey": request_key(request.name, request.request_id),
    }


def sortable(time: datetime) -> str:
    """Returns a time as text that sorts as times do: in UTC, to the microsecond. It has no
    character that a RowKey forbids (/ \\ # ?).
    """
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def backwards(time: datetime) -> str:
    """Returns a time as text that sorts the newest first: the microseconds to the end of the year
    9999.
    """
    return f"{(LATEST_TIME - time) // timedelta(microseconds=1):018d}"


def in_a_column(time: datetime) -> str:
    """Returns a time as the columns of a request have it, which are compared as texts."""
    return str(msgspec.to_builtins(time))


def request_row(request: TrackedRequest) -> Entity:
    """Returns the row of a request; fields that are None are left out."""
    plain = replace(request, requested_by=None, cancel_asked_by=None)
    fields = {
        key: value
        for key, value in msgspec.to_builtins(plain).items()
        if value is not None and key != "etag"
    }
    return {
        "PartitionKey": partition_of(request.vault, request.name),
        "RowKey": request_key(request.name, request.request_id),
        **fields,
        **actor_columns("requested_by", request.requested_by),
        **actor_columns("cancel_asked_by", request.cancel_asked_by),
    }


def request_of(row: Any) -> TrackedRequest:
    """Returns the request of a row, with the row's ETag."""
    return request_in({**row, "etag": row.metadata["etag"]})


def request_in(columns: Entity) -> TrackedRequest:
    """Returns the request of a row's columns. It can be saved only with an `etag` among them."""
    fields = {key: value for key, value in columns.items() if key not in KEY_COLUMNS}
    actors = {name: actor_in_columns(name, fields) for name in ("requested_by", "cancel_asked_by")}
    for name, actor in actors.items():
        fields = without_actor(name, fields) | {name: actor}
    # checked_row writes "" for no error, because a merge cannot remove a column. Other texts may be
    # empty: a CSR need not have a subject.
    fields["last_error"] = fields.get("last_error") or None
    return msgspec.convert(fields, TrackedRequest)


def due_mark(request: TrackedRequest) -> Entity:
    """Returns the due mark of a request. Raises ValueError for a request that has ended."""
    if request.next_check is None:
        raise ValueError("a request that has ended has no due mark")
    return mark_of(due_check_of(request))


def mark_of(due_check: DueCheck) -> Entity:
    """Returns the due mark of a check."""
    last = f"i|{due_check.intent_id}" if due_check.intent_id is not None else due_check.request_id
    return {
        "PartitionKey": partition_of(due_check.vault, due_check.name),
        "RowKey": f"d|{sortable(due_check.at)}|{due_check.name.lower()}|{last}",
        "look": msgspec.json.encode(due_check).decode(),
    }


def checked_row(due_check: DueCheck) -> Entity:
    """Returns the columns of a request's row that a check without news changes."""
    return {
        "PartitionKey": partition_of(due_check.vault, due_check.name),
        "RowKey": request_key(due_check.name, due_check.request_id or ""),
        "next_check": msgspec.to_builtins(due_check.at),
        "attempts": due_check.attempts,
        "last_error": due_check.error or "",
    }


def intent_row(intent: Intent) -> Entity:
    """Returns the row of an intent."""
    return {
        "PartitionKey": partition_of(intent.vault, intent.name),
        "RowKey": f"i|{intent.name.lower()}|{intent.id}",
        "unanswered": intent.answer is None,
        **split_text("intent", _encoded(intent)),
    }


def intent_of(row: Entity) -> Intent:
    """Returns the intent of a row."""
    stored = msgspec.json.decode(joined_text("intent", row))
    return msgspec.convert(stored | {"by": actor_in_json(stored) or UNNAMED}, Intent)


def split_text(name: str, text: str) -> Entity:
    """Returns the properties that hold a long text: `name`, and `name_2` and so on if one property
    is too small. The JSON of an intent has Key Vault's answer, and its CSR may have very many
    names.
    """
    first, *more = [
        text[at : at + MAX_PROPERTY_LETTERS] for at in range(0, len(text), MAX_PROPERTY_LETTERS)
    ]
    parts = {f"{name}_{number}": part for number, part in enumerate(more, 2)}
    return {name: first, **parts, "parts": 1 + len(more)}


def joined_text(name: str, row: Entity) -> str:
    """Returns a long text of a row."""
    parts = range(2, row.get("parts", 1) + 1)
    return "".join([row[name], *(row[f"{name}_{part}"] for part in parts)])


def intent_mark(intent: Intent) -> Entity:
    """Returns the due mark of an intent."""
    return mark_of(DueCheck(intent.vault, intent.name, intent.due, intent_id=intent.id))


def due_check_of_row(row: Entity) -> DueCheck:
    """Returns the check that a due mark stands for."""
    return msgspec.json.decode(row["look"], type=DueCheck)


def event_rows(event: Event) -> Operations:
    """Returns the rows of an event: that in the outbox, and that of an act if it is one itself."""
    act = act_of_event(event)
    row = event_row(event)
    return [
        ("upsert", row),
        *([("upsert", waiting_row(row["PartitionKey"], act))] if act else ()),
    ]


def waiting_row(partition: str, act: Act) -> Entity:
    """Returns the row of an act that waits for its record."""
    return {
        "PartitionKey": partition,
        "RowKey": f"oa|{sortable(act.at)}|{act.id}",
        **split_text("act", act.text),
    }


def waiting_act_of(row: Any) -> WaitingAct:
    """Returns the act of a row, with the row's ETag."""
    tried = RecordPlace(row["file"], row["end"]) if "file" in row else None
    id_ = row["RowKey"].rpartition("|")[2]
    keys = row["PartitionKey"], row["RowKey"]
    return WaitingAct(id_, joined_text("act", row), *keys, tried, row.metadata["etag"])


def acts_fault_of(row: Any) -> ActsFault:
    """Returns the note that acts cannot be written, with the row's ETag."""
    known = msgspec.json.decode(row["note"], type=ActsFault)
    return replace(known, etag=row.metadata["etag"])


def event_row(event: Event) -> Entity:
    """Returns the row of an event in the outbox."""
    return {
        "PartitionKey": partition_of(event.vault, event.name or event.id),
        "RowKey": f"o|{event.id}",
        "event": msgspec.json.encode(event).decode(),
    }


def event_of(row: Entity) -> Event:
    """Returns the event of a row."""
    return msgspec.json.decode(row["event"], type=Event)


def vouched_row(event: Event, now: datetime) -> Entity:
    """Returns the row that proves, by its id, that an event is Certflow's own."""
    return {
        "PartitionKey": VOUCHED_EVENTS,
        "RowKey": key_of(event.id),
        "event": msgspec.json.encode(event).decode(),
        "at": sortable(now),
    }


def hint_of(request: TrackedRequest) -> Hint:
    """Returns what leads to a request. Key Vault ignores the case of names."""
    return request.vault, request.name.lower(), request.request_id


def hint_row(key_sha256: str, hints: Sequence[Hint]) -> Entity:
    """Returns the row that leads from a key to its requests, the newest last. It is a single row,
    so that one read finds them all.
    """
    kept = msgspec.json.encode(hints[-MAX_HINTS:]).decode()
    return {"PartitionKey": key_sha256, "RowKey": key_sha256, "requests": kept}


def hints_of(row: Entity) -> list[Hint]:
    """Returns the hints of the row of a key."""
    return msgspec.json.decode(row["requests"], type=list[Hint])


def key_of(text: str) -> str:
    """Returns a row key for a text that may have characters that a RowKey forbids (/ \\ # ?)."""
    return hashlib.sha256(text.encode()).hexdigest()


def parked_row(drop: str, parked: ParkedFile) -> Entity:
    """Returns the row that says that a dropped file is set aside."""
    return {
        "PartitionKey": PARKED,
        "RowKey": key_of(drop),
        "name": drop,
        "etag": parked.etag,
        "tries": parked.tries,
    }


def rows_beside(change: Change, *, due: bool = True) -> Operations:
    """Returns the rows that are written together with a request: its events, its history entries
    and the acts that they are, and its due mark (unless `due` is False) or the row that says when
    it has ended, if that is known.
    """
    request = change.request
    operations: Operations = [("upsert", event_row(event)) for event in change.events]
    operations += lines_of(request.vault, request.name, change.history)
    if due and request.next_check is not None:
        operations.append(("upsert", due_mark(request)))
    if request.ended is not None and request.has_dated_end:
        operations.append(("upsert", _ended_row(request, request.ended)))
    return operations


def _ended_row(request: TrackedRequest, ended: datetime) -> Entity:
    return {
        "PartitionKey": partition_of(request.vault, request.name),
        "RowKey": f"e|{sortable(ended)}|{request.name.lower()}|{request.request_id}",
        "request_id": request.request_id,
        "name": request.name,
        "status": request.status.value,
    }


def lines_of(vault: str, name: str, entries: Sequence[HistoryEntry]) -> Operations:
    """Returns the operations that write entries of the history of a name: with each an act that
    waits for its record.
    """
    partition = partition_of(vault, name)
    return [
        ("upsert", row)
        for entry in entries
        for row in (
            *history_rows(vault, name, entry),
            waiting_row(partition, act_of_history(vault, name, entry)),
        )
    ]


def history_rows(vault: str, name: str, act: HistoryEntry) -> tuple[Entity, Entity]:
    """Returns both rows of a history entry: that in the history of its name, where `listed` says
    that there is the other one; and that in the list of all acts of its partition, which has
    columns to filter by.
    """
    lower, encoded = name.lower(), _encoded(act)
    shown, oid = names_of(act)
    partition = partition_of(vault, name)
    of_name = {
        "PartitionKey": partition,
        "RowKey": f"h|{lower}|{sortable(act.at)}|{act.what}|{act.about}",
        "act": encoded,
        "listed": True,
    }
    of_all = {
        "PartitionKey": partition,
        "RowKey": listed_key(name, act),
        "act": encoded,
        "name": name,
        "lower": lower,
        "what": act.what,
        "shown": shown,
        "oid": oid,
    }
    return of_name, of_all


def listed_key(name: str, act: HistoryEntry) -> str:
    """Returns the row key of a history entry in the list of all acts."""
    return f"w|{backwards(act.at)}|{name.lower()}|{act.what}|{act.about}"


def read_rows[T](rows: Iterable[Any], of: Callable[[Any], T]) -> list[T]:
    """Returns what rows hold, without those that cannot be read."""
    return [found for row in rows if (found := read_row(row, of)) is not None]


def read_row[T](row: Any, of: Callable[[Any], T]) -> T | None:
    """Returns what a row holds. If it cannot be read, says so in the log and returns None: one that
    somebody has changed, or that a later version wrote, must not stop what handles all of them.
    """
    try:
        return of(row)
    except Exception as error:  # noqa: BLE001  whatever is wrong with it
        keys = {"partition": row["PartitionKey"], "row": row["RowKey"]}
        record("row-not-read", level=logging.ERROR, **keys, reason=repr(error))
        return None


def history_entry_of(row: Entity) -> HistoryEntry:
    """Returns the history entry of a row."""
    stored = msgspec.json.decode(row["act"])
    return msgspec.convert(stored | {"by": actor_in_json(stored)}, HistoryEntry)


def _encoded(record: Intent | HistoryEntry) -> str:
    """Returns a record as JSON, with its actor as older versions read it, too."""
    fields = msgspec.to_builtins(record) | actor_as_json(record.by)
    return msgspec.json.encode(fields).decode()


def filter_of(request_filter: RequestFilter) -> tuple[str, dict[str, Any]]:
    """Returns an OData filter for the rows of requests, and its parameters. The filter says as much
    of `request_filter` as OData can say; the caller filters the rest. The row keys `r|…` are a
    range, and so are the partitions of a vault.
    """
    start = _first_key(request_filter.name)
    parts = ["RowKey ge @start", "RowKey lt @end"]
    parameters = {"start": start, "end": f"{start}~"}
    partitions = []
    for number, vault in enumerate(sorted(request_filter.vaults)):
        partitions.append(f"PartitionKey ge @first{number} and PartitionKey lt @last{number}")
        parameters |= {f"first{number}": f"{vault}|", f"last{number}": f"{vault}|~"}
    statuses = [f"status eq '{status.value}'" for status in sorted(request_filter.statuses)]
    # Blanks inside the brackets, because the SDK splits the filter into words.
    parts += [f"( {' or '.join(some)} )" for some in (partitions, statuses) if some]
    for name, (compares, time) in _times_of(request_filter).items():
        if time is not None:
            parts.append(f"{compares} @{name}")
            parameters[name] = in_a_column(time)
    return joined(parts, MAX_COMPARISONS - PLACE_COMPARISONS), parameters


def _first_key(wanted_name: str | None) -> str:
    """Returns what the row keys of the wanted requests begin with."""
    name = (wanted_name or "").lower()
    if name.endswith("*"):
        return f"r|{name[:-1]}"
    return f"r|{name}|" if name else "r|"


def _times_of(request_filter: RequestFilter) -> dict[str, tuple[str, datetime | None]]:
    return {
        "time0": ("created lt", request_filter.created_before),
        "time1": ("ended ge", request_filter.ended_after),
        "time2": ("not_after lt", request_filter.expires_before),
    }


def token_of(continuation: Any) -> str | None:
    """Returns the SDK's continuation, or a place, as the opaque token of a nextLink; None if there
    is none.
    """
    if not continuation:
        return None
    return base64.urlsafe_b64encode(json.dumps(continuation).encode()).decode()


def continuation_of(token: str | None) -> Any:
    """Returns the SDK's continuation in a token. Raises InvalidRequest for any other text."""
    given = _given(token)
    if given is not None and (
        not isinstance(given, dict) or set(given) != {"PartitionKey", "RowKey"}
    ):
        raise _no_token()
    return given


def keys_in(token: str | None) -> dict[str, str] | None:
    """Returns the keys of a row in a token. Raises InvalidRequest for any other text."""
    place = continuation_of(token)
    if place is not None and not all(isinstance(one, str) for one in place.values()):
        raise _no_token()
    return place  # type: ignore[no-any-return]  # of JSON


def place_in(token: str | None) -> Place | None:
    """Returns the place in a token. Raises InvalidRequest for any other text."""
    given = _given(token)
    if given is None:
        return None
    try:
        return msgspec.convert(given, Place.__value__)  # type: ignore[no-any-return]  # of a type alias
    except msgspec.ValidationError:
        raise _no_token() from None


def text_in(token: str | None) -> str | None:
    """Returns the text in a token. Raises InvalidRequest for any other token."""
    given = _given(token)
    if given is not None and not isinstance(given, str):
        raise _no_token()
    return given


def _given(token: str | None) -> Any:
    try:
        return None if token is None else json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, RecursionError):
        raise _no_token() from None


def _no_token() -> InvalidRequest:
    return InvalidRequest("token", "This is no token that a nextLink held.")
