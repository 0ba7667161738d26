"""Events that were given up: one file of JSON lines for each topic, in place of the service's dead-letter blobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from eventgrid_emulator.cloud_events import Event


@dataclass
class Attempts:
    """What was tried for one event on one subscription."""

    published: datetime
    count: int = 0
    last: datetime | None = None
    last_status: int | None = None
    last_outcome: str = "NotAttempted"


@dataclass(frozen=True)
class DeadLetters:
    """Appends to `{topic}.jsonl` in a directory; the event's own attributes stay as they were."""

    directory: Path

    def append(self, topic: str, subscription: str, event: Event, reason: str, attempts: Attempts) -> None:
        """Writes one line, with the properties that the service adds (Learn, "Dead-letter events")."""
        self.directory.mkdir(parents=True, exist_ok=True)
        line = event | {
            "deadLetterReason": reason,
            "deliveryAttempts": attempts.count,
            "lastDeliveryOutcome": attempts.last_outcome,
            "lastHttpStatusCode": attempts.last_status,
            "publishTime": attempts.published.isoformat(),
            "lastDeliveryAttemptTime": attempts.last.isoformat() if attempts.last else None,
            "subscription": subscription,
        }
        with (self.directory / f"{topic}.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
