"""Whose event it is: what another sends to our topic is told to nobody, in either delivery."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest
from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum

from functions.app.outbox import publish, publish_left_behind
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.monitoring.digest import send_digest
from functions.notifications.provenance import note_source, source_of
from functions.ports.work_queue import CHANNEL_QUEUE, EVENT_QUEUE
from functions.triggers.event_grid import events_blueprint
from functions.triggers.queued_events import queued_blueprint
from tests.clock import NOW
from tests.event_schemas import SOURCE
from tests.unit.fakes import FakeChannel, World
from tests.unit.queue_messages import returns
from tests.unit.sample_events import DATA, FAILED
from tests.unit.timers import rings

OF_ANOTHER = "/certflow/another.westeurope-1.eventgrid.azure.net"
DELIVERIES = ["notify", "queued_notify"]


async def deliver(world: World, delivery: str, event: dict[str, Any]) -> None:
    """Hands an event to the function of a delivery, as the host and the worker do it, and what it puts on the queue to
    the next one; then the channels send.
    """
    app = func.FunctionApp()
    app.register_functions(events_blueprint(lambda: world.certflow, lambda: world.work_queue))
    app.register_functions(queued_blueprint(lambda: world.certflow, dict, returns(world)))
    handlers = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    if delivery == "notify":
        text, before = json.dumps(event), len(world.work_queue.queue(EVENT_QUEUE))
        await handlers["notify"](EventGridEventInConverter.decode(Datum(text, "json"), trigger_metadata={}))
        (event,) = (dict(one) for one in world.work_queue.queue(EVENT_QUEUE)[before:])
    await handlers["queued_notify"](func.QueueMessage(body=json.dumps(event).encode()))
    await world.send()


def event(**more: Any) -> dict[str, Any]:
    envelope = {"specversion": "1.0", "id": "e1", "source": SOURCE, "type": FAILED, "time": NOW.isoformat()}
    return envelope | {"data": DATA} | more


def listening() -> tuple[World, FakeChannel]:
    channel = FakeChannel("email")
    return World(channels=(channel,)), channel


@pytest.mark.parametrize("delivery", DELIVERIES)
async def test_our_own_event_is_told(delivery: str) -> None:
    world, channel = listening()
    await publish(world.certflow, [sent()])
    await deliver(world, delivery, event())
    assert len(channel.sent) == 1


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize(
    "forged",
    [{"source": OF_ANOTHER}, {"source": f"{SOURCE}/x"}, {"source": SOURCE.upper()}, {"source": ""}, {"source": None}],
)
async def test_an_event_of_another_source_is_told_to_nobody_logged_and_counted(
    delivery: str, forged: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    world, channel = listening()
    await deliver(world, delivery, event(**forged))  # and raises nothing, or it would come again and again
    assert (channel.sent, world.monitoring_store.refusals) == ([], {NOW.date(): 1})
    assert "event-refused" in caplog.text
    assert world.work_queue.queue(CHANNEL_QUEUE) == []


def sent(event_id: str = "e1", **data: Any) -> Event:
    """An event of ours."""
    return Event(event_id, FAILED, "vaults/main/certificates/web", NOW, "main", "web", DATA | data)


def words(channel: FakeChannel) -> list[str]:
    return [dict(notice.facts)["Error message"] for notice in channel.sent]


@pytest.mark.parametrize("delivery", DELIVERIES)
async def test_what_the_outbox_sent_is_told_once_however_often_it_comes(delivery: str) -> None:
    world, channel = listening()
    await publish(world.certflow, [sent()])
    for _ in range(3):
        await deliver(world, delivery, event())
    assert (len(channel.sent), world.monitoring_store.refusals) == (1, {})


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize(
    "odd",
    [
        {"source": ["a"]},
        {"source": {"a": 1}},
        {"source": 5},
        {"id": "\ud800", "source": OF_ANOTHER},
        {"id": ["a"], "source": "a"},
    ]
    + [{"data": data} for data in (None, "click here", [1], 5)],
)
async def test_an_odd_event_of_another_is_refused_at_once(delivery: str, odd: dict[str, Any]) -> None:
    """And raises nothing: it would come again for a day, and Event Grid would hold back ours meanwhile."""
    world, channel = listening()
    await deliver(world, delivery, event(**odd))
    assert (channel.sent, sum(world.monitoring_store.refusals.values())) == ([], 1)
    assert len(world.work_queue.queue(EVENT_QUEUE)) == (1 if delivery == "notify" else 0)


@pytest.mark.parametrize("delivery", DELIVERIES)
async def test_what_was_sent_to_a_topic_of_another_name_is_told_when_that_is_replaced(delivery: str) -> None:
    """It may wait on our queue for a day, and be put back by hand later than that."""
    world, channel = listening()
    await publish(world.certflow, [sent()])
    await deliver(world, delivery, event(source=OF_ANOTHER))
    assert (len(channel.sent), world.monitoring_store.refusals) == (1, {})


@pytest.mark.parametrize("delivery", DELIVERIES)
async def test_an_event_that_bears_our_source_and_was_not_sent_is_refused_and_takes_no_events_place(
    delivery: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Ids can be foreseen: without this a forger's would count as told before ours comes."""
    world, channel = listening()
    await deliver(world, delivery, event(data=DATA | {"error": {"message": "click here"}}))
    assert (channel.sent, world.deliveries.states, world.monitoring_store.refusals) == ([], {}, {world.now.date(): 1})
    assert "event-refused" in caplog.text
    await publish(world.certflow, [sent()])
    await deliver(world, delivery, event())
    assert len(channel.sent) == 1


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("first", ["ours", "forged"])
@pytest.mark.parametrize("other", [{"data": {"error": {"message": "click here"}}}, {"type": "Certflow.Chain.Merged"}])
async def test_of_an_event_that_was_sent_our_own_words_are_told_whoever_comes_first(
    delivery: str, first: str, other: dict[str, Any]
) -> None:
    world, channel = listening()
    await publish(world.certflow, [sent(error={"code": "c", "message": "ours"})])
    forged = event(**other)
    for one in (event(), forged) if first == "ours" else (forged, event()):
        await deliver(world, delivery, one)
    assert words(channel) == ["ours"]


