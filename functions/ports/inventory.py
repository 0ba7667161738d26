"""The port to the snapshots of the inventory: one file for each vault, and the parts of a scan that
is under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot as it is stored: compressed JSON (gzip), and its ETag."""

    content: bytes
    etag: str


class InventoryFiles(Protocol):
    """The files of the inventory. All methods raise Unavailable if the storage does not answer."""

    async def snapshot(self, vault: str, known: str = "") -> StoredSnapshot | None:
        """The snapshot of a vault; None if there is none. With the ETag `known` its content is
        empty if it still has that.
        """
        ...

    async def save_snapshot(self, vault: str, content: bytes) -> None:
        """Writes the snapshot of a vault in place of the last one, at once and whole."""
        ...

    async def parts(self, vault: str, scan: str) -> list[bytes]:
        """The parts of a scan, in their order."""
        ...

    async def save_part(self, vault: str, scan: str, number: int, content: bytes) -> None:
        """Writes a part of a scan, in place of one of the same number."""
        ...

    async def drop_parts(self, vault: str) -> None:
        """Deletes the parts of all scans of a vault."""
        ...
