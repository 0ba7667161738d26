"""A shift: one vault, within its budget, by one instance at a time; what it leaves is for the next one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.model.due_mark import DueCheck
from functions.model.errors import Refused, Unavailable
from functions.model.options import Options
from functions.monitoring.digest import send_digest
from functions.monitoring.inventory_scan import request_scans
from functions.monitoring.vault_run import CALL_TTL, VAULT_LEASE, queue_vault_runs, run_vault
from functions.ports.vault import PendingOperation
from functions.requests.create import CreateCommand, create_request
from functions.settings.options import MIN_BUDGET
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World
from tests.unit.stepping_clock import Clock
from tests.unit.tracked_requests import tracked


async def test_a_shift_keeps_within_the_vaults_budget() -> None:
    world = World(options=Options(budget=20))
    tracked(world, 60)
    await world.shift()
    assert len(world.vault.calls) == 60
    assert world.now - NOW >= timedelta(seconds=29)  # 60 at 20 in ten seconds


async def test_what_the_budget_leaves_over_is_for_the_next_shift() -> None:
    world = World(options=Options(budget=20))
    tracked(world, 150)
    await world.shift()
    assert len(world.vault.calls) <= 110
    assert "main" not in world.monitoring_store.swept  # it has not gone through
    left = [one for one in world.ledger.tracked.values() if one.next_check and one.next_check < NOW]
    assert len(left) == 150 - len(world.vault.calls)
    world.later(seconds=10)
    await world.shift()
    assert "main" in world.monitoring_store.swept


async def test_a_vault_that_is_down_delays_only_itself() -> None:
    world = World()
    other = FakeVault()
    tracked(world, 3)
    world.vault.faults = [Unavailable("Key Vault", "no connection")] * 100
    both = replace(world.certflow, vaults={"main": world.vault, "other": other})
    await create_request(both, CreateCommand("other", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    world.later(minutes=2)
    await queue_vault_runs(both)
    called = [message["vault"] for message in world.work_queue.queue("certflow-vaults")]
    assert sorted(called) == ["main", "other"]
    for alias in called:
        await run_vault(both, alias)
    assert list(world.monitoring_store.swept) == ["other"]


async def test_tables_that_do_not_answer_at_all_are_said() -> None:
    world = World()

    async def due(vault: str, now: datetime, limit: int) -> list[DueCheck]:
        raise Unavailable("The table storage", "down")

    world.ledger.due = due  # type: ignore[method-assign]  # they are down
    with pytest.raises(Unavailable, match="table storage"):
        await world.shift()
    assert world.monitoring_store.held == {}  # and the next shift need not wait


async def test_a_second_shift_meets_the_lease_and_leaves() -> None:
    world = World()
    tracked(world, 5)
    pending, met = world.vault.pending, list[int]()

    async def another_comes(name: str, request_id: str | None = None) -> PendingOperation:
        world.vault.pending = pending  # type: ignore[method-assign]  # once
        calls = len(world.vault.calls)
        await run_vault(world.certflow, "main")
        met.append(len(world.vault.calls) - calls)
        return await pending(name, request_id)

    world.vault.pending = another_comes  # type: ignore[method-assign]  # a second message while the first is worked
    await world.shift()
    assert met == [0]
    assert len(world.ledger.moved) == 5
    assert world.monitoring_store.held == {}


async def test_a_lease_that_was_left_by_a_crash_is_taken_over_when_it_has_lapsed() -> None:
    world = World()
    tracked(world, 5)
    await world.monitoring_store.acquire("vault:main", NOW, NOW + VAULT_LEASE)
    world.later(seconds=99)
    await world.shift()
    assert world.vault.calls == []
    world.later(seconds=1)
    await world.shift()
    assert world.vault.calls == ["pending"] * 5


async def test_a_holder_that_outlived_its_lease_does_not_end_the_next_ones() -> None:
    world = World()
    late = await world.monitoring_store.acquire("vault:main", NOW, NOW)
    assert late
    await world.monitoring_store.acquire("vault:main", NOW, NOW + VAULT_LEASE)
    await world.monitoring_store.release("vault:main", late)
    assert "vault:main" in world.monitoring_store.held


async def test_a_message_for_a_vault_that_was_renamed_is_nobodys() -> None:
    world = World()
    await run_vault(world.certflow, "formerly")
    assert world.monitoring_store.held == {}


async def test_a_shift_sends_what_a_crash_left_in_the_vaults_outbox() -> None:
    world = World()
    world.topic.down = True
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    world.topic.down = False
    world.later(seconds=40)
    await world.shift()
    assert world.published[0] == "Issuance.Started"


async def test_a_call_that_nobody_takes_is_gone_before_many_have_piled_up() -> None:
    world = World()
    await queue_vault_runs(world.certflow)
    assert world.work_queue.lasting["certflow-vaults"] == CALL_TTL == timedelta(minutes=2)


async def test_no_vault_is_always_the_last_that_is_called() -> None:
    world = World()
    many = replace(world.certflow, vaults={f"v{number}": world.vault for number in range(10)})
    last = set()
    for _ in range(30):
        world.work_queue.put_in.clear()
        await queue_vault_runs(many)
        called = [message["vault"] for message in world.work_queue.queue("certflow-vaults")]
        assert sorted(called) == sorted(many.vaults)
        last.add(called[-1])
        world.later(minutes=1)
    assert len(last) > 5


async def digest(world: World) -> dict[str, Any]:
    """What the digest of now says."""
    await send_digest(world.certflow)
    return dict(world.topic.published[-1].data)


async def test_a_vault_that_forbids_us_is_not_being_watched_and_the_digest_says_so() -> None:
    world = World()
    world.vault.faults = [Refused(403, "Forbidden", "no access")] * 100
    for _ in range(20):
        await world.shift()
        world.later(minutes=1)
    assert world.monitoring_store.swept == {}
    told = await digest(world)
    assert told["good"] is False
    assert "main" in told["next_step"]


async def test_access_that_is_taken_away_later_is_noticed_at_the_next_survey() -> None:
    world = World()
    await world.shift()
    world.later(hours=1)
    await request_scans(world.certflow)
    world.vault.faults = [Refused(403, "Forbidden", "no access")] * 100
    for _ in range(20):
        await world.shift()
        world.later(minutes=1)
    assert (await digest(world))["good"] is False


async def test_one_429_in_a_survey_puts_that_off_and_is_no_reason_to_worry() -> None:
    world = World()
    await world.shift()
    before = world.monitoring_store.swept["main"]
    world.later(minutes=5)
    await request_scans(world.certflow)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", throttled=True)]
    await world.shift()
    assert world.monitoring_store.swept["main"] == before
    assert (await digest(world))["good"] is True
    world.later(minutes=1)
    await world.shift()
    assert world.monitoring_store.swept["main"] > before


async def test_a_quiet_longer_than_a_shift_holds_none_and_outlives_it() -> None:
    world = World()
    tracked(world, 300)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=1200, throttled=True)]
    for minute in range(20):
        world.now = NOW + timedelta(minutes=minute)
        await world.shift()
        assert world.now - NOW < timedelta(minutes=minute) + VAULT_LEASE
        assert len(world.vault.calls) == 1
    assert (await digest(world))["good"] is False  # nobody has watched it
    world.now = NOW + timedelta(minutes=21)
    await world.shift()
    assert "main" in world.monitoring_store.swept
    assert {one.next_check and one.next_check > world.now for one in world.ledger.tracked.values()} == {True}


@pytest.mark.parametrize("surveying", [False, True])
async def test_with_the_least_budget_a_shift_is_over_before_its_lease_is(*, surveying: bool) -> None:
    clock, world = Clock(), World(options=Options(budget=MIN_BUDGET))
    tracked(world, 500)
    if surveying:  # a page that begins when the time of the shift is nearly over
        world.monitoring_store.surveys.clear()
        for one in list(world.ledger.tracked)[200:]:
            del world.ledger.tracked[one]
    app = replace(world.certflow, now=lambda: clock.now, sleep=clock.sleep)
    await clock.run(asyncio.create_task(run_vault(app, "main")))
    assert timedelta(seconds=50) < clock.now - NOW < VAULT_LEASE
    assert ("page" in world.vault.calls) is surveying


async def test_a_vault_that_forbids_every_look_has_no_good_sweep_between_them_either() -> None:
    """Its looks are put off, so most shifts find nothing due; that is no sign of life."""
    world = World()
    tracked(world, 30)
    world.vault.faults = [Refused(403, "Forbidden", "no access")] * 5000
    for _ in range(30):
        await world.shift()
        world.later(minutes=1)
    assert world.monitoring_store.swept == {}


async def test_a_vault_of_which_nothing_has_to_be_asked_is_asked_for_a_sign_of_life_now_and_then() -> None:
    world = World()
    await world.shift()  # the first survey
    world.vault.calls.clear()
    for _ in range(30):
        world.later(minutes=1)
        await world.shift()
        assert world.monitoring_store.swept["main"] == world.now
    assert world.vault.calls == ["page"] * 6  # in half an hour
