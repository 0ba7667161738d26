"""Times, durations and lists of names, as people read them in a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def moment(time: datetime | str) -> str:
    """A time, given as ISO 8601 in events: 2027-05-27 20:20 UTC. The only way in which people are told of one."""
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """In words, the two largest units: 3 days 2 hours."""
    left, parts = int(seconds), []
    for size, unit in UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "less than a second"


def some(names: Iterable[str], most: int) -> str:
    """The first of them, each once, and how many more there are; empty for none."""
    different = list(dict.fromkeys(names))
    return first_of(different[:most], len(different))


def first_of(names: Sequence[str], count: int) -> str:
    """The names of some, and how many more there are of `count`; empty for none."""
    return ", ".join(names) + (f" and {count - len(names)} more" if names and count > len(names) else "")


def listed(words: Iterable[str]) -> str:
    """A list in a sentence: a; a and b; a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
