"""A vault that was taken out of the settings leaves no act and no event behind for ever."""

from __future__ import annotations

import json
from dataclasses import replace

from functions.record.gone_vaults import empty_gone_outboxes
from functions.requests.create import CreateCommand, create_request
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.record.waiting import waiting


async def left(*, ran: bool = True) -> World:
    """The vault `main` had acts and an event that wait, and another one is there in its place."""
    world = World()
    world.topic.down = True
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {}}))
    world.topic.down = False
    world.ledger.waiting = [*waiting(3), *(replace(one, partition="new|0") for one in waiting(1, first=3))]
    if ran:
        await world.monitoring_store.heartbeat("main", NOW)
    await world.monitoring_store.heartbeat("new", NOW)
    world.later(hours=1)
    return world


async def test_its_acts_are_appended_and_its_events_are_published() -> None:
    world = await left()
    certflow = replace(world.certflow, vaults={"new": world.vault})
    for _ in range(2):
        await empty_gone_outboxes(certflow)
    assert [one.partition for one in world.ledger.waiting] == ["new|0"], "its own run does that"
    assert world.ledger.outbox == {}
    assert world.published == ["Issuance.Started"]
    (content,) = world.act_files.files.values()
    assert [json.loads(line)["request_id"] for line in content.splitlines()[1:]] == ["r0", "r1", "r2"]


async def test_of_a_vault_that_is_there_nothing_is_done() -> None:
    world = await left()
    await empty_gone_outboxes(replace(world.certflow, vaults={"new": world.vault, "main": world.vault}))
    assert len(world.ledger.waiting) == 4
    assert world.published == []


async def test_an_alias_that_never_ran_is_not_known() -> None:
    world = await left(ran=False)
    await empty_gone_outboxes(replace(world.certflow, vaults={"new": world.vault}))
    assert len(world.ledger.waiting) == 4
