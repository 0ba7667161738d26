"""Which messages may go out now, and what is in each.

Notices of one kind for the same addresses that happen together are one message. Mail services take few mails, and a
reader hardly more: critical ones go first, what has no room waits, and where there is no room for a mail of each kind,
all that waits for the same addresses is one. So whoever names somebody's address again and again fills no mailbox. What
waits for room goes out in turn by who has caused it: whoever causes many mails delays nobody else's. Nothing here knows
the time: it is given.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.issuance.events import CHAIN_REJECTED, CHAIN_WAITING, ISSUANCE
from functions.issuance.rules import RANK
from functions.issuance.telling import (
    CRITICAL_GATHERING,
    GATHERING,
    Limits,
    Notice,
    Sent,
    Severity,
    Waiting,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVERY = timedelta(minutes=10)  # one mail goes to an address, and because of a caller, beyond their limits of an hour
# Of the mails of a minute and of an hour one in so many is kept for critical notices: others cannot use them all up.
KEPT = 5
LONGEST_OFF = 6  # hours for which what has no room is put off: it may be less that waits then, or a higher limit
# What a signer does in batches: CSRs are asked for, and chains are dropped, one after another.
IN_BATCHES = frozenset({f"{ISSUANCE}Started", CHAIN_REJECTED, CHAIN_WAITING})
ANY_TIME = datetime.min.replace(tzinfo=UTC)

type Message = list[Waiting]


@dataclass(frozen=True, slots=True)
class Plan:
    """The messages that may go out now, in their order; the others, each with the time when it may; and when those
    notices may go that still wait for others.
    """

    go: list[Message]
    later: list[tuple[datetime, Message]]
    gathering: list[datetime]

    @property
    def room(self) -> datetime | None:
        """When the next of what has to wait may go out."""
        return min((*self.gathering, *(free for free, _ in self.later)), default=None)


def planned(
    waiting: Sequence[Waiting], sent: Sequence[Sent], limits: Limits, most: int, now: datetime, quiet: timedelta
) -> Plan:
    """What becomes of the notices that are due.

    `sent` is what went out in the last hour, `most` how many notices one message takes, `quiet` how long those wait for
    others that a signer handles in batches. Critical ones go first, then
    what has not been tried yet (a mailbox that is full must not keep the others), of that what those have caused who
    have caused the fewest mails of this hour, the longest waiting first.
    """
    book, plan = Book(sent, limits), Plan([], [], [])
    for critical in (True, False):
        ours = [one for one in waiting if is_critical([one]) is critical]
        fresh, unripe = _ripe([one for one in ours if one.batch is None], most, now, quiet)
        plan.gathering.extend(unripe)
        for message in (*_composed(fresh, book, most, now, critical=critical), *_again(ours)):
            free = book.free(message)
            if free <= now:
                book.enter(entry_of(message, now))
                plan.go.append(message)
            else:
                plan.later.append((free, message))
    return plan


def gathered(waiting: Sequence[Waiting], most: int, now: datetime, quiet: timedelta) -> Plan:
    """What becomes of the notices that are due on a channel without limits: critical ones first, then what has not been
    tried yet, the longest waiting first.
    """
    messages, unripe = _again(waiting), list[datetime]()
    for tried in (False, True):
        ours = [one for one in waiting if one.batch is None and (one.due is not None) is tried]
        fresh, later = _ripe(ours, most, now, quiet)
        messages += [message for group in fresh for message in _by_kind(group, most)]
        unripe += later
    return Plan(sorted(messages, key=_urgency), [], unripe)


def window_of(notice: Notice, quiet: timedelta) -> timedelta:
    """How long a notice waits for others of its kind."""
    if notice.severity is Severity.CRITICAL:
        return CRITICAL_GATHERING
    return quiet if notice.type in IN_BATCHES else GATHERING


def in_turn(plan: Plan, limits: Limits) -> Iterator[Waiting]:
    """What may go out later, each put off until then: of several messages for the same addresses one every ten
    minutes, and of all no more in an hour than it takes. So a flood, for one address or for many, is not what is read
    of all that waits.
    """
    behind = defaultdict[tuple[tuple[str, ...], bool], int](int)
    for place, (free, message) in enumerate(plan.later):
        key = message[0].to, is_critical(message)
        hours = min(place // limits.hour, LONGEST_OFF) if limits.hour else 0
        due = free + max(behind[key] * EVERY, hours * HOUR)
        yield from (replace(one, due=due) for one in message if one.batch is None)
        behind[key] += 1


def entry_of(message: Sequence[Waiting], now: datetime) -> Sent:
    """What is noted of a message that is handed over now."""
    callers = {one.notice.by for one in message if one.notice.by}
    to = tuple(map(mailbox, message[0].to))
    return Sent(now, message[0].notice.event_id, is_critical(message), to, tuple(sorted(callers)))


def is_critical(message: Sequence[Waiting]) -> bool:
    """Whether a message tells of anything critical."""
    return any(one.notice.severity is Severity.CRITICAL for one in message)


def mailbox(address: str) -> str:
    """The address by which mails are counted: without its case, and without what follows a plus (RFC 5233)."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


