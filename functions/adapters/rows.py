"""The rows of the tables, and back: keys that sort as they are read, columns that people can read."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from functions.issuance.errors import InvalidRequest
from functions.issuance.events import Event
from functions.issuance.files import Aside
from functions.issuance.listing import Place, Wanted
from functions.issuance.looks import Look, look_for
from functions.issuance.ports import Intent
from functions.issuance.requests import Act, Change, TrackedRequest

Entity = dict[str, Any]
Operations = list[tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]]
type Hint = tuple[str, str, str]  # vault alias, certificate name, request_id

MOST_HINTS = 150  # of one key (`reuse_key`): a property holds 64 KiB, and a hint at most 400 bytes
# Of one property: it takes 32,768 units of UTF-16, of which a letter is one or two. A row takes 1 MiB in all.
MOST_LETTERS = 16_000
BEATS, ASIDE, VOUCHED = "-|beats", "-|aside", "-|vouched"  # partitions


def partition_of(vault: str | None, name: str) -> str:
    """The partition of a name in a vault, or (vault None) of an event without a request, by its id."""
    return f"{vault or '-'}|{hashlib.sha256(name.lower().encode()).hexdigest()[0]}"


def request_key(name: str, request_id: str) -> str:
    """A request's row key."""
    return f"r|{name.lower()}|{request_id}"


def sortable(time: datetime) -> str:
    """UTC to the microsecond, so that text order is time order; no character that a RowKey forbids (/ \\ # ?)."""
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def request_row(request: TrackedRequest) -> Entity:
    """A request as a row; fields that are None are left out."""
    fields = {key: value for key, value in msgspec.to_builtins(request).items() if value is not None and key != "etag"}
    return {
        "PartitionKey": partition_of(request.vault, request.name),
        "RowKey": request_key(request.name, request.request_id),
        **fields,
    }


def request_of(row: Any) -> TrackedRequest:
    """A request from its row, with the ETag."""
    fields = {key: value for key, value in row.items() if key not in {"PartitionKey", "RowKey"}}
    # A merge cannot take a column away (looked_row). Other texts may be empty: a CSR needs no subject.
    fields["last_error"] = fields.get("last_error") or None
    return msgspec.convert(fields | {"etag": row.metadata["etag"]}, TrackedRequest)


def due_mark(request: TrackedRequest) -> Entity:
    """A request's due mark. Raises ValueError for one that has ended."""
    if request.next_check is None:
        raise ValueError("a request that has ended has no due mark")
    return mark_of(look_for(request))


def mark_of(look: Look) -> Entity:
    """A look's due mark."""
    last = f"i|{look.intent_id}" if look.intent_id is not None else look.request_id
    return {
        "PartitionKey": partition_of(look.vault, look.name),
        "RowKey": f"d|{sortable(look.at)}|{look.name.lower()}|{last}",
        "look": msgspec.json.encode(look).decode(),
    }


def looked_row(look: Look) -> Entity:
    """What a look that found nothing new changes of its request's row."""
    return {
        "PartitionKey": partition_of(look.vault, look.name),
        "RowKey": request_key(look.name, look.request_id or ""),
        "next_check": msgspec.to_builtins(look.at),
        "attempts": look.attempts,
        "last_error": look.error or "",
    }


def intent_row(intent: Intent) -> Entity:
    """An intent as a row."""
    return {
        "PartitionKey": partition_of(intent.vault, intent.name),
        "RowKey": f"i|{intent.name.lower()}|{intent.id}",
        **_split(msgspec.json.encode(intent).decode()),
    }


def intent_of(row: Entity) -> Intent:
    """An intent from its row."""
    parts = range(2, row.get("parts", 1) + 1)
    return msgspec.json.decode("".join([row["intent"], *(row[f"intent_{part}"] for part in parts)]), type=Intent)


def _split(text: str) -> Entity:
    """The properties of an intent's text: `intent`, and `intent_2` and so on where one property is too small for it.

    Key Vault's answer is in it, whose CSR has as many names as were asked for.
    """
    first, *more = [text[at : at + MOST_LETTERS] for at in range(0, len(text), MOST_LETTERS)]
    parts = {f"intent_{number}": part for number, part in enumerate(more, 2)}
    return {"intent": first, **parts, "parts": 1 + len(more)}


def intent_mark(intent: Intent) -> Entity:
    """An intent's due mark."""
    return mark_of(Look(intent.vault, intent.name, intent.due, intent_id=intent.id))


def look_of(row: Entity) -> Look:
    """What a due mark says."""
    return msgspec.json.decode(row["look"], type=Look)


