"""What people are told, and by which ways: a notice, the port of a channel, and the record of deliveries.

All methods raise `Unavailable` when the service behind does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

# How long a notice waits for others of its kind, where a message takes several: what is critical; what is not, which is
# out within ten seconds, too; and what a signer does in batches (mail_plan.py).
CRITICAL_GATHERING, GATHERING = timedelta(seconds=2), timedelta(seconds=5)
QUIET_GATHERING = timedelta(minutes=1)
LATEST_TIME = datetime.max.replace(tzinfo=UTC)  # whatever waits is due by then


class Severity(StrEnum):
    """How much an event matters: worth knowing, worth a look, needs somebody now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate in a table of a message: what its reader has to know to act on it.

    `names` are the alternative names, with blanks between them. `since` is when it was asked for (UTC). `csr`: whether
    its CSR waits for a signature, and goes with the message.
    """

    vault: str
    name: str
    request_id: str
    names: str = ""
    owner: str | None = None
    since: datetime | None = None
    csr: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people, in plain words, the same for every channel.

    `facts` are label and value; `links` are title and https address, of pages that the reader opens by signing in.
    `type` is the event's, `vault` an alias. `escalated`: reminding the owner alone has not helped. `not_on`: the
    channel that has refused what this is about. `by`: the caller that caused it (recipients.py), if one did. `names`
    are the first of the certificate's alternative names. `lines`: the certificates that it is about, if it is about
    requests. `roles`: whom it is for, unless a rule says otherwise (roles.py). `listed`: work lists tell the same at
    set times. `to`: the channels and addresses of a work list's signers. `at`: when it happened (UTC). `remark`: what
    its row says in a table of several of its kind; None for its sentence. `elsewhere` says where all of its kind are to
    be seen.
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
    links: tuple[tuple[str, str], ...] = ()
    escalated: bool = False
    not_on: str | None = None
    by: str | None = None
    at: datetime | None = None
    remark: str | None = None
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail. `kind` is its media type, `says` what it is, in a sentence."""

    name: str
    kind: str
    content: bytes
    says: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may go out: in a minute and in an hour in all (None: any number), and in an hour to one address
    and because of one caller.
    """

    minute: int | None = None
    hour: int | None = None
    address: int = 10
    caller: int = 60


USUAL_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that was handed to the service, by the event id of its first notice.

    `to` are its addresses and `by` the callers that caused it. A try that failed counts for the service all the same:
    of one that was refused there are the callers alone, of one that failed in passing neither.
    """

    at: datetime
    id: str
    critical: bool
    to: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


class Channel(Protocol):
    """A way to reach people. `name` keys its delivery records.

    `most` is how many notices one message takes. Above 1, notices wait some time for others of their kind, and go out
    as one.
    """

    name: str
    most: int

    @property
    def limits(self) -> Limits | None:
        """How many messages may go out; None for a channel that does not mail."""
        ...

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Hands notices over as one message. `to` are mail addresses, and `attachments` files, for the channel that
        mails.

        Raises DeliveryRefused if repeating it can never help.
        """
        ...


class DeliveryRefused(Exception):
    """A channel will never take this message: the text says why, without any secret.

    `whatever`: it is not for what the message says, so that none of its notices would be taken alone either.
    """

    def __init__(self, reason: str, *, whatever: bool = False) -> None:
        super().__init__(reason)
        self.whatever = whatever


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits on a channel, and since when (UTC).

    `to` are the mail addresses, for the channel that mails. `due`, of one that could not be delivered, is when it is
    tried again, and `why` says what hindered it; `tried` is when it first was, where notices wait for room before.
    `batch` names the message that it is part of, by the event id of the first notice in it: what is tried again is the
    same message.
    """

    notice: Notice
    since: datetime
    to: tuple[str, ...] = ()
    due: datetime | None = None
    why: str | None = None
    batch: str | None = None
    tried: datetime | None = None


class Deliveries(Protocol):
    """Whom we told what."""

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        """True if this caller shall deliver now; False if it is delivered or refused already.

        Raises Unavailable while another is at it; a claim left by a crash is taken over after two minutes.
        """
        ...

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Records how it ended: `delivered`, `overtaken`, or `refused: …`."""
        ...

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        """Gives a claim back after a passing failure, so that the next attempt need not wait."""
        ...

    async def wait(self, channel: str, waiting: Waiting) -> None:
        """Puts a notice to those that wait on a channel. One that is there already stays as it is."""
        ...

    async def waiting(self, channel: str, due: datetime, most: int) -> list[Waiting]:
        """The notices that wait on a channel and are due by then, at most so many, the critical ones first."""
        ...

    async def put_off(self, channel: str, waiting: Waiting) -> None:
        """Writes when a notice that waits is tried again. Gone already is fine."""
        ...

    async def waited_on(self) -> list[str]:
        """The channels on which any notice waits."""
        ...

    async def done_waiting(self, channel: str, notice: Notice) -> None:
        """Takes a notice from those. Gone already is fine."""
        ...

    async def count(self, channel: str, sent: Sent) -> None:
        """Notes that a message was handed over. One of the same time and id takes the place of an earlier note."""
        ...

    async def sent(self, channel: str, since: datetime) -> list[Sent]:
        """The messages that were handed over since then, the oldest first. Notes of earlier ones are taken away."""
        ...
