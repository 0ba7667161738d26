"""Fakes of the core's ports: each a dozen lines that remember what they were given."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.azure_tables.rows import place_in, token_of
from functions.app.context import AccessCache, BoardCache, Certflow
from functions.app.rate_limiter import RateLimiter
from functions.model.acts.act import Act
from functions.model.acts.lines import FileName
from functions.model.approval.record import Approval, same_person
from functions.model.due_mark import DueCheck, due_check_of
from functions.model.errors import ConcurrentChange, InvalidRequest, Refused, Unavailable, UnreadAnswer, UnreadSnapshot
from functions.model.events.event import Event
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.options import Options, Takes
from functions.model.people.message_record import MessageFilter, MessagePage, MessageRecord, is_wanted
from functions.model.record.act_list import ActFilter, ActPage, ListedAct
from functions.model.record.act_list import is_wanted as is_wanted_act
from functions.model.record.retention import KeptAct
from functions.model.request.actor import Actor
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import CertificateVersion, Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.request_filter import Page, RequestFilter, fits, in_order
from functions.monitoring.check_due import check_due
from functions.monitoring.vault_run import run_vault
from functions.notifications.send_waiting import send_queued
from functions.notifications.tell import queue_event
from functions.ports.access_files import AccessFile, AccessNote
from functions.ports.approvals.store import ApprovalChange, ApprovalFilter, ApprovalPage, AskerLoad, OldApprovals
from functions.ports.chain_files import DroppedFile, ParkedFile, TrustedFile, UnprocessedFile
from functions.ports.endpoints import LivePorts
from functions.ports.inventory import StoredSnapshot
from functions.ports.issuing_cas import IssuingCa
from functions.ports.key_vault_objects import Policy
from functions.ports.ledger import BoardReading, Intent, LeftBehind
from functions.ports.monitoring_store import (
    CertificateNote,
    DigestFindings,
    InventoryScan,
    IssuerFailures,
    KeySearch,
    ScanRequests,
    TrustNote,
)
from functions.ports.notifications import (
    GATHERING,
    Attachment,
    Limits,
    Notice,
    QueuedNotice,
    SentMessage,
    Settlement,
)
from functions.ports.record.acts import ActsFault, FilePart, RecordPlace, WaitingAct
from functions.ports.record.retention import Piece
from functions.ports.rules import Rule, RulesNote
from functions.ports.start_counts import StartCount
from functions.ports.vault import Bundle, CertificateItem, CertificatePage, PendingOperation
from functions.x509.public_keys import key_sha256, sha1_of
from tests.certificates import Ca, make_csr
from tests.clock import NOW
from tests.event_schemas import SOURCE, as_sent, check_event

A_PAGE = 25  # certificates, as Key Vault's own


def version_of(der: bytes, version: str = "v1") -> CertificateVersion:
    certificate = x509.load_der_x509_certificate(der)
    return CertificateVersion(version, der, key_sha256(certificate), certificate.not_valid_after_utc)


@dataclass
class FakeVault:
    """One pending operation a name; merge completes it. `faults` are raised first, one a call."""

    operations: dict[str, Operation] = field(default_factory=dict)
    certificates: dict[str, CertificateVersion] = field(default_factory=dict)
    older: dict[str, list[CertificateVersion]] = field(default_factory=dict)
    policies: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tagged: dict[str, Mapping[str, str]] = field(default_factory=dict)
    attributes: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # that a merge has set
    created: list[dict[str, Any]] = field(default_factory=list)  # the bodies
    merges: list[tuple[str, list[bytes]]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    fault_at: int | None = None  # the call, counted from 0, at which the vault is down once

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.fault_at is not None and len(self.calls) > self.fault_at:
            self.fault_at = None
            raise Unavailable("Key Vault", "HTTP 503")
        if self.faults:
            raise self.faults.pop(0)

    def start(self, name: str, issuer: str = "Unknown") -> Operation:
        """A request that was started elsewhere."""
        csr = make_csr(f"{name}.example.com")[1]
        operation = Operation(secrets.token_hex(16), Status.IN_PROGRESS, issuer, csr)
        self.operations[name] = operation
        return operation

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        self._called("create")
        standing = self.operations.get(name)
        if standing and standing.status is Status.IN_PROGRESS:
            raise Refused(409, "Conflict", "pending")
        self.created.append(dict(body))
        policy = body.get("policy") or self.policies.get(name) or {}
        return _answer(self.start(name, policy.get("issuer", {}).get("name", "Unknown")))

    async def pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        self._called("pending")
        return _answer(self._standing(name, request_id))

    async def cancel(self, name: str, request_id: str | None = None) -> PendingOperation:
        self._called("cancel")
        operation = self._standing(name, request_id)
        if operation.status is not Status.IN_PROGRESS:
            raise Refused(403, "Forbidden", "Pending status must be in progress to allow update.")
        self.operations[name] = replace(operation, cancellation_requested=True)
        return _answer(self.operations[name])

    async def delete_pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        self._called("delete")
        operation = self._standing(name, request_id)
        del self.operations[name]
        return _answer(operation)

    async def merge(self, name: str, chain: Sequence[bytes], more: Mapping[str, Any] | None = None) -> Bundle:
        self._called("merge")
        self._standing(name, None)
        self.merges.append((name, list(chain)))
        self.operations[name] = replace(self.operations[name], status=Status.COMPLETED)
        if name in self.certificates:
            self.older.setdefault(name, []).append(self.certificates[name])
        version = f"v{len(self.older.get(name, [])) + 1}"
        self.certificates[name] = version_of(chain[0], version)
        self.attributes[name] = (more or {}).get("attributes", {})
        self.tagged[name] = (more or {}).get("tags", self.tagged.get(name, {}))
        return Bundle(self.certificates[name], {"id": f"{name}/{version}", **(more or {})})

    async def certificate(self, name: str) -> Bundle | None:
        self._called("certificate")
        current = self.certificates.get(name)
        if current is None:
            return None
        leaf = x509.load_der_x509_certificate(current.der)
        dates = {"nbf": int(leaf.not_valid_before_utc.timestamp()), "exp": int(leaf.not_valid_after_utc.timestamp())}
        attributes = {"enabled": True, **dates, **self.attributes.get(name, {})}
        policy = {"policy": self.policies[name]} if name in self.policies else {}
        fields = {"attributes": attributes, "tags": self.tagged.get(name, {}), **policy}
        return Bundle(current, {"id": f"{name}/{current.version}", **fields})

    async def versions(self, name: str) -> Mapping[str, str]:
        self._called("versions")
        current = [self.certificates[name]] if name in self.certificates else []
        return {sha1_of(one.der): one.version for one in (*self.older.get(name, []), *current)}

    async def page(self, token: str | None = None) -> CertificatePage:
        self._called("page")
        start, names = int(token or 0), sorted({**self.operations, **self.certificates})
        end = start + A_PAGE
        return CertificatePage(tuple(map(self._listed, names[start:end])), str(end) if end < len(names) else None)

    def _listed(self, name: str) -> CertificateItem:
        tags = self.tagged.get(name, {})
        if name not in self.certificates:
            return CertificateItem(name, enabled=False, tags=tags)
        der = self.certificates[name].der
        leaf = x509.load_der_x509_certificate(der)
        return CertificateItem(name, sha1_of(der), leaf.not_valid_before_utc, leaf.not_valid_after_utc, tags=tags)

    async def tags(self, name: str) -> Mapping[str, str]:
        self._called("tags")
        return self.tagged.get(name, {})

    async def set_tags(self, name: str, tags: Mapping[str, str]) -> Bundle:
        self._called("set_tags")
        if name not in {**self.certificates, **self.operations}:
            raise Refused(404, "CertificateNotFound", "no such certificate")
        self.tagged[name] = dict(tags)
        if name not in self.certificates:
            raise UnreadAnswer("Key Vault", "a version that is not complete")
        bundle = await self.certificate(name)
        assert bundle is not None
        return bundle

    async def policy(self, name: str) -> Policy:
        self._called("policy")
        if name not in self.policies:
            raise Refused(404, "CertificateNotFound", "no such certificate")
        return cast(Policy, self.policies[name])

    async def issuers(self) -> list[str]:
        return ["DigiCert"]

    async def providers(self) -> Mapping[str, str]:
        return {"DigiCert": "DigiCert"}

    def _standing(self, name: str, request_id: str | None) -> Operation:
        operation = self.operations.get(name)
        if operation is None or request_id not in {None, operation.request_id}:
            raise Refused(404, "PendingCertificateNotFound", f"Pending certificate not found: {name}")
        return operation


def _answer(operation: Operation) -> PendingOperation:
    return PendingOperation(operation, {"request_id": operation.request_id, "issuer": {"name": operation.issuer}})


@dataclass
class FakeLedger:
    """The tables, in memory, with ETags. `down` makes every write fail."""

    tracked: dict[tuple[str, str, str], TrackedRequest] = field(default_factory=dict)
    intents: dict[tuple[str, str], Intent] = field(default_factory=dict)  # by name and id
    outbox: dict[str, Event] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    acts: list[HistoryEntry] = field(default_factory=list)
    listed: list[ListedAct] = field(default_factory=list)
    moved: list[DueCheck] = field(default_factory=list)
    dropped: list[DueCheck] = field(default_factory=list)
    put_aside: dict[str, ParkedFile] = field(default_factory=dict)
    kept: dict[str, tuple[Event, datetime]] = field(default_factory=dict)  # vouched for, by id
    waiting: list[WaitingAct] = field(default_factory=list)  # acts; a test puts them here
    acts_note: ActsFault | None = None  # that they cannot be written
    board_reads: int = 0
    down: bool = False
    _etag: int = 0

    def _stored(self, change: Change) -> TrackedRequest:
        self._written()
        self._etag += 1
        assert all(act.after for act in change.history), "whoever writes an act says what is after it"
        request = replace(change.request, etag=str(self._etag))
        self.tracked[request.vault, request.name.lower(), request.request_id] = request
        self.told(change.events)
        self.acts.extend(change.history)
        self.listed.extend(ListedAct(request.vault, request.name, act) for act in change.history)
        return request

    def told(self, events: Sequence[Event]) -> None:
        for event in events:
            check_event(as_sent(event))
        self.outbox.update({event.id: event for event in events})
        self.events.extend(events)

    def _written(self) -> None:
        if self.down:
            raise Unavailable("The table storage", "down")

    async def add_intent(self, intent: Intent) -> Intent | None:
        self._written()
        key = (intent.name.lower(), intent.id)
        if key in self.intents:
            return self.intents[key]
        self.intents[key] = intent
        return None

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        return self.intents.get((name.lower(), intent_id))

    async def save_intent(self, intent: Intent) -> None:
        self._written()
        self.intents[intent.name.lower(), intent.id] = intent

    async def remove_intent(self, intent: Intent) -> None:
        self._written()
        key = (intent.name.lower(), intent.id)
        if key in self.intents and self.intents[key].due == intent.due:
            del self.intents[key]

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        request = change.request
        standing = self.tracked.get((request.vault, request.name.lower(), request.request_id))
        return (standing, False) if standing else (self._stored(change), True)

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        return self.tracked.get((vault, name.lower(), request_id))

    async def by_name(self, vault: str, name: str) -> list[TrackedRequest]:
        return [one for one in self.tracked.values() if (one.vault, one.name.lower()) == (vault, name.lower())]

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        if self.tracked[before.vault, before.name.lower(), before.request_id].etag != before.etag:
            raise ConcurrentChange("changed")
        return self._stored(change)

    async def due(self, vault: str, now: datetime, limit: int) -> list[DueCheck]:
        intents = [DueCheck(one.vault, one.name, one.due, intent_id=one.id) for one in self.intents.values()]
        looks = [look async for look in self.in_progress(vault)] + [look for look in intents if look.vault == vault]
        return sorted((look for look in looks if look.at <= now), key=lambda look: look.at)[:limit]

    async def in_progress(self, vault: str) -> AsyncIterator[DueCheck]:
        for one in list(self.tracked.values()):
            if one.vault == vault and one.next_check:
                yield due_check_of(one)

    async def backlog(self, vault: str, now: datetime, limit: int) -> int:
        return len(await self.due(vault, now, limit))

    async def ended(self, vault: str, since: datetime) -> list[tuple[str, Status]]:
        found = (
            one
            for one in self.tracked.values()
            if one.vault == vault and one.ended and one.ended >= since and one.has_dated_end
        )
        return [(one.name, one.status) for one in found]

    async def move_marks(self, moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        self._written()
        for before, after in moves:
            key = before.vault, before.name.lower(), before.request_id or ""
            request = self.tracked.get(key)
            if request and request.next_check == before.at:
                self._etag += 1
                self.moved.append(after)
                self.tracked[key] = replace(
                    request,
                    next_check=after.at,
                    attempts=after.attempts,
                    last_error=after.error,
                    etag=str(self._etag),
                )

    async def remove_mark(self, due_check: DueCheck) -> None:
        self.dropped.append(due_check)

    async def is_starting(self, vault: str, name: str) -> bool:
        intents = [one for one in self.intents.values() if (one.vault, one.name.lower()) == (vault, name.lower())]
        return any(one.answer is None for one in intents)

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        found = [one for one in self.tracked.values() if one.key_sha256 == key_sha256]
        return sorted(found, key=lambda one: one.created, reverse=True)

    async def park(self, drop: str, parked: ParkedFile) -> None:
        self._written()
        self.put_aside[drop] = parked

    async def parked(self) -> Mapping[str, ParkedFile]:
        return dict(self.put_aside)

    async def unpark(self, drop: str) -> None:
        self._written()
        self.put_aside.pop(drop, None)

    async def requests(self, request_filter: RequestFilter, token: str | None) -> Page:
        found = [one for one in self.tracked.values() if fits(one, request_filter)]
        page, last = in_order(found, request_filter, place_in(token))
        return Page(tuple(page), token_of(last))

    async def board_requests(self, ended_since: datetime, changed_since: datetime | None = None) -> BoardReading:
        self.board_reads += 1
        written = {key: NOW + timedelta(minutes=int(one.etag)) for key, one in self.tracked.items()}
        found = {
            key: one
            for key, one in self.tracked.items()
            if (not one.ended or one.ended >= ended_since) and (not changed_since or written[key] >= changed_since)
        }
        return BoardReading(list(found.values()), max((written[key] for key in found), default=None))

    async def unanswered(self) -> list[Intent]:
        return [one for one in self.intents.values() if one.answer is None]

    async def board_mark(self) -> str | None:
        if self.down:
            raise Unavailable("The table storage", "down")
        return str(self._etag) if self._etag else None

    async def history(self, vault: str, name: str) -> list[HistoryEntry]:
        of_name = (vault, name.lower())
        return [one.entry for one in self.listed if (one.vault, one.name.lower()) == of_name]

    async def add_event(self, event: Event) -> None:
        self.told([event])

    async def left_behind(self, vault: str | None) -> LeftBehind:
        acts = [one for one in self.waiting if one.partition.startswith(f"{vault or '-'}|")]
        events = [event for event in self.outbox.values() if event.vault == vault]
        return LeftBehind(events, acts, None if vault else self.acts_note)

    async def mark_sent(self, event: Event) -> None:
        self.outbox.pop(event.id, None)

    async def keep_sent(self, event: Event, now: datetime) -> None:
        self.kept[event.id] = (event, now)

    async def kept_event(self, event_id: str) -> Event | None:
        event_id.encode()  # as a row key is made of it
        return self.kept[event_id][0] if event_id in self.kept else None

    async def forget_kept(self, before: datetime) -> None:
        self.kept = {event_id: one for event_id, one in self.kept.items() if one[1] >= before}


@dataclass
class FakeHistory:
    """The ledger's acts; a token is the number of acts before a page, of those that may be seen."""

    ledger: FakeLedger

    async def page(self, wanted: ActFilter, token: str | None) -> ActPage:
        if token is not None and not token.isdecimal():
            raise InvalidRequest("token", "This is no token that a nextLink held.")
        newest = sorted(self.ledger.listed, key=lambda one: one.entry.at, reverse=True)
        start, found = int(token or 0), [one for one in newest if is_wanted_act(one, wanted)]
        end = start + wanted.limit
        return ActPage(tuple(found[start:end]), str(end) if end < len(found) else None)


