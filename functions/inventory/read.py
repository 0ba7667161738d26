"""Reads the inventory of a vault: its snapshot, with what events have told since."""

from __future__ import annotations

import msgspec

from functions.app.contexts import InventoryContext
from functions.inventory.fresh import fresh_records
from functions.inventory.snapshots import by_name, snapshot_in
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.ports.inventory import StoredSnapshot


async def inventory_of(certflow: InventoryContext, alias: str) -> VaultSnapshot | None:
    """The certificates of a vault (alias, lower-case), sorted by name; None if no scan of it has
    ended yet. Raises Unavailable, also for a snapshot that cannot be read: the next scan writes it
    anew.
    """
    seen = await _snapshot(certflow, alias)
    if seen is None:
        return None
    fresh = await fresh_records(certflow, alias)
    if not fresh:
        return seen
    merged = with_fresh(by_name(seen.certificates), fresh)
    return msgspec.structs.replace(seen, certificates=sorted_by_name(merged))


def with_fresh(
    known: dict[str, CertificateRecord], fresh: dict[str, CertificateRecord]
) -> dict[str, CertificateRecord]:
    """Known records with those that were read later in their place."""
    merged = dict(known)
    for name, record in fresh.items():
        old = known.get(name)
        if old is None or old.read is None or (record.read and record.read >= old.read):
            pending = old.pending if old and not _ended(old, record) else None
            merged[name] = msgspec.structs.replace(record, pending=pending)
    return merged


def sorted_by_name(records: dict[str, CertificateRecord]) -> tuple[CertificateRecord, ...]:
    """Records in the order of their names."""
    return tuple(records[name] for name in sorted(records))


def _ended(old: CertificateRecord, new: CertificateRecord) -> bool:
    """Whether a new version has come since, so that what was pending has ended."""
    versions = [one.current.version if one.current else "" for one in (old, new)]
    return versions[0] != versions[1]


async def _snapshot(certflow: InventoryContext, alias: str) -> VaultSnapshot | None:
    """The snapshot of a vault, from memory if it has not changed."""
    kept = certflow.snapshots.get(alias)
    stored = await certflow.inventory_files.snapshot(alias, kept[0] if kept else None)
    if stored is None:
        certflow.snapshots.pop(alias, None)
        return None
    if kept is None or stored.etag != kept[0].etag:
        snapshot = snapshot_in(stored.content)
        # The compressed bytes are not needed any more, and would be kept for nothing.
        kept = certflow.snapshots[alias] = (StoredSnapshot(b"", stored.etag), snapshot)
    return kept[1]
