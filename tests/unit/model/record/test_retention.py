"""Which requests of a name are too old, and needed for nothing: by the life of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.model.record.retention import KeptAct, outdated, without_request
from functions.model.request.actor import CHECK
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from tests.clock import NOW

BEFORE = NOW - timedelta(days=400)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def request(request_id: str, ended: float | None, status: Status = Status.COMPLETED, **more: Any) -> TrackedRequest:
    """Created a day before it ended."""
    created = days_ago((ended or 0) + 1)
    made = TrackedRequest("main", "web", request_id, "Unknown", "", "key", created, status=status)
    return replace(made, ended=days_ago(ended) if ended is not None else None, **more)


NEWEST = request("new", 1)


def ids(requests: list[TrackedRequest]) -> list[str]:
    return [one.request_id for one in outdated(requests, BEFORE)]


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.IN_PROGRESS])
def test_what_ended_before_that_time_is_outdated_however_it_ended(status: Status) -> None:
    assert ids([request("a", 401, status), request("b", 399, status), NEWEST]) == ["a"]


def test_the_very_moment_is_kept() -> None:
    assert ids([request("a", 400), NEWEST]) == []


def test_a_request_in_progress_is_never_outdated() -> None:
    assert ids([request("a", None, Status.IN_PROGRESS, created=days_ago(900)), NEWEST]) == []
    assert ids([request("a", 900, Status.IN_PROGRESS), NEWEST]) == []


def test_one_without_the_time_of_its_end_is_left() -> None:
    assert ids([request("a", None, Status.FAILED, created=days_ago(900)), NEWEST]) == []


def test_the_newest_is_kept_however_it_ended() -> None:
    assert ids([request("a", 900, Status.FAILED)]) == []
    assert ids([request("a", 900, Status.COMPLETED), request("b", 800, Status.DELETED)]) == []


def test_the_one_that_was_completed_last_is_kept_beside_the_newest() -> None:
    old, last, newest = request("old", 900), request("last", 800), request("newest", 700, Status.CANCELLED)
    assert ids([old, last, newest]) == ["old"]


def test_completed_last_is_the_one_that_ended_last_and_not_the_one_that_was_created_last() -> None:
    late = request("late", 500, created=days_ago(900))
    assert ids([late, request("early", 600), request("newest", 450, Status.DELETED)]) == ["early"]


def test_one_that_is_to_be_checked_or_merged_is_kept() -> None:
    assert ids([request("a", 900, Status.FAILED, next_check=NOW), NEWEST]) == []
    assert ids([request("a", 900, Status.FAILED, merging="run"), NEWEST]) == []


def test_there_may_be_no_requests() -> None:
    assert ids([]) == []


def test_acts_go_with_their_request_or_by_their_own_age() -> None:
    def act(request_id: str, days: float) -> KeptAct:
        entry = HistoryEntry("observed", days_ago(days), request_id, Status.COMPLETED, CHECK)
        return KeptAct("web", entry, "", "", listed=True)

    acts = [act("new", 900), act("gone", 401), act("gone", 400), act("gone", 399)]
    assert without_request(acts, [NEWEST], BEFORE) == [acts[1]]


def test_the_lines_of_an_approval_stay_as_long_as_the_request_that_was_started_after_it() -> None:
    lines = [
        HistoryEntry("asked", days_ago(500), "", Status.IN_PROGRESS, CHECK, approval=one) for one in ("kept", "gone")
    ]
    acts = [KeptAct("web", one, "", "", listed=True) for one in lines]
    known = [request("a", 450, approval="kept")]
    assert [one.entry.approval for one in without_request(acts, known, BEFORE)] == ["gone"]