@dataclass
class FakeRetention:
    """The ledger's acts in pieces of three; a place is the last act before a piece. Names that are `failing` cannot be
    read.
    """

    ledger: FakeLedger
    places: dict[str, str | None] = field(default_factory=dict)
    pieces: list[tuple[str, str | None]] = field(default_factory=list)  # that were read
    unlisted: set[str] = field(default_factory=set)  # request_ids
    spelled: set[str] = field(default_factory=set)  # names under which acts were listed
    failing: set[str] = field(default_factory=set)
    keys: list[tuple[str, tuple[str, str, str]]] = field(default_factory=list)  # that were forgotten

    async def place(self, what: str) -> str | None:
        return self.places.get(what)

    async def save_place(self, what: str, place: str | None) -> None:
        self.places[what] = place

    async def piece(self, vault: str, place: str | None) -> Piece:
        self.pieces.append((vault, place))
        left = [one for one in self._acts(vault) if one.key > (place or "")]
        return Piece(tuple(left[:3]), left[2].key if len(left) > 3 else None)

    async def acts(self, vault: str, name: str) -> list[KeptAct]:
        if name in self.failing:
            raise ValueError(f"{name} cannot be read")
        return [one for one in self._acts(vault) if one.name == name.lower()]

    async def list_acts(self, vault: str, name: str, acts: Sequence[KeptAct]) -> None:
        self.spelled.add(name)
        self.unlisted -= {one.entry.request_id for one in acts}

    async def forget_request(self, request: TrackedRequest, acts: Sequence[KeptAct]) -> bool:
        del self.ledger.tracked[request.vault, request.name.lower(), request.request_id]
        await self.forget_acts(request.vault, acts[:-1])
        return True

    async def forget_key(self, key_sha256: str, request: tuple[str, str, str]) -> None:
        self.keys.append((key_sha256, request))

    async def forget_acts(self, vault: str, acts: Sequence[KeptAct]) -> None:
        gone = [one.entry for one in acts]
        self.ledger.listed = [one for one in self.ledger.listed if one.entry not in gone]

    def _acts(self, vault: str) -> list[KeptAct]:
        found = [one for one in self.ledger.listed if one.vault == vault]
        return [
            KeptAct(
                name=one.name.lower(),
                entry=one.entry,
                key=f"{one.name.lower()}|{one.entry.at.isoformat()}",
                etag="",
                listed=one.entry.request_id not in self.unlisted,
            )
            for one in sorted(found, key=lambda one: (one.name.lower(), one.entry.at))
        ]


