"""The port to the monitoring store: leases, heartbeats, inventory scans, notes on certificates and
on trusted CAs, and what is known of issuers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from functions.model.events.event import Event
from functions.ports.rules import RulesNote
from functions.ports.vault import CertificateItem


@dataclass(frozen=True, slots=True)
class CertificateNote:
    """What was told and done about a certificate that is near its end. `thumbprint` (SHA-1, hex)
    identifies the version that it is about.

    `rung`: the last rung of the ladder of which the owner was told; `renewals`: when next versions
    of this name were started (UTC). `renewed`: the thumbprint of the version whose renewal was
    started; `stopped`: that of the version whose renewal was stopped.
    """

    vault: str
    name: str
    thumbprint: str
    rung: int = 0
    renewals: tuple[datetime, ...] = ()
    renewed: str | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Silenced:
    """A certificate on the last rung of its ladder of which its owner is not told because of a tag
    (`why`). `ends` is UTC.
    """

    name: str
    why: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class ScanCounts:
    """What an inventory scan of a vault found: how many certificates, how many of each kind, some
    names of each kind, and the nearest ends of which nobody is told.
    """

    certificates: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silenced: tuple[Silenced, ...] = ()

    def with_kind(self, kind: str, name: str, limit: int) -> ScanCounts:
        """The same with one more certificate of a kind, of which `limit` names are kept."""
        return replace(
            self,
            counts={**self.counts, kind: self.counts.get(kind, 0) + 1},
            names={**self.names, kind: (*self.names.get(kind, ()), name)[:limit]},
        )


@dataclass(frozen=True, slots=True)
class InventoryScan:
    """How far the inventory scan of a vault has come. Times are UTC.

    `began`: when the scan under way, or else the last one, began; `token`: of the next page;
    `tries`: how often that page failed, or the renewal that is the next in the queue; `found`: what
    was found so far. `renewing`: all pages are read, and the renewals that were queued are being
    started; `capped`: the day on which people were last told that there were too many.

    `finished` and `last` are the end and the finds of the scan before; None until the first, the
    baseline, has ended. `covers` is when that scan began: what was pending then is tracked, and
    ends that were near then are told. A rebuild keeps it until it has ended. `rebuild` is when the
    last rebuild that began was asked for. `parts`: how many parts of the snapshot are written;
    `quiet`: how long a quiet certificate is not asked for a pending request (None: this scan asks
    for each); `asked_all`: when the last scan began that has asked for each.
    """

    vault: str
    under_way: bool = False
    began: datetime | None = None
    token: str | None = None
    tries: int = 0
    found: ScanCounts = field(default_factory=ScanCounts)
    finished: datetime | None = None
    last: ScanCounts | None = None
    renewing: bool = False
    capped: date | None = None
    covers: datetime | None = None
    rebuild: datetime | None = None
    parts: int = 0
    quiet: timedelta | None = None
    asked_all: datetime | None = None
    etag: str = field(default="", compare=False)

    @property
    def scan_id(self) -> str:
        """What its parts of the snapshot are named after."""
        return f"{self.began:%Y%m%dT%H%M%S%f}"

    @property
    def rebuilds(self) -> bool:
        """Whether this is a rebuild under way: a baseline that somebody asked for."""
        return self.rebuild is not None and self.finished is None


@dataclass(frozen=True, slots=True)
class ScanRequests:
    """When a scan of a vault was last asked for, when a rebuild, and when a scan that asks for the
    pending request of each certificate (`whole`); UTC. None: never. `rebuild_by` is who asked for
    the rebuild, for show.
    """

    scan: datetime | None = None
    rebuild: datetime | None = None
    whole: datetime | None = None
    rebuild_by: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed because of its issuer's account or credentials, and when (UTC). `kind`
    is the same for the same error.
    """

    request_id: str
    name: str
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class IssuerFailures:
    """The latest failures of an issuer of a vault, and when people were last told, by kind of error
    (UTC).
    """

    vault: str
    issuer: str
    failures: tuple[Failure, ...] = ()
    told: Mapping[str, datetime] = field(default_factory=dict)
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class KeySearch:
    """A search for a key (SHA-256, hex) that found nothing, first at `at` (UTC). `through` are the
    vaults that were searched, `left` those that are left to their next inventory scan.
    """

    key: str
    at: datetime
    through: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class TrustState(StrEnum):
    """Which CAs a vault trusts: those of its files; the public ones; any; any until a day; none,
    because there is no file; none, because a file cannot be read.
    """

    SET = "set"
    PUBLIC = "public"
    ANY = "any"
    ENDING = "ending"
    NONE = "none"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TrustNote:
    """What was last seen of a vault's trusted CAs (vault `*`: of files that belong to no vault).

    `takes` is the setting; `sha256` a hash of the contents of its files, `listed` one of their
    names and ETags. `once`: there has been a file since the setting has this value. `why` is the
    reason why nothing is merged, `until` the end of trusting any CA, `since` when this state began
    (UTC). `changes` counts the changes that were told. `anchors` are the key identifiers (hex) of
    the trusted CAs, none if they are too many; None in a note of an older version of Certflow.
    """

    vault: str
    takes: str = ""
    state: TrustState = TrustState.NONE
    sha256: str = ""
    listed: str = ""
    once: bool = False
    why: str | None = None
    until: datetime | None = None
    since: datetime | None = None
    changes: int = 0
    anchors: tuple[str, ...] | None = None
    etag: str = field(default="", compare=False)


FOUND_HASH_BYTES = 6


