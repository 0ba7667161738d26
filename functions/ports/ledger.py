"""The port to the ledger: tracked requests, intents of starts, due marks, and events to be sent.

All methods raise `Unavailable` when the storage does not answer; what else they raise is said at
each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from functions.model.due_mark import DueCheck
from functions.model.events.event import Event
from functions.model.request.actor import UNNAMED, Actor, Origin
from functions.model.request.certificate_changes import Takeover
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.request_filter import Page, RequestFilter
from functions.ports.chain_files import ParkedFile
from functions.ports.record.acts import ActsFault, WaitingAct


@dataclass(frozen=True, slots=True)
class Intent:
    """What is written before Key Vault is asked to start a request, so that a crash right after
    cannot lose the request.

    `id` comes from the caller's Idempotency-Key, or from the version that a renewal replaces (both
    `keep`), or is random. `asked` is a hash of what was asked for, `before` the id of the request
    that was pending before. `answer` is what the caller is told, once that is known; with `keep` it
    is kept until `due`. `owner`, `signer`, `origin`, `renews` and `approval` become those of the
    request.
    `takeover` says whose certificate it was and what changes, of which that owner is told. `tries`
    counts how often it could not be settled. `began` is when it was written (UTC); None in the rows
    of an older version. `policy_before` and `policy` are the SHA-256 (act_facts.py) of the stored
    policy and of the one that it is started with, where they are known. `effective` is that one
    itself: what is not for it did not come of this start. None in the rows of an older version.
    """

    vault: str
    name: str
    id: str
    due: datetime
    asked: str = ""
    before: str | None = None
    owner: str | None = None
    signer: str | None = None
    by: Actor = UNNAMED
    what: str = "created"
    keep: bool = False
    answer: Mapping[str, Any] | None = None
    origin: Origin | None = None
    renews: str | None = None
    takeover: Takeover | None = None
    tries: int = 0
    began: datetime | None = None
    approval: str | None = None
    policy_before: str | None = None
    policy: str | None = None
    effective: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class BoardReading:
    """Requests, and when the newest of their rows was written, by the clock of the storage."""

    requests: Sequence[TrackedRequest]
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What is in the outbox: events, and acts. With what belongs to no vault comes the note that
    acts cannot be written.
    """

    events: list[Event]
    acts: list[WaitingAct]
    fault: ActsFault | None = None


class Ledger(Protocol):
    """The ledger. Each change of a request is one transaction with its events. Times are UTC."""

    async def add_intent(self, intent: Intent) -> Intent | None:
        """Writes an intent and returns None. If the name has an intent with this id already,
        returns that one and changes nothing.
        """
        ...

    async def intent(self, vault: str, name: str, intent_id: str) -> Intent | None:
        """An intent; None if it was forgotten."""
        ...

    async def save_intent(self, intent: Intent) -> None:
        """Writes an intent as it now is, until it is due. The check of what is due then forgets one
        that has its answer, and settles any other.
        """
        ...

    async def remove_intent(self, intent: Intent) -> None:
        """Deletes an intent. Does nothing if it is gone."""
        ...

    async def is_starting(self, vault: str, name: str) -> bool:
        """Whether a start of this name is under way, that is, has an intent without an answer."""
        ...

    async def add(self, change: Change) -> tuple[TrackedRequest, bool]:
        """Adds a request with its events, unless it is tracked already. Returns the request as it
        is in the ledger, and whether it is new.
        """
        ...

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        """A tracked request with its ETag; None if it is not tracked."""
        ...

    async def by_name(self, vault: str, name: str) -> list[TrackedRequest]:
        """All tracked requests of a certificate name, regardless of case."""
        ...

    async def save(self, before: TrackedRequest, change: Change) -> TrackedRequest:
        """Writes a change of `before`. Raises ConcurrentChange if the request changed since
        `before` was read.
        """
        ...

    async def due(self, vault: str, now: datetime, limit: int) -> list[DueCheck]:
        """The due marks up to now, the longest waiting first: about `limit` of them, and at least
        one if there is any. Marks that are not due yet are not read.
        """
        ...

    async def move_marks(self, moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        """Moves due marks of requests (from, to), as many as possible in each transaction. A
        request that changed since its mark was read keeps the mark that it has now.
        """
        ...

    async def remove_mark(self, due_check: DueCheck) -> None:
        """Deletes a mark whose request needs no check. Does nothing if it is gone."""
        ...

    async def backlog(self, vault: str, now: datetime, limit: int) -> int:
        """How many checks are overdue, counted up to `limit`."""
        ...

    async def ended(self, vault: str, since: datetime) -> list[tuple[str, Status]]:
        """The name and the end of each request of a vault that ended since then. The rows of
        others are not read.
        """
        ...

    def in_progress(self, vault: str) -> AsyncIterator[DueCheck]:
        """The due marks of all requests in progress of a vault, in no order; and of requests that
        have ended but are to be checked again after a fault (check.check_named).
        """
        ...

    async def by_key(self, key_sha256: str) -> list[TrackedRequest]:
        """The requests whose CSR has this key, the newest first."""
        ...

    async def add_event(self, event: Event) -> None:
        """Adds an event that comes with no change of a request. Adding it again is fine."""
        ...

    async def left_behind(self, vault: str | None) -> LeftBehind:
        """The events that were written and not yet marked as sent, and the acts that are not yet
        in their record: of a vault, or (None) those that belong to no vault.
        """
        ...

    async def mark_sent(self, event: Event) -> None:
        """Marks an event as sent. Does nothing if it is marked already."""
        ...

    async def keep_sent(self, event: Event, now: datetime) -> None:
        """Keeps an event that is about to be sent, so that it is recognised when it comes back
        from the topic. Of each id, the last is kept.
        """
        ...

    async def kept_event(self, event_id: str) -> Event | None:
        """The event that vouch kept under an id; None for any other id, whatever its characters."""
        ...

    async def forget_kept(self, before: datetime) -> None:
        """Deletes what vouch kept before this time."""
        ...

    async def requests(self, request_filter: RequestFilter, token: str | None) -> Page:
        """One page of tracked requests. Raises InvalidRequest if the token is not one of ours, or
        if too many requests match.
        """
        ...

    async def board_requests(
        self, ended_since: datetime, changed_since: datetime | None = None
    ) -> BoardReading:
        """All requests in progress, and those that ended since then, in no order. With
        `changed_since`, a time of the storage: those alone whose rows were written since.
        """
        ...

    async def unanswered(self) -> list[Intent]:
        """The intents of all vaults without an answer, in no order."""
        ...

    async def board_mark(self) -> str | None:
        """The mark that is another one after each change of a request that is more than the time
        of its next check, and after each new intent; None before the first. It comes after the
        change, and a crash or an outage in between can lose it.
        """
        ...

    async def history(self, vault: str, name: str) -> list[HistoryEntry]:
        """The history of a certificate name, oldest first."""
        ...

    async def park(self, drop: str, parked: ParkedFile) -> None:
        """Marks a dropped file as parked."""
        ...

    async def parked(self) -> Mapping[str, ParkedFile]:
        """The marks of all parked files, by the files' names."""
        ...

    async def unpark(self, drop: str) -> None:
        """Deletes the mark of a parked file. Does nothing if it is gone."""
        ...
