"""NCRONTAB: the six-field schedules of timer triggers, `{second} {minute} {hour} {day} {month} {day of week}`.

The grammar is NCrontab's, the library the Functions host uses: numbers, names, lists, ranges, steps; a day must match
both day fields. cron's extras (`L`, `W`, `#`, `?`, `@daily`) are unknown to it, and 7 is not a Sunday. Where NCrontab
guesses without a word (a range turned round, a step of 0, a date that never comes) this parser refuses.
The arithmetic is croniter's, which is given plain lists of numbers, so that none of its own dialect can slip in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import CroniterError, croniter

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class BadSchedule(ValueError):
    """Not an NCRONTAB schedule, or one that never comes; the text says what to change."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> list[int]:
        return sorted({value for part in text.split(",") for value in self._element(part)})

    def _element(self, part: str) -> range:
        span, slash, step_text = part.partition("/")
        step = self._step(step_text) if slash else 1
        first, dash, last = span.partition("-")
        if span == "*":
            return range(self.low, self.high + 1, step)
        start = self._value(first)
        end = self._value(last) if dash else (self.high if slash else start)
        if start > end:
            raise BadSchedule(
                f"{self.name} {span!r} runs backwards, which NCRONTAB reads as {last}-{first}: "
                f"write {first}-{self._name(self.high)},{self._name(self.low)}-{last}"
            )
        return range(start, end + 1, step)

    def _step(self, text: str) -> int:
        if not (text.isascii() and text.isdigit()) or int(text) < 1:
            raise BadSchedule(f"{self.name} step {text!r} is not a number from 1")
        return int(text)

    def _value(self, text: str) -> int:
        if text.isascii() and text.isdigit():
            if not self.low <= int(text) <= self.high:
                raise BadSchedule(f"{self.name} {text} is not within {self.low}-{self.high}")
            return int(text)
        # NCrontab takes any beginning of an English name, and the first that fits: J is January.
        for offset, name in enumerate(self.names):
            if text and name.lower().startswith(text.lower()):
                return self.low + offset
        known = f"{self.low}-{self.high}" + (f" or a name such as {self.names[0][:3].upper()}" if self.names else "")
        raise BadSchedule(f"{self.name} {text!r} is not known: use {known}, `*`, lists, ranges, steps")

    def _name(self, value: int) -> str:
        return self.names[value - self.low][:3].upper() if self.names else str(value)


FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 0, 6, DAYS),
)


class Schedule:
    """A parsed schedule; occurrences are in UTC, as on Flex Consumption."""

    def __init__(self, text: str) -> None:
        parts = text.split()
        if len(parts) != len(FIELDS):
            raise BadSchedule(
                f"it has {len(parts)} fields, not six (second minute hour day month day-of-week), "
                "e.g. '0 */5 * * * *' for every five minutes"
            )
        self.text = text
        # `*` stays `*`: croniter takes a full list of days for a restriction on top of one of weekdays.
        self._plain = " ".join(
            "*" if part == "*" else ",".join(map(str, field.parse(part)))
            for field, part in zip(FIELDS, parts, strict=True)
        )
        try:
            self.next(datetime(2000, 1, 1, tzinfo=UTC))
        except CroniterError:
            raise BadSchedule("it never comes: no month has that day") from None

    def next(self, after: datetime) -> datetime:
        """The first occurrence later than `after`."""
        return next(self.occurrences(after))

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """The occurrences later than `after`, for ever."""
        # second_at_beginning: NCRONTAB's order; day_or=False: both day fields must match.
        upcoming = croniter(self._plain, after.astimezone(UTC), day_or=False, second_at_beginning=True)
        while True:
            found: datetime = upcoming.get_next(datetime)
            yield found

    def interval(self, after: datetime) -> timedelta:
        """The time between the next two occurrences."""
        first, second = itertools.islice(self.occurrences(after), 2)
        return second - first
