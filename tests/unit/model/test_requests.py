"""The life of a request: what may follow what, and what is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from functions.adapters.azure_tables.rows import event_row, request_row
from functions.model.links import Links
from functions.model.request.actor import UNNAMED
from functions.model.request.apply_state import MAX_MESSAGE, apply_state, postpone
from functions.model.request.history import Action
from functions.model.request.moves import MOVES
from functions.model.request.new_request import MAX_SUBJECT, track
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.notifications.notice import notice_of
from functions.ports.notifications import QueuedNotice
from tests.actors import person, saying
from tests.certificates import Ca, make_csr
from tests.clock import NOW, fixed_now
from tests.unit.fakes import signed, version_of

CREATED = Action("created", person("me"))
OPERATION = Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", make_csr("web.example.com")[1])


def tracked(status: Status = Status.IN_PROGRESS) -> TrackedRequest:
    request = track("main", "web", OPERATION, "CN=web.example.com", "k" * 64, "me@example.com", NOW, CREATED).request
    return replace(request, status=status, next_check=request.next_check if status is Status.IN_PROGRESS else None)


def test_a_started_request_is_due_after_a_minute() -> None:
    change = track("main", "web", OPERATION, "CN=web.example.com", "k", "me@example.com", NOW, CREATED)
    assert change.request.next_check
    assert timedelta(minutes=1) <= change.request.next_check - NOW <= timedelta(seconds=66)
    assert [event.type for event in change.events] == ["Certflow.Issuance.Started"]
    assert change.request.requested_by == person("me")
    assert [(act.what, act.by) for act in change.history] == [("created", person("me"))]
    assert change.events[0].id == f"main:web:{'a' * 32}:started"


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", [Status.IN_PROGRESS, Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_every_pair_of_states_moves_as_the_table_says(before: Status, after: Status) -> None:
    change = apply_state(tracked(before), replace(OPERATION, status=after), NOW)
    assert change.request.status == (after if after in MOVES[before] else before)
    assert len(change.events) == (1 if after in MOVES[before] else 0)
    assert (change.request.next_check is not None) == (change.request.status is Status.IN_PROGRESS)


def test_an_act_of_ours_is_one_line_of_history_whether_it_moves_the_request_or_not() -> None:
    doing = Action("cancelled", saying("me"))
    asked = apply_state(tracked(), OPERATION, NOW, action=doing)
    assert [act.what for act in asked.history] == ["cancelled"]
    assert asked.events == ()
    gone = apply_state(asked.request, NotPending(None), NOW, action=Action("deleted", saying("me")))
    assert [(act.what, act.status) for act in gone.history] == [("deleted", Status.DELETED)]
    assert [act.what for act in apply_state(tracked(), NotPending(None), NOW).history] == ["observed"]


def test_an_end_seen_twice_is_told_once() -> None:
    seen = replace(OPERATION, status=Status.FAILED, error_code="Request rejected", error_message="no such name")
    first = apply_state(tracked(), seen, NOW)
    assert first.events[0].data["error"] == {"code": "Request rejected", "message": "no such name"}
    assert apply_state(first.request, seen, NOW).events == ()


def test_a_request_that_vanished_is_deleted_and_one_with_another_in_its_place_overwritten() -> None:
    assert apply_state(tracked(), NotPending(None), NOW).request.status is Status.DELETED
    overwritten = apply_state(tracked(), NotPending("b" * 32), NOW)
    assert overwritten.request.status is Status.OVERWRITTEN
    assert overwritten.events[0].data["replaced_by"] == "b" * 32
    assert overwritten.request.replaced_by == "b" * 32
    assert apply_state(tracked(), replace(OPERATION, request_id="b" * 32), NOW).request.status is Status.OVERWRITTEN


def test_a_failed_request_is_completed_by_a_merge_and_stays_failed_otherwise() -> None:
    failed = tracked(Status.FAILED)
    assert apply_state(failed, replace(OPERATION, status=Status.COMPLETED), NOW).request.status is Status.COMPLETED
    assert apply_state(failed, NotPending("b" * 32), NOW).events == ()


def test_the_version_is_recorded_only_if_it_has_the_requests_key() -> None:
    seen = replace(OPERATION, status=Status.COMPLETED)
    certificate = version_of(signed(Ca.root("Root", at=fixed_now), OPERATION))
    mine = replace(tracked(), key_sha256=certificate.key_sha256)
    assert apply_state(mine, seen, NOW, certificate).request.version == "v1"
    assert apply_state(tracked(), seen, NOW, certificate).request.version is None


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(minutes=1), timedelta(minutes=1)),
        (timedelta(minutes=30), timedelta(minutes=5)),
        (timedelta(hours=5), timedelta(minutes=30)),
        (timedelta(days=5), timedelta(minutes=30)),
    ],
)
def test_old_requests_are_looked_at_less_often(age: timedelta, pause: timedelta) -> None:
    again = apply_state(tracked(), OPERATION, NOW + age).request.next_check
    assert again is not None
    assert pause <= again - (NOW + age) <= pause * 1.1


def test_failed_looks_come_ever_later_and_never_more_than_an_hour_apart() -> None:
    request, pauses = tracked(), []
    for _ in range(12):
        request = postpone(request, NOW, "HTTP 503", 0)
        assert request.next_check
        pauses.append((request.next_check - NOW).total_seconds())
    assert pauses[:3] == [10, 20, 40]
    assert pauses[-1] == 3600
    assert postpone(tracked(), NOW, "HTTP 429", 120).next_check == NOW + timedelta(seconds=120)
    assert apply_state(request, OPERATION, NOW).request.attempts == 0


def test_two_runs_that_merge_at_once_leave_one_line_of_it_in_the_history() -> None:
    merging = replace(tracked(), merging="run", merging_until=NOW)
    done, merged = replace(OPERATION, status=Status.COMPLETED), Action("merged", UNNAMED)
    first = apply_state(merging, done, NOW, action=merged)
    assert [act.what for act in first.history] == ["merged"]
    assert apply_state(first.request, done, NOW, action=merged).history == ()


def test_the_line_of_a_merge_has_its_version_also_where_an_event_told_the_end_first() -> None:
    version = version_of(signed(Ca.root("Root", at=fixed_now), OPERATION))
    asked = replace(tracked(), key_sha256=version.key_sha256, merging="run", merging_until=NOW)
    done = replace(OPERATION, status=Status.COMPLETED)
    seen = apply_state(asked, done, NOW, version)
    lines = (*seen.history, *apply_state(seen.request, done, NOW, version, Action("merged", UNNAMED)).history)
    assert [(act.what, (act.certificate or {}).get("version")) for act in lines] == [
        ("observed", "v1"),
        ("merged", "v1"),
    ]
    later = replace(version, key_sha256="0" * 64)  # of another request
    assert apply_state(asked, done, NOW, later).history[0].certificate is None


def test_a_merge_whose_end_an_event_told_first_is_in_the_history_all_the_same() -> None:
    merging = replace(tracked(), merging="run", merging_until=NOW)
    done, merged = replace(OPERATION, status=Status.COMPLETED), Action("merged", UNNAMED)
    seen = apply_state(merging, done, NOW)
    assert [act.what for act in (*seen.history, *apply_state(seen.request, done, NOW, action=merged).history)] == [
        "observed",
        "merged",
    ]


def test_of_a_very_long_message_as_much_is_kept_as_fits_into_a_notice_that_waits() -> None:
    """It stands there twice, and each line break is two characters. A property of a row has 32,768."""
    failed = replace(OPERATION, status=Status.FAILED, error_code="Request rejected", error_message="\n\x01" * 50_000)
    change = apply_state(tracked(), failed, NOW)
    (event,) = change.events
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    assert len(msgspec.json.encode(QueuedNotice(notice, NOW)).decode()) <= 32_768
    assert len(event_row(event)["event"]) <= 32_768
    message = request_row(change.request)["error_message"]
    assert (len(message), message[-1]) == (MAX_MESSAGE, "…")


def test_of_a_very_long_subject_the_beginning_is_kept_in_row_and_events() -> None:
    change = track(
        "main", "web", OPERATION, "CN=\x01" + ",OU=\x01" * 50_000, "k", None, NOW, Action("created", UNNAMED)
    )
    assert len(change.request.subject) == MAX_SUBJECT
    failed = replace(OPERATION, status=Status.FAILED, error_code="Request rejected", error_message="\x01" * 50_000)
    (event,) = apply_state(change.request, failed, NOW).events
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    assert len(msgspec.json.encode(QueuedNotice(notice, NOW)).decode()) <= 32_768


def test_a_message_that_is_not_too_long_is_kept_as_it_is() -> None:
    failed = replace(OPERATION, status=Status.FAILED, error_code="Request rejected", error_message="m" * MAX_MESSAGE)
    assert apply_state(tracked(), failed, NOW).request.error_message == "m" * MAX_MESSAGE
