"""What the core needs from outside, as narrow protocols. Adapters implement them; unit tests use fakes of them.

All methods raise `Unavailable` when the service behind does not answer; what else they raise is said at each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.issuance.events import Event
from functions.issuance.files import Aside
from functions.issuance.listing import Page, Wanted
from functions.issuance.looks import Look
from functions.issuance.requests import (
    NOBODY,
    Act,
    Actor,
    CertificateVersion,
    Change,
    Operation,
    Origin,
    Status,
    TrackedRequest,
)
from functions.issuance.takeover import Takeover


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation as the core reads it, and the fields as Key Vault sent them, but with the spelling of Status."""

    operation: Operation
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate version as the core reads it, and the fields just as Key Vault sent them."""

    version: CertificateVersion
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate in a vault, as its list has it (protocol §3). `thumbprint`: SHA-1 of the leaf's DER (hex), None
    while there is no version but the half-made one of a request. `not_before` and `not_after` are UTC.
    """

    name: str
    thumbprint: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    enabled: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True if there is a version that can be used."""
        return self.thumbprint is not None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some certificates of a vault, and the token of the next page if there is more."""

    certificates: tuple[Listed, ...]
    token: str | None


class Vault(Protocol):
    """One Key Vault. All methods but `create` and `merge` are safe to repeat. All raise Refused on Key Vault's 4xx.

    `request_id`, where it can be given, is a filter: with another request pending, Key Vault does nothing (404).
    """

    async def create(self, name: str, body: Mapping[str, Any]) -> Answer:
        """Starts a request. Called once: a repeat meets 409 while the first is in progress."""
        ...

    async def pending(self, name: str, request_id: str | None = None) -> Answer:
        """The pending operation; Refused (404) if there is none."""
        ...

    async def cancel(self, name: str, request_id: str | None = None) -> Answer:
        """Asks the issuer to cancel. Whether it does is seen later."""
        ...

    async def delete_pending(self, name: str, request_id: str | None = None) -> Answer:
        """Deletes the pending operation; returns it as it stood."""
        ...

    async def merge(self, name: str, chain: Sequence[bytes], more: Mapping[str, Any] | None = None) -> Bundle:
        """Completes the pending request with DER certificates, leaf first. A repeat's answer says nothing sure.

        `more` are the other fields of Key Vault's merge body (attributes, tags).
        """
        ...

    async def certificate(self, name: str) -> Bundle | None:
        """The current version; None if there is none yet, or only a half-made one (protocol §4.3)."""
        ...

    async def versions(self, name: str) -> Mapping[str, str]:
        """All versions of a certificate: SHA-1 of the leaf's DER (hex; Key Vault's x5t) → version. Empty for none."""
        ...

    async def page(self, token: str | None = None) -> ListedPage:
        """One page of all certificates, and of names where only a request is pending yet. A token outlives the process;
        Refused (4xx) if Key Vault takes it no more.
        """
        ...

    async def tags(self, name: str) -> Mapping[str, str]:
        """The tags of a certificate, also of a half-made one; none if there is no such certificate."""
        ...

    async def policy(self, name: str) -> Mapping[str, Any]:
        """The stored policy; Refused (404) if there is none."""
        ...

    async def issuers(self) -> list[str]:
        """The names of the issuers that the vault has."""
        ...


@dataclass(frozen=True, slots=True)
class Intent:
    """Written before Key Vault is asked to start something, so that a crash right after cannot lose the request.

    `id` comes from the caller's Idempotency-Key (then `keep`), of the version that a renewal of ours replaces, or by
    chance; `asked` is a hash of what was asked for; `before` is the request that stood in Key Vault before ours. Once
    it is known, `answer` is what the caller is told: kept, if `keep`, until `due`. `owner`, `signer`, `origin`
    and `renews` become those of the request; `takeover` says whose certificate it was, who is then told. `tries` counts
    how often the sweep could not find out what came of it. `began` is when it was written (None by an older version).
    """

    vault: str
    name: str
    id: str
    due: datetime
    asked: str = ""
    before: str | None = None
    owner: str | None = None
    signer: str | None = None
    by: Actor = NOBODY
    what: str = "created"
    keep: bool = False
    answer: Mapping[str, Any] | None = None
    origin: Origin | None = None
    renews: str | None = None
    takeover: Takeover | None = None
    tries: int = 0
    began: datetime | None = None


