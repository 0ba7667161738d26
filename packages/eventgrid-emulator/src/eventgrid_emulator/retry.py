"""When a delivery is tried again, and when no more: the service's numbers (platform §4), on a faster clock."""

from __future__ import annotations

import random
from dataclasses import dataclass

_SECOND, _MINUTE, _HOUR = 1.0, 60.0, 3600.0

# The service promises no exact times, only this back-off, then every 12 hours until the event's time to live is over.
BACK_OFF = (
    *(10 * _SECOND, 30 * _SECOND),
    *(1 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(1 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR),
)
# "If the first 10 events published to an endpoint fail, Event Grid … will delay all subsequent retries and new
# deliveries for some time - in some cases up to several hours" (Learn, "Event Grid message delivery and retry", Delayed
# delivery). For how long is not published: here it is a minute at first, and twice as long after each that failed.
FAILED_IN_A_ROW, FIRST_DELAY, LONGEST_DELAY = 10, _MINUTE, 3 * _HOUR
NO_RETRY = frozenset({400, 401, 403, 413})  # for webhooks; other systems' endpoints leave 401 out
SUCCESS = frozenset({200, 201, 202, 203, 204})
_JITTER = 0.1
_random = random.SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """A subscription's retry policy; only the waits between attempts are multiplied by `time_factor`.

    `probation`: an endpoint that fails again and again has all its deliveries delayed, new ones too.
    """

    time_factor: float = 0.1
    max_attempts: int = 30
    time_to_live: float = 24 * _HOUR
    answer_within: float = 30 * _SECOND
    probation: bool = True

    def wait_after(self, attempts: int) -> float:
        """Seconds to wait after so many attempts that failed, up to a tenth more than the table says."""
        step = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
        return step * self.time_factor * _random.uniform(1, 1 + _JITTER)


class Probation:
    """One endpoint's health: whether deliveries to it are delayed now."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._in_a_row = self.delays = 0  # failures since the last success; and how often it was put on probation
        self._ends = self._length = 0.0

    def left(self, now: float) -> float:
        """Seconds for which a delivery that is due at `now` is delayed; 0 for none. The clock is the caller's."""
        return max(0.0, self._ends - now)

    def succeeded(self) -> None:
        """The endpoint has taken an event."""
        self._in_a_row, self._length = 0, 0.0

    def failed(self, began: float, now: float) -> None:
        """An attempt that began and ended then has failed."""
        self._in_a_row += 1
        # What was under way when the endpoint was put on probation says nothing new of it.
        if self._policy.probation and self._in_a_row >= FAILED_IN_A_ROW and began >= self._ends:
            self._length = min(2 * self._length or FIRST_DELAY, LONGEST_DELAY)
            self._ends = now + self._length * self._policy.time_factor
            self.delays += 1
