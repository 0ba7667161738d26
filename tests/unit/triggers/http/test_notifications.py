"""The HTTP way in to what people are told: acknowledging, rehearsing, and the status of the vaults."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func
import pytest

from functions.model.links import Links
from functions.notifications.notice import notice_of
from functions.ports.chain_files import MAX_CUT_OFF_TRIES, ParkedFile
from functions.requests.create import CreateCommand, create_request
from functions.triggers.http import notifications
from functions.triggers.http.answers import answered
from functions.triggers.http.context import Context
from functions.triggers.http.overview import get_history, list_requests
from functions.triggers.http.routes import Handler
from functions.triggers.http.status import get_status
from tests.actors import saying
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World

HEADERS = {"content-type": "application/json"}


def request(body: Any, query: dict[str, str] | None = None) -> func.HttpRequest:
    return func.HttpRequest(
        method="POST",
        url="https://app.example.com/api/x",
        headers=HEADERS,
        params=query or {},
        route_params={"vault": "Main", "name": "web"},
        body=b"" if body is None else json.dumps(body).encode(),
    )


async def answer(world: World, handle: Handler, body: Any = None) -> tuple[int, Any]:
    req, certflow = request(body), world.certflow
    response = await answered(req, lambda: handle(req, Context(lambda: certflow)))
    return response.status_code, json.loads(response.get_body())


async def acknowledged(world: World, until: str, why: str = "we know") -> tuple[int, Any]:
    return await answer(world, notifications.acknowledge_pending, {"until": until, "why": why, "requested_by": "ann"})


async def started() -> World:
    world = World()
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    return world


@pytest.mark.parametrize(
    ("until", "means"),
    [
        ("7d", "2026-12-01T12:00:00+00:00"),
        ("24h", "2026-11-25T12:00:00+00:00"),
        ("2026-11-24", "2026-11-24T23:59:59.999999+00:00"),
        ("20261201", "2026-12-01T23:59:59.999999+00:00"),
        ("2026-12-01T09:00", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01T09:00:00+01:00", "2026-12-01T09:00:00+01:00"),
    ],
)
async def test_a_request_is_acknowledged_until_a_day_a_time_or_for_so_long(until: str, means: str) -> None:
    world = await started()
    status, body = await acknowledged(world, until)
    (tracked,) = world.ledger.tracked.values()
    assert (status, body) == (200, {"request_id": tracked.request_id, "quiet_until": means, "why": "we know"})
    assert tracked.quiet_until
    assert tracked.quiet_until.isoformat() == means
    assert (world.ledger.acts[-1].what, world.ledger.acts[-1].by) == ("acknowledged", saying("ann"))


@pytest.mark.parametrize(
    "until",
    [
        "2026-11-23",
        "2026-11-24T12:00:00Z",
        "0d",
        "soon",
        "7 days",
        "-1d",
        "9999-12-31T23:00-05:00",
        "31d",
        "3650d",
        "2027-01-01",
    ],
)
async def test_a_time_that_is_over_too_far_away_or_cannot_be_read_is_refused_and_named(until: str) -> None:
    world = await started()
    status, body = await acknowledged(world, until)
    assert status == 400
    assert body["error"]["message"].startswith("until: ")
    (tracked,) = world.ledger.tracked.values()
    assert tracked.quiet_until is None


async def test_the_same_acknowledged_again_counts_until_the_last_word() -> None:
    world = await started()
    for until in ("7d", "1d"):
        await acknowledged(world, until)
    (tracked,) = world.ledger.tracked.values()
    assert tracked.quiet_until
    assert (tracked.quiet_until - NOW).days == 1


async def test_there_is_nothing_to_acknowledge_where_nothing_is_pending() -> None:
    status, body = await acknowledged(World(), "7d")
    assert (status, body["error"]["code"]) == (404, "PendingCertificateNotFound")


async def test_who_acknowledged_and_why_is_seen_in_the_list_and_in_the_history() -> None:
    world = await started()
    await acknowledged(world, "7d", "the CA is on holiday")
    _, listed = await answer(world, list_requests)
    assert listed["value"][0]["quiet_until"] == "2026-12-01T12:00:00+00:00"
    assert listed["value"][0]["quiet_why"] == "the CA is on holiday"
    _, history = await answer(world, get_history)
    assert (history["value"][-1]["act"], history["value"][-1]["by"]) == ("acknowledged", "ann")
    assert "the CA is on holiday" in history["value"][-1]["note"]


async def test_a_rehearsal_says_by_channel_how_it_ended() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = World(channels=(teams,))
    status, body = await answer(world, notifications.test_notifications, {"events": ["Issuance.Failed"]})
    assert status == 200
    assert body == {
        "events": ["Certflow.Issuance.Failed"],
        "channels": [{"channel": "teams", "outcome": "delivered"}],
    }


async def test_without_a_body_one_of_each_message_is_rehearsed() -> None:
    teams = FakeChannel("teams", max_notices=10)
    status, body = await answer(World(channels=(teams,)), notifications.test_notifications)
    assert status == 200
    assert len(teams.sent) == len(body["events"]) > 10


async def test_a_rehearsal_of_an_event_that_there_is_none_of_is_refused() -> None:
    status, body = await answer(World(), notifications.test_notifications, {"events": ["Issuance.Done"]})
    assert (status, body["error"]["code"]) == (400, "BadParameter")
    assert "Issuance.Completed" in body["error"]["message"]


async def test_the_status_tells_of_every_vault() -> None:
    world = await started()
    await world.shift()
    status, body = await answer(world, get_status)
    assert status == 200
    (vault,) = body["vaults"]
    assert (vault["vault"], vault["observed"], vault["backlog"]) == ("main", False, 0)
    assert vault["last_good_sweep"]
    assert vault["last_survey"]["counts"] == {"pending": 1, "unowned": 1}


async def test_the_status_tells_which_files_lie_and_whether_anything_happens_with_them() -> None:
    world = World()
    for name in ("new.pem", "waits.pem", "given-up.pem", "dropped-anew.pem"):
        world.chain_files.put(name, b"")
    await world.ledger.park("waits.pem", ParkedFile("0x1", 0))
    await world.ledger.park("given-up.pem", ParkedFile("0x1", MAX_CUT_OFF_TRIES))
    await world.ledger.park("dropped-anew.pem", ParkedFile("0x0", MAX_CUT_OFF_TRIES))
    world.later(minutes=5)
    _, body = await answer(world, get_status)
    files = body["files"]
    assert (files["count"], files["set_aside"]) == (4, 1)
    assert {one["name"]: one["state"] for one in files["oldest"]} == {
        "new.pem": "unhandled",
        "waits.pem": "waiting",
        "given-up.pem": "set-aside",
        "dropped-anew.pem": "unhandled",
    }
    assert {one["since"] for one in files["oldest"]} == {NOW.isoformat()}


async def test_the_owner_hears_who_holds_the_reminders_back_until_when_and_why() -> None:
    world = World()
    order = CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}, "owner@example.com")
    await create_request(world.certflow, order)
    for until in ("2026-12-01T09:00:00+01:00", "2026-12-01T09:00:00+01:00", "30d"):
        assert (await acknowledged(world, until))[0] == 200
    told = [event for event in world.topic.published if event.type.endswith("Acknowledged")]
    assert len({event.id for event in told}) == 2
    notice = notice_of(told[0].id, told[0].type, told[0].data, Links())
    assert notice is not None
    assert notice.owner == "owner@example.com"
    assert "no reminders until 2026-12-01 08:00 UTC" in notice.sentence
    assert {("Why", "we know"), ("Acknowledged by", "ann (not verified)")} <= set(notice.facts)


async def test_each_acknowledgement_that_moves_the_date_is_told_also_in_the_same_words() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = World(channels=(teams,))
    await create_request(
        world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}, "owner@example.com")
    )
    december, january = "2026-12-20T09:00:00Z", "2026-12-21T09:00:00Z"
    for until, why in ((december, "a"), (january, "a"), (december, "a"), (december, "a"), (december, "b")):
        world.later(seconds=1)
        assert (await acknowledged(world, until, why))[0] == 200
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    held = [dict(notice.facts)["Why"] + notice.sentence[-21:] for notice in teams.sent if "held back" in notice.title]
    assert held == [f"{why}2026-12-{day} 09:00 UTC." for day, why in ((20, "a"), (21, "a"), (20, "a"), (20, "b"))]
    assert world.history == ["created", *["acknowledged"] * 5]
