"""When to check a request, and when to remind its owner. Callers pass the current time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

# The interval between two checks of a request, up to each age. An event of the vault tells of an
# issuer's success within seconds, so checks are for what no event tells: failed, cancelled,
# deleted, overwritten (protocol §7). Whoever waits an hour for an issuer can wait five minutes for
# its refusal, so the interval grows with the age. Half an hour at most: of a simulated week's
# failures 95 in 100 are then noticed within half an hour, and a quarter of an hour would cost half
# as many calls again (benchmarks/week.py). The first minute has checks of its own (FIRST_CHECKS),
# which do not wait for the timer.
CHECK_INTERVALS: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(minutes=10), timedelta(minutes=1)),  # the interval of the timer itself
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta.max, timedelta(minutes=30)),
)
# No issuer works on a manual request. It ends by a merge here, by a merge elsewhere of which an
# event tells, or because somebody deletes or replaces it.
MANUAL_INTERVAL = timedelta(hours=1)
# Until the next check of a request after a caller's action, whether an issuer works on it or not.
AFTER_AN_ACTION = timedelta(minutes=1)
MAX_CHECK_PAUSE = timedelta(hours=1)
# A share of the interval, so that requests that were started together are not checked together for
# days.
JITTER = 0.1

# The first checks of a request at an issuer, after its start: Key Vault's Retry-After is 10 s, and
# issuers answered after 9 to 39 s, most after 10, 20 or 30 (protocol §1, §3). Where it is known how
# long an issuer usually takes, the checks come before, at and after that time.
FIRST_CHECKS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40))
AROUND_USUAL = (0.5, 1.0, 2.0)
MAX_FIRST_CHECK = timedelta(days=6)  # a storage queue hides a message for 7 days at most

# When an owner is reminded of a request that is still pending, in multiples of the patience that
# is set. The last reminder escalates: others get it, too.
REMINDERS = (1, 2, 4, 7)


@dataclass(frozen=True, slots=True)
class ReminderDelays:
    """How long a request is pending before its owner is reminded: at an issuer, and where a person
    is to act (`manual`).
    """

    issuer: timedelta = timedelta(days=1)
    manual: timedelta = timedelta(days=3)

    def reminder(self, created: datetime, reminded: int, *, manual: bool) -> datetime | None:
        """When the next reminder is due, after `reminded` of them; None after the last one."""
        if reminded >= len(REMINDERS):
            return None
        return created + REMINDERS[reminded] * (self.manual if manual else self.issuer)


DEFAULT_REMINDER_DELAYS = ReminderDelays()


def first_checks(usual: float | None) -> tuple[timedelta, ...]:
    """How long after its start to check a new request at an issuer, which usually takes `usual`
    seconds (None: not known). No two of these times are equal.
    """
    # The first of FIRST_CHECKS finds an issuer that usually answers before it; the others are for
    # an answer that comes later than usual.
    if usual is None or usual <= FIRST_CHECKS[0].total_seconds():
        return FIRST_CHECKS
    around = (timedelta(seconds=usual * factor) for factor in AROUND_USUAL)
    return tuple(dict.fromkeys(min(max(look, FIRST_CHECKS[0]), MAX_FIRST_CHECK) for look in around))


def next_check_at(created: datetime, request_id: str, now: datetime, *, manual: bool) -> datetime:
    """When to check a request in progress again. The jitter is derived from the id, so that it is
    the same at every try.
    """
    age = now - created
    interval = next(interval for limit, interval in CHECK_INTERVALS if age <= limit)
    if manual:
        interval = MANUAL_INTERVAL
    return now + interval * (1 + JITTER * _share(request_id))


def pause_after(attempts: int, retry_after: int) -> timedelta:
    """How long to wait after `attempts` checks in a row that failed: 10 s, and twice as long each
    time; at least what the service asked for (`retry_after`, seconds); MAX_CHECK_PAUSE at most.
    """
    return min(timedelta(seconds=max(retry_after, 10 * 2 ** min(attempts - 1, 9))), MAX_CHECK_PAUSE)


def soonest(look: datetime, remind_at: datetime | None) -> datetime:
    """The time of the next check: at the latest when a reminder is due. Checks give the reminders,
    so that no reminder is about a request that has ended meanwhile.
    """
    return min(look, remind_at) if remind_at else look


def _share(request_id: str) -> float:
    """A number from 0 to 1 that is spread evenly over requests and constant for each."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:4]) / 2**32
