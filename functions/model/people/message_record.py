"""What became of a notice on a channel, as the list of messages has it, and the filter of that
list. No content of a message is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

MESSAGE_OUTCOMES = ("delivered", "overtaken", "refused")


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """How the notice of an event ended on a channel: `outcome` is one of MESSAGE_OUTCOMES, `reason`
    says why a channel refused it, `attempts` how often it was handed over.

    `to` are the addresses of a mail. `happened` is when the event did, `settled` when the outcome
    was known (UTC). A message of several notices has a record for each, with the same `message`.
    """

    event_id: str
    channel: str
    type: str
    happened: datetime
    settled: datetime
    outcome: str
    attempts: int = 1
    vault: str | None = None
    name: str | None = None
    to: tuple[str, ...] = ()
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """A filter of messages; a field that is empty or None matches all. `vaults` are aliases; `name`
    matches in any case, and one that ends in `*` what begins so. `limit` is the size of a page.

    `may_see` says which records exist for the reader; None: all. No token tells of the others.
    `beginnings` (lower case) are those of the names of all of these that have a name, so that not
    all records have to be read; none: they may begin in any way.
    """

    vaults: frozenset[str] = frozenset()
    name: str | None = None
    channels: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    limit: int = 25
    may_see: Callable[[MessageRecord], bool] | None = None
    beginnings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page of messages, and the token of the next page, None for the last one."""

    messages: tuple[MessageRecord, ...]
    token: str | None


def is_wanted(record: MessageRecord, wanted: MessageFilter) -> bool:
    """Whether a record matches the filter."""
    pairs = (
        (record.vault, wanted.vaults),
        (record.channel, wanted.channels),
        (record.outcome, wanted.outcomes),
    )
    if any(some and value not in some for value, some in pairs):
        return False
    if wanted.name is not None and not _has_name(record.name or "", wanted.name):
        return False
    return wanted.may_see is None or wanted.may_see(record)


def masked(address: str) -> str:
    """A mail address of which only the first character and the domain can be read."""
    mailbox, _, domain = address.rpartition("@")
    return f"{mailbox[:1]}***@{domain}"


def _has_name(name: str, wanted: str) -> bool:
    name, wanted = name.lower(), wanted.lower()
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
