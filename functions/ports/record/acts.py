"""The ports to the record of acts: acts that wait in the outbox, and the files of the record.

All methods raise Unavailable when the storage does not answer, or refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from functions.model.acts.act import Act
from functions.model.acts.lines import FileName
from functions.model.events.event import Event

ACTS_SUBJECT = "acts"


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """A place in the record: the first `end` bytes of a file."""

    file: str
    end: int


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """An act that was written with its change, and may not be in the record yet. `text` is its JSON
    object. `tried`: it is not in the record before this place, and may be after it; None: no run
    has tried to append it. `partition` and `row` are where it waits.
    """

    id: str
    text: str
    partition: str
    row: str
    tried: RecordPlace | None = None
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ActsFault:
    """Acts cannot be appended since a time (UTC), and why. `told`: the operators were told.
    `partition` and `row` are where one of them waits: once it is gone from there, the record takes
    acts again, whoever has found that out.
    """

    since: datetime
    reason: str
    told: bool = False
    partition: str = ""
    row: str = ""
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class FilePart:
    """What was read of a file up to its `end` (bytes), and how many blocks it has."""

    content: bytes
    end: int
    blocks: int


class WaitingActs(Protocol):
    """The acts in the outbox (`Ledger.outbox` reads them), and the note that they must wait."""

    async def add(self, act: Act, vault: str | None) -> None:
        """Lets an act wait that comes with no other change; of a vault (alias), or of none."""
        ...

    async def mark_tried(self, acts: Sequence[WaitingAct], place: RecordPlace) -> list[WaitingAct]:
        """Notes that a run is about to append acts at this place or after it, and returns those of
        which it has noted that. Left out are acts of which another run has noted that, or that it
        has removed, and those that are noted together with them.
        """
        ...

    async def remove(self, acts: Sequence[WaitingAct]) -> None:
        """Removes acts that are in the record. Does nothing for those that are gone."""
        ...

    async def still_waiting(self, places: Iterable[tuple[str, str]]) -> list[WaitingAct]:
        """The acts that wait in these rows, each given with its partition; those that are gone are
        left out.
        """
        ...

    async def fault(self) -> ActsFault | None:
        """The note that acts cannot be appended; None if there is none."""
        ...

    async def save_fault(self, fault: ActsFault, events: Sequence[Event] = ()) -> None:
        """Writes the note, with its events, in one transaction. Raises ConcurrentChange if another
        instance has written it since it was read.
        """
        ...

    async def clear_fault(self) -> None:
        """Deletes the note. Does nothing if it is gone."""
        ...


class ActFiles(Protocol):
    """The files of the record. Nothing in them can be changed, only appended."""

    async def names(self) -> list[FileName]:
        """The names of all files, in the order of the record."""
        ...

    async def taken(self) -> Collection[FileName]:
        """Names of files that something else has, which takes no appends."""
        ...

    async def read(self, name: FileName, start: int | None = None) -> FilePart:
        """Reads a file from a byte on; without `start` its end, at least its last line."""
        ...

    async def create(self, name: FileName) -> None:
        """Makes an empty file, unless it is there."""
        ...

    async def append(self, name: FileName, content: bytes, end: int) -> bool:
        """Appends to a file that has `end` bytes. Returns whether that was so; if not, nothing is
        appended.
        """
        ...
