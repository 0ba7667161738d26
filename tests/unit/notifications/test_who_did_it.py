"""A message names who did it, and never the one who had asked for the certificate in place of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.model.events.event import Event
from functions.model.events.registry import TOLD
from functions.model.links import Links
from functions.model.request.actor import UNNAMED, UPLOAD, Actor
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.remind import acknowledged
from functions.model.request.tracked import TrackedRequest
from functions.notifications.notice import notice_of
from tests.actors import person, saying
from tests.clock import NOW

CREATOR = person("creator@example.com")
PENDING = Operation("a" * 32, Status.IN_PROGRESS, "Unknown", b"")
NAMELESS = "a caller with a function key, who gave no name"
LATER = NOW + timedelta(hours=1)


def request() -> TrackedRequest:
    owner = "owner@example.com"
    return track("main", "web", PENDING, "CN=web", "key", owner, NOW, Action("created", CREATOR)).request


def facts(event: Event) -> dict[str, str]:
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    return dict(notice.facts)


def done(what: str, by: Actor) -> dict[str, str]:
    """The facts of the message about what somebody did to the request."""
    seen: Any = {
        "deleted": NotPending(None),
        "replaced": NotPending("b" * 32),
        "cancelled": PENDING,
        "merged": replace(PENDING, status=Status.COMPLETED),
    }[what]
    (event,) = apply_state(request(), seen, LATER, action=Action(what, by)).events
    return facts(event)


@pytest.mark.parametrize("what", ["deleted", "replaced", "cancelled", "merged"])
@pytest.mark.parametrize(
    ("by", "shown"),
    [(person("eve@example.com"), "eve@example.com"), (saying("eve"), "eve (not verified)"), (UNNAMED, NAMELESS)],
)
def test_who_ended_a_request_or_asked_for_that_stands_beside_who_had_asked_for_it(
    what: str, by: Actor, shown: str
) -> None:
    told = done(what, by)
    assert told["Done by"] == shown
    assert told["Requested by"] == "creator@example.com"


def test_what_certflow_merged_by_itself_is_done_by_nobody() -> None:
    assert "Done by" not in done("merged", UPLOAD)


@pytest.mark.parametrize(("by", "shown"), [(person("eve"), "eve"), (UNNAMED, NAMELESS)])
def test_who_suppressed_reminders_is_named(by: Actor, shown: str) -> None:
    (event,) = acknowledged(request(), LATER, "ordered", by, NOW).events
    assert facts(event)["Acknowledged by"] == shown


def test_the_owner_who_was_replaced_is_told_who_did_that() -> None:
    type_ = "Certflow.Certificate.OwnerReplaced"
    data = {"vault": "main", "name": "web", "owner": "ann@example.com", "actor": {"kind": "key"}}
    told = facts(Event("e1", type_, "", NOW, data=data))
    assert (told["Done by"], told["Owner before"], told["Owner now"]) == (NAMELESS, "ann@example.com", "none")
    assert type_ in TOLD
