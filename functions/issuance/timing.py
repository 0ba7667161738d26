"""When to look at a request, and when to remind its owner. Nothing here knows the time: it is given."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

# How long to wait for the next look at a request, by its age. An issuer's success is told by an event of the vault
# within seconds, so looks are for what no event tells: failed, cancelled, deleted, overwritten (protocol §7). Whoever
# waits an hour for an issuer can wait five minutes for its refusal: about a tenth of the age, and an hour at most.
# The first minute has looks of its own (FIRST_LOOKS), which do not wait for the timer.
CHECK_INTERVALS: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(minutes=10), timedelta(minutes=1)),  # the timer's own step
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(minutes=30)),
    (timedelta.max, timedelta(hours=1)),
)
# No issuer works on a manual request: it ends by our merge, by an event, or (deleted, overwritten) by somebody's hand.
MANUAL_INTERVAL = timedelta(hours=1)
AFTER_AN_ACT = timedelta(minutes=1)  # until the next look at what a caller has done something to, whoever works on it
LONGEST_PAUSE = timedelta(hours=1)
JITTER = 0.1  # of an interval, so that what was started together is not looked at together for days

# The first looks at an issuer's request: its Retry-After is 10 s, and issuers were seen to answer after 9 to 39 s, most
# after 10, 20 or 30 (protocol §1, §3). Where it is known how long an issuer usually takes: before, at and after that.
FIRST_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40))
AROUND_USUAL = (0.5, 1.0, 2.0)
LATEST_FIRST_LOOK = timedelta(days=6)  # a queue hides a message for 7 days at most

# When an owner is reminded of a request that is still pending, in multiples of the owner's patience. At the last one
# it is not the owner alone who hears of it.
REMINDERS = (1, 2, 4, 7)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may be pending before its owner is reminded, by who is to act."""

    issuer: timedelta = timedelta(days=1)
    manual: timedelta = timedelta(days=3)

    def reminder(self, created: datetime, reminded: int, *, manual: bool) -> datetime | None:
        """When the next reminder is due after so many of them; None after the last one."""
        if reminded >= len(REMINDERS):
            return None
        return created + REMINDERS[reminded] * (self.manual if manual else self.issuer)


PATIENCE = Patience()


def first_looks(usual: float | None) -> tuple[timedelta, ...]:
    """When to look at a new request of an issuer, after its start. `usual`: the seconds that it usually takes."""
    if usual is None:
        return FIRST_LOOKS
    around = (timedelta(seconds=usual * factor) for factor in AROUND_USUAL)
    return tuple(min(max(look, FIRST_LOOKS[0]), LATEST_FIRST_LOOK) for look in around)


def next_look(created: datetime, request_id: str, now: datetime, *, manual: bool) -> datetime:
    """When to look again at a request in progress. The jitter comes from its id, so it is the same at every try."""
    age = now - created
    interval = next(interval for limit, interval in CHECK_INTERVALS if age <= limit)
    if manual:
        interval = MANUAL_INTERVAL
    return now + interval * (1 + JITTER * _share(request_id))


def pause_after(attempts: int, retry_after: int) -> timedelta:
    """How long to leave a request alone after so many looks in a row that failed: twice as long each time, an hour at
    most, and never shorter than the service asked for (`retry_after`, seconds).
    """
    return min(timedelta(seconds=max(retry_after, 10 * 2 ** min(attempts - 1, 9))), LONGEST_PAUSE)


def soonest(look: datetime, remind_at: datetime | None) -> datetime:
    """A reminder is given by a look, so that it is never about a request that has ended meanwhile."""
    return min(look, remind_at) if remind_at else look


def _share(request_id: str) -> float:
    """A number from 0 to 1 that looks random and is always the same for a request."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:4]) / 2**32