@pytest.mark.parametrize("cut", ["keep_sent", "publish", "mark_sent"])
async def test_cut_off_at_any_step_of_the_sending_the_event_is_told_once(cut: str) -> None:
    """Before it is kept, before it is sent, before it is cleared: the sweep sends it again."""
    world, channel = listening()
    world.later(hours=1)  # what is left behind is sent by the timer
    world.ledger.outbox["e1"] = sent()

    async def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    owner: Any = world.topic if cut == "publish" else world.ledger
    before = getattr(owner, cut)
    setattr(owner, cut, killed)
    with pytest.raises(KeyboardInterrupt):
        await publish(world.certflow, [sent()])
    setattr(owner, cut, before)
    for one in world.topic.published:
        await deliver(world, "notify", event(id=one.id))
    world.topic.published.clear()
    await publish_left_behind(world.certflow, "main")
    for one in world.topic.published:
        await deliver(world, "notify", event(id=one.id))
    assert (len(channel.sent), world.ledger.outbox, world.monitoring_store.refusals) == (1, {}, {})


async def test_while_it_cannot_be_looked_up_what_was_sent_an_event_is_put_back() -> None:
    world, channel = listening()
    await publish(world.certflow, [sent()])
    vouched = world.ledger.kept_event

    async def down(event_id: str) -> None:
        raise Unavailable("The table storage", "down")

    world.ledger.kept_event = down  # type: ignore[method-assign]  # the fault
    await deliver(world, "queued_notify", event())
    assert (channel.sent, world.monitoring_store.refusals) == ([], {})
    (message,) = world.work_queue.queue(EVENT_QUEUE)
    world.ledger.kept_event = vouched  # type: ignore[method-assign]  # mended
    await deliver(world, "queued_notify", dict(message))
    assert len(channel.sent) == 1


@pytest.mark.parametrize("source", [SOURCE, "/certflow"])
@pytest.mark.parametrize("delivery", DELIVERIES)
async def test_what_an_older_version_sent_is_told_for_two_days_after_the_upgrade(delivery: str, source: str) -> None:
    """One that kept nothing of what it sent, and one that named no deployment either."""
    world, channel = listening()
    await world.monitoring_store.heartbeat("main", NOW)
    await note_source(world.certflow)
    world.later(hours=48, minutes=30)
    await deliver(world, delivery, event(source=source))
    assert len(channel.sent) == 1
    world.later(hours=1)
    await deliver(world, delivery, event(source=source, id="e2"))
    assert ([notice.event_id for notice in channel.sent], sum(world.monitoring_store.refusals.values())) == (["e1"], 1)


@pytest.mark.parametrize("rung", [False, True])
@pytest.mark.parametrize("source", ["/certflow", SOURCE])
async def test_a_new_deployment_had_no_older_version_whose_events_it_would_believe(source: str, *, rung: bool) -> None:
    world, channel = listening()
    if rung:  # its first minute is over
        await rings(world, "check")
        await world.monitoring_store.heartbeat("main", world.now)
    await deliver(world, "queued_notify", event(source=source))
    assert (channel.sent, sum(world.monitoring_store.refusals.values())) == ([], 1)


async def test_what_was_sent_is_forgotten_after_three_months() -> None:
    world, _ = listening()
    await publish(world.certflow, [sent()])
    for days, kept in ((91, {"e1"}), (92, set())):
        world.now = NOW + timedelta(days=days, seconds=1)
        await rings(world, "daily")
        assert {one for one in world.ledger.kept if one == "e1"} == kept


async def test_an_event_in_event_grids_own_schema_names_no_source_and_is_refused() -> None:
    world, channel = listening()
    of_grid = {"id": "e1", "topic": SOURCE, "eventType": FAILED, "eventTime": NOW.isoformat(), "data": DATA}
    await deliver(world, "notify", of_grid | {"subject": "s", "dataVersion": "1"})
    assert (channel.sent, world.monitoring_store.refusals) == ([], {NOW.date(): 1})


async def test_what_cannot_be_counted_is_refused_all_the_same() -> None:
    world, channel = listening()

    async def down(day: object) -> None:
        raise Unavailable("The table storage", "down")

    world.monitoring_store.count_refused = down  # type: ignore[method-assign]  # the fault
    await deliver(world, "notify", event(source=OF_ANOTHER))
    assert channel.sent == []


async def test_the_digest_says_how_many_were_refused() -> None:
    world, _ = listening()
    for _ in range(2):
        await deliver(world, "notify", event(source=OF_ANOTHER))
    world.later(days=1)
    await send_digest(world.certflow)
    (digest,) = world.topic.published
    assert digest.data["refused_events"] == 2
    assert ["Events of others refused", "2 since yesterday: see who may send to the topic"] in digest.data["facts"]


def test_a_deployment_is_named_by_the_host_of_its_topic() -> None:
    assert source_of("https://T.westeurope-1.eventgrid.azure.net/api/events") == (
        "/certflow/t.westeurope-1.eventgrid.azure.net"
    )
    assert source_of("https://localhost:8445/api/events") == "/certflow/localhost:8445"
