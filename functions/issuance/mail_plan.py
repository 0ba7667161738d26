"""Which mails may go out now: mail services take few, so critical ones go first, and what has no room waits.

Nothing here knows the time: it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from functions.issuance.telling import Limits, Sent, Severity, Waiting

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEPT = 5  # of an hour's mails one in so many is kept for critical notices, so that others cannot use them all up
ANY_TIME = datetime.min.replace(tzinfo=UTC)

type Message = list[Waiting]


def planned(
    waiting: Sequence[Waiting], sent: Sequence[Sent], limits: Limits, now: datetime
) -> tuple[list[Message], datetime | None]:
    """The messages that may go out now, in their order; and when the first of the others that are due may.

    `sent` is what went out in the last hour.
    """
    book, now_on, later = Book(sent, limits), list[Message](), list[datetime]()
    for message in sorted(_messages(waiting, now), key=_urgency):
        free = book.free(message)
        if free <= now:
            book.enter(entry_of(message, now))
            now_on.append(message)
        else:
            later.append(free)
    return now_on, min(later, default=None)


def entry_of(message: Sequence[Waiting], now: datetime) -> Sent:
    """What is noted of a message that is handed over now."""
    return Sent(now, message[0].notice.event_id, is_critical(message))


def is_critical(message: Sequence[Waiting]) -> bool:
    """Whether a message tells of anything critical."""
    return any(one.notice.severity is Severity.CRITICAL for one in message)


class Book:
    """The mails of the last hour, and when the next one has room among them."""

    def __init__(self, sent: Sequence[Sent], limits: Limits) -> None:
        self._limits = limits
        self._all, self._others = list[datetime](), list[datetime]()  # the latter are not critical
        for one in sent:
            self.enter(one)

    def enter(self, sent: Sent) -> None:
        """Counts a mail, later than all before."""
        self._all.append(sent.at)
        if not sent.critical:
            self._others.append(sent.at)

    def free(self, message: Sequence[Waiting]) -> datetime:
        """When there is room for it; a time that is past if there is now."""
        hour = self._limits.hour
        times = [_free(self._all, self._limits.minute, MINUTE), _free(self._all, hour, HOUR)]
        if hour is not None and not is_critical(message):
            times.append(_free(self._others, hour - kept_of(hour), HOUR))
        return max(times)


def kept_of(hour: int) -> int:
    """How many of an hour's mails are kept for critical notices: one at least, and never all."""
    return min(max(1, hour // KEPT), hour - 1)


def _messages(waiting: Sequence[Waiting], now: datetime) -> list[Message]:
    return [[one] for one in waiting if one.due is None or one.due <= now]


def _urgency(message: Message) -> tuple[bool, bool, datetime]:
    """Critical first, then what has not been tried yet (a mailbox that is full must not keep the others), the longest
    waiting first.
    """
    return not is_critical(message), any(one.due is not None for one in message), min(one.since for one in message)


def _free(times: Sequence[datetime], most: int | None, window: timedelta) -> datetime:
    """When one more fits, with `most` in each window; `times` are in their order."""
    return ANY_TIME if most is None or len(times) < most else times[-most] + window