class Book:
    """The mails of the last hour, and when the next one has room among them.

    Addresses and callers have a limit for what is critical and another, as high, for what is not.
    """

    def __init__(self, sent: Sequence[Sent], limits: Limits) -> None:
        self._limits = limits
        self._all, self._others = list[datetime](), list[datetime]()  # the latter are not critical
        self._to = defaultdict[tuple[str, bool], list[datetime]](list)
        self._by = defaultdict[tuple[str, bool], list[datetime]](list)
        self._caused = Counter[tuple[str | None, bool]]()  # None: no caller has
        for one in sent:
            self.enter(one)

    def enter(self, sent: Sent) -> None:
        """Counts a mail, later than all before."""
        self._all.append(sent.at)
        if not sent.critical:
            self._others.append(sent.at)
        for address in sent.to:
            self._to[address, sent.critical].append(sent.at)
        for caller in sent.by:
            self._by[caller, sent.critical].append(sent.at)
        if sent.to or sent.by:  # it has not failed in passing
            self._caused.update((caller, sent.critical) for caller in sent.by or (None,))

    def free(self, message: Sequence[Waiting]) -> datetime:
        """When there is room for it; a time that is past if there is now."""
        hour, entry = self._limits.hour, entry_of(message, ANY_TIME)
        times = [_free(self._all, self._limits.minute, MINUTE), _free(self._all, hour, HOUR)]
        if not entry.critical:
            windows = ((self._limits.minute, MINUTE), (hour, HOUR))
            times += [_free(self._others, most - kept_of(most), window) for most, window in windows if most is not None]
        times += [_turn(self._to[address, entry.critical], self._limits.address) for address in entry.to]
        times += [_turn(self._by[caller, entry.critical], self._limits.caller) for caller in entry.by]
        return max(times)

    def is_over(self, caller: str | None, now: datetime, *, critical: bool) -> bool:
        """Whether a caller has caused as many mails as it may in an hour."""
        times = self._by[caller, critical] if caller else []
        return _free(times, self._limits.caller, HOUR) > now

    def in_turn(self, messages: Sequence[Message], *, critical: bool) -> list[Message]:
        """Those first whose callers have caused the fewest mails of this hour, then a second one of each, and so on; of
        what one has caused the longest waiting first.
        """
        placed, ahead = list[tuple[int, datetime, Message]](), self._caused.copy()
        for message in sorted(messages, key=_longest):
            causes = {(one.notice.by, critical) for one in message}
            placed.append((min(ahead[cause] for cause in causes), _longest(message), message))
            ahead.update(causes)
        return [message for _, _, message in sorted(placed, key=lambda one: one[:2])]

    def room_at(self, to: Sequence[str], now: datetime, *, critical: bool) -> int:
        """How many more mails may go to each of these addresses in this hour."""
        found = [_since(self._to[mailbox(address), critical], now - HOUR) for address in to]
        return self._limits.address - max(found, default=0)

    def room(self, now: datetime, *, critical: bool) -> int | None:
        """How many more mails the hour has room for; None for any number."""
        hour = self._limits.hour
        if hour is None:
            return None
        room = hour - _since(self._all, now - HOUR)
        return room if critical else min(room, hour - kept_of(hour) - _since(self._others, now - HOUR))


