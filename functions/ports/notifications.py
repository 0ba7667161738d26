"""The ports of notifications: a notice, a channel that sends it, and the record of deliveries.

All methods raise `Unavailable` when the service behind them does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from functions.model.messages import Line, Severity
from functions.model.people.message_record import MessageFilter, MessagePage, MessageRecord

# How long a critical notice, and any other, waits for others of its kind where a message takes
# several; both are sent within ten seconds where an instance of the function runs. Notices that a
# signer handles in batches wait as long as a setting says (model/options.py).
CRITICAL_GATHERING, GATHERING = timedelta(seconds=2), timedelta(seconds=5)
LATEST_TIME = datetime.max.replace(tzinfo=UTC)  # everything that waits is due by then


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people, the same for every channel.

    `type` is the event's; `facts` are pairs of label and value, `links` pairs of title and https
    address of pages to which the reader signs in. `vault` is an alias; `names` are the first of the
    certificate's alternative names. `lines` are the certificates that it is about, if it is about
    requests. `by` is the caller that caused it, if one did; `at` is when it happened (UTC).

    `roles` are those for whom it is, unless a rule says otherwise (model/people/readers.py); `to`
    are the channels and addresses of a work list's signers; `approvers` are told in place of the
    operators, and `asker`, the name of who asked, together with the owner. `escalated`: reminders
    to the owner alone have not helped. `listed`: work lists tell the same at set times. `not_on` is
    the channel that has refused the notice that this one is about.

    `remark` is what its row says in a table of several of its kind; None for its sentence.
    `elsewhere` is a sentence that says where all of its kind can be seen.
    """

    event_id: str
    type: str
    title: str
    good: bool
    sentence: str
    facts: tuple[tuple[str, str], ...]
    next_step: str
    severity: Severity = Severity.INFO
    vault: str | None = None
    name: str | None = None
    owner: str | None = None
    signer: str | None = None
    names: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    roles: tuple[str, ...] = ("owner",)
    listed: bool = False
    to: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    asker: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    escalated: bool = False
    not_on: str | None = None
    by: str | None = None
    at: datetime | None = None
    remark: str | None = None
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is attached to a mail. `kind` is its media type, `says` a sentence on it."""

    name: str
    kind: str
    content: bytes
    says: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may go out: in a minute and in an hour in all (None: any number), and in an
    hour to one address and because of one caller.
    """

    minute: int | None = None
    hour: int | None = None
    address: int = 10
    caller: int = 60


USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A mail that was handed to the service, when (UTC), with the event id of its first notice.

    `to` are its addresses and `by` the callers that caused it. A try that failed counts for the
    service, too: one that was refused has only its callers, one that failed in passing neither.
    """

    at: datetime
    id: str
    critical: bool
    to: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


class Channel(Protocol):
    """A way to reach people. Its delivery records are stored under its `name`.

    `limit` is how many notices one message takes. If it is above 1, notices wait some time for
    others of their kind, and go out as one message.
    """

    name: str
    max_notices: int

    @property
    def limits(self) -> Limits | None:
        """How many messages may go out; None for a channel other than mail."""
        ...

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Sends notices as one message. `to` (mail addresses) and `attachments` are for the channel
        that mails.

        Raises DeliveryRefused if repeating it can never help, BadSettings, Unavailable.
        """
        ...


class DeliveryRefused(Exception):
    """A channel will never accept this message. The text says why, without any secret.

    `whatever`: the reason is not what the message says, so the channel would not accept any of its
    notices alone either.
    """

    def __init__(self, reason: str, *, whatever: bool = False) -> None:
        super().__init__(reason)
        self.whatever = whatever


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A notice that waits on a channel, and since when. Times are UTC.

    `to` are the mail addresses, for the channel that mails. `due` is when a notice that was put off
    is tried again, and `why` the reason. `tried` is when it was first tried, on channels where it
    may have waited for room before. `batch` is the event id of the first notice of the message that
    it is part of: what is tried again is the same message.
    """

    notice: Notice
    since: datetime
    to: tuple[str, ...] = ()
    due: datetime | None = None
    why: str | None = None
    batch: str | None = None
    tried: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a delivery ended, as `Deliveries.settle` was given it, when (UTC), and at which
    attempt.
    """

    outcome: str
    at: datetime
    attempts: int


class Deliveries(Protocol):
    """The record of deliveries, and the notices that wait on each channel. Times are UTC."""

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        """True if this run is to deliver the notice now; False if it was delivered or refused
        already.

        Raises Unavailable while another run is delivering it; a claim that a crash has left is
        taken over after two minutes.
        """
        ...

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Records how a delivery ended: `delivered`, `overtaken`, or `refused: …`."""
        ...

    async def settlement(self, event_id: str, channel: str) -> Settlement | None:
        """How a delivery ended; None if it has not."""
        ...

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        """Gives a claim back after a passing failure, so that the next try need not wait."""
        ...

    async def forget(self, before: datetime, place: str | None) -> str | None:
        """Deletes some of the deliveries that ended before a time, and returns the place from which
        the next call goes on; None at the end. What has not ended stays.
        """
        ...

    async def record_message(self, message_id: str, channel: str, now: datetime) -> None:
        """Records, in one write, that a channel has taken a message of several notices."""
        ...

    async def was_sent(self, message_id: str, channel: str) -> bool:
        """Whether a channel has taken a message of several notices, as record_message says."""
        ...

    async def enqueue(self, channel: str, waiting: QueuedNotice) -> None:
        """Stores a notice as waiting on a channel. One that is there already stays as it is."""
        ...

    async def queued(self, channel: str, due: datetime, limit: int) -> list[QueuedNotice]:
        """The notices that wait on a channel and are due by then, `limit` at most, critical ones
        first.
        """
        ...

    async def postpone(self, channel: str, waiting: QueuedNotice) -> None:
        """Writes when a waiting notice is tried again. Does nothing if it is gone."""
        ...

    async def channels_with_queue(self) -> list[str]:
        """The names of the channels on which notices wait."""
        ...

    async def dequeue(self, channel: str, notice: Notice) -> None:
        """Deletes a waiting notice. Does nothing if it is gone."""
        ...

    async def add_sent(self, channel: str, sent: SentMessage) -> None:
        """Counts a message that was handed over. A note of the same time and id replaces the
        earlier one.
        """
        ...

    async def sent_since(self, channel: str, since: datetime) -> list[SentMessage]:
        """The messages that were handed over since then, oldest first. Notes of earlier ones are
        deleted.
        """
        ...


class MessageRecords(Protocol):
    """What became of each notice on each channel, for people to look up."""

    async def put(self, record: MessageRecord) -> None:
        """Writes a record in place of the one of the same event and channel, if there is one; a
        `reason` or `message` that is None leaves what that one has.
        """
        ...

    async def page(self, wanted: MessageFilter, token: str | None) -> MessagePage:
        """A page of records that match, the newest event first, from `token` on (None: from the
        start). Raises InvalidRequest for any other text in place of a token.
        """
        ...

    async def forget(self, before: date) -> None:
        """Deletes the records of events that happened on days before this one (UTC)."""
        ...
