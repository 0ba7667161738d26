"""A certificate operation and the moves it may make: the pending object of protocol §5. No I/O, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """The states, spelled as on the wire."""

    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: dict[Status, frozenset[Status]] = {
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Status.FAILED: frozenset({Status.COMPLETED}),  # a chain obtained out of band is merged
    Status.CANCELLED: frozenset({Status.COMPLETED}),  # the same
    Status.COMPLETED: frozenset(),
}


@dataclass(frozen=True)
class Outcome:
    """What an issuer makes of a request, and after how many seconds (None: the emulator's issuing delay)."""

    kind: Literal["issue", "fail", "hang"] = "issue"
    code: str = "Request rejected"
    message: str = "The issuer refused the request."
    delay: float | None = None


@dataclass
class Operation:
    """One request for a certificate.

    `version` is the half-made version that it is to complete and, once it has, the whole version that came of it: the
    two have different ids. `enabled` and `tags` are what the create asked for: the whole version gets these, and not
    what has been set on the half-made one meanwhile (recorded: Java 2018, Go 2022).
    """

    request_id: str
    version: str
    issuer: str
    csr: bytes
    vault_url: str
    enabled: bool = True
    tags: dict[str, str] | None = None
    status: Status = Status.IN_PROGRESS
    cancellation_requested: bool = False
    cancellation_ignored: bool = False
    outcome: Outcome = Outcome()
    due: float | None = None  # when the issuer decides; None: never by itself
    error: tuple[str, str] | None = None

    @property
    def awaits_merge(self) -> bool:
        """Nobody but the caller can complete it."""
        return self.issuer.lower() == "unknown"

    @property
    def in_progress(self) -> bool:
        """Whether it has not ended."""
        return self.status is Status.IN_PROGRESS

    @property
    def is_issuers_to_decide(self) -> bool:
        """Whether an issuer is at work on it; a cancellation that has been asked for, and will be honoured, stands."""
        return self.in_progress and not self.awaits_merge and not self._will_be_cancelled

    @property
    def _will_be_cancelled(self) -> bool:
        return self.cancellation_requested and not self.cancellation_ignored

    def expect(self, outcome: Outcome, *, start: float, issuing_delay: float) -> None:
        """Sets what the issuer will decide, and when. Requests of issuer `Unknown` have none to decide."""
        delay = issuing_delay if outcome.delay is None else outcome.delay
        self.outcome = outcome
        self.due = None if outcome.kind == "hang" or self.awaits_merge else start + delay

    def request_cancellation(self, *, now: float, issuing_delay: float, ignored: bool = False) -> None:
        """Notes the wish. It is decided when the issuer decides, at the latest after another issuing delay.

        With `ignored` the issuer goes on as if nobody had asked: cancelling is best effort (protocol §4.4).

        A request of issuer `Unknown` has nobody who could decide, and stays in progress until it is merged or deleted.
        That is our choice: one was still in progress a second later (recorded: Go 2022), and no recording shows an end.
        """
        self.cancellation_requested, self.cancellation_ignored = True, ignored
        if ignored or self.awaits_merge:
            return
        latest = now + issuing_delay
        self.due = latest if self.due is None else min(self.due, latest)

    def decide(self, now: float) -> bool:
        """Ends the operation if its time has come; returns whether a certificate is to be put in place."""
        if not self.in_progress or self.due is None or now < self.due:
            return False
        if self._will_be_cancelled:
            self._move(Status.CANCELLED)
        elif self.outcome.kind == "fail":
            self._move(Status.FAILED)
            self.error = (self.outcome.code, self.outcome.message)
        else:
            self._move(Status.COMPLETED)
        return self.status is Status.COMPLETED

    def complete_by_merge(self) -> None:
        """A chain has been merged."""
        self._move(Status.COMPLETED)
        self.error = None

    def _move(self, to: Status) -> None:
        if to not in MOVES[self.status]:
            raise ValueError(f"an operation that is {self.status} cannot become {to}")
        self.status = to
        self.due = None
