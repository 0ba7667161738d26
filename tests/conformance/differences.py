"""How two answers differ: status, error code and message, set and order of keys at every depth, header names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.recordings import Pair


@dataclass(frozen=True)
class Difference:
    """One difference; `what` always says the same thing in the same words, so that a pattern can match it."""

    recording: str
    request: str
    what: str

    def __str__(self) -> str:
        return f"{self.recording}: {self.request}: {self.what}"


def compare(pair: Pair, status: int, headers: set[str], body: Any) -> Iterator[str]:
    """Says how an answer differs from the recorded one. With another status nothing else is worth comparing."""
    if status != pair.status:
        yield f"status {pair.status}, ours {status}: {body}"
        return
    yield from (f"header {name} is missing" for name in sorted(set(pair.headers) - headers))
    yield from (f"header {name} is extra" for name in sorted(headers - set(pair.headers)))
    if pair.body is None or body is None or isinstance(pair.body, str) != isinstance(body, str):
        if pair.body != body:
            yield f"body: recorded {_kind(pair.body)}, ours {_kind(body)}"
        return
    yield from _keys(pair.body, body, "$")
    if pair.error_message and set(body) == {"error"}:
        for key in ("code", "message"):
            if pair.body["error"][key] != body["error"].get(key):
                yield f"error.{key}: recorded {pair.body['error'][key]!r}, ours {body['error'].get(key)!r}"


def _keys(recorded: Any, ours: Any, where: str) -> Iterator[str]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        if "…" in recorded:  # transcribed by hand, and no further
            recorded, ours = ({key: one[key] for key in recorded if key in one} for one in (recorded, ours))
            recorded.pop("…", None)
        yield from (f"key {where}.{key} is missing" for key in recorded if key not in ours)
        yield from (f"key {where}.{key} is extra" for key in ours if key not in recorded)
        both = [key for key in recorded if key in ours]
        if both != [key for key in ours if key in recorded]:
            yield f"order of keys at {where}: recorded {list(recorded)}, ours {list(ours)}"
        for key in both:
            if not (where.endswith(".tags") or key == "tags"):  # the caller's own keys
                yield from _keys(recorded[key], ours[key], f"{where}.{key}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        if len(recorded) != len(ours):
            yield f"length of {where}: recorded {len(recorded)}, ours {len(ours)}"
        for one, other in zip(recorded, ours, strict=False):
            yield from _keys(one, other, f"{where}[]")
    elif _kind(recorded) != _kind(ours):
        yield f"kind of {where}: recorded {_kind(recorded)}, ours {_kind(ours)}"


def _kind(value: Any) -> str:
    kinds = {bool: "a boolean", int: "a number", str: "text", dict: "an object", list: "a list"}
    return kinds.get(type(value), "nothing")
