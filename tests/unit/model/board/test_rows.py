"""The rows of the board: their order, their states, and what a reader sees of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.board.rows import MAX_ERROR, AskedRequest, board_of
from functions.model.request.actor import Actor, ActorKind
from functions.model.request.operation import Status
from functions.model.request.request_state import CHECK_FAILED, RequestState, changed_at, error_of, state_of
from functions.model.request.tracked import TrackedRequest
from tests.clock import NOW

HOUR = timedelta(hours=1)
REQUEST = TrackedRequest("main", "web", "a" * 32, "DigiCert", "CN=web", "k", NOW - 2 * HOUR)


@pytest.mark.parametrize(
    ("status", "issuer", "reminded", "state"),
    [
        ("inProgress", "DigiCert", 0, "in-progress"),
        ("inProgress", "Self", 0, "in-progress"),
        ("inProgress", "unknown", 0, "your-turn"),
        ("inProgress", "DigiCert", 1, "stalled"),
        ("inProgress", "Unknown", 4, "stalled"),
        ("completed", "Unknown", 1, "done"),
        ("failed", "DigiCert", 0, "failed"),
        ("cancelled", "DigiCert", 2, "cancelled"),
        ("deleted", "Unknown", 0, "cancelled"),
        ("overwritten", "Unknown", 0, "cancelled"),
    ],
)
def test_the_state_says_what_it_waits_for_or_how_it_ended(status: str, issuer: str, reminded: int, state: str) -> None:
    assert state_of(Status(status), issuer, reminded) is RequestState(state)


def test_every_status_has_a_state() -> None:
    assert {state_of(one, "Unknown", 0) for one in Status} == {
        *(RequestState.YOUR_TURN, RequestState.DONE, RequestState.FAILED, RequestState.CANCELLED)
    }


def test_the_last_change_is_the_end_or_the_wish_to_cancel() -> None:
    assert changed_at(REQUEST) is None
    asked = replace(REQUEST, cancel_asked=NOW - HOUR)
    assert changed_at(asked) == NOW - HOUR
    assert changed_at(replace(asked, ended=NOW)) == NOW


def test_the_error_is_the_issuers_or_else_that_of_the_last_check() -> None:
    assert error_of(REQUEST) == (None, None)
    late = replace(REQUEST, last_error="Key Vault: HTTP 503")
    assert error_of(late) == (CHECK_FAILED, "Key Vault: HTTP 503")
    assert error_of(replace(late, error_code="Denied", error_message="No.")) == ("Denied", "No.")


def test_a_row_has_what_a_list_shows() -> None:
    by = Actor(ActorKind.KEY, on_behalf_of="ann")
    full = replace(
        REQUEST,
        owner="ann@example.com",
        signer="bob@example.com",
        next_check=NOW + timedelta(microseconds=7),
        quiet_until=NOW + HOUR,
        last_error="x" * 999,
        names="web.example.com www.example.com",
        requested_by=by,
    )
    (row,) = board_of([full], [], NOW).rows
    assert row._asdict() == {
        "vault": "main",
        "name": "web",
        "state": "in-progress",
        "created": "2026-11-24T10:00:00+00:00",
        "changed": None,
        "request_id": "a" * 32,
        "status": "inProgress",
        "owner": "ann@example.com",
        "signer": "bob@example.com",
        "issuer": "DigiCert",
        "next_check": "2026-11-24T12:00:00+00:00",
        "quiet_until": "2026-11-24T13:00:00+00:00",
        "error_code": CHECK_FAILED,
        "error": "x" * (MAX_ERROR - 1) + "…",
        "names": ("web.example.com", "www.example.com"),
        "by": "ann",
    }


def test_the_order_is_that_of_the_list_of_requests() -> None:
    ended = replace(REQUEST, status=Status.COMPLETED, name="done", ended=NOW - HOUR)
    last = replace(ended, name="last", ended=NOW)
    young = replace(REQUEST, name="young", created=NOW)
    asked = AskedRequest("main", "asked", "i", NOW - HOUR)
    board = board_of([last, young, ended, REQUEST], [asked], NOW)
    assert [one.name for one in board.rows] == ["web", "asked", "young", "last", "done"]


def test_equal_rows_have_equal_versions_and_a_reader_of_some_has_a_version_of_these() -> None:
    other = replace(REQUEST, name="shop", request_id="b" * 32)
    board = board_of([REQUEST, other], [], NOW)
    assert board_of([other, REQUEST], [], NOW + HOUR).version == board.version
    assert board.seen_by(lambda _vault, _name: True) is board
    some = board.seen_by(lambda vault, name: (vault, name) == ("main", "web"))
    assert [one.name for one in some.rows] == ["web"]
    changed = board_of([REQUEST, replace(other, reminded=1)], [], NOW)
    assert changed.version != board.version
    assert changed.seen_by(lambda _, name: name == "web").version == some.version


@pytest.mark.parametrize(("began", "shown"), [(-HOUR, False), (timedelta(), False), (HOUR, True)])
def test_a_start_is_shown_until_a_request_of_its_name_began_after_it(began: timedelta, shown: bool) -> None:
    asked = AskedRequest("main", "WEB", "i", REQUEST.created + began)
    assert ("asked" in [one.state for one in board_of([REQUEST], [asked], NOW).rows]) is shown


def test_a_later_board_leaves_the_one_before_as_it_is_and_has_each_request_once() -> None:
    before = board_of([REQUEST], [], NOW)
    after = board_of([replace(REQUEST, name="Web", reminded=1)], [], NOW, before)
    assert [(one.name, one.state) for one in after.rows] == [("Web", "stalled")]
    assert [row.state for _, row in before.requests.values()] == ["in-progress"]
