"""Reads the inventory of a vault: its snapshot, with what events have told since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.app.context import see_all
from functions.app.context_parts import HasOptions
from functions.app.contexts import InventoryContext
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.model.tags import Renewal, renewal_of
from functions.ports.inventory import StoredSnapshot

# Certificates of the snapshots that a process keeps, those that were used last: 2.7 KB each, beside
# what an instance of 512 MB needs for its work.
MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class ReadInventory:
    """The certificates of a vault in a snapshot, and what they are made of: the stored snapshot
    with this ETag, and those of the certificates that have changed since. `fresh` has these without
    the times at which Certflow looked at them.
    """

    snapshot: VaultSnapshot
    etag: str
    fresh: tuple[CertificateRecord, ...]


async def inventory_of(certflow: InventoryContext, alias: str) -> VaultSnapshot | None:
    """The certificates of a vault (alias, lower-case) that this context may see, sorted by name;
    None if no scan of the vault has ended yet. Raises Unavailable, also for a snapshot that cannot
    be read: the next scan writes it anew.
    """
    found = await read_inventory(certflow, alias)
    return found.snapshot if found else None


async def read_inventory(certflow: InventoryContext, alias: str) -> ReadInventory | None:
    """The same, with what it is made of."""
    stored = await _stored(certflow, alias)
    if stored is None:
        return None
    certificates, fresh = stored.snapshot.certificates, await certflow.fresh_records.all(alias)
    known = by_name(certificates) if fresh else {}
    if fresh:
        certificates = sorted_by_name(with_fresh(known, fresh))
    if certflow.may_see is not see_all:
        certificates = tuple(one for one in certificates if certflow.may_see(alias, one.name))
    newer = by_name(fresh)
    changed = _changed(known, [one for one in certificates if one.name.lower() in newer])
    now = tuple(under_settings(certflow, alias, one) for one in certificates)
    snapshot = replace(stored.snapshot, certificates=now)
    return ReadInventory(snapshot, stored.etag, changed)


def under_settings(
    certflow: HasOptions, alias: str, record: CertificateRecord
) -> CertificateRecord:
    """The record of a certificate in a vault (alias, lower-case), with what the settings say of
    its renewal: in a vault that is only observed, or with an issuer that is not allowed, Certflow
    starts nothing, whatever a tag asks for.
    """
    if renewal_of(record.tags) is not Renewal.AUTO:
        return record
    options = certflow.options
    allowed = record.policy is None or options.may_issue(record.policy.issuer)
    return replace(record, barred=not (allowed and options.renews_in(alias)))


def _changed(
    known: dict[str, CertificateRecord], now: Iterable[CertificateRecord]
) -> tuple[CertificateRecord, ...]:
    """Those that differ from what is known by more than by the times of looking at them."""
    pairs = [(known.get(one.name.lower()), _without_times(one)) for one in now]
    return tuple(one for old, one in pairs if old is None or _without_times(old) != one)


def _without_times(record: CertificateRecord) -> CertificateRecord:
    return replace(record, read=None, asked=None, seen=None)


def by_name(records: Iterable[CertificateRecord]) -> dict[str, CertificateRecord]:
    """Records by name in lower case, as Key Vault compares names. Of two of one name the later
    stays: a list that changes while its pages are read can have a certificate twice.
    """
    return {one.name.lower(): one for one in records}


def with_fresh(
    known: dict[str, CertificateRecord], fresh: Iterable[CertificateRecord]
) -> dict[str, CertificateRecord]:
    """Known records with those that were read later in their place."""
    merged = dict(known)
    for record in fresh:
        name = record.name.lower()
        old = known.get(name)
        if old is None or old.read is None or (record.read and record.read >= old.read):
            pending = old.pending if old and not _ended(old, record) else None
            merged[name] = replace(record, pending=pending)
    return merged


def sorted_by_name(records: dict[str, CertificateRecord]) -> tuple[CertificateRecord, ...]:
    """Records in the order of their names."""
    return tuple(records[name] for name in sorted(records))


def _ended(old: CertificateRecord, new: CertificateRecord) -> bool:
    """Whether a new version has come since, so that what was pending has ended."""
    versions = [one.current.version if one.current else "" for one in (old, new)]
    return versions[0] != versions[1]


async def _stored(certflow: InventoryContext, alias: str) -> StoredSnapshot | None:
    """The snapshot of a vault, from memory if it has not changed."""
    kept = certflow.snapshots
    stored = await certflow.inventory_files.snapshot(alias, kept.get(alias))
    kept.pop(alias, None)
    if stored is None:
        return None
    kept[alias] = stored  # at the end, as the one that was used last
    while (
        len(kept) > 1 and sum(len(one.snapshot.certificates) for one in kept.values()) > MOST_KEPT
    ):
        kept.pop(next(iter(kept)))
    return stored
