"""Writes times, durations, lists of names and cells of tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

DURATION_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
# Characters with which a cell begins that spreadsheets take for a formula, also in full width; and
# what separates cells where decimals have a comma (OWASP, "CSV Injection").
FORMULA_STARTS, CELL_SEPARATOR = ("=", "+", "-", "@", "＝", "＋", "－", "＠"), ";"


def moment(time: datetime | str) -> str:
    """A time as 2027-05-27 20:20 UTC, the only form in which people read one. `time` is as events
    have it (ISO 8601), or a datetime with a zone.
    """
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """A duration in words, by its two largest units: 3 days 2 hours. `seconds` is cut to whole
    ones.
    """
    left, parts = int(seconds), []
    for size, unit in DURATION_UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "less than a second"


def join_limited(names: Iterable[str], limit: int) -> str:
    """The first `limit` names, each once, and how many more there are; empty for none."""
    different = list(dict.fromkeys(names))
    return join_of_count(different[:limit], len(different))


def join_of_count(names: Sequence[str], count: int) -> str:
    """These names, and how many more there are of `count` in all; empty for none."""
    return ", ".join(names) + (
        f" and {count - len(names)} more" if names and count > len(names) else ""
    )


def join_words(words: Iterable[str]) -> str:
    """The words as a list in a sentence: a; a and b; a, b and c. There is at least one."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def harmless_cell(text: str) -> str:
    """A text for a cell of a CSV file: on one line, with an apostrophe before each part of it that
    a spreadsheet could take for a formula.
    """
    parts = " ".join(text.split()).split(CELL_SEPARATOR)
    return CELL_SEPARATOR.join(
        f"'{part}" if part.lstrip().startswith(FORMULA_STARTS) else part for part in parts
    )
