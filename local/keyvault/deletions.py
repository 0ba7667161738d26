"""Soft-deleted certificates of one vault (protocol §4.12): the deletion takes a moment, and blocks the name.

Every method that takes `now` first lets go what has been kept for as long as the vault keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable

from local.keyvault import errors
from local.keyvault.certificate import Certificate, Deleted


class Deletions:
    """What was deleted and not yet recovered or purged, by name, case ignored."""

    def __init__(self, vault: str) -> None:
        self._vault = vault
        self._by_name: dict[str, Deleted] = {}
        self.delay = 0.0  # how long a deletion takes, in seconds

    def put(self, certificate: Certificate, now: float) -> Deleted:
        """Begins a deletion."""
        deleted = Deleted(certificate, int(now), now + self.delay)
        self._by_name[certificate.name.lower()] = deleted
        return deleted

    def get(self, name: str, now: float) -> Deleted:
        """A deleted certificate; 404 if there is none, also while the deletion is under way (recorded)."""
        self._expire(now)
        deleted = self._by_name.get(name.lower())
        if deleted is None or now < deleted.settled:
            raise errors.deleted_certificate_not_found(name)
        return deleted

    def recover(self, name: str, now: float) -> Certificate:
        """Takes a certificate back. The text of the 404 is that of a live certificate (recorded)."""
        self._expire(now)
        if name.lower() not in self._by_name:
            raise errors.certificate_not_found(name)
        self._check_settled(name, now)
        return self._by_name.pop(name.lower()).certificate

    def purge(self, name: str, now: float) -> None:
        """Removes a certificate for good; its name is free at once."""
        self._expire(now)
        deleted = self._by_name.get(name.lower())
        if deleted is None:
            raise errors.deleted_certificate_not_found(name)
        if deleted.certificate.recovery.purge_protection:
            raise errors.purge_protected(self._vault)
        self._check_settled(name, now)
        del self._by_name[name.lower()]

    def check_free(self, name: str, now: float) -> None:
        """Refuses a name that a deleted certificate holds."""
        self._expire(now)
        if deleted := self._by_name.get(name.lower()):
            raise errors.deleted_but_recoverable(name) if now >= deleted.settled else errors.still_deleting(name)

    def items(self, now: float) -> list[tuple[str, Deleted]]:
        """Those whose deletion is done, in the order of the lists."""
        self._expire(now)
        return sorted((name, deleted) for name, deleted in self._by_name.items() if now >= deleted.settled)

    def all(self) -> Iterable[Deleted]:
        """All of them, also those whose time is over."""
        return self._by_name.values()

    def take_back(self, deleted: Deleted) -> None:
        """Puts one as it was kept."""
        self._by_name[deleted.certificate.name.lower()] = deleted

    def values(self, now: float) -> Iterable[Deleted]:
        """All of them."""
        self._expire(now)
        return self._by_name.values()

    def _expire(self, now: float) -> None:
        self._by_name = {name: deleted for name, deleted in self._by_name.items() if now < deleted.scheduled_purge}

    def _check_settled(self, name: str, now: float) -> None:
        if now < self._by_name[name.lower()].settled:
            raise errors.being_deleted()
