"""A request that somebody started elsewhere is its certificate's owner's, whoever does something to it first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.chains.handle_upload import handle_upload
from functions.chains.merge_by_call import merge
from functions.model.errors import InvalidRequest, Unavailable
from functions.model.request.actor import Origin
from functions.model.request.operation import Operation, Status
from functions.monitoring.inventory_scan import scan_inventory
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, acknowledge, cancel, delete
from tests.actors import saying
from tests.certificates import Ca, as_read, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World

ANN, BOB = "ann@example.com", saying("bob")
WEB = Address("main", "web")
ROOT = Ca.root("Root", at=fixed_now)


def elsewhere(owner: str = ANN) -> tuple[World, Operation]:
    """A request of ann's that was started in the portal, and that no survey has seen yet."""
    world = World()
    world.vault.tagged["web"] = {"certflow-owner": owner}
    return world, world.vault.start("web")


async def by_merge(world: World, operation: Operation) -> None:
    chain = as_read(ROOT.signs(operation.csr), ROOT.certificate)
    await merge(world.certflow, WEB, chain, {}, BOB)


async def by_drop(world: World, operation: Operation) -> None:
    world.chain_files.put("x.pem", pem(ROOT.signs(operation.csr), ROOT.certificate))
    await handle_upload(world.certflow, "x.pem")


async def by_rejected_drop(world: World, operation: Operation) -> None:
    world.chain_files.put("x.pem", pem(Ca.root("Root", at=fixed_now).ca("Lost").signs(operation.csr)))
    await handle_upload(world.certflow, "x.pem")


async def by_cancel(world: World, operation: Operation) -> None:
    await cancel(world.certflow, WEB, BOB)
    world.vault.operations["web"] = Operation(operation.request_id, Status.CANCELLED, "Unknown", operation.csr)
    world.later(days=1)
    await world.sweep()


async def by_delete(world: World, _operation: Operation) -> None:
    await delete(world.certflow, WEB, BOB)


async def by_acknowledging(world: World, _operation: Operation) -> None:
    await acknowledge(world.certflow, WEB, NOW + timedelta(days=1), "hush", BOB)


async def by_replacing(world: World, _operation: Operation) -> None:
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {}}, ANN, "replace", by=BOB))


async def by_survey(world: World, operation: Operation) -> None:
    await world.monitoring_store.request_scan("main", NOW)
    await scan_inventory(world.certflow, "main", NOW + timedelta(seconds=50))
    await by_merge(world, operation)


@pytest.mark.parametrize(
    ("does", "event"),
    [
        (by_merge, "Issuance.Completed"),
        (by_drop, "Issuance.Completed"),
        (by_rejected_drop, "Chain.Rejected"),
        (by_cancel, "Issuance.Cancelled"),
        (by_delete, "Issuance.Deleted"),
        (by_acknowledging, "Issuance.Acknowledged"),
        (by_replacing, "Issuance.Overwritten"),
        (by_survey, "Issuance.Completed"),
    ],
)
@pytest.mark.parametrize("tagged", [True, False])
async def test_its_owner_hears_what_others_do_to_it(does, event: str, *, tagged: bool) -> None:  # type: ignore[no-untyped-def]  # each as above
    world, operation = elsewhere()
    if not tagged:  # the next version of what ann had asked for without a tag
        await delete(world.certflow, WEB, BOB)
        world.vault.tagged.clear()
        world.topic.published.clear()
        world.later(minutes=1)
        operation = world.vault.start("web")
    await does(world, operation)
    told = [one for one in world.topic.published if one.type == f"Certflow.{event}"]
    assert [one.data.get("owner") for one in told] == [ANN]


async def test_what_is_tracked_says_that_it_was_found() -> None:
    world, operation = elsewhere()
    await by_acknowledging(world, operation)
    (request,) = world.ledger.tracked.values()
    assert (request.owner, request.origin, request.requested_by) == (ANN, Origin.FOUND, BOB)


async def test_a_merge_of_it_gives_it_to_nobody_else() -> None:
    world, operation = elsewhere()
    chain = as_read(ROOT.signs(operation.csr), ROOT.certificate)
    with pytest.raises(InvalidRequest, match="does not change the owner"):
        await merge(world.certflow, WEB, chain, {"tags": {"certflow-owner": "bob@example.com"}}, BOB)
    assert world.vault.merges == []


async def test_what_was_complete_before_is_no_news_when_somebody_deletes_its_operation() -> None:
    world, operation = elsewhere()
    world.vault.operations["web"] = Operation(operation.request_id, Status.COMPLETED, "DigiCert", operation.csr)
    await delete(world.certflow, WEB, BOB)
    assert world.topic.published == []
    assert world.history == ["adopted", "observed", "deleted"]


async def test_a_deletion_that_is_cut_off_is_told_all_the_same() -> None:
    world, _operation = elsewhere()
    delete_pending = world.vault.delete_pending

    async def lost(name: str, request_id: str | None = None) -> None:
        await delete_pending(name, request_id)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.delete_pending = lost  # type: ignore[assignment,method-assign]  # the fault
    with pytest.raises(Unavailable):
        await delete(world.certflow, WEB, BOB)
    world.later(days=1)
    await world.sweep()
    assert [(one.type, one.data.get("owner")) for one in world.topic.published][1:] == [
        ("Certflow.Issuance.Deleted", ANN)
    ]
