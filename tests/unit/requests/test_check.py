"""Watching: every end is found once, told once, and a fault delays only itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.app.outbox import publish_left_behind
from functions.model.errors import Refused, Unavailable
from functions.model.request.operation import Operation, Status
from functions.ports.vault import PendingOperation
from functions.requests.check import check, check_named
from functions.requests.create import CreateCommand, create_request
from tests.clock import NOW
from tests.unit.fakes import World


async def started(world: World, name: str = "web") -> Operation:
    await create_request(world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "DigiCert"}}}))
    return world.vault.operations[name]


async def test_a_request_is_looked_at_when_it_is_due_and_not_before() -> None:
    world = World()
    await started(world)
    world.later(seconds=59)
    assert await world.sweep() == []
    world.later(seconds=10)
    assert await world.sweep() == ["web"]
    assert await world.sweep() == []
    await world.shift()
    assert NOW < world.monitoring_store.swept["main"] <= world.now


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status.COMPLETED, "Issuance.Completed"),
        (Status.FAILED, "Issuance.Failed"),
        (Status.CANCELLED, "Issuance.Cancelled"),
    ],
)
async def test_every_end_is_told_once(status: Status, told: str) -> None:
    world = World()
    world.vault.operations["web"] = replace(await started(world), status=status)
    world.later(minutes=2)
    await world.sweep()
    world.later(days=1)
    await world.sweep()
    assert world.published == ["Issuance.Started", told]
    assert world.history == ["created", "observed"]


async def test_deleted_and_overwritten_are_told_apart() -> None:
    for put_in_place, told in ((False, "Issuance.Deleted"), (True, "Issuance.Overwritten")):
        world = World()
        await started(world)
        del world.vault.operations["web"]
        if put_in_place:
            await world.vault.create("web", {})
        world.later(minutes=2)
        await world.sweep()
        assert world.published == ["Issuance.Started", told]


@pytest.mark.parametrize(
    "fault", [Unavailable("Key Vault", "HTTP 429", retry_after=60), Refused(403, "Forbidden", "no access")]
)
async def test_a_fault_puts_the_look_off_and_loses_nothing(fault: Exception) -> None:
    world = World()
    operation = await started(world)
    world.later(minutes=2)
    world.vault.faults = [fault]
    await world.sweep()
    (request,) = world.ledger.tracked.values()
    assert (request.status, request.attempts) == (Status.IN_PROGRESS, 1)
    assert str(fault) == request.last_error
    world.vault.operations["web"] = replace(operation, status=Status.FAILED)
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Failed"]


async def test_a_404_that_passes_at_once_does_not_end_a_request() -> None:
    world = World()
    await started(world)
    world.later(minutes=2)
    world.vault.faults = [Refused(404, "PendingCertificateNotFound", "Pending certificate not found: web")]
    await world.sweep()
    (request,) = world.ledger.tracked.values()
    assert (request.status, request.replaced_by) == (Status.IN_PROGRESS, None)
    assert world.published == ["Issuance.Started"]


async def test_one_requests_trouble_does_not_keep_the_others_from_being_looked_at() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.vault.operations[name] = replace(await started(world, name), status=Status.FAILED)
    world.later(minutes=2)
    world.vault.faults = [RuntimeError("a bug")]
    await world.sweep()
    assert world.published.count("Issuance.Failed") == 2


async def test_a_sweep_ends_in_time_and_the_rest_stays_due() -> None:
    world = World()
    for index in range(100):
        await started(world, f"web-{index}")
    world.later(minutes=2)
    pending = world.vault.pending

    async def slow(name: str, request_id: str | None = None) -> PendingOperation:
        world.later(seconds=2)
        return await pending(name, request_id)

    world.vault.pending = slow  # type: ignore[method-assign]  # a vault that takes two seconds an answer
    await world.sweep()
    looked = [one for one in world.ledger.tracked.values() if one.next_check and one.next_check > world.now]
    assert 0 < len(looked) < 100
    world.vault.pending = pending  # type: ignore[method-assign]  # and recovers
    assert len(await world.sweep()) == 100 - len(looked)


async def test_an_event_of_the_vault_looks_at_once_in_any_case_of_the_name() -> None:
    world = World()
    world.vault.operations["web"] = replace(await started(world), status=Status.COMPLETED)
    await check_named(world.certflow, "main", "WEB")
    await check_named(world.certflow, "main", "web")
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


async def test_two_that_see_the_same_end_at_once_tell_it_once() -> None:
    world = World()
    operation = await started(world)
    world.vault.operations["web"] = replace(operation, status=Status.COMPLETED)
    stale = await world.ledger.get("main", "web", operation.request_id)
    assert stale is not None
    await check_named(world.certflow, "main", "web")
    await check(world.certflow, stale)
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


async def test_an_event_that_could_not_be_sent_is_sent_by_a_later_sweep() -> None:
    world = World()
    world.topic.down = True
    await started(world)
    assert len(world.ledger.outbox) == 1
    world.topic.down = False
    await publish_left_behind(world.certflow, "main")
    assert world.published == []  # too young: its own handler may be sending it
    world.later(minutes=2)
    await publish_left_behind(world.certflow, "main")
    await publish_left_behind(world.certflow, "main")
    assert world.published == ["Issuance.Started"]
    assert world.ledger.outbox == {}
