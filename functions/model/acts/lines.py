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
from dataclasses import dataclass
from datetime import date
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
    """Returns the fields of a line; None if it is no line of the record."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    known = isinstance(fields, dict) and isinstance(fields.get("prev"), str)
    return fields if known else None


def next_of(line: bytes) -> FileName | None:
    """Returns the file that a last line names; None for any other line."""
    fields = fields_of(line)
    named = fields.get("next") if fields else None
    return FileName.of(named) if isinstance(named, str) else None
