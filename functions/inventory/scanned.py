"""The snapshots of several vaults, and what filters of their certificates share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from functions.app.contexts import InventoryContext
from functions.inventory.read import ReadInventory, read_inventory
from functions.model.inventory.record import VaultSnapshot


@dataclass(frozen=True, slots=True)
class ScannedVaults:
    """What there is of vaults by alias, and the aliases of those of which no scan has ended yet."""

    inventories: dict[str, ReadInventory]
    unscanned: tuple[str, ...]

    @property
    def snapshots(self) -> dict[str, VaultSnapshot]:
        """The snapshots, by alias."""
        return {alias: one.snapshot for alias, one in self.inventories.items()}

    @property
    def scanned(self) -> datetime | None:
        """When the oldest of the scans ended (UTC)."""
        return min((one.ended for one in self.snapshots.values()), default=None)


async def scanned_vaults(certflow: InventoryContext, vaults: Collection[str] = ()) -> ScannedVaults:
    """The snapshots of vaults (aliases), or of all, in their order, with the certificates alone
    that this context may see. Raises Unavailable.
    """
    inventories, unscanned = dict[str, ReadInventory](), list[str]()
    for alias in sorted(vaults or certflow.vaults):
        found = await read_inventory(certflow, alias)
        if found is None:
            unscanned.append(alias)
        else:
            inventories[alias] = found
    return ScannedVaults(inventories, tuple(unscanned))


def is_same(wanted: str | None, text: str) -> bool:
    """Whether a text is the wanted one, in any case; None wants all."""
    return wanted is None or wanted.lower() == text.lower()