def kept_of(most: int) -> int:
    """How many of a minute's or an hour's mails are kept for critical notices: one at least, and never all."""
    return min(max(1, most // KEPT), most - 1)


def _ripe(fresh: Sequence[Waiting], most: int, now: datetime, quiet: timedelta) -> tuple[list[Message], list[datetime]]:
    """What waits, by its addresses, of each kind where the first of it has waited long enough for others; and when the
    rest will have.
    """
    kinds = dict[tuple[tuple[str, ...], str, bool], Message]()
    for one in sorted(fresh, key=_age):
        to, critical = tuple(address.lower() for address in one.to), one.notice.severity is Severity.CRITICAL
        kinds.setdefault((to, one.notice.type, critical), []).append(one)
    by_address, unripe = dict[tuple[str, ...], Message](), list[datetime]()
    for (to, *_), some in kinds.items():
        ripe = some[0].since + (window_of(some[0].notice, quiet) if most > 1 else timedelta(0))
        if ripe > now:
            unripe.append(ripe)
        else:
            by_address.setdefault(to, []).extend(some)
    return list(by_address.values()), unripe


def _composed(groups: Sequence[Message], book: Book, most: int, now: datetime, *, critical: bool) -> list[Message]:
    """What waits for each address as messages: one of each kind. If there is no room for as many messages, whatever
    waits for an address is one.

    What a caller causes beyond its limit is kept apart, so that it delays nothing else, and is one message, too.
    """
    paged, whole, single = list[Message](), list[Message](), list[Message]()
    for group in groups:
        by_caller = defaultdict[str | None, Message](list)
        for one in group:
            over = book.is_over(one.notice.by, now, critical=critical)
            by_caller[one.notice.by if over else None].append(one)
        rest = by_caller.pop(None, [])
        paged += [page for some in by_caller.values() for page in _pages(some, most)]
        pages, by_kind = list(_pages(rest, most)), list(_by_kind(rest, most))
        whole += pages
        single += by_kind if len(by_kind) <= book.room_at(group[0].to, now, critical=critical) else pages
    room = book.room(now, critical=critical)
    messages = [*paged, *(single if room is None or len(single) <= room else whole)]
    return book.in_turn(messages, critical=critical)


def _by_kind(group: Message, most: int) -> Iterator[Message]:
    kinds = dict[tuple[str, bool], Message]()
    for one in group:
        kinds.setdefault((one.notice.type, is_critical([one])), []).append(one)
    for some in kinds.values():
        yield from _pages(some, most)


def _pages(group: Message, most: int) -> Iterator[Message]:
    """In the order in which they are told, which is the same for the same notices."""
    ordered = sorted(group, key=lambda one: _at(one.notice, one.since))
    return (sorted(some, key=_told) for some in itertools.batched(ordered, most, strict=False))


def _again(waiting: Iterable[Waiting]) -> list[Message]:
    """The messages that were tried before, each as it was."""
    batches = dict[str, Message]()
    for one in waiting:
        if one.batch is not None:
            batches.setdefault(one.batch, []).append(one)
    return sorted((sorted(some, key=_told) for some in batches.values()), key=_longest)


def _told(one: Waiting) -> tuple[int, datetime, str]:
    """What matters most first, and then in the order in which it happened."""
    return -RANK[one.notice.severity], *_at(one.notice, one.since)


def _at(notice: Notice, since: datetime) -> tuple[datetime, str]:
    return notice.at or since, notice.event_id


def _urgency(message: Message) -> tuple[bool, bool, datetime]:
    return not is_critical(message), any(one.due is not None for one in message), _longest(message)


def _age(one: Waiting) -> tuple[datetime, str]:
    return one.since, one.notice.event_id


def _longest(message: Message) -> datetime:
    return min(one.since for one in message)


def _free(times: Sequence[datetime], most: int | None, window: timedelta) -> datetime:
    """When one more fits, with `most` in each window; `times` are in their order."""
    return ANY_TIME if most is None or len(times) < most else times[-most] + window


def _turn(times: Sequence[datetime], most: int) -> datetime:
    """When one more goes to an address, or because of a caller: within the limit at once, beyond it now and then."""
    return ANY_TIME if len(times) < most else min(_free(times, most, HOUR), times[-1] + EVERY)


def _since(times: Sequence[datetime], begin: datetime) -> int:
    return sum(at > begin for at in times)
