"""The ports to the access file, which says who may do what, and to the note on it: what was last
seen there, and the last good file. The note is kept apart from the file, because the app cannot
write where the file is, and must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from functions.access.row_reader import AccessFault
from functions.model.events.event import Event

ACCESS_SUBJECT, ACCESS_SETTING = "access", "CERTFLOW_ACCESS"


@dataclass(frozen=True, slots=True)
class AccessFile:
    """The file as it is stored. `etag` changes with each write."""

    etag: str
    content: bytes


class AccessFiles(Protocol):
    """The place of the access file."""

    @property
    def place(self) -> str:
        """`container/name` of a blob, or the name of the setting that holds the file itself; empty
        if no file is set.
        """
        ...

    async def read(self, known: AccessFile | None = None) -> AccessFile | None:
        """The file as it is now; `known` itself if it has not changed since; None if there is no
        file. Of a file that is too large, no more is read than shows that.

        Raises BadSettings if it cannot be read and that does not pass by itself, such as without
        the role; Unavailable.
        """
        ...


class AccessState(StrEnum):
    """What decides who may do what: app roles, because there never was a file; the file; the last
    good file, because the file has a fault, is gone or cannot be read; the role of operators alone,
    because of the same before there was any good file.
    """

    ROLES = "roles"
    FILE = "file"
    LAST_GOOD = "last-good"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class AccessNote:
    """What was last seen of the access file.

    `place` is where it was looked for, `content` the last good file, `sha256` its hash (hex; empty:
    there was none yet). `once`: a file has been seen, good or not. `faults` are the first of the
    `fault_count` faults of the file that is there now. `since` is when this state began, or this
    content (UTC). `changes` counts what was told.
    """

    place: str
    state: AccessState
    content: bytes = b""
    sha256: str = ""
    once: bool = False
    faults: tuple[AccessFault, ...] = ()
    fault_count: int = 0
    since: datetime | None = None
    changes: int = 0
    etag: str = field(default="", compare=False)


class AccessNotes(Protocol):
    """The store of the note, one for all instances of the app. All methods raise Unavailable."""

    async def note(self) -> AccessNote | None:
        """The note; None before there was anything to note."""
        ...

    async def save_note(self, note: AccessNote, events: Sequence[Event] = ()) -> AccessNote:
        """Writes it and its events in one transaction; returns it with its new ETag. Raises
        ConcurrentChange if another instance has written it since it was read.
        """
        ...
