"""What arrived, in order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

type Channel = Literal["teams", "email", "webhook"]
CHANNELS: tuple[str, ...] = get_args(Channel.__value__)


@dataclass(frozen=True)
class Message:
    """One card, mail or webhook post; `refused` says why Teams never showed it, where the sender was told just 202."""

    id: str
    channel: Channel
    to: str
    subject: str
    text: str
    raw: str
    received_at: str
    refused: str | None = None
    sender: str = ""
    html: str | None = None
    attachments: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The message as `GET /api/messages` lists it."""
        return {
            "id": self.id,
            "channel": self.channel,
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "raw": self.raw,
            "received_at": self.received_at,
            "refused": self.refused,
            "from": self.sender,
            "html": self.html,
            "attachments": list(self.attachments),
        }

    def matches(self, channel: str | None, contains: str | None) -> bool:
        """Whether it came by that channel and has that text, in any case, in subject or text."""
        found = contains is None or contains.casefold() in f"{self.subject}\n{self.text}".casefold()
        return found and channel in (None, self.channel)


class Messages:
    """All that arrived since the start or the last `clear`; ids are never used twice."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.all: list[Message] = []
        self._clock = clock
        self._ids = itertools.count(1)

    def add(self, channel: Channel, **fields: Any) -> Message:
        """Keeps a message under a new id with the time of now."""
        received_at = self._clock().isoformat(timespec="milliseconds")
        message = Message(id=str(next(self._ids)), channel=channel, received_at=received_at, **fields)
        self.all.append(message)
        return message

    def get(self, message_id: str) -> Message | None:
        """The message, or None where there is none of that id."""
        return next((message for message in self.all if message.id == message_id), None)

    def clear(self) -> None:
        """Forgets all of them."""
        self.all.clear()
