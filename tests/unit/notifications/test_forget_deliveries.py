"""How long it is kept what became of messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.people.message_record import MessageRecord
from functions.notifications import claims
from functions.notifications.claims import forget_deliveries, forget_messages
from functions.notifications.provenance import SENT_EVENT_TTL
from tests.clock import NOW
from tests.unit.fakes import World

DAY = timedelta(days=1)


async def settled(world: World, *ages: timedelta) -> None:
    for number, age in enumerate(ages):
        await world.deliveries.settle(f"e{number}", "teams", "delivered", NOW - age)


async def test_a_delivery_is_kept_as_long_as_its_event_may_come_again() -> None:
    world = World()
    await settled(world, SENT_EVENT_TTL + DAY, SENT_EVENT_TTL, 90 * DAY)
    await forget_deliveries(world.certflow)
    assert sorted(event for event, _ in world.deliveries.states) == ["e1", "e2"]


async def test_deliveries_are_kept_as_long_as_the_setting_says() -> None:
    world = World()
    world.options = replace(world.options, keep_messages=200 * DAY)
    await settled(world, 201 * DAY, 199 * DAY)
    await forget_deliveries(world.certflow)
    assert [event for event, _ in world.deliveries.states] == ["e1"]


async def test_a_run_takes_so_many_pages_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "FORGET_PAGES", 2)
    world = World()
    await settled(world, *(SENT_EVENT_TTL + DAY for _ in range(3)))
    await forget_deliveries(world.certflow)
    assert len(world.deliveries.states) == 1
    assert world.retention.places["deliveries"] == "2 left"
    await forget_deliveries(world.certflow)
    assert world.deliveries.states == {}
    assert world.retention.places["deliveries"] is None


async def test_a_run_stops_after_some_time() -> None:
    world = World()
    await settled(world, *(SENT_EVENT_TTL + 2 * DAY for _ in range(20)))
    moments = iter(NOW + timedelta(minutes=number) for number in range(99))
    await forget_deliveries(replace(world.certflow, now=lambda: next(moments)))
    assert len(world.deliveries.states) == 18


@pytest.mark.parametrize(
    ("kept", "left"), [(90 * DAY, ["e90"]), (30 * DAY, []), (None, ["e90", "e91"]), (91 * DAY, ["e90", "e91"])]
)
async def test_the_list_of_messages_is_kept_as_the_setting_says(kept: timedelta | None, left: list[str]) -> None:
    world = World()
    world.options = replace(world.options, keep_messages=kept)
    for days in (90, 91):
        at = NOW - days * DAY
        await world.message_records.put(MessageRecord(f"e{days}", "teams", "t", at, at, "delivered"))
    await forget_messages(world.certflow)
    assert [one.event_id for one in world.message_records.records.values()] == left


async def test_while_the_setting_is_wrong_no_delivery_goes() -> None:
    world = World()
    world.options = replace(world.options, keep_messages=None)
    await settled(world, 9000 * DAY)
    await forget_deliveries(world.certflow)
    assert len(world.deliveries.states) == 1
