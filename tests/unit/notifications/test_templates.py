"""What people read: how long, by whom, which ones, and what to type."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.humanize import duration, join_limited
from functions.model.links import Links
from functions.notifications.notice import notice_of
from functions.ports.notifications import Notice
from tests.unit.sample_events import DATA

DAY = 86400
CERTIFICATE: dict[str, Any] = {"vault": "main", "name": "web", "not_after": "2026-12-14T08:00:00+00:00"}
CERTIFICATE |= {"rung": 1, "rungs": 3, "renewal": "notify"}


def said(what: str, data: dict[str, Any]) -> Notice:
    notice = notice_of("e1", f"Certflow.{what}", data, Links())
    assert notice is not None
    return notice


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (95, "1 minute 35 seconds"),
        (3 * DAY + 3661, "3 days 1 hour"),
        (16 * DAY + 59, "16 days 59 seconds"),
    ],
)
def test_a_duration_is_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("names", "words"), [("", ""), ("a", "a"), ("abb", "a, b"), ("abc", "a, b, c"), ("abcde", "a, b, c and 2 more")]
)
def test_of_many_names_the_first_are_said_each_once(names: str, words: str) -> None:
    assert join_limited(names, 3) == words


def test_an_end_that_is_near_or_past_is_said_in_days_and_by_its_date() -> None:
    near = said("Certificate.NearExpiry", CERTIFICATE | {"left": 16 * DAY + 7200})
    assert near.sentence == "The certificate web in vault main expires in 16 days 2 hours, on 2026-12-14."
    past = said("Certificate.Expired", CERTIFICATE | {"left": -DAY})
    assert past.sentence == "The certificate web in vault main has not been valid since 2026-12-14 (1 day ago)."


def test_an_end_that_was_told_before_events_had_what_is_left_is_said_by_its_date() -> None:
    assert said("Certificate.NearExpiry", CERTIFICATE).sentence.endswith(" is valid until 2026-12-14.")
    assert said("Certificate.Expired", CERTIFICATE).sentence.endswith(" has not been valid since 2026-12-14.")


@pytest.mark.parametrize(
    ("what", "data", "address"),
    [
        ("Issuance.Stalled", DATA | {"age": DAY}, "POST /api/vaults/main/certificates/web/pending/acknowledge "),
        ("Certificate.NearExpiry", CERTIFICATE, "POST /api/vaults/main/certificates/web/create "),
        ("Certificate.Expired", CERTIFICATE, "POST /api/vaults/main/certificates/web/create "),
    ],
)
def test_what_is_to_be_called_can_be_typed(what: str, data: dict[str, Any], address: str) -> None:
    assert address in said(what, data).next_step


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("completed", "Took"),
        ("failed", "Took"),
        ("cancelled", "After"),
        ("deleted", "After"),
        ("overwritten", "After"),
    ],
)
def test_what_somebody_ended_has_taken_no_time(status: str, title: str) -> None:
    facts = said(f"Issuance.{status.capitalize()}", DATA | {"status": status, "took": 95}).facts
    assert [fact for fact in facts if fact[0] in {"Took", "After"}] == [(title, "1 minute 35 seconds")]


def test_who_asked_is_said() -> None:
    assert ("Requested by", "ann@example.com") in said(
        "Issuance.Failed", DATA | {"requested_by": "ann@example.com"}
    ).facts
    assert "Requested by" not in dict(said("Issuance.Failed", DATA).facts)


@pytest.mark.parametrize(("issuer", "signed"), [("DigiCert", False), ("Unknown", True), ("unknown", True)])
def test_only_where_a_person_has_it_signed_a_request_in_anothers_place_asks_for_that(
    issuer: str, *, signed: bool
) -> None:
    notice = said("Issuance.Overwritten", DATA | {"issuer": issuer, "replaced_by": "b" * 32})
    assert ("have its CSR signed" in notice.next_step) is signed


def test_an_issuer_in_trouble_is_told_with_the_requests_to_start_again() -> None:
    failed = [{"name": f"web-{number}", "request_id": f"{number:032x}"} for number in (*range(12), 0)]
    notice = said("Issuer.Troubled", DATA | {"failed": failed})
    names = ", ".join(f"web-{number}" for number in range(10))
    assert ("Failed", f"{names} and 2 more") in notice.facts
