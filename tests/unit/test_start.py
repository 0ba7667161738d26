"""Starting a request: nothing is started that we could lose, and what was refused is never started later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.issuance.errors import Refused, Unavailable, UnknownVault
from functions.issuance.requests import Status
from functions.issuance.start import Order, start, status
from functions.issuance.watch import check_due
from tests.unit.fakes import World

ORDER = Order("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}, "me@example.com")


async def test_a_start_is_tracked_and_told() -> None:
    world = World()
    answer = await start(world.certflow, ORDER)
    request = await world.ledger.get("main", "web", answer.operation.request_id)
    assert request is not None
    assert (request.issuer, request.owner, request.status) == ("DigiCert", "me@example.com", Status.IN_PROGRESS)
    assert request.subject == "CN=web.example.com"
    assert world.published == ["Issuance.Started"]
    assert world.ledger.intents == {}


async def test_an_unknown_vault_is_named_with_those_that_are_known() -> None:
    with pytest.raises(UnknownVault, match=r"'nowhere'.*main"):
        await start(World().certflow, Order("nowhere", "web", {}, None))


async def test_with_the_storage_down_key_vault_is_not_asked() -> None:
    world = World()
    world.ledger.down = True
    with pytest.raises(Unavailable):
        await start(world.certflow, ORDER)
    assert world.vault.calls == []


async def test_what_key_vault_refuses_leaves_nothing_behind() -> None:
    world = World()
    world.vault.faults = [Refused(409, "Conflict", "pending")]
    with pytest.raises(Refused):
        await start(world.certflow, ORDER)
    assert world.ledger.intents == {}
    world.later(hours=1)
    await check_due(world.certflow)
    assert world.vault.calls == ["create"]


async def test_a_start_that_never_reached_key_vault_is_not_looked_for() -> None:
    world = World()
    world.vault.faults = [Unavailable("Key Vault", "no connection")]
    with pytest.raises(Unavailable):
        await start(world.certflow, ORDER)
    assert world.ledger.intents == {}


async def test_a_start_whose_answer_was_lost_is_found_and_watched_later() -> None:
    world = World()
    await world.vault.create("web", ORDER.body)  # Key Vault took it …
    world.vault.faults = [Unavailable("Key Vault", "no answer", maybe_done=True)]  # … and we never heard
    with pytest.raises(Unavailable):
        await start(world.certflow, ORDER)
    world.later(minutes=3)
    await check_due(world.certflow)
    (request,) = world.ledger.requests.values()
    assert request.owner == "me@example.com"
    assert world.ledger.intents == {}


async def test_a_lost_answer_with_nothing_pending_or_something_ended_is_forgotten() -> None:
    for ended in (None, Status.COMPLETED):
        world = World()
        if ended:
            operation = (await world.vault.create("web", ORDER.body)).operation
            world.vault.operations["web"] = replace(operation, status=ended)
        world.vault.faults = [Unavailable("Key Vault", "no answer", maybe_done=True)]
        with pytest.raises(Unavailable):
            await start(world.certflow, ORDER)
        world.later(minutes=3)
        await check_due(world.certflow)
        assert world.ledger.requests == {}
        assert world.ledger.intents == {}


async def test_the_storage_failing_after_key_vault_accepted_does_not_turn_a_start_into_an_error() -> None:
    world = World()
    create = world.vault.create

    async def create_and_lose_the_storage(name, body):  # type: ignore[no-untyped-def]  # the fake's own types
        answer = await create(name, body)
        world.ledger.down = True
        return answer

    world.vault.create = create_and_lose_the_storage  # type: ignore[method-assign]  # one fault for one test
    answer = await start(world.certflow, ORDER)
    world.ledger.down = False
    assert world.ledger.requests == {}
    world.later(minutes=3)
    await check_due(world.certflow)
    assert await world.ledger.get("main", "web", answer.operation.request_id) is not None


async def test_reading_a_pending_request_records_its_end() -> None:
    world = World()
    answer = await start(world.certflow, ORDER)
    world.vault.operations["web"] = replace(answer.operation, status=Status.CANCELLED)
    _, owner = await status(world.certflow, "main", "web", None)
    assert owner == "me@example.com"
    assert world.published == ["Issuance.Started", "Issuance.Cancelled"]
    await status(world.certflow, "MAIN", "web", answer.operation.request_id)
    assert len(world.topic.published) == 2