@dataclass
class FakeDrops:
    """The containers: name → content, and what was moved where, with its report."""

    files: dict[str, DroppedFile] = field(default_factory=dict)
    moved: list[tuple[str, str, bytes]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    reports_in: list[str] = field(default_factory=list)
    overwritten: dict[str, list[str]] = field(default_factory=dict)  # by name: what is brought back

    def put(self, name: str, content: bytes, etag: str = "0x1") -> None:
        digest = hashlib.sha256(content).hexdigest()
        self.files[name] = DroppedFile(name, content, len(content), digest, etag, NOW, {})

    async def unprocessed(self, before: datetime) -> list[UnprocessedFile]:
        files = [(name, drop) for name, drop in self.files.items() if drop.modified < before]
        return [UnprocessedFile(name, drop.etag, drop.size, drop.modified) for name, drop in files]

    async def restore_overwritten(self, name: str) -> list[str]:
        return self.overwritten.pop(name, [])

    async def read(self, name: str, limit: int) -> DroppedFile | None:
        return self.files.get(name)

    async def move(
        self, drop: DroppedFile, container: str, folder: str, report: bytes, line: str, reports_in: Collection[str] = ()
    ) -> str:
        self.files.pop(drop.name, None)
        self.lines.append(line)
        self.reports_in += reports_in
        self.moved.append((container, folder, report))
        return f"{container}/{folder}/{drop.name}"


@dataclass
class FakeTrustedCas:
    """Folder (a vault's alias, or `*`) → files; in "" those of no folder. `fault` is raised by a listing, or by reading
    the file of its name.
    """

    given: dict[str, dict[str, bytes]] = field(default_factory=dict)
    fault: Exception | None = None
    faults: dict[str, Exception] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    public_cas: bytes = b""

    async def listed(self) -> list[TrustedFile]:
        if self.fault:
            raise self.fault
        return [
            TrustedFile(f"{folder}/{name}" if folder else name, hashlib.sha256(content).hexdigest(), len(content))
            for folder, files in self.given.items()
            for name, content in files.items()
        ]

    async def content(self, file: TrustedFile) -> bytes:
        self.reads.append(file.name)
        if file.name in self.faults:
            raise self.faults[file.name]
        folder, _, name = file.name.partition("/")
        return self.given[folder][name]

    def public(self) -> bytes:
        return self.public_cas


@dataclass
class FakeIssuingCas:
    """Keeps them in memory, by vault; `down` refuses."""

    cas: dict[str, dict[str, IssuingCa]] = field(default_factory=dict)
    written: int = 0
    down: bool = False

    async def list_cas(self, vault: str) -> list[IssuingCa]:
        if self.down:
            raise Unavailable("The storage", "down")
        return list(self.cas.get(vault, {}).values())

    async def put(self, vault: str, one: IssuingCa) -> None:
        self.written += 1
        self.cas.setdefault(vault, {})[one.sha256] = one

    async def remove(self, vault: str, sha256: str) -> None:
        self.cas[vault].pop(sha256, None)


@dataclass
class FakeHandouts:
    """Remembers what was handed out: request_id → CSR (PEM) and card."""

    given: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    where: dict[str, tuple[str, str]] = field(default_factory=dict)  # what is still out
    down: bool = False
    returns_to: str = "https://storage.example/chains"

    async def put(self, vault: str, name: str, request_id: str, csr: bytes, card: bytes) -> str:
        self.given[request_id] = (csr, card)
        self.where[request_id] = (vault, name)
        return f"https://storage.example/csr/{vault}/{name}/{request_id}.csr"

    async def read(self, vault: str, name: str, request_id: str) -> bytes | None:
        return self.given[request_id][0] if request_id in self.where else None

    async def remove(self, vault: str, name: str, request_id: str) -> None:
        if self.down:
            raise Unavailable("The storage", "down")
        self.where.pop(request_id, None)

    async def published(self) -> AsyncIterator[tuple[str, str, str]]:
        for request_id, (vault, name) in list(self.where.items()):
            yield vault, name, request_id


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
    notices: dict[tuple[str, str], QueuedNotice] = field(default_factory=dict)
    counted: dict[tuple[str, datetime, str], SentMessage] = field(default_factory=dict)
    messages: set[tuple[str, str]] = field(default_factory=set)  # of several notices, and their channels
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    settled: dict[tuple[str, str], datetime] = field(default_factory=dict)

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        if self.states.get((event_id, channel), "waiting") != "waiting":
            return False
        self.states[event_id, channel] = "sending"
        self.tries[event_id, channel] += 1
        return True

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        self.states[event_id, channel] = outcome
        self.settled[event_id, channel] = now

    async def settlement(self, event_id: str, channel: str) -> Settlement | None:
        key = (event_id, channel)
        return Settlement(self.states[key], self.settled[key], self.tries[key]) if key in self.settled else None

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        self.states[event_id, channel] = "waiting"

    async def forget(self, before: datetime, place: str | None) -> str | None:
        old = [key for key, at in self.settled.items() if at < before]
        for key in old[:1]:
            del self.settled[key], self.states[key]
        return f"{len(old)} left" if len(old) > 1 else None

    async def record_message(self, message_id: str, channel: str, now: datetime) -> None:
        self.messages.add((message_id, channel))

    async def was_sent(self, message_id: str, channel: str) -> bool:
        return (message_id, channel) in self.messages

    async def enqueue(self, channel: str, waiting: QueuedNotice) -> None:
        self.notices.setdefault((channel, waiting.notice.event_id), waiting)

    async def postpone(self, channel: str, waiting: QueuedNotice) -> None:
        if (channel, waiting.notice.event_id) in self.notices:
            self.notices[channel, waiting.notice.event_id] = waiting

    async def queued(self, channel: str, due: datetime, limit: int) -> list[QueuedNotice]:
        found = [one for (name, _), one in self.notices.items() if name == channel and (one.due or one.since) <= due]
        return sorted(found, key=lambda one: (one.notice.severity is not Severity.CRITICAL, one.notice.event_id))[
            :limit
        ]

    async def channels_with_queue(self) -> list[str]:
        return sorted({channel for channel, _ in self.notices})

    async def dequeue(self, channel: str, notice: Notice) -> None:
        self.notices.pop((channel, notice.event_id), None)

    async def add_sent(self, channel: str, sent: SentMessage) -> None:
        self.counted[channel, sent.at, sent.id] = sent

    async def sent_since(self, channel: str, since: datetime) -> list[SentMessage]:
        self.counted = {key: one for key, one in self.counted.items() if one.at >= since}
        return sorted((one for key, one in self.counted.items() if key[0] == channel), key=lambda one: one.at)


@dataclass
class FakeMessageRecords:
    """What became of each message; a token is the number of records before a page, of those that may be seen."""

    records: dict[tuple[str, str, datetime], MessageRecord] = field(default_factory=dict)

    async def put(self, record: MessageRecord) -> None:
        key = (record.event_id, record.channel, record.happened)
        before = self.records.get(key, record)
        self.records[key] = replace(
            record, reason=record.reason or before.reason, message=record.message or before.message
        )

    async def page(self, wanted: MessageFilter, token: str | None) -> MessagePage:
        if token is not None and not token.isdecimal():
            raise InvalidRequest("token", "This is no token that a nextLink held.")
        newest = sorted(self.records.values(), key=lambda one: one.happened, reverse=True)
        start, found = int(token or 0), [one for one in newest if is_wanted(one, wanted)]
        end = start + wanted.limit
        return MessagePage(tuple(found[start:end]), str(end) if end < len(found) else None)

    async def forget(self, before: date) -> None:
        self.records = {key: one for key, one in self.records.items() if one.happened.date() >= before}


@dataclass
class FakeChannel:
    """A channel that remembers its messages, and what was attached to each; `faults` are raised first, one a send."""

    name: str
    max_notices: int = 1
    limits: Limits | None = None
    messages: list[tuple[list[Notice], list[str]]] = field(default_factory=list)
    attached: list[list[Attachment]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.messages.append((list(notices), list(to)))
        self.attached.append(list(attachments))

    @property
    def sent(self) -> list[Notice]:
        return [notice for notices, _ in self.messages for notice in notices]


@dataclass
class FakeWork:
    """Remembers the messages: queue, content, and when they can be seen."""

    put_in: list[tuple[str, Mapping[str, Any], timedelta]] = field(default_factory=list)
    lasting: dict[str, timedelta | None] = field(default_factory=dict)  # queue → how long its last message lasts
    down: bool = False

    async def put(
        self,
        queue: str,
        message: Mapping[str, Any],
        delay: timedelta = timedelta(0),
        ttl: timedelta | None = None,
    ) -> None:
        if self.down:
            raise Unavailable("The queue storage", "down")
        self.put_in.append((queue, dict(message), delay))
        self.lasting[queue] = ttl

    def queue(self, name: str) -> list[Mapping[str, Any]]:
        return [message for queue, message, _ in self.put_in if queue == name]


@dataclass
class FakeRules:
    """A table of rules; `fault` is raised instead."""

    rules: tuple[Rule, ...] = ()
    fault: Exception | None = None
    place: str = "rules/notify.json"
    content: str = ""

    async def sha256(self) -> str:
        if isinstance(self.fault, Unavailable):
            raise self.fault
        return hashlib.sha256(self.content.encode()).hexdigest() if self.content else ""

    async def read(self) -> tuple[Rule, ...]:
        if self.fault:
            raise self.fault
        return self.rules


@dataclass
class FakeWatchbook:
    """The watchbook in memory. Its events go to the ledger's outbox, as in the tables."""

    ledger: FakeLedger
    swept: dict[str, datetime] = field(default_factory=dict)
    held: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    surveys: dict[str, InventoryScan] = field(default_factory=dict)
    asked: dict[str, datetime] = field(default_factory=dict)
    wholes: dict[str, datetime] = field(default_factory=dict)
    notes: dict[tuple[str, str], CertificateNote] = field(default_factory=dict)
    troubles: dict[tuple[str, str], IssuerFailures] = field(default_factory=dict)
    queue: dict[tuple[str, datetime, str], CertificateItem] = field(default_factory=dict)
    counted: dict[tuple[str, date], int] = field(default_factory=dict)
    rebuilds: dict[str, datetime] = field(default_factory=dict)
    rebuilt_by: dict[str, str | None] = field(default_factory=dict)
    trusts: dict[str, TrustNote] = field(default_factory=dict)
    rules_seen: RulesNote | None = None
    searches: dict[str, KeySearch] = field(default_factory=dict)
    found: dict[str, DigestFindings] = field(default_factory=dict)
    times: dict[tuple[str, str], float] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)
    refusals: dict[date, int] = field(default_factory=dict)
    down: bool = False

    async def acquire(self, what: str, now: datetime, until: datetime) -> str | None:
        if self.down:
            raise Unavailable("The table storage", "down")
        if what in self.held and self.held[what][1] > now:
            return None
        self.held[what] = (secrets.token_hex(8), until)
        return self.held[what][0]

    async def release(self, what: str, token: str) -> None:
        if what in self.held and self.held[what][0] == token:
            del self.held[what]

    async def heartbeat(self, vault: str, now: datetime) -> None:
        self.swept[vault] = now

    async def heartbeats(self) -> dict[str, datetime]:
        return self.swept

    async def scan(self, vault: str) -> InventoryScan:
        return self.surveys.get(vault, InventoryScan(vault))

    async def request_scan(self, vault: str, now: datetime, *, whole: bool = False) -> None:
        self.asked[vault] = now
        if whole:
            self.wholes[vault] = now

    async def scan_requested(self, vault: str) -> ScanRequests:
        return ScanRequests(
            self.asked.get(vault), self.rebuilds.get(vault), self.wholes.get(vault), self.rebuilt_by.get(vault)
        )

    async def request_rebuild(self, vault: str, now: datetime, by: str | None) -> None:
        self.rebuilds[vault], self.rebuilt_by[vault] = now, by

    async def save_scan(self, survey: InventoryScan) -> InventoryScan:
        if (await self.scan(survey.vault)).etag != survey.etag:
            raise ConcurrentChange("changed")
        self.surveys[survey.vault] = replace(survey, etag=secrets.token_hex(4))
        return self.surveys[survey.vault]

    async def note(self, vault: str, name: str) -> CertificateNote | None:
        return self.notes.get((vault, name.lower()))

    async def save_note(self, note: CertificateNote, events: Sequence[Event] = ()) -> None:
        self.notes[note.vault, note.name.lower()] = note
        self.ledger.told(events)

    async def issuer_failures(self, vault: str, issuer: str) -> IssuerFailures:
        return self.troubles.get((vault, issuer.lower()), IssuerFailures(vault, issuer))

    async def save_issuer_failures(self, trouble: IssuerFailures, events: Sequence[Event] = ()) -> None:
        if (await self.issuer_failures(trouble.vault, trouble.issuer)).etag != trouble.etag:
            raise ConcurrentChange("changed")
        self.troubles[trouble.vault, trouble.issuer.lower()] = replace(trouble, etag=secrets.token_hex(4))
        self.ledger.told(events)

    async def trust(self, vault: str) -> TrustNote | None:
        return self.trusts.get(vault)

    async def save_trust(self, note: TrustNote, events: Sequence[Event] = ()) -> None:
        known = self.trusts.get(note.vault)
        if (known.etag if known else "") != note.etag:
            raise ConcurrentChange("changed")
        self.trusts[note.vault] = replace(note, etag=secrets.token_hex(4))
        self.ledger.told(events)

    async def rules_note(self) -> RulesNote | None:
        return self.rules_seen

    async def save_rules_note(self, note: RulesNote, events: Sequence[Event] = ()) -> None:
        if (self.rules_seen.etag if self.rules_seen else "") != note.etag:
            raise ConcurrentChange("changed")
        self.rules_seen = replace(note, etag=secrets.token_hex(4))
        self.ledger.told(events)

    async def digest_findings(self, vault: str) -> DigestFindings | None:
        return self.found.get(vault)

    async def save_digest_findings(self, findings: DigestFindings) -> None:
        self.found[findings.vault] = findings

    async def search(self, key: str) -> KeySearch | None:
        return self.searches.get(key)

    async def save_search(self, search: KeySearch) -> None:
        self.searches[search.key] = search

    async def forget_searches(self, before: datetime) -> None:
        self.searches = {key: one for key, one in self.searches.items() if one.at >= before}

    async def queue_renewal(self, vault: str, entry: CertificateItem) -> None:
        self.queue[vault, entry.not_after or NOW, entry.name.lower()] = entry

    async def queued_renewals(self, vault: str, limit: int) -> list[CertificateItem]:
        return [self.queue[key] for key in sorted(self.queue) if key[0] == vault][:limit]

    async def unqueue_renewal(self, vault: str, entry: CertificateItem) -> None:
        self.queue.pop((vault, entry.not_after or NOW, entry.name.lower()), None)

    async def renewals(self, vault: str, day: date) -> int:
        return self.counted.get((vault, day), 0)

    async def count_renewal(self, vault: str, day: date, limit: int) -> bool:
        if self.counted.get((vault, day), 0) >= limit:
            return False
        self.counted[vault, day] = self.counted.get((vault, day), 0) + 1
        return True

    async def uncount_renewal(self, vault: str, day: date) -> None:
        self.counted[vault, day] = max(0, self.counted.get((vault, day), 0) - 1)

    async def since(self, what: str, now: datetime) -> datetime:
        return self.began.setdefault(what, now)

    async def count_refused(self, day: date) -> None:
        self.refusals[day] = self.refusals.get(day, 0) + 1

    async def refused(self, day: date) -> int:
        return self.refusals.get(day, 0)

    async def usual_duration(self, vault: str, issuer: str) -> float | None:
        return self.times.get((vault, issuer.lower()))

    async def add_duration(self, vault: str, issuer: str, seconds: float) -> None:
        self.times[vault, issuer.lower()] = seconds


@dataclass
class FakeAccessFiles:
    """A place for the access file; `fault` is raised instead of reading it."""

    place: str = "access/access.json"
    file: AccessFile | None = None
    fault: Exception | None = None
    reads: int = 0  # of a whole file

    def write(self, content: bytes) -> None:
        self.file = AccessFile(secrets.token_hex(4), content)

    async def read(self, known: AccessFile | None = None) -> AccessFile | None:
        if self.fault:
            raise self.fault
        if known and self.file and known.etag == self.file.etag:
            return known
        self.reads += self.file is not None
        return self.file


@dataclass
class FakeAccessNotes:
    """The note in memory. Its events go to the ledger's outbox, as in the tables."""

    ledger: FakeLedger
    known: AccessNote | None = None
    down: bool = False

    async def note(self) -> AccessNote | None:
        if self.down:
            raise Unavailable("The table storage", "down")
        return self.known

    async def save_note(self, note: AccessNote, events: Sequence[Event] = ()) -> AccessNote:
        if self.down:
            raise Unavailable("The table storage", "down")
        if note.etag != (self.known.etag if self.known else ""):
            raise ConcurrentChange("changed")
        self.known = replace(note, etag=secrets.token_hex(4))
        self.ledger.told(events)
        return self.known


@dataclass
class FakeStartCounts:
    """Counts in memory; `before_save` runs once, right before the next write."""

    counts: dict[tuple[date, str], StartCount] = field(default_factory=dict)
    before_save: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    down: bool = False

    async def started(self, day: date, who: str) -> StartCount:
        if self.down:
            raise Unavailable("The table storage", "down")
        return self.counts.get((day, who), StartCount(day, who))

    async def save_started(self, count: StartCount) -> None:
        if self.before_save:
            await self.before_save.pop()()
        if (await self.started(count.day, count.who)).etag != count.etag:
            raise ConcurrentChange("changed")
        self.counts[count.day, count.who] = replace(count, etag=secrets.token_hex(4))

    async def forget_started(self, before: date) -> None:
        self.counts = {key: one for key, one in self.counts.items() if key[0] >= before}


@dataclass
class FakeApprovals:
    """Approvals in memory, with ETags; `ledger` gets what the same transaction has."""

    ledger: FakeLedger
    kept: dict[str, Approval] = field(default_factory=dict)
    down: bool = False
    writes: int = 0

    async def add(self, change: ApprovalChange) -> Approval:
        wanted = change.approval
        open_now = [one for one in self.kept.values() if one.is_open and one.slot == wanted.slot]
        if any((one.vault, one.name.lower()) == (wanted.vault, wanted.name.lower()) for one in open_now):
            raise ConcurrentChange("another one waits")
        return self._stored(change)

    async def get(self, approval_id: str) -> Approval | None:
        return self.kept.get(approval_id)

    async def of_name(self, vault: str, name: str) -> list[Approval]:
        found = [one for one in self.kept.values() if (one.vault, one.name.lower()) == (vault, name.lower())]
        return sorted(found, key=lambda one: one.id)

    async def save(self, change: ApprovalChange) -> Approval:
        if self.kept[change.approval.id].etag != change.approval.etag:
            raise ConcurrentChange("changed")
        return self._stored(change)

    async def unsettled(self, now: datetime) -> list[Approval]:
        return [one for one in self.kept.values() if one.is_open]

    async def page(self, wanted: ApprovalFilter, token: str | None) -> ApprovalPage:
        found = [
            one
            for one in sorted(self.kept.values(), key=lambda one: one.id)
            if one.state in wanted.states
            and (not wanted.vaults or one.vault in wanted.vaults)
            and wanted.may_see(one.vault, one.name, one.asked_by.tid, one.asked_by.oid)
            and (token is None or one.id > token)
        ]
        more = len(found) > wanted.limit
        shown = tuple(found[: wanted.limit])
        return ApprovalPage(shown, shown[-1].id if more else None)

    async def load_of(self, asker: Actor, since: datetime) -> AskerLoad:
        own = [one for one in self.kept.values() if same_person(one.asked_by, asker)]
        return AskerLoad(sum(one.is_open for one in own), sum(one.asked > since for one in own))

    async def old(self, before: datetime, place: str | None) -> OldApprovals:
        found = sorted((one for one in self.kept.values() if one.asked < before), key=lambda one: one.id)
        some = [one for one in found if place is None or one.id > place][:3]
        return OldApprovals(tuple(some), some[-1].id if len(some) == 3 else None)

    async def forget(self, approval: Approval) -> None:
        if self.kept[approval.id].etag == approval.etag:
            del self.kept[approval.id]

    def _stored(self, change: ApprovalChange) -> Approval:
        if self.down:
            raise Unavailable("The table storage", "down")
        self.writes += 1
        stored = replace(change.approval, etag=secrets.token_hex(4))
        self.kept[stored.id] = stored
        self.ledger.told(change.events)
        assert all(act.after for act in change.history), "whoever writes an act says what is after it"
        self.ledger.acts.extend(change.history)
        self.ledger.listed.extend(ListedAct(stored.vault, stored.name, act) for act in change.history)
        return stored


@dataclass
class FakeInventory:
    """The snapshots and parts in memory."""

    kept: dict[str, StoredSnapshot] = field(default_factory=dict)
    written: dict[tuple[str, str, int], list[CertificateRecord]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # the snapshots that cannot be read

    async def snapshot(self, vault: str, known: StoredSnapshot | None = None) -> StoredSnapshot | None:
        if vault in self.broken:
            raise UnreadSnapshot("The inventory", "a snapshot cannot be read")
        found = self.kept.get(vault)
        return known if found and known and found.etag == known.etag else found

    async def save_snapshot(self, snapshot: VaultSnapshot) -> None:
        self.broken.discard(snapshot.vault)
        self.kept[snapshot.vault] = StoredSnapshot(snapshot, secrets.token_hex(4))

    async def parts(self, vault: str, scan: str, count: int) -> list[CertificateRecord] | None:
        keys = [(vault, scan, number) for number in range(count)]
        if not self.written.keys() >= set(keys):
            return None
        return [record for key in keys for record in self.written[key]]

    async def save_part(self, vault: str, scan: str, number: int, records: Sequence[CertificateRecord]) -> None:
        self.written[vault, scan, number] = list(records)

    async def drop_parts(self, vault: str) -> None:
        self.written = {key: part for key, part in self.written.items() if key[0] != vault}


@dataclass
class FakeFreshRecords:
    """The records of events in memory."""

    kept: dict[tuple[str, str], tuple[CertificateRecord, datetime]] = field(default_factory=dict)

    async def put(self, vault: str, record: CertificateRecord, now: datetime) -> None:
        self.kept[vault, record.name.lower()] = (record, now)

    async def all(self, vault: str) -> list[CertificateRecord]:
        return [record for (alias, _), (record, _) in self.kept.items() if alias == vault]

    async def drop(self, vault: str, before: datetime) -> None:
        self.kept = {key: one for key, one in self.kept.items() if key[0] != vault or one[1] >= before}


@dataclass
class FakeWaitingActs:
    """The acts of the outbox in memory, with the note that they must wait."""

    ledger: FakeLedger

    @property
    def note(self) -> ActsFault | None:
        return self.ledger.acts_note

    async def add(self, act: Act, vault: str | None) -> None:
        row = f"oa|{act.at.isoformat()}|{act.id}"
        self.ledger.waiting.append(WaitingAct(act.id, act.text, f"{vault or '-'}|0", row))

    async def mark_tried(self, acts: Sequence[WaitingAct], place: RecordPlace) -> list[WaitingAct]:
        known = {one.row: one for one in self.ledger.waiting}
        met = {one.partition for one in acts if one.row not in known or known[one.row].tried}
        marked = [replace(one, tried=place) for one in acts if one.partition not in met]
        self.ledger.waiting = [*({**known, **{one.row: one for one in marked}}).values()]
        return marked

    async def remove(self, acts: Sequence[WaitingAct]) -> None:
        rows = {one.row for one in acts}
        self.ledger.waiting = [one for one in self.ledger.waiting if one.row not in rows]

    async def fault(self) -> ActsFault | None:
        return self.note

    async def still_waiting(self, places: Iterable[tuple[str, str]]) -> list[WaitingAct]:
        wanted = set(places)
        return [one for one in self.ledger.waiting if (one.partition, one.row) in wanted]

    async def save_fault(self, fault: ActsFault, events: Sequence[Event] = ()) -> None:
        if (self.note.etag if self.note else "") != fault.etag:
            raise ConcurrentChange("another instance has noted it")
        self.ledger.acts_note = replace(fault, etag=f"{fault.etag}1")
        self.ledger.told(events)

    async def clear_fault(self) -> None:
        self.ledger.acts_note = None


@dataclass
class FakeActFiles:
    """The container of the record in memory. `refuses` is what it answers to an append."""

    files: dict[FileName, bytes] = field(default_factory=dict)
    blocks: dict[FileName, int] = field(default_factory=dict)
    refuses: str = ""
    others: set[FileName] = field(default_factory=set)  # names that something else has

    async def names(self) -> list[FileName]:
        return sorted(self.files)

    async def taken(self) -> set[FileName]:
        return self.others

    async def read(self, name: FileName, start: int | None = None) -> FilePart:
        content = self.files[name]
        return FilePart(content[start or 0 :], len(content), self.blocks.get(name, 0))

    async def create(self, name: FileName) -> None:
        if name not in self.others:
            self.files.setdefault(name, b"")

    async def append(self, name: FileName, content: bytes, end: int) -> bool:
        if name in self.others:
            raise Unavailable("The record of acts", "HTTP 409 (InvalidBlobType)")
        if self.refuses:
            raise Unavailable("The record of acts", self.refuses)
        if len(self.files[name]) != end:
            return False
        self.files[name] += content
        self.blocks[name] = self.blocks.get(name, 0) + 1
        return True


@dataclass
class World:
    """A Certflow of fakes, with a clock that the test moves. Its vault takes any CA's certificates, as a laptop's."""

    vault: FakeVault = field(default_factory=FakeVault)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    chain_files: FakeDrops = field(default_factory=FakeDrops)
    trusted: FakeTrustedCas = field(default_factory=FakeTrustedCas)
    issuing_cas: FakeIssuingCas = field(default_factory=FakeIssuingCas)
    csr_store: FakeHandouts = field(default_factory=FakeHandouts)
    include_root: bool = False
    topic: FakeTopic = field(default_factory=FakeTopic)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    message_records: FakeMessageRecords = field(default_factory=FakeMessageRecords)
    channels: tuple[FakeChannel, ...] = ()
    work_queue: FakeWork = field(default_factory=FakeWork)
    rules: FakeRules = field(default_factory=FakeRules)
    access_files: FakeAccessFiles | None = None
    start_counts: FakeStartCounts = field(default_factory=FakeStartCounts)
    inventory_files: FakeInventory = field(default_factory=FakeInventory)
    fresh_records: FakeFreshRecords = field(default_factory=FakeFreshRecords)
    act_files: FakeActFiles = field(default_factory=FakeActFiles)
    live: LivePorts | None = None
    access: AccessCache = field(default_factory=AccessCache)  # of this process
    board: BoardCache = field(default_factory=BoardCache)  # of this process
    options: Options = field(default_factory=Options)
    source: str = SOURCE
    setting_faults: tuple[str, ...] = ()
    links: Links = field(default_factory=Links)
    paces: dict[str, RateLimiter] = field(default_factory=dict)  # of this process
    empty_outboxes: dict[str | None, datetime] = field(default_factory=dict)
    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monitoring_store = FakeWatchbook(self.ledger)
        self.access_notes = FakeAccessNotes(self.ledger)
        self.approvals = FakeApprovals(self.ledger)
        self.listed_history = FakeHistory(self.ledger)
        self.retention = FakeRetention(self.ledger)
        self.waiting_acts = FakeWaitingActs(self.ledger)

    @property
    def certflow(self) -> Certflow:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += timedelta(seconds=seconds)

        return Certflow(
            vaults={"main": self.vault},
            ledger=self.ledger,
            chain_files=self.chain_files,
            trusted=self.trusted,
            issuing_cas=self.issuing_cas,
            csr_store=self.csr_store,
            include_root=self.include_root,
            topic=self.topic,
            deliveries=self.deliveries,
            message_records=self.message_records,
            channels=self.channels,
            mailboxes=("pki-team@example.com",),
            monitoring_store=self.monitoring_store,
            work_queue=self.work_queue,
            rules=self.rules,
            access_notes=self.access_notes,
            start_counts=self.start_counts,
            approvals=self.approvals,
            inventory_files=self.inventory_files,
            fresh_records=self.fresh_records,
            history=self.listed_history,
            retention=self.retention,
            waiting_acts=self.waiting_acts,
            act_files=self.act_files,
            access_files=self.access_files,
            live=self.live,
            access=self.access,
            board=self.board,
            tenant="11111111-0000-4000-8000-000000000000" if self.access_files else None,
            options=replace(self.options, trusted={"main": Takes.ANY} | dict(self.options.trusted)),
            source=self.source,
            setting_faults=self.setting_faults,
            links=self.links,
            rate_limiters=self.paces,
            empty_outboxes=self.empty_outboxes,
            now=lambda: self.now,
            sleep=sleep,
        )

    async def shift(self) -> None:
        """One shift for the vault, as the timer calls it."""
        await run_vault(self.certflow, "main")

    async def tell(self, event_id: str, type_: str, data: dict[str, Any]) -> None:
        """What becomes of an event that is delivered, once it has waited for others of its kind."""
        await queue_event(self.certflow, event_id, type_, data)
        if any(channel.max_notices > 1 for channel in self.channels):
            self.now += GATHERING
        await self.send()

    async def send(self) -> None:
        """Every channel sends what waits there."""
        for channel in self.channels:
            await send_queued(self.certflow, channel.name)

    async def sweep(self) -> list[str]:
        """Looks at all that is due; returns the names that were looked at."""
        due = [look.name for look in await self.ledger.due("main", self.now, 1000)]
        await check_due(self.certflow, "main", self.now + timedelta(seconds=50))
        return due

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    @property
    def history(self) -> list[str]:
        return [act.what for act in self.ledger.acts]

    @property
    def published(self) -> list[str]:
        return [event.type.removeprefix("Certflow.") for event in self.topic.published]


def signed(ca: Ca, operation: Operation) -> bytes:
    """The leaf (DER) that a CA signs for an operation's CSR."""
    return ca.signs(operation.csr).public_bytes(Encoding.DER)
