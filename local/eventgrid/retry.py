"""When a delivery is tried again, and when no more: the service's numbers (PLATFORM §4), on a faster clock."""

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
NO_RETRY = frozenset({400, 401, 403, 413})  # for webhooks; other systems' endpoints leave 401 out
SUCCESS = frozenset({200, 201, 202, 203, 204})
_JITTER = 0.1
_random = random.SystemRandom()


@dataclass(frozen=True)
class RetryPolicy:
    """A subscription's retry policy; only the waits between attempts are multiplied by `time_factor`."""

    time_factor: float = 0.1
    max_attempts: int = 30
    time_to_live: float = 24 * _HOUR
    answer_within: float = 30 * _SECOND

    def wait_after(self, attempts: int) -> float:
        """Seconds to wait after so many attempts that failed, up to a tenth more than the table says."""
        step = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
        return step * self.time_factor * _random.uniform(1, 1 + _JITTER)
