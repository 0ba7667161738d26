"""Operators hear of what the file of endpoints says in vain."""

from __future__ import annotations

import re

from functions.live.file_faults import tell_file_faults
from functions.model.events.operators import SettingWrong
from functions.model.inventory.endpoints import EndpointRows, endpoint_rows
from tests.unit.live.live_world import LiveWorld
from tests.unit.timers import rings

WHERE = "rules/endpoints.json"


async def told(world: LiveWorld) -> list[dict[str, object]]:
    await tell_file_faults(world.certflow)
    assert all(event.type == SettingWrong.type for event in world.topic.published)
    assert all(re.search(SettingWrong.subjects, event.subject) for event in world.topic.published)
    return [dict(event.data) for event in world.topic.published]


async def test_a_fault_of_the_file_is_told_with_its_row_once_a_week() -> None:
    world = LiveWorld()
    world.file.kept = endpoint_rows(
        '[{"vault": "main"}, {"vault": "main", "name": "web", "endpoints": ["a b"]}]', WHERE
    )
    (event,) = await told(world)
    assert event["setting"] == WHERE
    assert f"{WHERE}, row 1: vault, name and grace are texts" in str(event["sentence"])
    assert f"{WHERE}, row 2: entry 1 ('a b') has no host name" in str(event["sentence"])
    await told(world)
    assert len({event.id for event in world.topic.published}) == 1
    world.later(days=7)
    await told(world)
    assert len({event.id for event in world.topic.published}) == 2


async def test_of_many_faults_three_are_named_and_another_fault_is_told_at_once() -> None:
    world = LiveWorld()
    world.file.kept = endpoint_rows("[1, 2, 3, 4, 5]", WHERE)
    (event,) = await told(world)
    assert ("row 3" in str(event["sentence"]), "row 4" in str(event["sentence"])) == (True, False)
    assert "There are 2 more" in str(event["sentence"])
    world.file.kept = endpoint_rows("{", WHERE)
    await told(world)
    assert len({event.id for event in world.topic.published}) == 2
    assert world.topic.published[-1].data["setting"] == WHERE


async def test_without_a_fault_or_with_live_off_nobody_is_told() -> None:
    world = LiveWorld()
    assert await told(world) == []
    world.file.kept, world.live = EndpointRows(faults=(f"{WHERE}: no list",)), None
    assert await told(world) == []


async def test_the_hourly_timer_tells_of_the_file() -> None:
    world = LiveWorld()
    world.file.kept = endpoint_rows("{", WHERE)
    await rings(world, "discover")
    assert [event.data["setting"] for event in world.topic.published if event.type == SettingWrong.type] == [WHERE]
