"""The heads of the record of acts that the log knows, in whatever form that was exported: CSV,
JSON, or a JSON object in each line.

A message of the log is a JSON object, and what callers have written is in its values. So only what
is a message by itself counts, and never what stands within one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from functions.model.acts.lines import FileName

HEAD_LETTERS = frozenset("0123456789abcdef")
HEAD_LENGTH = 64


@dataclass(frozen=True, slots=True)
class LoggedHead:
    """What the log knows: up to byte `end` of a file the record had this head."""

    file: str
    end: int
    head: str


def heads_in_log(text: str) -> list[LoggedHead]:
    """Returns the heads in an export of the log."""
    plain = text.removeprefix("\ufeff").strip()
    found = (head_in(one) for exported in _exported(plain) for one in _messages(exported))
    return [one for one in found if one]


def head_in(message: Mapping[str, object]) -> LoggedHead | None:
    """Returns the head that a message of the log has (record/tail.py); None if it is another."""
    file, end, head = (message.get(name) for name in ("file", "end", "head"))
    if message.get("event") != "acts-written" or not isinstance(head, str):
        return None
    if not isinstance(file, str) or FileName.of(file) is None or type(end) is not int:
        return None
    is_hash = len(head) == HEAD_LENGTH and HEAD_LETTERS.issuperset(head)
    return LoggedHead(file, end, head) if is_hash else None


def _exported(text: str) -> Iterator[object]:
    """Yields what an export consists of: all of it, its lines, or the cells of its rows."""
    whole = _json(text)
    if whole is not None:
        yield whole
    elif text.startswith("{"):
        yield from map(_json, text.split("\n"))
    else:
        csv.field_size_limit(max(csv.field_size_limit(), len(text)))
        for row in csv.reader(io.StringIO(text, newline="")):
            yield from row


def _messages(exported: object) -> Iterable[Mapping[str, object]]:
    """Yields the messages among rows and cells. A cell is a text that is a message, or none; and in
    a message nothing is looked for.
    """
    left = [exported]
    while left:
        one = left.pop()
        if isinstance(one, str) and one.startswith("{"):
            one = _json(one)
            if isinstance(one, dict) and "event" in one:
                yield one
        elif isinstance(one, dict) and "event" in one:
            yield one
        elif isinstance(one, dict | list):
            left += one.values() if isinstance(one, dict) else one


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
