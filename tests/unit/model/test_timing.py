"""When a request is looked at and its owner reminded: by its age, by its issuer, and the same at every try."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.timing import (
    FIRST_CHECKS,
    MAX_CHECK_PAUSE,
    MAX_FIRST_CHECK,
    REMINDERS,
    ReminderDelays,
    first_checks,
    next_check_at,
    pause_after,
    soonest,
)
from tests.clock import NOW

AGES = st.timedeltas(timedelta(0), timedelta(days=900))
IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(minutes=10), timedelta(minutes=1)),
        (timedelta(minutes=10, seconds=1), timedelta(minutes=5)),
        (timedelta(hours=1), timedelta(minutes=5)),
        (timedelta(hours=1, seconds=1), timedelta(minutes=30)),
        (timedelta(days=1, seconds=1), timedelta(minutes=30)),
        (timedelta(days=900), timedelta(minutes=30)),
    ],
)
def test_the_older_a_request_the_longer_the_pause(age: timedelta, pause: timedelta) -> None:
    again = next_check_at(NOW - age, "a" * 32, NOW, manual=False)
    assert pause <= again - NOW <= pause * 1.1


@given(AGES, IDS)
def test_a_manual_request_is_looked_at_hourly_whatever_its_age(age: timedelta, request_id: str) -> None:
    pause = next_check_at(NOW - age, request_id, NOW, manual=True) - NOW
    assert timedelta(hours=1) <= pause <= timedelta(minutes=66)


@given(AGES, IDS)
def test_the_next_look_of_one_request_is_the_same_at_every_try(age: timedelta, request_id: str) -> None:
    first, second = (next_check_at(NOW - age, request_id, NOW, manual=False) for _ in range(2))
    assert first == second > NOW


def test_the_looks_of_many_requests_that_were_started_together_are_spread() -> None:
    looks = [next_check_at(NOW, secrets.token_hex(16), NOW, manual=True) - NOW for _ in range(1000)]
    tenths = [int((look - timedelta(hours=1)) / timedelta(seconds=36)) for look in looks]
    assert all(50 <= tenths.count(tenth) <= 150 for tenth in range(10))


def test_an_issuer_of_which_nothing_is_known_is_asked_after_its_retry_after_and_twice_more() -> None:
    assert first_checks(None) == FIRST_CHECKS == tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40))


def test_where_it_is_known_how_long_an_issuer_takes_the_looks_are_around_that_time() -> None:
    assert first_checks(120) == tuple(timedelta(seconds=seconds) for seconds in (60, 120, 240))


@given(st.floats(0, 1e9))
def test_a_first_look_is_never_before_the_issuers_retry_after_nor_later_than_a_queue_can_hide_it(usual: float) -> None:
    looks = first_checks(usual)
    assert list(looks) == sorted(looks)
    assert all(timedelta(seconds=10) <= look <= MAX_FIRST_CHECK < timedelta(days=7) for look in looks)


@given(st.floats(0, 100) | st.floats(0, 1e9))
def test_no_two_first_checks_have_the_same_time(usual: float) -> None:
    checks = first_checks(usual)
    assert len(set(checks)) == len(checks) >= 1


@pytest.mark.parametrize("usual", [0, 4, 10])
def test_an_issuer_that_answers_before_the_first_check_is_checked_later_too(usual: float) -> None:
    assert first_checks(usual) == FIRST_CHECKS


def test_first_checks_that_no_queue_could_hide_for_long_enough_become_one() -> None:
    day = timedelta(days=1)
    assert first_checks(7 * day.total_seconds()) == (3.5 * day, MAX_FIRST_CHECK)


@given(st.integers(1, 10_000), st.integers(0, 3600))
def test_looks_that_fail_pause_ever_longer_an_hour_at_most_and_as_long_as_the_service_asks(
    attempts: int, retry_after: int
) -> None:
    pause = pause_after(attempts, retry_after)
    assert timedelta(seconds=retry_after) <= pause <= MAX_CHECK_PAUSE
    assert pause_after(attempts + 1, retry_after) >= pause


def test_patience_differs_by_who_is_to_act() -> None:
    patience = ReminderDelays(issuer=timedelta(hours=2), manual=timedelta(days=1))
    assert patience.reminder(NOW, 0, manual=False) == NOW + timedelta(hours=2)
    assert patience.reminder(NOW, 0, manual=True) == NOW + timedelta(days=1)


def test_reminders_come_ever_more_seldom_and_end() -> None:
    patience, given_at = ReminderDelays(), list[timedelta]()
    while (at := patience.reminder(NOW, len(given_at), manual=False)) is not None:
        given_at.append(at - NOW)
    assert given_at == [timedelta(days=days) for days in (1, 2, 4, 7)]
    assert len(given_at) == len(REMINDERS)


def test_a_reminder_that_is_due_sooner_brings_the_look_forward() -> None:
    look, sooner, later = (NOW + timedelta(minutes=minutes) for minutes in (30, 10, 50))
    assert (soonest(look, sooner), soonest(look, later), soonest(look, None)) == (sooner, look, look)
