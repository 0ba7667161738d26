"""An issuer in trouble: several requests that fail for the same reason of its account are one thing to mend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.errors import ConcurrentChange
from functions.model.events.event import Event
from functions.monitoring.issuer_failures import MAX_FAILURES, MIN_FAILURES, kind_of, note_failure
from functions.ports.monitoring_store import IssuerFailures
from functions.triggers.event_grid import hear_own
from tests.unit.fakes import FakeChannel, World

ISSUER_FAULT = {"code": "Certificate issuer error", "message": "The service is not available."}
ACCOUNT = {"code": "Request rejected", "message": "The account balance is too low."}
OWN = {"code": "Request rejected", "message": "The domain web.example.com is not validated."}


def failed(number: int, error: dict[str, str] | None = None, issuer: str = "DigiCert") -> dict[str, Any]:
    name = f"web-{number}"
    return {
        "vault": "main",
        "name": name,
        "request_id": f"{number:032x}",
        "issuer": issuer,
        "error": error or ISSUER_FAULT,
    }


def troubled(world: World) -> list[Event]:
    return [event for event in world.topic.published if event.type == "Certflow.Issuer.Troubled"]


@pytest.mark.parametrize(
    "error",
    [
        ISSUER_FAULT,
        ACCOUNT,
        {"code": "certificate issuer error", "message": ""},
        {"code": "x", "message": "Unauthorised"},
        {"code": "x", "message": "The API key has expired"},
        {"code": "x", "message": "Invalid credentials were supplied"},
        {"code": "x", "message": "the subscription is suspended"},
    ],
)
def test_what_the_issuers_account_is_to_blame_for_has_a_kind(error: dict[str, str]) -> None:
    assert kind_of(error)


@pytest.mark.parametrize("error", [OWN, {}, {"code": None, "message": None}, {"code": "x", "message": "no such name"}])
def test_what_the_request_itself_is_to_blame_for_has_none(error: dict[str, Any]) -> None:
    assert kind_of(error) is None


def test_the_same_error_is_one_kind_whatever_names_and_numbers_it_has() -> None:
    told = {
        kind_of(
            {"code": "Certificate issuer error", "message": f"Order {order} for {name} failed:  '{name}' at 10:0{n}"}
        )
        for n, (order, name) in enumerate(
            [("4711", "web.example.com"), ("4712", "a.b.example.org"), ("9", "x.example")]
        )
    }
    assert len(told) == 1


# As it was until 0.1: right in what it takes out, and cubic in the length of a word.
TAKEN_OUT = re.compile(r"'[^']*'|\"[^\"]*\"|\S*[\w-]+\.[\w.-]+\S*|\S*\d\S*")
WORDS = st.text(st.sampled_from("ab1-._:/(),;ä…"), min_size=1, max_size=8)
QUOTES = st.builds(lambda mark, text: f"{mark}{text}{mark}", st.sampled_from("'\""), st.text("ab 1.-", max_size=8))


@given(st.lists(WORDS | QUOTES, max_size=8), st.sampled_from([" ", "  ", "\n", "\t"]))
def test_what_is_taken_out_of_a_message_is_what_always_was(words: list[str], blank: str) -> None:
    message = blank.join(words)
    kind = kind_of({"code": "Certificate issuer error", "message": message})
    assert kind == " ".join(f"certificate issuer error: {TAKEN_OUT.sub('…', message)}".lower().split())


def test_different_errors_are_kinds_of_their_own() -> None:
    assert kind_of(ISSUER_FAULT) != kind_of(ACCOUNT) != kind_of(ACCOUNT | {"code": "Certificate issuer error"})


async def test_several_of_one_kind_are_told_once() -> None:
    world = World()
    for number in range(10):
        await note_failure(world.certflow, failed(number), world.now)
        assert len(troubled(world)) == (1 if number + 1 >= MIN_FAILURES else 0)
    (event,) = troubled(world)
    assert [one["name"] for one in event.data["failed"]] == ["web-0", "web-1", "web-2"]
    assert event.data["error"] == ISSUER_FAULT
    assert event.data["issuer"] == "DigiCert"


async def test_they_are_counted_within_a_day() -> None:
    world = World()
    for number in range(6):
        await note_failure(world.certflow, failed(number), world.now)
        world.later(hours=13)
    assert troubled(world) == []


async def test_trouble_that_goes_on_is_told_again_the_next_day_and_as_another_event() -> None:
    world = World()
    for number in range(60):
        await note_failure(world.certflow, failed(number), world.now)
        world.later(hours=1)
    assert len(troubled(world)) == len({event.id for event in troubled(world)}) == 3


async def test_an_event_that_comes_again_counts_once() -> None:
    world = World()
    for _ in range(5):
        await note_failure(world.certflow, failed(1), world.now)
        await note_failure(world.certflow, failed(2), world.now)
    assert troubled(world) == []


async def test_an_event_that_comes_again_late_counts_from_when_it_came_first() -> None:
    world = World()
    for hours in (23, 2):
        for number in (1, 2):
            await note_failure(world.certflow, failed(number), world.now)
        world.later(hours=hours)
    await note_failure(world.certflow, failed(3), world.now)
    assert troubled(world) == []


async def test_each_kind_and_each_issuer_counts_for_itself() -> None:
    world = World()
    for number, (error, issuer) in enumerate(
        [(ISSUER_FAULT, "DigiCert"), (ACCOUNT, "DigiCert"), (ISSUER_FAULT, "GlobalSign")] * 2
    ):
        await note_failure(world.certflow, failed(number, error, issuer), world.now)
    assert troubled(world) == []
    await note_failure(world.certflow, failed(100, ACCOUNT, "digicert"), world.now)
    assert [event.data["error"] for event in troubled(world)] == [ACCOUNT]


async def test_what_the_requests_are_to_blame_for_never_counts() -> None:
    world = World()
    for number in range(10):
        await note_failure(world.certflow, failed(number, OWN), world.now)
    assert troubled(world) == []
    assert world.monitoring_store.troubles == {}


async def test_two_that_count_at_once_lose_none() -> None:
    world = World()
    await note_failure(world.certflow, failed(1), world.now)
    await note_failure(world.certflow, failed(2), world.now)
    keep, faster = world.monitoring_store.save_issuer_failures, [failed(3)]

    async def keep_trouble(trouble: IssuerFailures, events: Sequence[Event] = ()) -> None:
        if faster:
            await note_failure(world.certflow, faster.pop(), world.now)
        await keep(trouble, events)

    world.monitoring_store.save_issuer_failures = keep_trouble  # type: ignore[method-assign]  # another instance in between
    await note_failure(world.certflow, failed(4), world.now)
    assert len(troubled(world)) == 1
    (trouble,) = world.monitoring_store.troubles.values()
    assert len(trouble.failures) == 4


async def test_a_row_that_keeps_changing_is_tried_later() -> None:
    world = World()

    async def keep_trouble(trouble: IssuerFailures, events: Sequence[Event] = ()) -> None:
        raise ConcurrentChange("changed")

    world.monitoring_store.save_issuer_failures = keep_trouble  # type: ignore[method-assign]  # very busy
    with pytest.raises(Exception, match="keeps changing"):
        await note_failure(world.certflow, failed(1), world.now)


async def test_only_the_newest_failures_are_kept() -> None:
    world = World()
    for number in range(MAX_FAILURES + 20):
        await note_failure(world.certflow, failed(number), world.now)
    (trouble,) = world.monitoring_store.troubles.values()
    assert len(trouble.failures) == MAX_FAILURES
    assert trouble.failures[-1].name == f"web-{MAX_FAILURES + 19}"
    assert len(troubled(world)) == 1


async def test_a_kind_is_told_once_a_day_although_another_has_pushed_its_failures_out() -> None:
    world, number = World(), 0
    for message, count in (("no account", MIN_FAILURES), ("no funds", MAX_FAILURES), ("no account", MIN_FAILURES)):
        for _ in range(count):
            error = {"code": "Certificate issuer error", "message": message}
            await note_failure(world.certflow, failed(number, error), world.now)
            number += 1
    assert [event.data["error"]["message"] for event in troubled(world)] == ["no account", "no funds"]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(minutes=7), timedelta(days=10)])
@pytest.mark.parametrize("together", [1, 4, 12])
async def test_its_row_stays_within_what_the_tables_take_whatever_an_issuer_says(
    together: int, apart: timedelta
) -> None:
    """A property of a row: 64 KiB of UTF-16, which are 32,768 characters."""
    world, most, number = World(), 0, 0
    for first in range(0, 96, together):
        for kind in [*range(first, first + together)] * MIN_FAILURES:
            letters = chr(97 + kind // 26) + chr(97 + kind % 26) + "x" * 400
            error = {"code": "Certificate issuer error", "message": letters}
            await note_failure(world.certflow, failed(number, error) | {"name": f"{number:w>127}"}, world.now)
            number += 1
            (trouble,) = world.monitoring_store.troubles.values()
            most = max(most, len(msgspec.json.encode(replace(trouble, etag="")).decode()))
        world.now += apart
    assert len(troubled(world)) == 96
    assert most <= 32_768


async def comes_back(world: World, event: Event) -> None:
    """An event of ours, as the topic delivers it."""
    await world.ledger.keep_sent(event, world.now)
    await hear_own(world.certflow, {"id": event.id, "type": event.type, "data": dict(event.data)})
    await world.send()


async def test_the_failures_are_told_beside_the_issuers_trouble() -> None:
    teams = FakeChannel("teams")
    world = World(channels=(teams,))
    for number in range(MIN_FAILURES):
        await comes_back(world, Event(f"e{number}", "Certflow.Issuance.Failed", "", world.now, data=failed(number)))
    assert [notice.title for notice in teams.sent] == [
        f"Certificate request failed: web-{n} in main" for n in range(MIN_FAILURES)
    ]
    (event,) = troubled(world)
    await comes_back(world, event)
    assert teams.sent[-1].title == "Issuer in trouble: DigiCert in main"


async def test_trouble_that_could_not_be_sent_stands_in_the_outbox() -> None:
    world = World()
    world.topic.down = True
    for number in range(MIN_FAILURES):
        await note_failure(world.certflow, failed(number), world.now - timedelta(minutes=1))
    assert [event.type for event in world.ledger.outbox.values()] == ["Certflow.Issuer.Troubled"]
    assert replace(next(iter(world.monitoring_store.troubles.values())), etag="").told
