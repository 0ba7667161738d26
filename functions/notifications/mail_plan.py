"""The plan of a channel's messages: which may go out now, and which notices are in each.

Notices of one kind for the same addresses that happen together are one message. Mail services
accept few mails, so critical ones go first and what has no room waits. Where there is no room for a
mail of each kind, all that waits for the same addresses is one mail, so that a caller who names an
address again and again cannot fill a mailbox. What waits for room goes out in turn by caller, so
that a caller who causes many mails delays nobody else's. The time is always an argument.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.model.events.chains import Rejected
from functions.model.events.chains import Waiting as WaitingChain
from functions.model.events.requests import Started
from functions.model.messages import Severity
from functions.ports.notifications import (
    CRITICAL_GATHERING,
    GATHERING,
    Limits,
    Notice,
    QueuedNotice,
    SentMessage,
)
from functions.ports.rules import RANK

A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
# Beyond their limits of an hour, an address gets, and a caller causes, one mail in this time.
EVERY = timedelta(minutes=10)
# One in so many mails of a minute and of an hour is kept for critical notices, so that others
# cannot use them all up.
CRITICAL_SHARE = 5
# Hours for which what has no room is put off at most: less may wait then, or the limit be higher.
MAX_OFF = 6
# What a signer handles in batches: CSRs are asked for, and chains are dropped, one after another.
IN_BATCHES = frozenset({Started.type, Rejected.type, WaitingChain.type})
ANY_TIME = datetime.min.replace(tzinfo=UTC)

type Message = list[QueuedNotice]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the notices that are due. All times are UTC.

    `go` are the messages that may go out now, in their order; `later` the others, each with the
    time when it may; `gathering` the times when notices may go that still wait for others.
    """

    go: list[Message]
    later: list[tuple[datetime, Message]]
    gathering: list[datetime]

    @property
    def room(self) -> datetime | None:
        """When the next message that has to wait may go out; None if none has to."""
        return min((*self.gathering, *(free for free, _ in self.later)), default=None)


def planned(
    waiting: Sequence[QueuedNotice],
    sent: Sequence[SentMessage],
    limits: Limits,
    limit: int,
    now: datetime,
    quiet: timedelta,
) -> Plan:
    """The plan for notices that are due on a channel with limits.

    `sent` is what went out in the last hour, `limit` how many notices one message takes, and
    `quiet` how long notices that a signer handles in batches wait for others. Critical messages go
    first, then those that have not been tried yet (a full mailbox must not delay the others). Among
    these, callers who caused the fewest mails of this hour come first, then the longest waiting.
    """
    book, plan = SendHistory(sent, limits), Plan([], [], [])
    for critical in (True, False):
        ours = [one for one in waiting if is_critical([one]) is critical]
        fresh, unripe = _ripe([one for one in ours if one.batch is None], limit, now, quiet)
        plan.gathering.extend(unripe)
        for message in (*_composed(fresh, book, limit, now, critical=critical), *_again(ours)):
            free = book.free(message)
            if free <= now:
                book.enter(entry_of(message, now))
                plan.go.append(message)
            else:
                plan.later.append((free, message))
    return plan


def gathered(waiting: Sequence[QueuedNotice], limit: int, now: datetime, quiet: timedelta) -> Plan:
    """The plan for notices that are due on a channel without limits: critical messages first, then
    those that have not been tried yet, the longest waiting first. `limit` and `quiet` as in
    planned.
    """
    messages, unripe = _again(waiting), list[datetime]()
    for tried in (False, True):
        ours = [one for one in waiting if one.batch is None and (one.due is not None) is tried]
        fresh, later = _ripe(ours, limit, now, quiet)
        messages += [message for group in fresh for message in _by_kind(group, limit)]
        unripe += later
    return Plan(sorted(messages, key=_urgency), [], unripe)


def window_of(notice: Notice, quiet: timedelta) -> timedelta:
    """How long a notice waits for others of its kind, so that they are one message."""
    if notice.severity is Severity.CRITICAL:
        return CRITICAL_GATHERING
    return quiet if notice.type in IN_BATCHES else GATHERING


