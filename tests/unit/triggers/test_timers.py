"""The timers: what a minute, an hour and a day call for."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from functions.chains.key_search import SEARCH_TTL
from functions.model.events.event import Event
from functions.model.options import DigestWhen, Options, Takes
from functions.model.people.signers import SignerRow
from functions.notifications.tell import queue_event
from functions.ports.monitoring_store import KeySearch, ScanRequests
from functions.requests.create import CreateCommand, create_request
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World
from tests.unit.record.waiting import waiting
from tests.unit.sample_events import DATA, FAILED
from tests.unit.timers import rings


async def test_every_minute_a_shift_is_called_for_each_vault() -> None:
    world = World()
    await rings(world, "check")
    assert world.work_queue.queue("certflow-vaults") == [{"vault": "main"}]


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
        assert world.work_queue.queue("certflow-vaults")
        world.topic.published.append(event)

    await rings(world, "daily")
    (digest,) = world.topic.published
    await world.ledger.add_event(digest)
    world.topic.publish = publish  # type: ignore[method-assign]  # it looks at the queue
    world.later(minutes=1)
    await rings(world, "check")
    assert world.topic.published == [digest, digest]


async def test_every_minute_what_was_left_waiting_on_a_channel_is_called_for() -> None:
    world = World(channels=(FakeChannel("teams", max_notices=10),))
    await queue_event(world.certflow, "e1", FAILED, DATA)
    world.work_queue.put_in.clear()
    world.later(minutes=2)
    await rings(world, "check")
    assert world.work_queue.queue("certflow-channels") == [{"channel": "teams"}]


async def test_every_minute_it_is_seen_what_is_trusted() -> None:
    world = World(options=Options(trusted={"main": Takes.FILES}))
    await rings(world, "check")
    assert world.published == ["Trust.Changed"]


async def test_every_day_searches_that_are_a_week_old_are_forgotten() -> None:
    world = World()
    for key, age in (("a" * 64, SEARCH_TTL), ("b" * 64, SEARCH_TTL + timedelta(seconds=1))):
        await world.monitoring_store.save_search(KeySearch(key, NOW - age))
    await rings(world, "daily")
    assert set(world.monitoring_store.searches) == {"a" * 64}


async def test_every_hour_surveys_are_wanted_and_every_day_there_is_a_digest() -> None:
    world = World()
    await rings(world, "discover")
    assert await world.monitoring_store.scan_requested("main") == ScanRequests(NOW)
    await rings(world, "daily")
    assert world.published == ["Digest.Daily"]


async def test_every_hour_settings_that_cannot_work_are_told() -> None:
    world = World(setting_faults=("CERTFLOW_X: 'y' is no domain.",))
    await rings(world, "discover")
    assert world.published == ["Setting.Wrong"]


async def test_the_first_minute_remembers_since_when_events_name_their_deployment() -> None:
    world = World()
    await world.monitoring_store.heartbeat("main", NOW)  # an older version has been there
    for _ in range(2):
        await rings(world, "check")
        world.later(hours=1)
    assert world.monitoring_store.began == {"event-source": NOW, "event-vouched": NOW}


async def test_every_minute_it_is_seen_whether_a_work_list_is_due() -> None:
    row = SignerRow(("signers@example.com",), at=(time(8),))  # the tests' clock begins at noon
    world = World(options=Options(signers=(row,)))
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {}}))
    await rings(world, "check")
    world.later(hours=21)
    await rings(world, "check")
    assert world.published.count("Signer.WorkList") == 1


async def test_every_day_without_a_digest_it_is_told_that_any_ca_is_taken() -> None:
    world = World(options=Options(digest=DigestWhen.OFF))
    await rings(world, "check")
    assert world.published == []
    await rings(world, "daily")
    assert world.published == ["Trust.Changed"]


async def test_every_hour_some_of_the_requests_and_deliveries_that_are_too_old_go() -> None:
    world = World()
    await world.deliveries.settle("e1", "teams", "delivered", NOW - timedelta(days=900))
    await rings(world, "discover")
    assert world.retention.pieces == [("main", None)]
    assert world.deliveries.states == {}


async def test_every_hour_what_a_vault_has_left_that_is_gone_is_written() -> None:
    world = World()
    await world.monitoring_store.heartbeat("gone", NOW)
    world.ledger.waiting = [replace(one, partition="gone|0") for one in waiting(2)]
    await rings(world, "discover")
    assert world.ledger.waiting == []
