"""The first minute of a request: looks that do not wait for the timer, and without which nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.errors import Unavailable
from functions.model.options import Options
from functions.model.request.actor import SCAN, UNNAMED
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.requests.adoption import adopt
from functions.requests.check import check_early, check_named, check_one
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, cancel
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.tracked_requests import tracked

LOOKS = "certflow-looks"


async def started(world: World, issuer: str = "DigiCert") -> str:
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}))
    return world.vault.operations["web"].request_id


def after(world: World) -> list[float]:
    """When the messages on the queue can be seen, in seconds from their start."""
    return [hidden.total_seconds() for queue, _, hidden in world.work_queue.put_in if queue == LOOKS]


async def test_a_start_at_an_issuer_calls_for_looks_seconds_after() -> None:
    world = World()
    request_id = await started(world)
    assert after(world) == [10, 20, 40]
    assert world.work_queue.queue(LOOKS) == [{"vault": "main", "name": "web", "request_id": request_id}] * 3


async def test_a_start_that_a_person_signs_calls_for_none() -> None:
    world = World()
    await started(world, "Unknown")
    assert after(world) == []


async def test_a_cancellation_calls_for_looks_too() -> None:
    world = World()
    await started(world)
    world.work_queue.put_in.clear()
    await cancel(world.certflow, Address("main", "web"), UNNAMED)
    assert after(world) == [10, 20, 40]


async def test_how_long_an_issuer_took_says_when_the_next_request_is_looked_at() -> None:
    world = World()
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.COMPLETED)
    world.later(minutes=4)
    await world.sweep()
    world.work_queue.put_in.clear()
    await started(world)
    assert after(world) == [120, 240, 480]


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.IN_PROGRESS])
async def test_only_what_an_issuer_decided_teaches_how_long_it_takes(status: Status) -> None:
    world = World()
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=status)
    world.later(minutes=4)
    await world.sweep()
    assert world.monitoring_store.times == {}


async def test_a_request_that_was_found_teaches_nothing_for_nobody_knows_when_it_began() -> None:
    world = World()
    operation = world.vault.start("web", "DigiCert")
    await adopt(world.certflow, "main", "web", operation, SCAN)
    world.vault.operations["web"] = replace(operation, status=Status.FAILED)
    world.later(minutes=4)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Failed"]
    assert world.monitoring_store.times == {}


async def test_a_person_teaches_nothing() -> None:
    world = World()
    await started(world, "Unknown")
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.COMPLETED)
    await check_named(world.certflow, "main", "web")
    assert world.monitoring_store.times == {}


async def test_without_the_queue_a_start_is_a_start_and_the_sweep_finds_its_end() -> None:
    world = World()
    world.work_queue.down = True
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Failed"]


async def test_an_issuers_time_that_cannot_be_kept_is_nobodys_trouble() -> None:
    world = World()
    await started(world)

    async def learn(vault: str, issuer: str, seconds: float) -> None:
        raise Unavailable("The table storage", "down")

    world.monitoring_store.add_duration = learn  # type: ignore[method-assign]  # it is down
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.COMPLETED)
    await check_named(world.certflow, "main", "web")
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


async def test_a_first_look_finds_an_end_before_it_is_due() -> None:
    world = World()
    request_id = await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.COMPLETED)
    world.later(seconds=10)
    await check_one(world.certflow, "main", "web", request_id)
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


async def test_a_look_at_what_has_ended_or_is_not_tracked_asks_nobody() -> None:
    world = World()
    request_id = await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    await check_one(world.certflow, "main", "web", request_id)
    calls = len(world.vault.calls)
    await check_one(world.certflow, "main", "web", request_id)
    await check_one(world.certflow, "main", "web", "f" * 32)
    assert len(world.vault.calls) == calls


async def test_looks_of_the_queue_and_of_the_timer_at_once_tell_an_end_once() -> None:
    world = World()
    request_id = await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    world.later(minutes=2)
    save, others = world.ledger.save, [request_id]

    async def another_looks(before: TrackedRequest, change: Change) -> TrackedRequest:
        if others:
            await check_one(world.certflow, "main", "web", others.pop())
        return await save(before, change)

    world.ledger.save = another_looks  # type: ignore[method-assign]  # in between
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Failed"]


async def test_first_looks_keep_to_the_budget_and_to_the_quiet_of_their_vault() -> None:
    world = World(options=Options(budget=50))
    tracked(world, 100)
    ids = [(one.name, one.request_id) for one in world.ledger.tracked.values()]
    for name, request_id in ids:
        await check_early(world.certflow, "main", name, request_id)
    assert len(world.vault.calls) == 100
    assert world.now - NOW >= timedelta(seconds=19)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=60, throttled=True)] * 100
    for name, request_id in ids:
        await check_early(world.certflow, "main", name, request_id)
    assert len(world.vault.calls) == 101
    again = [one.next_check for one in world.ledger.tracked.values() if one.next_check]
    assert len(again) == 100
    assert min(again) > world.now + timedelta(seconds=50)
