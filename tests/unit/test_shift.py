"""A shift: one vault, within its budget, by one instance at a time; what it leaves is for the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.issuance.choices import Choices
from functions.issuance.errors import Unavailable
from functions.issuance.looks import Look
from functions.issuance.ports import Answer
from functions.issuance.shift import HELD, call_shifts, work_shift
from functions.issuance.start import Order, start
from tests.unit.fakes import NOW, FakeVault, World
from tests.unit.test_sweep import tracked


async def test_a_shift_keeps_within_the_vaults_budget() -> None:
    world = World(choices=Choices(budget=20))
    tracked(world, 60)
    await world.shift()
    assert len(world.vault.calls) == 60
    assert world.now - NOW >= timedelta(seconds=29)  # 60 at 20 in ten seconds


async def test_what_the_budget_leaves_over_is_for_the_next_shift() -> None:
    world = World(choices=Choices(budget=20))
    tracked(world, 150)
    await world.shift()
    assert len(world.vault.calls) <= 110
    assert "main" not in world.watchbook.swept  # it has not gone through
    left = [one for one in world.ledger.tracked.values() if one.next_check and one.next_check < NOW]
    assert len(left) == 150 - len(world.vault.calls)
    world.later(seconds=10)
    await world.shift()
    assert "main" in world.watchbook.swept


async def test_a_vault_that_is_down_delays_only_itself() -> None:
    world = World()
    other = FakeVault()
    tracked(world, 3)
    world.vault.faults = [Unavailable("Key Vault", "no connection")] * 100
    both = replace(world.certflow, vaults={"main": world.vault, "other": other})
    await start(both, Order("other", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    world.later(minutes=2)
    await call_shifts(both)
    assert world.work.queue("certflow-vaults") == [{"vault": "main"}, {"vault": "other"}]
    for message in world.work.queue("certflow-vaults"):
        await work_shift(both, message["vault"])
    assert list(world.watchbook.swept) == ["other"]


async def test_tables_that_do_not_answer_at_all_are_said() -> None:
    world = World()

    async def due(vault: str, now: datetime, most: int) -> list[Look]:
        raise Unavailable("The table storage", "down")

    world.ledger.due = due  # type: ignore[method-assign]  # they are down
    with pytest.raises(Unavailable, match="table storage"):
        await world.shift()
    assert world.watchbook.held == {}  # and the next shift need not wait


async def test_a_second_shift_meets_the_lease_and_leaves() -> None:
    world = World()
    tracked(world, 5)
    pending, met = world.vault.pending, list[int]()

    async def another_comes(name: str, request_id: str | None = None) -> Answer:
        world.vault.pending = pending  # type: ignore[method-assign]  # once
        calls = len(world.vault.calls)
        await work_shift(world.certflow, "main")
        met.append(len(world.vault.calls) - calls)
        return await pending(name, request_id)

    world.vault.pending = another_comes  # type: ignore[method-assign]  # a second message while the first is worked
    await world.shift()
    assert met == [0]
    assert len(world.ledger.moved) == 5
    assert world.watchbook.held == {}


async def test_a_lease_that_was_left_by_a_crash_is_taken_over_when_it_has_lapsed() -> None:
    world = World()
    tracked(world, 5)
    await world.watchbook.hold("vault:main", NOW, NOW + HELD)
    world.later(seconds=74)
    await world.shift()
    assert world.vault.calls == []
    world.later(seconds=1)
    await world.shift()
    assert world.vault.calls == ["pending"] * 5


async def test_a_holder_that_outlived_its_lease_does_not_end_the_next_ones() -> None:
    world = World()
    late = await world.watchbook.hold("vault:main", NOW, NOW)
    assert late
    await world.watchbook.hold("vault:main", NOW, NOW + HELD)
    await world.watchbook.let_go("vault:main", late)
    assert "vault:main" in world.watchbook.held


async def test_a_message_for_a_vault_that_was_renamed_is_nobodys() -> None:
    world = World()
    await work_shift(world.certflow, "formerly")
    assert world.watchbook.held == {}


async def test_a_shift_sends_what_a_crash_left_in_the_vaults_outbox() -> None:
    world = World()
    world.topic.down = True
    await start(world.certflow, Order("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    world.topic.down = False
    world.later(seconds=40)
    await world.shift()
    assert world.published[0] == "Issuance.Started"
