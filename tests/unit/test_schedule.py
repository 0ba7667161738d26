"""The timers: what a minute, an hour and a day call for."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import azure.functions as func

from functions.issuance.choices import Choices, DigestWhen, Takes
from functions.issuance.events import Event
from functions.issuance.key_search import KEPT
from functions.issuance.notify import notify
from functions.issuance.signers import SignerRow
from functions.issuance.start import Order, start
from functions.issuance.watchbook import KeySearch
from functions.triggers.schedule import schedule_blueprint
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World
from tests.unit.test_notify import DATA, FAILED


async def rings(world: World, name: str) -> None:
    app = func.FunctionApp()
    app.register_functions(schedule_blueprint(lambda: world.certflow))
    handlers: dict[str, Any] = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    await handlers[name](None)


async def test_every_minute_a_shift_is_called_for_each_vault() -> None:
    world = World()
    await rings(world, "check")
    assert world.work.queue("certflow-vaults") == [{"vault": "main"}]


async def test_every_minute_what_belongs_to_no_vault_and_was_left_in_the_outbox_is_sent() -> None:
    """A shift sends what its vault has left; a digest and a rejected file are nobody's."""
    world = World()
    world.topic.down = True
    await rings(world, "daily")
    world.topic.down = False
    world.later(minutes=1)
    await rings(world, "check")
    assert world.published == ["Digest.Daily"]
    assert world.ledger.outbox == {}


async def test_shifts_are_called_before_what_was_left_in_the_outbox_is_tried() -> None:
    """A topic that does not answer takes its time, and a fault there is not foreseen."""
    world = World()

    async def publish(event: Event) -> None:
        assert world.work.queue("certflow-vaults")
        world.topic.published.append(event)

    await rings(world, "daily")
    (digest,) = world.topic.published
    await world.ledger.add_event(digest)
    world.topic.publish = publish  # type: ignore[method-assign]  # it looks at the queue
    world.later(minutes=1)
    await rings(world, "check")
    assert world.topic.published == [digest, digest]


async def test_every_minute_what_was_left_waiting_on_a_channel_is_called_for() -> None:
    world = World(channels=(FakeChannel("teams", most=10),))
    await notify(world.certflow, "e1", FAILED, DATA)
    world.work.put_in.clear()
    world.later(minutes=2)
    await rings(world, "check")
    assert world.work.queue("certflow-channels") == [{"channel": "teams"}]


async def test_every_minute_it_is_seen_what_is_trusted() -> None:
    world = World(choices=Choices(trusted={"main": Takes.FILES}))
    await rings(world, "check")
    assert world.published == ["Trust.Changed"]


async def test_every_day_searches_that_are_a_week_old_are_forgotten() -> None:
    world = World()
    for key, age in (("a" * 64, KEPT), ("b" * 64, KEPT + timedelta(seconds=1))):
        await world.watchbook.keep_search(KeySearch(key, NOW - age))
    await rings(world, "daily")
    assert set(world.watchbook.searches) == {"a" * 64}


async def test_every_hour_surveys_are_wanted_and_every_day_there_is_a_digest() -> None:
    world = World()
    await rings(world, "discover")
    assert await world.watchbook.wanted("main") == NOW
    await rings(world, "daily")
    assert world.published == ["Digest.Daily"]


async def test_every_hour_settings_that_cannot_work_are_told() -> None:
    world = World(setting_faults=("CERTFLOW_X: 'y' is no domain.",))
    await rings(world, "discover")
    assert world.published == ["Setting.Wrong"]


async def test_the_first_minute_remembers_since_when_events_name_their_deployment() -> None:
    world = World()
    await world.watchbook.beat("main", NOW)  # an older version has been there
    for _ in range(2):
        await rings(world, "check")
        world.later(hours=1)
    assert world.watchbook.began == {"event-source": NOW, "event-vouched": NOW}


async def test_every_minute_it_is_seen_whether_a_work_list_is_due() -> None:
    row = SignerRow(("signers@example.com",), at=(time(8),))  # the tests' clock begins at noon
    world = World(choices=Choices(signers=(row,)))
    await start(world.certflow, Order("main", "web", {"policy": {}}))
    await rings(world, "check")
    world.later(hours=21)
    await rings(world, "check")
    assert world.published.count("Signer.WorkList") == 1


async def test_every_day_without_a_digest_it_is_told_that_any_ca_is_taken() -> None:
    world = World(choices=Choices(digest=DigestWhen.OFF))
    await rings(world, "check")
    assert world.published == []
    await rings(world, "daily")
    assert world.published == ["Trust.Changed"]