@dataclass(frozen=True, slots=True)
class DigestFindings:
    """What the audit had found in a vault when the digest of a day (UTC) was written. `found` has a
    hash of FOUND_HASH_BYTES for each finding, None if they were too many; `new_count` of them were
    not there at the digest before, and `new` are the first of these: code and certificate.
    """

    vault: str
    day: date
    found: frozenset[bytes] | None
    new_count: int = 0
    new: tuple[tuple[str, str], ...] = ()


class MonitoringStore(Protocol):
    """The monitoring store. Times are UTC. All methods raise `Unavailable` when the storage does
    not answer.
    """

    async def acquire(self, what: str, now: datetime, until: datetime) -> str | None:
        """Takes a lease until `until`. Returns the token with which it is let go; None while
        another holder has the lease.
        """
        ...

    async def release(self, what: str, token: str) -> None:
        """Ends a lease, unless it has lapsed and another holder has taken it."""
        ...

    async def heartbeat(self, vault: str, now: datetime) -> None:
        """Records the heartbeat of a vault: its due checks were done without a fault."""
        ...

    async def heartbeats(self) -> dict[str, datetime]:
        """The last heartbeat of each vault."""
        ...

    async def scan(self, vault: str) -> InventoryScan:
        """The state of a vault's inventory scan."""
        ...

    async def request_scan(self, vault: str, now: datetime, *, whole: bool = False) -> None:
        """Asks for an inventory scan of a vault; `whole` for one that asks for the pending request
        of each certificate.
        """
        ...

    async def scan_requested(self, vault: str) -> ScanRequests:
        """When scans of a vault were last asked for."""
        ...

    async def request_rebuild(self, vault: str, now: datetime, by: str | None) -> None:
        """Asks for a scan of a vault that begins again as a baseline."""
        ...

    async def save_scan(self, survey: InventoryScan) -> InventoryScan:
        """Writes the state of a scan; returns it with its new ETag. Raises ConcurrentChange if
        another run has written it: a run that was paused may outlive its lease, and must not undo
        what the next one did.
        """
        ...

    async def note(self, vault: str, name: str) -> CertificateNote | None:
        """The note on a certificate that is near its end, if there is one."""
        ...

    async def save_note(self, note: CertificateNote, events: Sequence[Event] = ()) -> None:
        """Writes a note and its events in one transaction."""
        ...

    async def issuer_failures(self, vault: str, issuer: str) -> IssuerFailures:
        """The latest failures of an issuer."""
        ...

    async def save_issuer_failures(
        self, trouble: IssuerFailures, events: Sequence[Event] = ()
    ) -> None:
        """Writes them and their events in one transaction. Raises ConcurrentChange."""
        ...

    async def trust(self, vault: str) -> TrustNote | None:
        """What was last seen of a vault's trusted CAs; None if nothing was seen yet."""
        ...

    async def save_trust(self, note: TrustNote, events: Sequence[Event] = ()) -> None:
        """Writes that and its events in one transaction. Raises ConcurrentChange."""
        ...

    async def rules_note(self) -> RulesNote | None:
        """What was last seen of the table of rules; None if nothing was seen yet."""
        ...

    async def save_rules_note(self, note: RulesNote, events: Sequence[Event] = ()) -> None:
        """Writes that and its events in one transaction. Raises ConcurrentChange."""
        ...

    async def digest_findings(self, vault: str) -> DigestFindings | None:
        """What the audit had found at the last digest; None if nothing is known of that."""
        ...

    async def save_digest_findings(self, findings: DigestFindings) -> None:
        """Writes that in place of what was kept of the vault."""
        ...

    async def search(self, key: str) -> KeySearch | None:
        """The search for a key; None if there was none, or it was forgotten."""
        ...

    async def save_search(self, search: KeySearch) -> None:
        """Writes a search. Of two at the same time the last stays, and the vaults of the other are
        searched once more.
        """
        ...

    async def forget_searches(self, before: datetime) -> None:
        """Deletes the searches that began before this time."""
        ...

    async def queue_renewal(self, vault: str, entry: CertificateItem) -> None:
        """Queues a certificate whose next version is to be started. Safe to repeat."""
        ...

    async def queued_renewals(self, vault: str, limit: int) -> list[CertificateItem]:
        """The queued certificates of a vault, `limit` at most, the nearest end first."""
        ...

    async def unqueue_renewal(self, vault: str, entry: CertificateItem) -> None:
        """Takes a certificate from the queue. Does nothing if it is gone."""
        ...

    async def renewals(self, vault: str, day: date) -> int:
        """How many renewals of this day in a vault count: those that did not fail."""
        ...

    async def count_renewal(self, vault: str, day: date, limit: int) -> bool:
        """Counts a renewal; returns False, and does not count it, if there are `limit` already."""
        ...

    async def uncount_renewal(self, vault: str, day: date) -> None:
        """Takes a renewal out of the count: its start failed, or will be counted again."""
        ...

    async def since(self, what: str, now: datetime) -> datetime:
        """When this was called for the first time for `what`: now, if it never was."""
        ...

    async def count_refused(self, day: date) -> None:
        """Counts an event of another sender that was refused on this day."""
        ...

    async def refused(self, day: date) -> int:
        """How many events of other senders were refused on this day."""
        ...

    async def usual_duration(self, vault: str, issuer: str) -> float | None:
        """How long an issuer of a vault usually takes (seconds); None if that is not known yet."""
        ...

    async def add_duration(self, vault: str, issuer: str, seconds: float) -> None:
        """Notes how long an issuer has taken for a request (seconds)."""
        ...
