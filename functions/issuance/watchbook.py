"""What the watching itself keeps: leases, surveys, notes on certificates, and what is known of issuers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from functions.issuance.events import Event
from functions.issuance.ports import Listed


@dataclass(frozen=True, slots=True)
class CertificateNote:
    """What we told and did about a certificate that is near its end. `thumbprint` names the version that it is about.

    `rung`: how far down the ladder its owner has heard; `renewals`: when we started next versions of this name.
    `renewed`: the thumbprint of the version for which that was done; `stopped`: the one for which it is not done
    any more.
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
    """A certificate on the last rung of its ladder of which a tag (`why`) keeps its owner from hearing."""

    name: str
    why: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a survey of a vault came upon: how many of each kind, and some names of each; the nearest ends of which
    nobody is told.
    """

    certificates: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silenced: tuple[Silenced, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """How far the survey of a vault has come. `began`: the one under way, or else the last; `token`: the next page, and
    how often that was tried in vain (`tries`); `found`: so far. `renewing`: all pages are through, and the renewals
    that were queued meanwhile are started; `capped`: the day on which it was last told that there were too many.

    `finished` and `last` are of the one before; None until the first, the baseline, is through. `covers` is when that
    one began: what was pending then is tracked.
    """

    vault: str
    under_way: bool = False
    began: datetime | None = None
    token: str | None = None
    tries: int = 0
    found: Found = field(default_factory=Found)
    finished: datetime | None = None
    last: Found | None = None
    renewing: bool = False
    capped: date | None = None
    covers: datetime | None = None
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that an issuer's account or credentials let fail; `kind` is the same for the same error."""

    request_id: str
    name: str
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What lately failed at an issuer of a vault, and when that was told last, by kind of error."""

    vault: str
    issuer: str
    failures: tuple[Failure, ...] = ()
    told: Mapping[str, datetime] = field(default_factory=dict)
    etag: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class KeySearch:
    """A key (SHA-256, hex) that vaults were searched for in vain, the first time at `at`: `through` are those that were
    looked through, `left` those that were not, and are left to their next survey.
    """

    key: str
    at: datetime
    through: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class TrustState(StrEnum):
    """What is taken: the files' CAs; the public ones; anybody's; anybody's until a day; nothing, as there is no file;
    nothing, as a file cannot be read.
    """

    SET = "set"
    PUBLIC = "public"
    ANY = "any"
    ENDING = "ending"
    NONE = "none"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TrustNote:
    """What was last seen of a vault's trust (`*`: of files that are no vault's). `takes` is the setting; `sha256` that
    of its files, `listed` a hash of their names and ETags; `once`: a file was there since `takes` is so; `why` nothing
    is merged; `until` when anybody's are taken still; `since` it is so; `changes`: how many were told.
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
    etag: str = field(default="", compare=False)


class Watchbook(Protocol):
    """All methods raise `Unavailable` when the storage does not answer."""

    async def hold(self, what: str, now: datetime, until: datetime) -> str | None:
        """Takes a lease, until then; a token to let it go with, or None while another holds it."""
        ...

    async def let_go(self, what: str, token: str) -> None:
        """Ends a lease. One that has lapsed and was taken by another is that one's."""
        ...

    async def beat(self, vault: str, now: datetime) -> None:
        """Records that a sweep of a vault went through."""
        ...

    async def beats(self) -> dict[str, datetime]:
        """When each vault's last good sweep was."""
        ...

    async def survey(self, vault: str) -> Survey:
        """How the survey of a vault stands."""
        ...

    async def want_survey(self, vault: str, now: datetime) -> None:
        """Somebody wants a survey of a vault."""
        ...

    async def wanted(self, vault: str) -> datetime | None:
        """When somebody wanted one last."""
        ...

    async def keep_survey(self, survey: Survey) -> Survey:
        """Writes how it stands; returns it with its new ETag. Raises ConcurrentChange: a holder that was paused may
        outlive its lease, and must not undo what the next one did.
        """
        ...

    async def note(self, vault: str, name: str) -> CertificateNote | None:
        """What is noted about a certificate that is near its end."""
        ...

    async def keep_note(self, note: CertificateNote, events: Sequence[Event] = ()) -> None:
        """Writes a note, with the events of it in one transaction."""
        ...

    async def trouble(self, vault: str, issuer: str) -> Trouble:
        """What lately failed at an issuer."""
        ...

    async def keep_trouble(self, trouble: Trouble, events: Sequence[Event] = ()) -> None:
        """Writes that, with its events, in one transaction. Raises ConcurrentChange."""
        ...

    async def trust(self, vault: str) -> TrustNote | None:
        """What was last seen of a vault's trust; None if it was never looked at."""
        ...

    async def keep_trust(self, note: TrustNote, events: Sequence[Event] = ()) -> None:
        """Writes that, with its events, in one transaction. Raises ConcurrentChange."""
        ...

    async def searched(self, key: str) -> KeySearch | None:
        """Which vaults were searched for a key; None if it was never looked for, or that is forgotten."""
        ...

    async def keep_search(self, search: KeySearch) -> None:
        """Writes that. Of two at once the last one's stays: the other's vaults are then searched once more."""
        ...

    async def forget_searches(self, before: datetime) -> None:
        """Forgets those that began before this time."""
        ...

    async def queue_renewal(self, vault: str, entry: Listed) -> None:
        """Queues a certificate whose next version is to be started. It is there already: fine."""
        ...

    async def queued_renewals(self, vault: str, most: int) -> list[Listed]:
        """Those of a vault, at most so many, the nearest end first."""
        ...

    async def unqueue_renewal(self, vault: str, entry: Listed) -> None:
        """Takes a certificate from the queue. Gone already is fine."""
        ...

    async def renewals(self, vault: str, day: date) -> int:
        """How many automatic starts of this day in a vault have not come to nothing."""
        ...

    async def count_renewal(self, vault: str, day: date, most: int) -> bool:
        """Counts one of them; False, uncounted, if there are as many as are allowed."""
        ...

    async def uncount_renewal(self, vault: str, day: date) -> None:
        """Takes one back: the start came to nothing, or will be counted again."""
        ...

    async def since(self, what: str, now: datetime) -> datetime:
        """When this was asked for the first time: now, if it never was."""
        ...

    async def count_refused(self, day: date) -> None:
        """Counts an event of another's that was refused on this day."""
        ...

    async def refused(self, day: date) -> int:
        """How many events were refused on this day."""
        ...

    async def usual(self, vault: str, issuer: str) -> float | None:
        """How long an issuer of a vault usually takes, in seconds; None if it is not known."""
        ...

    async def learn(self, vault: str, issuer: str, seconds: float) -> None:
        """An issuer has taken so long."""
        ...
