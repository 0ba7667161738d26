"""The port through which what is too old is deleted, a piece at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.model.record.retention import KeptAct
from functions.model.request.tracked import TrackedRequest


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the history of a vault, in the order of its names; `place` is where the next piece
    begins, None after the last one.
    """

    acts: tuple[KeptAct, ...]
    place: str | None


class Retention(Protocol):
    """The rows of the history and of requests, to be deleted. All methods may be repeated, and
    raise Unavailable. What somebody has changed since it was read stays as it is.
    """

    async def place(self, what: str) -> str | None:
        """How far an earlier run came with something; None: to its end, or there was none."""
        ...

    async def save_place(self, what: str, place: str | None) -> None:
        """Records how far a run came with something."""
        ...

    async def piece(self, vault: str, place: str | None) -> Piece:
        """The piece of the history of a vault (alias) at a place; None: the first one. A piece may
        have no acts.
        """
        ...

    async def acts(self, vault: str, name: str) -> list[KeptAct]:
        """All history entries of a name, the oldest first."""
        ...

    async def list_acts(self, vault: str, name: str, acts: Sequence[KeptAct]) -> None:
        """Adds entries of a name, spelled as given, to the list of all acts."""
        ...

    async def forget_request(self, request: TrackedRequest, acts: Sequence[KeptAct]) -> bool:
        """Deletes a request with these acts, all of its history but the last, which then says what
        is left to do (KeptAct). Returns whether the request was deleted.
        """
        ...

    async def forget_key(self, key_sha256: str, request: tuple[str, str, str]) -> None:
        """Deletes what leads from a key to a request (vault, name, request_id)."""
        ...

    async def forget_acts(self, vault: str, acts: Sequence[KeptAct]) -> None:
        """Deletes entries of one name from its history and from the list of all acts."""
        ...
