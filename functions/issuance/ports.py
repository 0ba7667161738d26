"""What the core needs from outside, as narrow protocols. Adapters implement them; unit tests use fakes of them.

All methods raise `Unavailable` when the service behind does not answer; what else they raise is said at each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from functions.issuance.events import Event
from functions.issuance.requests import CertificateVersion, Change, Operation, TrackedRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation as the core reads it, and the fields just as Key Vault sent them."""

    operation: Operation
    fields: Mapping[str, Any]


class Vault(Protocol):
    """One Key Vault. All methods but `create` and `merge` are safe to repeat. All raise Refused on Key Vault's 4xx."""

    async def create(self, name: str, body: Mapping[str, Any]) -> Answer:
        """Starts a request. Called once: a repeat meets 409 while the first is in progress."""
        ...

    async def pending(self, name: str, request_id: str | None = None) -> Answer:
        """The pending operation; Refused (404) if there is none, or another than `request_id`."""
        ...

    async def merge(self, name: str, chain: Sequence[bytes]) -> CertificateVersion:
        """Completes the pending request with DER certificates, leaf first. A repeat's answer says nothing sure."""
        ...

    async def certificate(self, name: str) -> CertificateVersion | None:
        """The current version; None if there is none yet, or only a half-made one (protocol §4.3)."""
        ...


@dataclass(frozen=True, slots=True)
class Intent:
    """Written before Key Vault is asked to start something, so that a crash right after cannot lose the request."""

    vault: str
    name: str
    owner: str | None
    due: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Due:
    """Something to look at now: a tracked request, or (request_id None) an intent that was never finished."""

    vault: str
    name: str
    request_id: str | None
    intent: Intent | None = None


class Ledger(Protocol):
    """What we last saw, promised, and have still to tell. Changes of one request are one transaction each."""

    async def intend(self, intent: Intent) -> None:
        """Writes an intent."""
        ...

    async def forget(self, intent: Intent) -> None:
        """Removes an intent. Gone already is fine."""
        ...

    async def add(self, change: Change, intent: Intent) -> bool:
        """Adds a new request with its events and removes its intent. False if it was there already, and stays so."""
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

    async def due(self, vault: str, now: datetime) -> list[Due]:
        """What is to be looked at by now, the longest waiting first."""
        ...

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests whose CSR has this key, the newest first."""
        ...

    async def add_event(self, event: Event) -> None:
        """Adds an event that comes with no change of a request. Adding it again is fine."""
        ...

    async def unsent(self, vaults: Sequence[str]) -> list[Event]:
        """Events that were written and not yet marked as sent, of these vaults and of drops without a request."""
        ...

    async def sent(self, event: Event) -> None:
        """Marks an event as sent. Gone already is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Drop:
    """A file in the container for chains. `sha256` and `etag` are those of this content."""

    name: str
    content: bytes
    size: int
    sha256: str
    etag: str
    modified: datetime
    metadata: Mapping[str, str]

    @property
    def id(self) -> str:
        """Names this content in this upload: the same for every run that handles it."""
        return f"{self.sha256[:16]}-{''.join(c for c in self.etag if c.isalnum())[-16:].lower()}"


class Drops(Protocol):
    """The containers for chains."""

    async def read(self, name: str, limit: int) -> Drop | None:
        """A dropped file, its content cut after `limit` + 1 bytes; None if it is gone."""
        ...

    async def move(self, drop: Drop, container: str, folder: str, report: bytes) -> str:
        """Copies file and report to `container`/`folder`, then deletes the file. Safe to repeat, and to cut anywhere.

        The file stays if it was overwritten meanwhile. Returns where the copy is.
        """
        ...


class Topic(Protocol):
    """The event topic."""

    async def publish(self, event: Event) -> None:
        """Sends one event. Sending it twice is fine: subscribers know it by its id."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people, in plain words, the same for every channel."""

    event_id: str
    title: str
    good: bool
    sentence: str
    facts: tuple[tuple[str, str], ...]
    next_step: str
    to: str | None


class Channel(Protocol):
    """A way to reach people. `name` keys its delivery records."""

    name: str

    async def send(self, notice: Notice) -> None:
        """Hands a notice over. Raises DeliveryRefused if repeating it can never help."""
        ...


class DeliveryRefused(Exception):
    """A channel will never take this message: the text says why, without any secret."""


class Deliveries(Protocol):
    """Whom we told what."""

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        """True if this caller shall deliver now; False if it is delivered or refused already.

        Raises Unavailable while another is at it; a claim left by a crash is taken over after two minutes.
        """
        ...

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Records how it ended: `delivered`, or `refused: …`."""
        ...

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        """Gives a claim back after a passing failure, so that the next attempt need not wait."""
        ...
