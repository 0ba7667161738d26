"""The port to the inventory's storage: a snapshot of each vault, the parts of a scan under way, and
the records that are newer than the snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.model.inventory.record import CertificateRecord, VaultSnapshot


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot as it was read, and the ETag that it had."""

    snapshot: VaultSnapshot
    etag: str


class InventoryFiles(Protocol):
    """The snapshots and the parts of scans. All methods raise Unavailable if the storage does not
    answer.
    """

    async def snapshot(
        self, vault: str, known: StoredSnapshot | None = None
    ) -> StoredSnapshot | None:
        """The snapshot of a vault; `known` itself if it still is that; None if there is none.
        Raises UnreadSnapshot for one that cannot be read.
        """
        ...

    async def save_snapshot(self, snapshot: VaultSnapshot) -> None:
        """Writes the snapshot of a vault in place of the last one, at once and whole."""
        ...

    async def parts(self, vault: str, scan: str, count: int) -> list[CertificateRecord] | None:
        """The records of the first `count` parts of a scan, in their order; None if one of the
        parts is missing or cannot be read.
        """
        ...

    async def save_part(
        self, vault: str, scan: str, number: int, records: Sequence[CertificateRecord]
    ) -> None:
        """Writes a part of a scan, counted from 0, in place of one of the same number."""
        ...

    async def drop_parts(self, vault: str) -> None:
        """Deletes the parts of all scans of a vault."""
        ...


class FreshRecords(Protocol):
    """The records of certificates that were read since the last scan. All methods raise Unavailable
    if the storage does not answer.
    """

    async def put(self, vault: str, record: CertificateRecord, now: datetime) -> None:
        """Writes the record of a name. One that is too large for a row is left out: the next scan
        has it.
        """
        ...

    async def all(self, vault: str) -> list[CertificateRecord]:
        """The records of a vault. One that cannot be read is left out, for the same reason."""
        ...

    async def drop(self, vault: str, before: datetime) -> None:
        """Deletes the records of a vault that were written before this time."""
        ...
