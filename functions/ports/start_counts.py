"""The port to the counts of requests that each caller has started on a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StartCount:
    """How many requests a caller (`who`, as the tenant and the object id) started on a day
    (UTC).
    """

    day: date
    who: str
    count: int = 0
    etag: str = field(default="", compare=False)


class StartCounts(Protocol):
    """The store of the counts, one for all instances of the app. All methods raise Unavailable."""

    async def started(self, day: date, who: str) -> StartCount:
        """The count of a caller on a day; 0 if there is none."""
        ...

    async def save_started(self, count: StartCount) -> None:
        """Writes a count in place of the one that was read. Raises ConcurrentChange if somebody
        else has written it meanwhile.
        """
        ...

    async def forget_started(self, before: date) -> None:
        """Deletes the counts of days before this one."""
        ...
