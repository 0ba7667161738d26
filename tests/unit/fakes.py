"""Fakes of the core's ports: each a dozen lines that remember what they were given."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.issuance.certflow import Certflow
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.events import Event
from functions.issuance.keys import key_sha256
from functions.issuance.ports import Answer, Drop, Due, Intent, Notice
from functions.issuance.requests import CertificateVersion, Change, Operation, Status, TrackedRequest
from tests.certificates import Authority, make_csr

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def version_of(der: bytes, version: str = "v1") -> CertificateVersion:
    certificate = x509.load_der_x509_certificate(der)
    return CertificateVersion(version, der, key_sha256(certificate), certificate.not_valid_after_utc, "thumbprint")


@dataclass
class FakeVault:
    """One pending operation a name; merge completes it. `faults` are raised first, one a call."""

    operations: dict[str, Operation] = field(default_factory=dict)
    certificates: dict[str, CertificateVersion] = field(default_factory=dict)
    merges: list[tuple[str, list[bytes]]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before_merge: Callable[[], None] = lambda: None

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.faults:
            raise self.faults.pop(0)

    async def create(self, name: str, body: Mapping[str, Any]) -> Answer:
        self._called("create")
        issuer = body.get("policy", {}).get("issuer", {}).get("name", "Unknown")
        _, csr = make_csr(f"{name}.example.com")
        operation = Operation(hashlib.md5(csr, usedforsecurity=False).hexdigest(), Status.IN_PROGRESS, issuer, csr)
        self.operations[name] = operation
        return Answer(operation, {"request_id": operation.request_id})

    async def pending(self, name: str, request_id: str | None = None) -> Answer:
        self._called("pending")
        operation = self.operations.get(name)
        if operation is None or request_id not in {None, operation.request_id}:
            raise Refused(404, "PendingCertificateNotFound", f"Pending certificate not found: {name}")
        return Answer(operation, {"request_id": operation.request_id})

    async def merge(self, name: str, chain: Sequence[bytes]) -> CertificateVersion:
        self._called("merge")
        self.before_merge()
        self.merges.append((name, list(chain)))
        self.operations[name] = replace(self.operations[name], status=Status.COMPLETED)
        self.certificates[name] = version_of(chain[0])
        return self.certificates[name]

    async def certificate(self, name: str) -> CertificateVersion | None:
        self._called("certificate")
        return self.certificates.get(name)


@dataclass
class FakeLedger:
    """The tables, in memory, with ETags. `down` makes every call fail."""

    requests: dict[tuple[str, str, str], TrackedRequest] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    outbox: dict[str, Event] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    down: bool = False
    _etag: int = 0

    def _stored(self, request: TrackedRequest) -> TrackedRequest:
        if self.down:
            raise Unavailable("The table storage", "down")
        self._etag += 1
        request = replace(request, etag=str(self._etag))
        self.requests[request.vault, request.name, request.request_id] = request
        return request

    def _told(self, events: Sequence[Event]) -> None:
        self.outbox.update({event.id: event for event in events})
        self.events.extend(events)

    async def intend(self, intent: Intent) -> None:
        if self.down:
            raise Unavailable("The table storage", "down")
        self.intents[intent.id] = intent

    async def forget(self, intent: Intent) -> None:
        if self.down:
            raise Unavailable("The table storage", "down")
        self.intents.pop(intent.id, None)

    async def add(self, change: Change, intent: Intent) -> bool:
        request = change.request
        new = (request.vault, request.name, request.request_id) not in self.requests
        if new:
            self._stored(request)
            self._told(change.events)
        await self.forget(intent)
        return new

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        return self.requests.get((vault, name, request_id))

    async def named(self, vault: str, name: str) -> list[TrackedRequest]:
        return [one for one in self.requests.values() if (one.vault, one.name.lower()) == (vault, name.lower())]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        if self.requests[before.vault, before.name, before.request_id].etag != before.etag:
            raise ConcurrentChange("changed")
        self._told(change.events)
        return self._stored(change.request)

    async def due(self, vault: str, now: datetime) -> list[Due]:
        requests = [one for one in self.requests.values() if one.vault == vault and one.next_check]
        due = [Due(one.vault, one.name, one.request_id) for one in requests if one.next_check and one.next_check <= now]
        intents = [one for one in self.intents.values() if one.vault == vault and one.due <= now]
        return due + [Due(one.vault, one.name, None, one) for one in intents]

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        found = [one for one in self.requests.values() if one.key_sha256 == key_sha256]
        return sorted(found, key=lambda one: one.created, reverse=True)

    async def add_event(self, event: Event) -> None:
        self._told([event])

    async def unsent(self, vaults: Sequence[str]) -> list[Event]:
        return list(self.outbox.values())

    async def sent(self, event: Event) -> None:
        self.outbox.pop(event.id, None)


@dataclass
class FakeDrops:
    """The containers: name → content, and what was moved where, with its report."""

    files: dict[str, Drop] = field(default_factory=dict)
    moved: list[tuple[str, str, bytes]] = field(default_factory=list)

    def put(self, name: str, content: bytes, etag: str = "0x1") -> None:
        digest = hashlib.sha256(content).hexdigest()
        self.files[name] = Drop(name, content, len(content), digest, etag, NOW, {})

    async def read(self, name: str, limit: int) -> Drop | None:
        return self.files.get(name)

    async def move(self, drop: Drop, container: str, folder: str, report: bytes) -> str:
        self.files.pop(drop.name, None)
        self.moved.append((container, folder, report))
        return f"{container}/{folder}/{drop.name}"


@dataclass
class FakeTopic:
    """Remembers what was published; `down` refuses."""

    published: list[Event] = field(default_factory=list)
    down: bool = False

    async def publish(self, event: Event) -> None:
        if self.down:
            raise Unavailable("The event topic", "down")
        self.published.append(event)


@dataclass
class FakeDeliveries:
    """Delivery records: (event, channel) → state."""

    states: dict[tuple[str, str], str] = field(default_factory=dict)

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        if self.states.get((event_id, channel), "waiting") != "waiting":
            return False
        self.states[event_id, channel] = "sending"
        return True

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        self.states[event_id, channel] = outcome

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        self.states[event_id, channel] = "waiting"


@dataclass
class FakeChannel:
    """A channel that remembers; `faults` are raised first, one a send."""

    name: str
    sent: list[Notice] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def send(self, notice: Notice) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(notice)


@dataclass
class World:
    """A Certflow of fakes, with a clock that the test moves."""

    vault: FakeVault = field(default_factory=FakeVault)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    drops: FakeDrops = field(default_factory=FakeDrops)
    topic: FakeTopic = field(default_factory=FakeTopic)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    channels: tuple[FakeChannel, ...] = ()
    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    @property
    def certflow(self) -> Certflow:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += timedelta(seconds=seconds)

        return Certflow(
            vaults={"main": self.vault},
            ledger=self.ledger,
            drops=self.drops,
            topic=self.topic,
            deliveries=self.deliveries,
            channels=self.channels,
            now=lambda: self.now,
            sleep=sleep,
        )

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def published(self) -> list[str]:
        return [event.type.removeprefix("Certflow.") for event in self.topic.published]


def signed(authority: Authority, operation: Operation) -> bytes:
    """The leaf (DER) that an authority signs for an operation's CSR."""
    return authority.sign(operation.csr).public_bytes(Encoding.DER)
