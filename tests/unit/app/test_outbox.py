"""The outbox: what is left there is sent by a shift, and a topic that is slow, away or refuses delays nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from functions.app.outbox import publish
from functions.model.events.event import Event
from functions.ports.ledger import LeftBehind
from tests.clock import NOW
from tests.unit.fakes import FakeTopic, World
from tests.unit.silent_topic import Silent
from tests.unit.tracked_requests import tracked


def left(world: World, count: int) -> None:
    """Events that stand in the outbox."""
    for number in range(count):
        event = Event(f"e{number}", "Certflow.Issuance.Deleted", "s", NOW - timedelta(minutes=5), "main", "web", {})
        world.ledger.outbox[event.id] = event


@pytest.mark.parametrize("down", [True, False])
async def test_a_topic_that_is_slow_or_away_keeps_no_vault_from_being_looked_at(*, down: bool) -> None:
    topic = Silent(down=down)
    world = World(topic=topic)
    topic.world = world
    tracked(world, 5)
    left(world, 60)
    await world.shift()
    assert world.vault.calls == ["pending"] * 5
    assert world.now - NOW < timedelta(seconds=20)
    assert "main" in world.monitoring_store.swept
    assert len(world.ledger.outbox) == (60 if down else 58)


async def test_an_event_that_fails_in_a_way_nobody_foresaw_keeps_neither_the_others_nor_the_vault() -> None:
    @dataclass
    class Odd(FakeTopic):
        async def publish(self, event: Event) -> None:
            if event.id == "e0":
                raise ValueError("no event")
            await super().publish(event)

    world = World(topic=Odd())
    tracked(world, 5)
    left(world, 3)
    await world.shift()
    assert world.ledger.outbox.keys() == {"e0"}
    assert world.vault.calls == ["pending"] * 5
    assert "main" in world.monitoring_store.swept


async def test_events_that_are_refused_do_not_keep_the_others_in_the_outbox() -> None:
    refused = {f"e{number}" for number in range(5)}

    @dataclass
    class Refusing(FakeTopic):
        async def publish(self, event: Event) -> None:
            self.down = event.id in refused
            await super().publish(event)

    world = World(topic=Refusing())
    left(world, 10)
    await world.shift()
    assert set(world.ledger.outbox) == refused


def read_in(world: World) -> list[str | None]:
    """Each time that an outbox is read from now on."""
    read, unsent = list[str | None](), world.ledger.left_behind

    async def reading(vault: str | None) -> LeftBehind:
        read.append(vault)
        return await unsent(vault)

    world.ledger.left_behind = reading  # type: ignore[method-assign]  # it counts
    return read


async def test_an_outbox_that_was_empty_is_read_in_each_fifth_run() -> None:
    world = World()
    read = read_in(world)
    for _ in range(11):
        await world.shift()
        world.later(minutes=1)
    assert read == ["main"] * 3


async def test_what_another_process_left_is_sent_within_five_runs() -> None:
    world = World()
    await world.shift()
    world.later(minutes=1)
    left(world, 1)  # by a process that was killed
    for _ in range(5):
        await world.shift()
        world.later(minutes=1)
    assert world.ledger.outbox == {}


async def test_what_this_process_left_is_sent_by_the_next_run() -> None:
    world = World()
    await world.shift()
    world.topic.down = True
    world.later(minutes=1)
    left(world, 1)
    await publish(world.certflow, list(world.ledger.outbox.values()))
    world.topic.down = False
    await world.shift()
    assert world.ledger.outbox == {}


async def test_after_a_change_the_next_run_reads_for_what_was_stored_with_it() -> None:
    world = World()
    await world.shift()
    left(world, 1)
    await publish(world.certflow, list(world.ledger.outbox.values()))
    assert world.ledger.outbox == {}
    read = read_in(world)
    await world.shift()
    assert read == ["main"]


async def test_what_is_too_young_is_looked_for_again_in_the_next_run() -> None:
    world = World()
    left(world, 1)
    young = replace(world.ledger.outbox["e0"], time=NOW)
    world.ledger.outbox["e0"] = young
    await world.shift()
    assert world.ledger.outbox == {"e0": young}
    world.later(minutes=1)
    await world.shift()
    assert world.ledger.outbox == {}
