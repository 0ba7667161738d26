"""Which mails may go out now, and what is in each.

Mail services take few mails, and a reader hardly more: critical ones go first, what has no room waits, and many notices
for the same addresses are one mail. Nothing here knows the time: it is given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from functions.issuance.rules import RANK
from functions.issuance.telling import GATHERING, Limits, Sent, Severity, Waiting

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEPT = 5  # of an hour's mails one in so many is kept for critical notices, so that others cannot use them all up
FEW = 5  # notices of one type for the same addresses; more of them are one mail
ANY_TIME = datetime.min.replace(tzinfo=UTC)

type Message = list[Waiting]


def planned(
    waiting: Sequence[Waiting], sent: Sequence[Sent], limits: Limits, most: int, now: datetime
) -> tuple[list[Message], datetime | None]:
    """The messages that may go out now, in their order; and when the first of the others that are due may.

    `sent` is what went out in the last hour, `most` how many notices one message takes. Critical ones go first, then
    what has not been tried yet (a mailbox that is full must not keep the others), the longest waiting first.
    """
    book, go, later = Book(sent, limits), list[Message](), list[datetime]()
    for critical in (True, False):
        ours = [one for one in waiting if is_critical([one]) is critical]
        fresh, unripe = _ripe([one for one in ours if one.batch is None], most, now)
        later += unripe
        for message in (*_composed(fresh, book.room(now, critical=critical), most), *_again(ours, now)):
            free = book.free(message)
            if free <= now:
                book.enter(entry_of(message, now))
                go.append(message)
            else:
                later.append(free)
    return go, min(later, default=None)


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

    def room(self, now: datetime, *, critical: bool) -> int | None:
        """How many more mails the hour has room for; None for any number."""
        hour = self._limits.hour
        if hour is None:
            return None
        room = hour - _since(self._all, now - HOUR)
        return room if critical else min(room, hour - kept_of(hour) - _since(self._others, now - HOUR))


def kept_of(hour: int) -> int:
    """How many of an hour's mails are kept for critical notices: one at least, and never all."""
    return min(max(1, hour // KEPT), hour - 1)


def _ripe(fresh: Sequence[Waiting], most: int, now: datetime) -> tuple[list[Message], list[datetime]]:
    """What waits, by its addresses, where the first of it has waited long enough for others; and when the rest will."""
    by_address = dict[tuple[str, ...], Message]()
    for one in sorted(fresh, key=_age):
        by_address.setdefault(one.to, []).append(one)
    gathering = GATHERING if most > 1 else timedelta(0)
    ripe = [some for some in by_address.values() if some[0].since + gathering <= now]
    return ripe, [some[0].since + gathering for some in by_address.values() if some[0].since + gathering > now]


def _composed(groups: Sequence[Message], room: int | None, most: int) -> list[Message]:
    """What waits for each address as messages: more than a few of a kind are one. If there is no room for as many
    messages, whatever waits for an address is one.
    """
    messages = [message for group in groups for message in _by_kind(group, most)]
    if room is not None and len(messages) > room:
        messages = [message for group in groups for message in _pages(group, most)]
    return sorted(messages, key=_longest)


def _by_kind(group: Message, most: int) -> Iterator[Message]:
    kinds = dict[str, Message]()
    for one in group:
        kinds.setdefault(one.notice.type, []).append(one)
    for some in kinds.values():
        yield from _pages(some, most if len(some) > FEW else 1)


def _pages(group: Message, most: int) -> Iterator[Message]:
    """In the order in which they are told, which is the same for the same notices."""
    return (sorted(some, key=_told) for some in itertools.batched(group, most, strict=False))


def _again(waiting: Iterable[Waiting], now: datetime) -> list[Message]:
    """The messages that were tried before, each as it was."""
    batches = dict[str, Message]()
    for one in waiting:
        if one.batch is not None:
            batches.setdefault(one.batch, []).append(one)
    due = [some for some in batches.values() if all(one.due is None or one.due <= now for one in some)]
    return sorted((sorted(some, key=_told) for some in due), key=_longest)


def _told(one: Waiting) -> tuple[int, datetime, str]:
    return -RANK[one.notice.severity], *_age(one)


def _age(one: Waiting) -> tuple[datetime, str]:
    return one.since, one.notice.event_id


def _longest(message: Message) -> datetime:
    return min(one.since for one in message)


def _free(times: Sequence[datetime], most: int | None, window: timedelta) -> datetime:
    """When one more fits, with `most` in each window; `times` are in their order."""
    return ANY_TIME if most is None or len(times) < most else times[-most] + window


def _since(times: Sequence[datetime], begin: datetime) -> int:
    return sum(at > begin for at in times)
