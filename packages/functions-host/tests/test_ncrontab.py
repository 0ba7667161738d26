"""NCRONTAB as the local Functions host reads it: what NCrontab knows, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from functions_host.ncrontab import BadSchedule, Schedule

START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def first(schedule: str, count: int = 3) -> list[str]:
    return [f"{moment:%m-%d %H:%M:%S}" for moment in islice(Schedule(schedule).occurrences(START), count)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/1 * * * * *", ["01-01 00:00:01", "01-01 00:00:02", "01-01 00:00:03"]),
        ("0 */5 * * * *", ["01-01 00:05:00", "01-01 00:10:00", "01-01 00:15:00"]),
        ("30 0 9-17/4 * * *", ["01-01 09:00:30", "01-01 13:00:30", "01-01 17:00:30"]),
        ("0 50/5 * * * *", ["01-01 00:50:00", "01-01 00:55:00", "01-01 01:50:00"]),
        ("0 0 6 * * MON-FRI", ["01-01 06:00:00", "01-02 06:00:00", "01-05 06:00:00"]),
        ("0 0 0 1 jan,Mar-APRIL *", ["03-01 00:00:00", "04-01 00:00:00", "01-01 00:00:00"]),
        ("0 0 0 * * 0", ["01-04 00:00:00", "01-11 00:00:00", "01-18 00:00:00"]),
        ("0 0 0 29 2 *", ["02-29 00:00:00", "02-29 00:00:00", "02-29 00:00:00"]),
    ],
)
def test_occurrences(schedule: str, expected: list[str]) -> None:
    assert first(schedule) == expected


@pytest.mark.parametrize(
    ("schedule", "days"),
    [("0 0 0 1 * MON", {1}), ("0 0 0 1-31 * MON", set(range(1, 32))), ("0 0 0 1-7 * 1", set(range(1, 8)))],
)
def test_a_day_must_match_both_day_fields(schedule: str, days: set[int]) -> None:
    for moment in islice(Schedule(schedule).occurrences(START), 30):
        assert moment.day in days
        assert moment.weekday() == 0


def test_occurrences_are_in_utc_whatever_zone_is_asked_from() -> None:
    berlin = datetime(2026, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert Schedule("0 0 0 * * *").next(berlin) == datetime(2026, 7, 1, tzinfo=UTC)


def test_next_is_later_even_from_within_a_second_and_on_the_spot() -> None:
    schedule = Schedule("*/10 * * * * *")
    assert schedule.next(START) == START + timedelta(seconds=10)
    assert schedule.next(START + timedelta(seconds=9.5)) == START + timedelta(seconds=10)


def test_interval() -> None:
    assert Schedule("0 */5 * * * *").interval(START) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ("*/5 * * * *", "5 fields, not six"),
        ("0 0 0 1 1 * 2026", "7 fields, not six"),
        ("", "0 fields, not six"),
        ("@daily", "1 fields, not six"),
        ("00:05:00", "1 fields, not six"),
        ("0 0 0 L * *", "day 'L' is not known"),
        ("0 0 0 15W * *", "day '15W' is not known"),
        ("0 0 0 ? * *", "day '?' is not known"),
        ("0 0 0 * * 5#2", "day of week '5#2' is not known"),
        ("0 0 0 * * 7", "day of week 7 is not within 0-6"),
        ("60 * * * * *", "second 60 is not within 0-59"),
        ("0 0 24 * * *", "hour 24 is not within 0-23"),
        ("0 0 0 0 * *", "day 0 is not within 1-31"),
        ("0 0 0 * JANUS *", "month 'JANUS' is not known"),
        ("0 MON * * * *", "minute 'MON' is not known"),
        ("0 */0 * * * *", "minute step '0' is not a number from 1"),
        ("0 */x * * * *", "minute step 'x' is not a number from 1"),
        ("0 1,,2 * * * *", "minute '' is not known"),
        ("0 0 22-6 * * *", "hour '22-6' runs backwards, which NCRONTAB reads as 6-22: write 22-23,0-6"),
        ("0 0 0 * * FRI-MON", "write FRI-SAT,SUN-MON"),
        ("0 0 0 31 2 *", "it never comes"),
        ("0 0 0 ١ * *", "day '١' is not known"),
    ],
)
def test_refuses_with_the_reason(schedule: str, reason: str) -> None:
    with pytest.raises(BadSchedule) as refused:
        Schedule(schedule)
    assert reason in str(refused.value)
