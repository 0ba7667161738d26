"""A certificate with its versions and its pending object, live or soft-deleted. Plain data, no clock of its own."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from typing import Protocol

from cryptography import x509

from keyvault_emulator.issuing_ca import Chain
from keyvault_emulator.keys_and_csrs import PrivateKey
from keyvault_emulator.operation import Operation
from keyvault_emulator.policy import Policy

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
A_DAY = 24 * 3600
MAX_RETENTION = 90  # days; also what a vault has unless told otherwise (protocol §3)


@dataclass
class Recovery:
    """What a vault does with what is deleted: one object, which all its certificates share."""

    days: int = MAX_RETENTION
    purge_protection: bool = False

    @property
    def level(self) -> str:
        """`recoveryLevel` (protocol §3)."""
        kept = "Recoverable" if self.days == MAX_RETENTION else "CustomizedRecoverable"
        return kept if self.purge_protection else f"{kept}+Purgeable"


@dataclass
class Version:
    """One version of a certificate; half-made until it has a chain (protocol §4.3)."""

    id: str
    key: PrivateKey
    nbf: int
    exp: int
    created: int
    updated: int
    enabled_when_made: bool
    tags: dict[str, str] | None  # None: none were ever sent
    policy: Policy  # as it was when this version was made: what the key may do, and how the secret looks
    preserve_order: bool | None = None  # as asked for; None: not a word about it
    signed: Chain = ()  # what the issuer will hand over when its time has come
    chain: Chain = ()  # the leaf, then the others as they came
    given: Chain = ()  # all of them as they came, the leaf where it stood
    imported: bool = False

    @property
    def enabled(self) -> bool:
        """A half-made version is disabled, whatever was asked for."""
        return bool(self.chain) and self.enabled_when_made

    @property
    def leaf(self) -> x509.Certificate | None:
        """The certificate itself, once there is one."""
        return self.chain[0] if self.chain else None

    def put_in_place(self, chain: Chain, given: Chain, now: float) -> None:
        """Makes it whole. Its dates become the certificate's own; it counts as created now (recorded)."""
        leaf = chain[0]
        self.chain, self.given, self.signed = chain, given, ()
        self.nbf, self.exp = int(leaf.not_valid_before_utc.timestamp()), int(leaf.not_valid_after_utc.timestamp())
        self.created = self.updated = int(now)


@dataclass
class Certificate:
    """A certificate with all its versions, and its pending object."""

    name: str  # as spelled by the first create
    policy: Policy
    recovery: Recovery
    versions: dict[str, Version] = field(default_factory=dict)
    operation: Operation | None = None
    merges: int = 0
    readable_from: float = 0.0  # a recovered certificate is not found at once (recorded)

    @property
    def current(self) -> Version:
        """The newest whole version, or the newest half-made one if none is whole."""
        versions = list(self.versions.values())
        return next((version for version in reversed(versions) if version.chain), versions[-1])

    def make_whole(self, operation: Operation) -> Version:
        """Replaces an operation's half-made version by one with another id, as the create asked for it.

        Whether the service still knows the half-made one by its id then is not known; here it is gone.
        """
        half_made = self.versions.pop(operation.version)
        version = replace(half_made, id=uuid.uuid4().hex, enabled_when_made=operation.enabled, tags=operation.tags)
        self.versions[version.id] = version
        operation.version = version.id
        return version


class Deletable(Protocol):
    """A certificate or a key."""

    name: str
    recovery: Recovery


@dataclass
class Deleted[Item: Deletable]:
    """A soft-deleted certificate or key."""

    item: Item
    date: int
    settled: float  # until then the deletion is under way: it can be neither read nor undone nor purged

    @property
    def scheduled_purge(self) -> int:
        """When it is purged by itself."""
        return self.date + self.item.recovery.days * A_DAY
