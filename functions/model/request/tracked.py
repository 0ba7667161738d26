"""The record of a tracked request, and what one change of it consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from functions.model.events.event import Event
from functions.model.request.actor import Actor, Origin, caller_of
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status


@dataclass(frozen=True, slots=True)
class TrackedRequest:
    """One request for a certificate, from its start to its end. Times are UTC.

    `vault` is the alias. `requested_by` is None where a request was found in Key Vault.
    `key_sha256` is the SHA-256 (hex) of the CSR's SubjectPublicKeyInfo.
    `next_check` is when Key Vault is asked next, None if nothing is left to wait for. `merging`
    names the run that merges a chain, `merging_until` is until when other runs wait for it.
    `replaced_by` is the id of the request that took its place. `reminded` counts the reminders, the
    next is due at `remind_at` (None: no more); an acknowledgement suppresses them until
    `quiet_until`. `cancel_asked` is when a caller asked for its cancellation, `cancel_asked_by`
    who. `names` are the first alternative names of the CSR, separated by blanks. `signer` is who
    has the CSR signed, where the caller or a tag names somebody. `origin` is None in rows that were
    written before there was this field. `renews` is the thumbprint of the version that a renewal by
    Certflow replaces. `approval` is the id of the approval after which it was started.
    """

    vault: str
    name: str
    request_id: str
    issuer: str
    subject: str
    key_sha256: str
    created: datetime
    next_check: datetime | None = None
    owner: str | None = None
    requested_by: Actor | None = None
    csr_url: str | None = None
    status: Status = Status.IN_PROGRESS
    attempts: int = 0
    last_error: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    version: str | None = None
    not_after: datetime | None = None
    ended: datetime | None = None
    replaced_by: str | None = None
    merging: str | None = None
    merging_until: datetime | None = None
    reminded: int = 0
    remind_at: datetime | None = None
    quiet_until: datetime | None = None
    quiet_why: str | None = None
    cancel_asked: datetime | None = None
    cancel_asked_by: Actor | None = None
    names: str = ""
    signer: str | None = None
    origin: Origin | None = None
    renews: str | None = None
    approval: str | None = None
    etag: str = field(default="", compare=False)

    @property
    def has_dated_end(self) -> bool:
        """Whether it is known when it ended. A request that is tracked quietly after its end has
        that of the moment at which it was found, since Key Vault does not say (protocol §4.2).
        """
        return self.ended is not None and self.ended != self.created


@dataclass(frozen=True, slots=True)
class Change:
    """The result of an observation or an action: the request as it is then, the events to publish,
    and the new lines of the history.
    """

    request: TrackedRequest
    events: tuple[Event, ...] = ()
    history: tuple[HistoryEntry, ...] = ()


def starter_of(request: TrackedRequest) -> str | None:
    """The caller who started a request, as `caller_of` names it; None if no caller did."""
    by = request.requested_by
    return caller_of(by) if by and request.origin is Origin.CALLER else None


def shortened(text: str | None, limit: int) -> str | None:
    """The text, cut to `limit` characters, of which the last is an ellipsis."""
    return text if text is None or len(text) <= limit else f"{text[: limit - 1]}…"