class Ledger(Protocol):
    """What we last saw, promised, and have still to tell. Changes of one request are one transaction each."""

    async def intend(self, intent: Intent) -> Intent | None:
        """Writes an intent. If there is one with its id for this name already: changes nothing, and returns that."""
        ...

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        """An intent; None if it is forgotten."""
        ...

    async def finish(self, intent: Intent) -> None:
        """Keeps an intent as it now is until it is due: one that has its answer is then forgotten by the sweep."""
        ...

    async def forget(self, intent: Intent) -> None:
        """Removes an intent. Gone already is fine."""
        ...

    async def starting(self, vault: str, name: str) -> bool:
        """Whether a start of this name is under way: an intent that has no answer yet."""
        ...

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        """Adds a new request with its events. Returns what stands there, and whether it is new: one that was there
        already stays as it is.
        """
        ...

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """A tracked request with its ETag; None if it is not tracked."""
        ...

    async def named(self, vault: str, name: str) -> list[TrackedRequest]:
        """All tracked requests for a certificate name, in any case."""
        ...

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change of `before`. Raises ConcurrentChange if the request changed since `before` was read."""
        ...

    async def due(self, vault: str, now: datetime, most: int) -> list[Look]:
        """What is to be looked at by now, the longest waiting first: about `most` of it, at least one if there is any.

        `Look`s that are not due yet are not read.
        """
        ...

    async def move(self, moves: Sequence[tuple[Look, Look]]) -> None:
        """Moves due marks of requests, as many as go together in one transaction. A request that changed since its
        mark was read keeps what it has now.
        """
        ...

    async def drop(self, look: Look) -> None:
        """Removes a mark that leads to nothing. Gone already is fine."""
        ...

    async def backlog(self, vault: str, now: datetime, most: int) -> int:
        """How many looks are overdue, counted up to `most`."""
        ...

    async def ended(self, vault: str, since: datetime) -> list[tuple[str, Status]]:
        """Name and end of each request of a vault that ended since then, without a look at the others."""
        ...

    def waiting(self, vault: str) -> AsyncIterator[Look]:
        """All requests in progress of a vault by their marks, in no order; and those that have ended but are to be
        looked at again, after a fault (watch.check_named).
        """
        ...

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests whose CSR has this key, the newest first."""
        ...

    async def add_event(self, event: Event) -> None:
        """Adds an event that comes with no change of a request. Adding it again is fine."""
        ...

    async def unsent(self, vault: str | None) -> list[Event]:
        """Events that were written and not yet marked as sent, of a vault, or (None) of what belongs to none."""
        ...

    async def sent(self, event: Event) -> None:
        """Marks an event as sent. Gone already is fine."""
        ...

    async def vouch(self, event: Event, now: datetime) -> None:
        """Keeps an event as it is about to be sent, so that it is known when it comes back; the last of each id."""
        ...

    async def vouched(self, event_id: str) -> Event | None:
        """An event that was kept so; None for any other id, in whatever letters."""
        ...

    async def forget_vouched(self, before: datetime) -> None:
        """Forgets what was kept so before this time."""
        ...

    async def requests(self, wanted: Wanted, token: str | None) -> Page:
        """One page of tracked requests. Raises InvalidRequest if the token is none of ours, or too many match."""
        ...

    async def history(self, vault: str, name: str) -> list[Act]:
        """What happened to a certificate name, the oldest first."""
        ...

    async def set_aside(self, drop: str, aside: Aside) -> None:
        """Marks a dropped file."""
        ...

    async def aside(self) -> Mapping[str, Aside]:
        """The marks by the files' names."""
        ...

    async def take_back(self, drop: str) -> None:
        """Removes such a mark. Gone already is fine."""
        ...


class Work(Protocol):
    """Storage queues whose messages come back to this app: work for any of its instances."""

    async def put(
        self,
        queue: str,
        message: Mapping[str, Any],
        after: timedelta = timedelta(0),
        lasts: timedelta | None = None,
    ) -> None:
        """Adds a message (JSON), visible after so long; if nobody has taken it when it has lasted so long (None: as the
        service has it, seven days), it is gone. Raises TooLong.
        """
        ...


class Topic(Protocol):
    """The event topic."""

    async def publish(self, event: Event) -> None:
        """Sends one event. Sending it twice is fine: subscribers know it by its id."""
        ...
