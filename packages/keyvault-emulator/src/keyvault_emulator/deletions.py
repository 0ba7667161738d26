"""What is soft-deleted in one vault (protocol §4.12): the deletion takes a moment, and blocks the name.

Every method that takes `now` first lets go what has been kept for as long as the vault keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable

from keyvault_emulator import errors
from keyvault_emulator.certificate import Deletable, Deleted


class Deletions[Item: Deletable]:
    """What was deleted of one kind and not yet recovered or purged, by name, case ignored."""

    def __init__(self, vault: str, kind: errors.Kind) -> None:
        self._vault = vault
        self._kind = kind
        self._by_name: dict[str, Deleted[Item]] = {}
        self.delay = 0.0  # how long a deletion takes, in seconds

    def put(self, item: Item, now: float) -> Deleted[Item]:
        """Begins a deletion."""
        deleted = Deleted(item, int(now), now + self.delay)
        self._by_name[item.name.lower()] = deleted
        return deleted

    def get(self, name: str, now: float) -> Deleted[Item]:
        """What was deleted under a name; 404 if there is none, also while the deletion is under way (recorded)."""
        self._expire(now)
        deleted = self._by_name.get(name.lower())
        if deleted is None or now < deleted.settled:
            raise errors.deleted_not_found(self._kind, name)
        return deleted

    def recover(self, name: str, now: float) -> Item:
        """Takes it back. The text of the 404 is that of one that lives (recorded)."""
        self._expire(now)
        if name.lower() not in self._by_name:
            raise errors.not_found(self._kind, name)
        self._check_settled(name, now)
        return self._by_name.pop(name.lower()).item

    def purge(self, name: str, now: float) -> None:
        """Removes it for good; its name is free at once."""
        self._expire(now)
        deleted = self._by_name.get(name.lower())
        if deleted is None:
            raise errors.deleted_not_found(self._kind, name)
        if deleted.item.recovery.purge_protection:
            raise errors.purge_protected(self._vault)
        self._check_settled(name, now)
        del self._by_name[name.lower()]

    def check_free(self, name: str, now: float) -> None:
        """Refuses a name that something deleted holds."""
        self._expire(now)
        if deleted := self._by_name.get(name.lower()):
            settled = now >= deleted.settled
            raise (errors.deleted_but_recoverable if settled else errors.still_deleting)(self._kind, name)

    def items(self, now: float) -> list[tuple[str, Deleted[Item]]]:
        """Those whose deletion is done, in the order of the lists."""
        self._expire(now)
        return sorted((name, deleted) for name, deleted in self._by_name.items() if now >= deleted.settled)

    def all(self) -> Iterable[Deleted[Item]]:
        """All of them, also those whose time is over."""
        return self._by_name.values()

    def take_back(self, deleted: Deleted[Item]) -> None:
        """Puts one as it was kept."""
        self._by_name[deleted.item.name.lower()] = deleted

    def values(self, now: float) -> Iterable[Deleted[Item]]:
        """All of them."""
        self._expire(now)
        return self._by_name.values()

    def _expire(self, now: float) -> None:
        self._by_name = {name: deleted for name, deleted in self._by_name.items() if now < deleted.scheduled_purge}

    def _check_settled(self, name: str, now: float) -> None:
        if now < self._by_name[name.lower()].settled:
            raise errors.being_deleted(self._kind)
