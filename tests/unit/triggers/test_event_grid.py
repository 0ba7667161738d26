"""What the platform calls: it has its answer as soon as the event is on a queue of our own, whatever else is away."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func
import pytest

from functions.app.context import Certflow
from functions.model.errors import TooLong, Unavailable
from functions.model.events.event import Event
from functions.ports.work_queue import EVENT_QUEUE, VAULT_EVENT_QUEUE
from functions.triggers.event_grid import events_blueprint
from tests.clock import NOW
from tests.event_schemas import SOURCE
from tests.unit.fakes import FakeChannel, World
from tests.unit.queue_messages import badly_set, receive, vault_event
from tests.unit.sample_events import DATA, FAILED

DOWN = Unavailable("Everything", "HTTP 503")


def handler(
    world: World, name: str, certflow: Callable[[], Certflow] | None = None
) -> Callable[[Any], Awaitable[None]]:
    app = func.FunctionApp()
    app.register_functions(events_blueprint(certflow or (lambda: world.certflow), lambda: world.work_queue))
    found: dict[str, Any] = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    return found[name]  # type: ignore[no-any-return]  # the SDK does not say


def cloud_event(type_: str, data: dict[str, Any]) -> func.CloudEvent:
    return func.CloudEvent(id="e1", source=SOURCE, type=type_, specversion="1.0", data=data)


def event_grid_event(type_: str, data: dict[str, Any]) -> func.EventGridEvent:
    return func.EventGridEvent(
        id="e1", data=data, topic="", subject="", event_type=type_, event_time=NOW, data_version="1"
    )


def unkind() -> World:
    """A world where nothing answers but the queues."""
    world = World(channels=(FakeChannel("email", faults=[DOWN] * 99),))
    world.rules.fault, world.vault.faults, world.monitoring_store.down, world.topic.down = DOWN, [DOWN] * 99, True, True
    return world


async def test_our_own_event_is_answered_when_it_is_on_our_queue() -> None:
    world = unkind()
    await handler(world, "notify")(cloud_event(FAILED, DATA))
    (message,) = world.work_queue.queue(EVENT_QUEUE)
    assert message == {"id": "e1", "source": SOURCE, "type": FAILED, "data": DATA}
    world.rules.fault, world.monitoring_store.down, world.channels = None, False, (FakeChannel("email"),)
    await receive(world, "queued_notify", dict(message))
    await world.send()
    assert [notice.event_id for notice in world.channels[0].sent] == ["e1"]


@pytest.mark.parametrize(("of", "source"), [(cloud_event, SOURCE), (event_grid_event, None)])
async def test_a_vaults_event_is_answered_in_either_schema_while_the_vault_does_not_answer(
    of: Callable[..., Any], source: str | None
) -> None:
    world = unkind()
    event = vault_event("NearExpiry")
    await handler(world, "vault_events")(of(event["type"], event["data"]))
    assert world.vault.calls == []
    told = {"id": "e1", "source": source, "type": event["type"], "data": event["data"]}
    assert world.work_queue.queue(VAULT_EVENT_QUEUE) == [told]


@pytest.mark.parametrize("name", ["notify", "vault_events"])
async def test_what_cannot_be_written_down_is_an_error_so_that_the_platform_tries_again(name: str) -> None:
    world = World()
    world.work_queue.down = True
    with pytest.raises(Unavailable):
        await handler(world, name)(cloud_event(FAILED, DATA))


@pytest.mark.parametrize("name", ["notify", "vault_events"])
async def test_while_a_setting_stops_the_app_the_platform_has_its_answer_all_the_same(name: str) -> None:
    """Or it would delay everything for this endpoint, for hours after the setting is mended."""
    world = World()
    await handler(world, name, badly_set)(cloud_event(FAILED, DATA))
    assert len(world.work_queue.put_in) == 1


async def test_an_event_too_long_for_a_queue_is_put_to_those_that_wait_at_once() -> None:
    world = World(channels=(email := FakeChannel("email"),))
    put = world.work_queue.put

    async def short(queue: str, message: Any, *given: Any, **more: Any) -> None:
        if len(base64.b64encode(json.dumps(message).encode())) > 64 * 1024:
            raise TooLong(queue)
        await put(queue, message, *given, **more)

    world.work_queue.put = short  # type: ignore[method-assign]  # as the service is
    subject = "CN=" + "ü" * 10_000  # 20 kB, and six letters of JSON for each
    data = DATA | {"subject": subject}
    await world.ledger.keep_sent(Event("e1", FAILED, "", NOW, data=data), NOW)
    await handler(world, "notify")(cloud_event(FAILED, data))
    await world.send()
    assert [notice.event_id for notice in email.sent] == ["e1"]


async def test_an_event_of_another_is_told_to_nobody_however_long_it_is() -> None:
    world = World(channels=(email := FakeChannel("email"),))

    async def short(queue: str, _message: Any, *_given: Any, **_more: Any) -> None:
        raise TooLong(queue)

    world.work_queue.put = short  # type: ignore[method-assign,assignment]  # as the service is
    forged = func.CloudEvent(id="e1", source="/another", type=FAILED, specversion="1.0", data=DATA)
    await handler(world, "notify")(forged)
    await world.send()
    assert (email.sent, sum(world.monitoring_store.refusals.values())) == ([], 1)
