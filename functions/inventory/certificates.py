"""The certificates of all vaults, from their snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from functions.app.contexts import InventoryContext
from functions.inventory.read import inventory_of
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.model.inventory.who_renews import Renewer, who_renews


@dataclass(frozen=True, slots=True)
class CertificateFilter:
    """Which certificates are asked for: of vaults (aliases; all if there are none), of an owner, of
    an issuer by its name in the vault, with a name that fits a pattern (`*` stands for anything),
    that end before a time, and that somebody renews. Case does not count.
    """

    vaults: Collection[str] = ()
    owner: str | None = None
    issuer: str | None = None
    name: str | None = None
    ends_before: datetime | None = None
    renewers: Collection[Renewer] = ()

    def takes(self, record: CertificateRecord) -> bool:
        """Whether it takes a certificate of one of its vaults."""
        issuer = record.policy.issuer if record.policy else ""
        ends = record.not_after
        return (
            _is_same(self.owner, record.owner or "")
            and _is_same(self.issuer, issuer)
            and (self.name is None or fnmatchcase(record.name.lower(), self.name.lower()))
            and (self.ends_before is None or (ends is not None and ends < self.ends_before))
            and (not self.renewers or who_renews(record) in self.renewers)
        )


@dataclass(frozen=True, slots=True)
class ScannedVaults:
    """The snapshots of vaults by alias, and the aliases of those of which no scan has ended yet."""

    snapshots: dict[str, VaultSnapshot]
    unscanned: tuple[str, ...]

    @property
    def scanned(self) -> datetime | None:
        """When the oldest of the scans ended (UTC)."""
        return min((one.ended for one in self.snapshots.values()), default=None)


async def scanned_vaults(certflow: InventoryContext, vaults: Collection[str] = ()) -> ScannedVaults:
    """The snapshots of vaults (aliases), or of all, in their order, with the certificates alone
    that this context may see. Raises Unavailable.
    """
    snapshots, unscanned = dict[str, VaultSnapshot](), list[str]()
    for alias in sorted(vaults or certflow.vaults):
        snapshot = await inventory_of(certflow, alias)
        if snapshot is None:
            unscanned.append(alias)
        else:
            snapshots[alias] = snapshot
    return ScannedVaults(snapshots, tuple(unscanned))


def certificates_in(
    found: ScannedVaults, wanted: CertificateFilter
) -> Iterator[tuple[str, CertificateRecord]]:
    """The certificates that a filter takes, with their vaults, in the order of vault and name."""
    for alias, snapshot in found.snapshots.items():
        for record in snapshot.certificates:
            if wanted.takes(record):
                yield alias, record


def _is_same(wanted: str | None, text: str) -> bool:
    return wanted is None or wanted.lower() == text.lower()
