"""The certificates of all vaults, from their snapshots."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from fnmatch import fnmatchcase

from functions.app.contexts import AuditContext
from functions.inventory.audits import surroundings_of
from functions.inventory.read import ReadInventory
from functions.inventory.scanned import ScannedVaults, is_same
from functions.model.inventory.audit import audit, time_marks
from functions.model.inventory.audited import Surroundings
from functions.model.inventory.record import CertificateRecord
from functions.model.inventory.who_renews import Renewer, who_renews


@dataclass(frozen=True, slots=True)
class CertificateFilter:
    """Which certificates are asked for: of vaults (aliases; all if there are none), of an owner, of
    an issuer by its name in the vault, with a name that fits a pattern (`*` stands for anything),
    that end before a time, that somebody renews, and of which the audit finds one of `findings`
    (codes; all if there are none). Case does not count.
    """

    vaults: Collection[str] = ()
    owner: str | None = None
    issuer: str | None = None
    name: str | None = None
    ends_before: datetime | None = None
    renewers: Collection[Renewer] = ()
    findings: Collection[str] = ()

    def takes(self, record: CertificateRecord) -> bool:
        """Whether it takes a certificate of one of its vaults, whatever the audit finds."""
        issuer = record.policy.issuer if record.policy else ""
        if not is_same(self.owner, record.owner or "") or not is_same(self.issuer, issuer):
            return False
        if self.name is not None and not fnmatchcase(record.name.lower(), self.name.lower()):
            return False
        return self._takes_end(record) and (
            not self.renewers or who_renews(record) in self.renewers
        )

    def _takes_end(self, record: CertificateRecord) -> bool:
        ends = record.not_after
        return self.ends_before is None or (ends is not None and ends < self.ends_before)

    def takes_codes(self, codes: Collection[str]) -> bool:
        """Whether it takes a certificate of which the audit has found these codes."""
        return not self.findings or not set(self.findings).isdisjoint(codes)


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """A certificate of a vault (alias), and the codes of what the audit finds about it."""

    vault: str
    record: CertificateRecord
    codes: tuple[str, ...]


async def surroundings_in(certflow: AuditContext, found: ScannedVaults) -> dict[str, Surroundings]:
    """By alias what is known of each vault beside its certificates. Raises Unavailable."""
    return {
        alias: await surroundings_of(certflow, alias, snapshot)
        for alias, snapshot in found.snapshots.items()
    }


def certificates_in(
    found: ScannedVaults, around: Mapping[str, Surroundings], wanted: CertificateFilter
) -> Iterator[ListedCertificate]:
    """The certificates that a filter takes, in the order of vault and name."""
    for alias, snapshot in found.snapshots.items():
        for record in snapshot.certificates:
            if wanted.takes(record):
                codes = tuple(one.code for one in audit(record, around[alias]))
                if wanted.takes_codes(codes):
                    yield ListedCertificate(alias, record, codes)


def list_state(
    found: ScannedVaults, around: Mapping[str, Surroundings], wanted: CertificateFilter
) -> tuple[object, ...]:
    """All that the list of these certificates depends on, without making it: two lists of equal
    states are equal. The state may differ where the list does not.
    """
    vaults = [
        (alias, _made_of(read), _beside(around[alias]), _time_of(read, around[alias].now))
        for alias, read in found.inventories.items()
    ]
    return wanted, found.unscanned, vaults


def _made_of(read: ReadInventory) -> tuple[object, ...]:
    """What the certificates were read from, which of them this context may see, and of which
    Certflow may start the next version.
    """
    seen = [(one.name, one.barred) for one in read.snapshot.certificates]
    return read.etag, read.fresh, seen


def _beside(around: Surroundings) -> dict[str, object]:
    """What is known beside them but the time, which is never the same twice."""
    return {one.name: getattr(around, one.name) for one in fields(around) if one.name != "now"}


def _time_of(read: ReadInventory, now: datetime) -> tuple[int, ...]:
    return time_marks(read.snapshot.certificates, now)
