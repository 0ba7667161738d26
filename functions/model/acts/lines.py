"""A line of the record of acts. Each is a JSON object that begins with `prev`, the SHA-256 (hex) of
the whole line before it, without its line break; so no line can be changed, cut, moved or added
without changing all that follow.

A file is a day, `2026-11-30.jsonl`, or one of its later files, `2026-11-30-2.jsonl`. Its first line
has the name of the file, so that a beginning that was cut shows. Its last line says which file
comes next, and no line can come after that, so the chain has no branches: whoever appends has read
the last line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

NO_LINE = "0" * 64  # `prev` of the first line of all
# Characters of a line, far above those of an act (a history entry is a property of a table row,
# 32,768 characters), each of at most four bytes.
MAX_LINE_BYTES = 256 * 1024
SUFFIX = ".jsonl"
ACTS_FILE_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:-([0-9]{1,6}))?\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class FileName:
    """The name of a file of the record. Names sort as the files follow one another."""

    day: date
    number: int = 1

    def __str__(self) -> str:
        later = f"-{self.number}" if self.number > 1 else ""
        return f"{self.day.isoformat()}{later}{SUFFIX}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Returns the name that a text is; None if it is no name of the record."""
        found = ACTS_FILE_NAME.fullmatch(text)
        if found is None:
            return None
        try:
            name = cls(date.fromisoformat(found[1]), int(found[2] or 1))
        except ValueError:
            return None
        return name if str(name) == text else None

    def following(self, today: date) -> FileName:
        """Returns the name of the file after this one, when it is begun on this day. A clock that
        is behind makes a further file of the later day.
        """
        return FileName(today) if today > self.day else FileName(self.day, self.number + 1)


class LineKind(StrEnum):
    """What a line is."""

    FIRST = "first"  # of a file, with its name
    LAST = "last"  # which names the file that comes next
    ACT = "act"


def head_of(line: bytes) -> str:
    """Returns what the next line has as `prev`; `line` is without its line break."""
    return hashlib.sha256(line).hexdigest()


def act_line(act: str, prev: str) -> bytes:
    """Returns the line of an act (a JSON object without `prev`), without a line break."""
    return f'{{"prev":"{prev}",{act[1:]}'.encode()


def first_line(name: FileName, prev: str) -> bytes:
    """Returns the first line of a file, without a line break."""
    return f'{{"prev":"{prev}","file":"{name}"}}'.encode()


def last_line(following: FileName, prev: str) -> bytes:
    """Returns the last line of a file, which names the one after it, without a line break."""
    return f'{{"prev":"{prev}","next":"{following}"}}'.encode()


def fields_of(line: bytes) -> dict[str, object] | None:
    """Returns the fields of a line; None if it is no line of the record. A line with a field twice
    is none, because of two readers each may see another one.
    """
    try:
        fields = json.loads(line.decode(), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        return None
    known = isinstance(fields, dict) and isinstance(fields.get("prev"), str)
    return fields if known else None


def _without_doubles(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there twice")
    return fields


def kind_of(fields: Mapping[str, object]) -> LineKind | None:
    """Returns what a line is by its fields; None if it is neither of the three."""
    names = fields.keys() - {"prev"}
    if names == {"file"}:
        return LineKind.FIRST
    if names == {"next"}:
        return LineKind.LAST if _file_in(fields["next"]) else None
    is_act = isinstance(fields.get("id"), str) and "next" not in names
    return LineKind.ACT if is_act else None


def next_of(line: bytes) -> FileName | None:
    """Returns the file that a last line names; None for any other line."""
    fields = fields_of(line) or {}
    return _file_in(fields["next"]) if kind_of(fields) is LineKind.LAST else None


def _file_in(value: object) -> FileName | None:
    return FileName.of(value) if isinstance(value, str) else None
