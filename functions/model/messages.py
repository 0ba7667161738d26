"""Parts of messages to people: how much an event matters, and a row of a table of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How much an event matters: information, something to look at, something to act on now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Line:
    """A certificate in a table of a message, with what its reader has to know to act on it.

    `names` are the alternative names, separated by blanks. `since` is when it was requested (UTC).
    `csr` is True if its CSR waits for a signature, and is attached to the message.
    """

    vault: str
    name: str
    request_id: str
    names: str = ""
    owner: str | None = None
    since: datetime | None = None
    csr: bool = False