def event_row(event: Event) -> Entity:
    """An event in the outbox."""
    return {
        "PartitionKey": partition_of(event.vault, event.name or event.id),
        "RowKey": f"o|{event.id}",
        "event": msgspec.json.encode(event).decode(),
    }


def vouched_row(event: Event, now: datetime) -> Entity:
    """An event that is about to be sent."""
    return {
        "PartitionKey": VOUCHED,
        "RowKey": key_of(event.id),
        "event": msgspec.json.encode(event).decode(),
        "at": sortable(now),
    }


def hint_of(request: TrackedRequest) -> Hint:
    """How a request is found again. Key Vault ignores the case of names."""
    return request.vault, request.name.lower(), request.request_id


def hint_row(key_sha256: str, hints: Sequence[Hint]) -> Entity:
    """What leads from a key to its requests, the newest last: one row, so that one read finds them."""
    kept = msgspec.json.encode(hints[-MOST_HINTS:]).decode()
    return {"PartitionKey": key_sha256, "RowKey": key_sha256, "requests": kept}


def hints_of(row: Entity) -> list[Hint]:
    """The hints of a key's row."""
    return msgspec.json.decode(row["requests"], type=list[Hint])


def key_of(text: str) -> str:
    """A row key for a text that may hold what a RowKey must not (/ \\ # ?)."""
    return hashlib.sha256(text.encode()).hexdigest()


def aside_row(drop: str, aside: Aside) -> Entity:
    """The mark of a dropped file."""
    return {
        "PartitionKey": ASIDE,
        "RowKey": key_of(drop),
        "name": drop,
        "etag": aside.etag,
        "tries": aside.tries,
    }


def rows_beside(change: Change, *, due: bool = True) -> Operations:
    """The rows that are written with a request: its due mark or that it has ended, its events, its lines of history."""
    request = change.request
    operations: Operations = [("upsert", event_row(event)) for event in change.events]
    operations += [("upsert", _history_row(request, act)) for act in change.acts]
    if due and request.next_check is not None:
        operations.append(("upsert", due_mark(request)))
    if request.ended is not None:
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


def _history_row(request: TrackedRequest, act: Act) -> Entity:
    return {
        "PartitionKey": partition_of(request.vault, request.name),
        "RowKey": f"h|{request.name.lower()}|{sortable(act.at)}|{act.what}|{act.request_id}",
        "act": msgspec.json.encode(act).decode(),
    }


def filter_of(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    """OData for the rows of requests, as far as it can say what is wanted. Row keys `r|…` are a range; a vault's
    partitions are one, too.
    """
    name = (wanted.name or "").lower()
    start = f"r|{name[:-1]}" if name.endswith("*") else f"r|{name}|" if name else "r|"
    parts, parameters = ["RowKey ge @start", "RowKey lt @end"], {"start": start, "end": f"{start}~"}
    partitions = []
    for number, vault in enumerate(sorted(wanted.vaults)):
        partitions.append(f"PartitionKey ge @first{number} and PartitionKey lt @last{number}")
        parameters |= {f"first{number}": f"{vault}|", f"last{number}": f"{vault}|~"}
    statuses = [f"status eq '{status.value}'" for status in sorted(wanted.statuses)]
    parts += [f"( {' or '.join(some)} )" for some in (partitions, statuses) if some]  # blanks: the SDK looks for words
    times = (
        ("created lt", wanted.created_before),
        ("ended ge", wanted.ended_after),
        ("not_after lt", wanted.expires_before),
    )
    for number, (compares, time) in enumerate(times):
        if time is not None:
            parts.append(f"{compares} @time{number}")
            parameters[f"time{number}"] = msgspec.to_builtins(time)
    return " and ".join(parts), parameters


def token_of(continuation: Any) -> str | None:
    """The SDK's continuation as the opaque token of a nextLink."""
    return base64.urlsafe_b64encode(json.dumps(continuation).encode()).decode() if continuation else None


def continuation_of(token: str | None) -> Any:
    """The continuation in a token. Raises InvalidRequest if it is none of ours."""
    given = _given(token)
    if given is not None and (not isinstance(given, dict) or set(given) != {"PartitionKey", "RowKey"}):
        raise _no_token()
    return given


def place_in(token: str | None) -> Place | None:
    """The place in a token. Raises InvalidRequest if it is none of ours."""
    given = _given(token)
    if given is None:
        return None
    try:
        return msgspec.convert(given, Place.__value__)  # type: ignore[no-any-return]  # of a type alias
    except msgspec.ValidationError:
        raise _no_token() from None


def _given(token: str | None) -> Any:
    try:
        return None if token is None else json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise _no_token() from None


def _no_token() -> InvalidRequest:
    return InvalidRequest("token", "This is no token that a nextLink held.")
