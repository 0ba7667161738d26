"""Ends that are seen late: what completed is told as that, also after a failure, or if it has gone since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from functions.model.errors import Refused, Unavailable
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.ports.vault import Bundle
from functions.requests.check import check_named
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address
from functions.requests.manage import status as status_of
from tests.certificates import Ca
from tests.clock import fixed_now
from tests.unit.fakes import FakeVault, World, signed

CA = Ca.root("Root", at=fixed_now)


async def started(world: World) -> Operation:
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    return world.vault.operations["web"]


async def event(world: World) -> None:
    """The vault says that the certificate has changed."""
    await check_named(world.certflow, "main", "web")


def tracked(world: World, operation: Operation) -> TrackedRequest:
    return world.ledger.tracked["main", "web", operation.request_id]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
async def test_a_request_that_had_ended_and_is_completed_in_the_portal_is_completed_here_too(status: Status) -> None:
    world = World()
    operation = await started(world)
    world.vault.operations["web"] = replace(operation, status=status)
    for _ in range(2):
        await event(world)
    await world.vault.merge("web", [signed(CA, operation)])
    for _ in range(2):
        await event(world)
    assert world.published == ["Issuance.Started", f"Issuance.{status.value.capitalize()}", "Issuance.Completed"]
    assert (tracked(world, operation).status, tracked(world, operation).version) == (Status.COMPLETED, "v1")


async def test_of_those_that_have_ended_only_the_newest_is_looked_at() -> None:
    world = World()
    operations = []
    for _ in range(3):
        operations.append(await started(world))
        world.vault.operations["web"] = replace(operations[-1], status=Status.FAILED)
        world.later(minutes=2)
        await event(world)
        world.vault.calls.clear()
    await event(world)
    assert world.vault.calls == ["pending"]
    assert [one.status for one in world.ledger.tracked.values()] == [Status.FAILED] * 3


async def test_a_vault_that_does_not_answer_is_asked_again_about_what_may_have_been_completed() -> None:
    world = World()
    operation = await started(world)
    world.vault.operations["web"] = replace(operation, status=Status.FAILED)
    await event(world)
    await world.vault.merge("web", [signed(CA, operation)])
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    await event(world)
    world.later(minutes=1)
    await world.sweep()
    assert world.published[-1] == "Issuance.Completed"
    assert tracked(world, operation).next_check is None


@pytest.mark.parametrize("another", [True, False])
@pytest.mark.parametrize("how", ["event", "sweep", "status"])
async def test_what_completed_and_then_went_is_told_as_completed(how: str, *, another: bool) -> None:
    world = World()
    operation = await started(world)
    await world.vault.merge("web", [signed(CA, operation)])  # and its event was lost
    del world.vault.operations["web"]
    if another:
        world.vault.start("web", "DigiCert")
    world.later(minutes=2)
    if how == "event":
        await event(world)
    elif how == "sweep":
        await world.sweep()
    elif another:
        await status_of(world.certflow, Address("main", "web"))
    else:
        with pytest.raises(Refused):  # there is nothing pending
            await status_of(world.certflow, Address("main", "web"))
    assert world.published == ["Issuance.Started", "Issuance.Completed"]
    assert tracked(world, operation).version == "v1"
    assert tracked(world, operation).replaced_by is None


@dataclass
class Reusing(FakeVault):
    """A vault where a policy takes the same key for each version."""

    async def certificate(self, name: str) -> Bundle | None:
        bundle = await super().certificate(name)
        return bundle and replace(bundle, fields={**bundle.fields, "policy": {"key_props": {"reuse_key": True}}})


@pytest.mark.parametrize(("another", "told"), [(True, "Overwritten"), (False, "Deleted")])
async def test_where_a_key_is_used_again_it_proves_nothing(another: bool, told: str) -> None:
    world = World(vault=Reusing())
    operation = await started(world)
    await world.vault.merge("web", [signed(CA, operation)])
    del world.vault.operations["web"]
    if another:
        world.vault.start("web", "DigiCert")
    await event(world)
    assert world.published == ["Issuance.Started", f"Issuance.{told}"]


@pytest.mark.parametrize(("another", "told"), [(True, "Overwritten"), (False, "Deleted")])
async def test_a_version_of_another_key_is_another_requests(another: bool, told: str) -> None:
    world = World()
    earlier = await started(world)
    await world.vault.merge("web", [signed(CA, earlier)])
    await event(world)
    await started(world)
    del world.vault.operations["web"]
    if another:
        world.vault.start("web", "DigiCert")
    await event(world)
    assert world.published[-1] == f"Issuance.{told}"


@dataclass
class Hiding(FakeVault):
    """A vault that does not show its certificates."""

    fault: Exception | None = None

    async def certificate(self, name: str) -> Bundle | None:
        if self.fault:
            raise self.fault
        return await super().certificate(name)


async def test_a_vault_that_does_not_show_the_version_does_not_hold_the_end_back() -> None:
    world = World(vault=Hiding(fault=Refused(403, "Forbidden", "no access")))
    await started(world)
    del world.vault.operations["web"]
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Deleted"]


async def test_a_vault_that_cannot_say_now_is_asked_again_before_anything_is_told() -> None:
    vault = Hiding(fault=Unavailable("Key Vault", "HTTP 503"))
    world = World(vault=vault)
    operation = await started(world)
    await vault.merge("web", [signed(CA, operation)])
    del vault.operations["web"]
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started"]
    vault.fault = None
    world.now += timedelta(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Completed"]