def in_turn(plan: Plan, limits: Limits) -> Iterator[QueuedNotice]:
    """The notices that may go out later, each put off until it may: one message every ten minutes
    for the same addresses, and no more in all than an hour has room for.

    So a flood, for one address or for many, is not all that is read of what waits.
    """
    behind = defaultdict[tuple[tuple[str, ...], bool], int](int)
    for place, (free, message) in enumerate(plan.later):
        key = message[0].to, is_critical(message)
        hours = min(place // limits.hour, MAX_OFF) if limits.hour else 0
        due = free + max(behind[key] * EVERY, hours * AN_HOUR)
        yield from (replace(one, due=due) for one in message if one.batch is None)
        behind[key] += 1


def entry_of(message: Sequence[QueuedNotice], now: datetime) -> SentMessage:
    """The note of a message that is handed over now, by which it is counted."""
    callers = {one.notice.by for one in message if one.notice.by}
    to = tuple(map(mailbox, message[0].to))
    return SentMessage(
        now, message[0].notice.event_id, is_critical(message), to, tuple(sorted(callers))
    )


def is_critical(message: Sequence[QueuedNotice]) -> bool:
    """Whether a message tells of anything critical."""
    return any(one.notice.severity is Severity.CRITICAL for one in message)


def mailbox(address: str) -> str:
    """The address by which mails are counted: in lower case, without what follows a plus
    (RFC 5233).
    """
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


class SendHistory:
    """The mails of the last hour, and when there is room for the next one.

    Addresses and callers have a limit for critical mails and another, as high, for the others.
    """

    def __init__(self, sent: Sequence[SentMessage], limits: Limits) -> None:
        self._limits = limits
        self._all, self._others = list[datetime](), list[datetime]()  # the latter are not critical
        self._to = defaultdict[tuple[str, bool], list[datetime]](list)
        self._by = defaultdict[tuple[str, bool], list[datetime]](list)
        self._caused = Counter[tuple[str | None, bool]]()  # None: no caller has
        for one in sent:
            self.enter(one)

    def enter(self, sent: SentMessage) -> None:
        """Counts a mail that is later than all that were counted before."""
        self._all.append(sent.at)
        if not sent.critical:
            self._others.append(sent.at)
        for address in sent.to:
            self._to[address, sent.critical].append(sent.at)
        for caller in sent.by:
            self._by[caller, sent.critical].append(sent.at)
        if sent.to or sent.by:  # of a mail that failed in passing, neither is noted
            self._caused.update((caller, sent.critical) for caller in sent.by or (None,))

    def free(self, message: Sequence[QueuedNotice]) -> datetime:
        """When there is room for a message; a time in the past if there is room now."""
        hour, entry = self._limits.hour, entry_of(message, ANY_TIME)
        times = [_free(self._all, self._limits.minute, A_MINUTE), _free(self._all, hour, AN_HOUR)]
        if not entry.critical:
            windows = ((self._limits.minute, A_MINUTE), (hour, AN_HOUR))
            times += [
                _free(self._others, most - critical_reserve(most), window)
                for most, window in windows
                if most is not None
            ]
        times += [
            _turn(self._to[address, entry.critical], self._limits.address) for address in entry.to
        ]
        times += [
            _turn(self._by[caller, entry.critical], self._limits.caller) for caller in entry.by
        ]
        return max(times)

    def is_over(self, caller: str | None, now: datetime, *, critical: bool) -> bool:
        """Whether a caller has already caused as many mails as it may in an hour."""
        times = self._by[caller, critical] if caller else []
        return _free(times, self._limits.caller, AN_HOUR) > now

    def in_turn(self, messages: Sequence[Message], *, critical: bool) -> list[Message]:
        """The messages in turn by caller: first those of the callers who have caused the fewest
        mails of this hour, each message counting for the next; of one caller, the longest waiting
        first.
        """
        placed, ahead = list[tuple[int, datetime, Message]](), self._caused.copy()
        for message in sorted(messages, key=_longest):
            causes = {(one.notice.by, critical) for one in message}
            placed.append((min(ahead[cause] for cause in causes), _longest(message), message))
            ahead.update(causes)
        return [message for _, _, message in sorted(placed, key=lambda one: one[:2])]

    def room_at(self, to: Sequence[str], now: datetime, *, critical: bool) -> int:
        """How many more mails this hour's limit leaves to each of these addresses; may be
        negative.
        """
        found = [
            _count_since(self._to[mailbox(address), critical], now - AN_HOUR) for address in to
        ]
        return self._limits.address - max(found, default=0)

    def room(self, now: datetime, *, critical: bool) -> int | None:
        """How many more mails this hour has room for; None for any number."""
        hour = self._limits.hour
        if hour is None:
            return None
        room = hour - _count_since(self._all, now - AN_HOUR)
        return (
            room
            if critical
            else min(
                room, hour - critical_reserve(hour) - _count_since(self._others, now - AN_HOUR)
            )
        )


def critical_reserve(limit: int) -> int:
    """How many of so many mails are kept for critical notices: one at least, and never all."""
    return min(max(1, limit // CRITICAL_SHARE), limit - 1)


def _ripe(
    fresh: Sequence[QueuedNotice], limit: int, now: datetime, quiet: timedelta
) -> tuple[list[Message], list[datetime]]:
    """The notices that may go, by address: all of a kind once the first has waited long enough for
    others. And the times when the other kinds will have waited long enough.
    """
    kinds = dict[tuple[tuple[str, ...], str, bool], Message]()
    for one in sorted(fresh, key=_age):
        to = tuple(address.lower() for address in one.to)
        critical = one.notice.severity is Severity.CRITICAL
        kinds.setdefault((to, one.notice.type, critical), []).append(one)
    by_address, unripe = dict[tuple[str, ...], Message](), list[datetime]()
    for (to, *_), some in kinds.items():
        ripe = some[0].since + (window_of(some[0].notice, quiet) if limit > 1 else timedelta(0))
        if ripe > now:
            unripe.append(ripe)
        else:
            by_address.setdefault(to, []).extend(some)
    return list(by_address.values()), unripe


def _composed(
    groups: Sequence[Message], book: SendHistory, limit: int, now: datetime, *, critical: bool
) -> list[Message]:
    """The notices for each address as messages: one of each kind, or one in all if there is no
    room for as many.

    What a caller causes beyond its limit is a message of its own, so that it delays nothing else.
    """
    paged, whole, single = list[Message](), list[Message](), list[Message]()
    for group in groups:
        by_caller = defaultdict[str | None, Message](list)
        for one in group:
            over = book.is_over(one.notice.by, now, critical=critical)
            by_caller[one.notice.by if over else None].append(one)
        rest = by_caller.pop(None, [])
        paged += [page for some in by_caller.values() for page in _pages(some, limit)]
        pages, by_kind = list(_pages(rest, limit)), list(_by_kind(rest, limit))
        room_at = book.room_at(group[0].to, now, critical=critical)
        whole += pages
        single += by_kind if len(by_kind) <= room_at else pages
    room = book.room(now, critical=critical)
    messages = [*paged, *(single if room is None or len(single) <= room else whole)]
    return book.in_turn(messages, critical=critical)


def _by_kind(group: Message, limit: int) -> Iterator[Message]:
    kinds = dict[tuple[str, bool], Message]()
    for one in group:
        kinds.setdefault((one.notice.type, is_critical([one])), []).append(one)
    for some in kinds.values():
        yield from _pages(some, limit)


def _pages(group: Message, limit: int) -> Iterator[Message]:
    """A group as messages of `limit` notices at most, each in the order in which it is told. The
    same notices always make the same messages.
    """
    ordered = sorted(group, key=lambda one: _at(one.notice, one.since))
    return (sorted(some, key=_told) for some in itertools.batched(ordered, limit, strict=False))


def _again(waiting: Iterable[QueuedNotice]) -> list[Message]:
    """The messages that were tried before, each with the notices that it had then."""
    batches = dict[str, Message]()
    for one in waiting:
        if one.batch is not None:
            batches.setdefault(one.batch, []).append(one)
    return sorted((sorted(some, key=_told) for some in batches.values()), key=_longest)


def _told(one: QueuedNotice) -> tuple[int, datetime, str]:
    """The order within a message: the most severe first, then as they happened."""
    return -RANK[one.notice.severity], *_at(one.notice, one.since)


def _at(notice: Notice, since: datetime) -> tuple[datetime, str]:
    return notice.at or since, notice.event_id


def _urgency(message: Message) -> tuple[bool, bool, datetime]:
    return not is_critical(message), any(one.due is not None for one in message), _longest(message)


def _age(one: QueuedNotice) -> tuple[datetime, str]:
    return one.since, one.notice.event_id


def _longest(message: Message) -> datetime:
    return min(one.since for one in message)


def _free(times: Sequence[datetime], limit: int | None, window: timedelta) -> datetime:
    """When one more fits, with `limit` in each window; `times` are in ascending order."""
    return ANY_TIME if limit is None or len(times) < limit else times[-limit] + window


def _turn(times: Sequence[datetime], limit: int) -> datetime:
    """When one more may go to an address, or because of a caller: at once within the limit; beyond
    it when the hour has room again, or EVERY after the last, whichever is sooner.
    """
    return ANY_TIME if len(times) < limit else min(_free(times, limit, AN_HOUR), times[-1] + EVERY)


def _count_since(times: Sequence[datetime], begin: datetime) -> int:
    return sum(at > begin for at in times)
