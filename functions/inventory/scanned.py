"""The snapshots of several vaults, and what filters of their certificates share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from functions.app.contexts import InventoryContext
from functions.inventory.read import inventory_of
from functions.model.inventory.record import VaultSnapshot


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


def is_same(wanted: str | None, text: str) -> bool:
    """Whether a text is the wanted one, in any case; None wants all."""
    return wanted is None or wanted.lower() == text.lower()
