"""The port to the inventory's storage: a snapshot of each vault, the parts of a scan under way, and
the records that events have made newer than the snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot as it is stored (gzip of JSON), and its ETag."""

    content: bytes
    etag: str


class InventoryFiles(Protocol):
    """The snapshots and the parts of scans. All methods raise Unavailable if the storage does not
    answer.
    """

    async def snapshot(
        self, vault: str, known: StoredSnapshot | None = None
    ) -> StoredSnapshot | None:
        """The snapshot of a vault; `known` itself if it still is that; None if there is none."""
        ...

    async def save_snapshot(self, vault: str, content: bytes) -> None:
        """Writes the snapshot of a vault in place of the last one, at once and whole."""
        ...

    async def parts(self, vault: str, scan: str, count: int) -> list[bytes] | None:
        """The first `count` parts of a scan, in their order; None if one of them is missing."""
        ...

    async def save_part(self, vault: str, scan: str, number: int, content: bytes) -> None:
        """Writes a part of a scan, counted from 0, in place of one of the same number."""
        ...

    async def drop_parts(self, vault: str) -> None:
        """Deletes the parts of all scans of a vault."""
        ...


class FreshRecords(Protocol):
    """The records (JSON) of certificates that were read since the last scan, by vault and name. All
    methods raise Unavailable if the storage does not answer.
    """

    async def put(self, vault: str, name: str, content: bytes, now: datetime) -> None:
        """Writes the record of a name. One that is too large for a row is left out: the next scan
        has it.
        """
        ...

    async def all(self, vault: str) -> Sequence[bytes]:
        """The records of a vault."""
        ...

    async def drop(self, vault: str, before: datetime) -> None:
        """Deletes the records of a vault that were written before this time."""
        ...
