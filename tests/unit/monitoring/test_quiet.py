"""When a scan asks for what is pending: always where something may happen, else by turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, PendingRequest
from functions.model.options import Options
from functions.monitoring.quiet import A_DAY, ALL_ASKED, is_to_be_asked, is_to_be_read, quiet_pause, turn_has_come
from functions.ports.monitoring_store import InventoryScan, ScanCounts
from functions.ports.vault import CertificateItem
from tests.clock import NOW
from tests.unit.fakes import World

LONG_AGO = NOW - timedelta(days=30)
ENTRY = CertificateItem("web", "aa", LONG_AGO, NOW + timedelta(days=300), updated=LONG_AGO)
CURRENT = IssuedCertificate("v1", "aa", not_before=LONG_AGO, not_after=ENTRY.not_after)
QUIET = CertificateRecord(
    "web",
    updated=LONG_AGO,
    current=CURRENT,
    policy=AskedFor("DigiCert", action="AutoRenew", percentage=80),
    read=NOW,
    asked=NOW,
)


def known(**fields: object) -> CertificateRecord:
    return replace(QUIET, **fields)  # type: ignore[arg-type]  # what a test gives


def auto_renew(days_before: int | None = None, percentage: int | None = None) -> CertificateRecord:
    return known(policy=AskedFor("DigiCert", action="AutoRenew", days_before=days_before, percentage=percentage))


def asked(
    entry: CertificateItem = ENTRY,
    record: CertificateRecord | None = QUIET,
    after: timedelta = A_DAY / 100,
    checked: str | None = None,
) -> bool:
    return is_to_be_asked(entry, record, A_DAY, NOW + after, checked)


def test_a_quiet_certificate_is_asked_once_a_day() -> None:
    hours = [hour for hour in range(1, 24 * 10) if asked(after=timedelta(hours=hour))]
    first = hours[0]
    assert first <= 24
    # Asked again at that hour, the next turn is a day later.
    again = known(asked=NOW + timedelta(hours=first))
    turns = [
        hour for hour in range(first + 1, 24 * 10) if is_to_be_asked(ENTRY, again, A_DAY, NOW + timedelta(hours=hour))
    ]
    assert turns[0] == first + 24


@given(
    name=st.text("abcdefgh-0123", min_size=1, max_size=20), hours=st.integers(1, 24 * 14), last=st.integers(0, 10**6)
)
def test_a_turn_never_waits_longer_than_the_pause_and_comes_once_in_it(name: str, hours: int, last: int) -> None:
    pause, began = timedelta(hours=hours), NOW + timedelta(seconds=last)
    assert turn_has_come(name, began, pause, began + pause)
    step = pause / 16
    turns, at = 0, began
    for index in range(1, 161):
        now = began + step * index
        if turn_has_come(name, at, pause, now):
            turns, at = turns + 1, now
    assert turns == 10


def test_turns_are_spread_over_the_day() -> None:
    hours = [
        next(hour for hour in range(1, 25) if turn_has_come(f"web-{number}", NOW, A_DAY, NOW + timedelta(hours=hour)))
        for number in range(2400)
    ]
    assert {hours.count(hour) // 60 for hour in range(1, 25)} <= {1, 2}  # about 100 an hour


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(None, id="never seen"),
        pytest.param(known(asked=None), id="an event has told of it"),
        pytest.param(known(pending=PendingRequest("r1", "inProgress")), id="it moved when it was asked last"),
        pytest.param(known(current=None), id="no version yet"),
        pytest.param(known(policy=None), id="its policy is not known"),
        pytest.param(known(policy=AskedFor("unknown")), id="a person has it signed"),
        pytest.param(auto_renew(days_before=301), id="in the window, by days"),
        pytest.param(auto_renew(percentage=9), id="in the window, by share"),
        pytest.param(known(updated=NOW), id="its attributes have changed"),
        pytest.param(known(tags={"a": "b"}), id="its tags have changed"),
        pytest.param(known(current=IssuedCertificate("v1", "bb")), id="a new version"),
        pytest.param(known(enabled=False), id="it was enabled"),
    ],
)
def test_where_something_may_happen_each_scan_asks(record: CertificateRecord | None) -> None:
    assert asked(record=record)


@pytest.mark.parametrize("status", ["failed", "cancelled", "completed"])
def test_a_request_that_has_ended_is_asked_for_by_turns_however_long_it_stands_there(status: str) -> None:
    record = known(pending=PendingRequest("r1", status))
    assert not asked(record=record)
    assert asked(record=record, after=A_DAY)


@pytest.mark.parametrize("after", [A_DAY / 100, A_DAY])
def test_a_request_that_has_checks_of_its_own_is_not_asked_for_by_a_scan_too(after: timedelta) -> None:
    record = known(pending=PendingRequest("r1", "inProgress"))
    assert not asked(record=record, after=after, checked="r1")


@pytest.mark.parametrize("pending", [None, PendingRequest("r1", "failed"), PendingRequest("r1", "inProgress")])
def test_a_tracked_request_that_the_record_does_not_have_yet_is_asked_for(pending: PendingRequest | None) -> None:
    assert asked(record=known(pending=pending), checked="r2")


def test_where_each_scan_asks_it_asks_for_tracked_requests_too() -> None:
    record = known(pending=PendingRequest("r1", "inProgress"))
    assert is_to_be_asked(ENTRY, record, None, NOW, "r1")


@pytest.mark.parametrize(
    "policy",
    [
        AskedFor("DigiCert", action="AutoRenew", days_before=299),
        AskedFor("DigiCert", action="AutoRenew", percentage=10),
        AskedFor("DigiCert", action="EmailContacts", days_before=301),
        AskedFor("DigiCert"),
    ],
)
def test_just_outside_of_the_window_it_is_quiet(policy: AskedFor) -> None:
    assert not asked(record=known(policy=policy))


def test_without_a_pause_each_scan_asks() -> None:
    assert is_to_be_asked(ENTRY, QUIET, None, NOW)


@pytest.mark.parametrize(
    ("entry", "record", "read"),
    [
        (ENTRY, None, True),
        (ENTRY, QUIET, False),
        (ENTRY, known(read=None), True),
        (replace(ENTRY, updated=NOW), QUIET, True),
        (replace(ENTRY, thumbprint=None), known(current=None), False),
    ],
)
def test_a_certificate_is_read_when_it_has_changed(
    entry: CertificateItem, record: CertificateRecord, *, read: bool
) -> None:
    assert is_to_be_read(entry, record, NOW + A_DAY / 100) is read


def test_and_it_is_read_once_a_day() -> None:
    assert is_to_be_read(ENTRY, QUIET, NOW + A_DAY)


@pytest.mark.parametrize(
    ("counts", "setting", "pause"),
    [
        ({}, None, None),
        ({"main": ALL_ASKED}, None, None),
        ({"main": ALL_ASKED - 5, "other": 5}, None, None),
        ({"main": ALL_ASKED - 5, "other": 6}, None, A_DAY),
        ({"main": 1}, timedelta(hours=6), timedelta(hours=6)),
        ({"main": ALL_ASKED + 1}, timedelta(hours=1), None),
    ],
)
async def test_the_pause_depends_on_the_number_of_certificates_or_on_the_setting(
    counts: Mapping[str, int], setting: timedelta | None, pause: timedelta | None
) -> None:
    world = World(options=Options(quiet_check=setting))
    for alias, count in counts.items():
        world.monitoring_store.surveys[alias] = InventoryScan(alias, last=ScanCounts(count))
    certflow = replace(world.certflow, vaults={"main": world.vault, "other": world.vault})
    assert await quiet_pause(certflow) == pause


def test_no_time_of_the_record_is_needed_for_the_window() -> None:
    """A certificate that cannot be read has no dates: each scan asks."""
    unread = IssuedCertificate("v1", "aa", unread=True)
    assert asked(record=known(current=unread))
