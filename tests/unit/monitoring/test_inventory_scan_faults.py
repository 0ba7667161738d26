"""A survey among faults: one certificate, a full storage or a late holder does not spoil it for all the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.model.errors import ConcurrentChange, Unavailable
from functions.monitoring.inventory_scan import scan_inventory
from functions.monitoring.renewal_queue import MAX_COUNTED_NAMES, MAX_PAGE_TRIES
from functions.ports.monitoring_store import CertificateNote
from functions.ports.vault import CertificateItem, CertificatePage, PendingOperation
from tests.clock import NOW
from tests.unit.fakes import A_PAGE, World
from tests.unit.listing_vault import Listing, issue

COUNT = 2 * A_PAGE + 10


def filled() -> World:
    world = World(vault=Listing())
    for number in range(COUNT):
        issue(world, f"c{number:02}")
    return world


def breaks(world: World, *names: str, fault: Callable[[], Exception]) -> None:
    """Key Vault has no answer for these."""
    pending = world.vault.pending

    async def broken(name: str, request_id: str | None = None) -> PendingOperation:
        if name in names:
            raise fault()
        return await pending(name, request_id)

    world.vault.pending = broken  # type: ignore[method-assign]  # as said


def unreadable() -> Exception:
    return Unavailable("Key Vault 'main'", "an answer that cannot be read", maybe_done=True)


def throttled() -> Exception:
    return Unavailable("Key Vault 'main'", "HTTP 429", retry_after=1, throttled=True)


async def shifts(world: World, count: int) -> None:
    for _ in range(count):
        await world.shift()
        world.later(minutes=1)


async def test_a_certificate_for_which_key_vault_has_no_answer_is_passed_over_in_the_end() -> None:
    world = filled()
    breaks(world, "c03", "c55", fault=unreadable)
    await shifts(world, MAX_PAGE_TRIES)
    assert world.monitoring_store.surveys["main"].finished is None
    await shifts(world, MAX_PAGE_TRIES)  # the page of the other has its own tries
    assert world.monitoring_store.surveys["main"].finished is None
    await shifts(world, 1)
    last = world.monitoring_store.surveys["main"].last
    assert last
    assert last.certificates == COUNT
    assert dict(last.counts) == {"unowned": COUNT - 2, "passed_over": 2}
    assert last.names["passed_over"] == ("c03", "c55")
    assert "main" in world.monitoring_store.swept


async def test_it_is_given_all_its_tries_by_the_next_survey_again() -> None:
    world = filled()
    breaks(world, "c03", fault=unreadable)
    await shifts(world, MAX_PAGE_TRIES + 1)
    await world.monitoring_store.request_scan("main", world.now)
    await shifts(world, MAX_PAGE_TRIES)
    assert world.monitoring_store.surveys["main"].under_way
    await shifts(world, 1)
    assert not world.monitoring_store.surveys["main"].under_way


async def test_throttling_passes_nothing_over() -> None:
    world = filled()
    breaks(world, "c03", fault=throttled)
    await shifts(world, 3 * MAX_PAGE_TRIES)
    run = world.monitoring_store.surveys.get("main")
    assert run is None or (run.tries == 0 and run.finished is None)


async def test_our_own_storage_passes_nothing_over_either() -> None:
    world = filled()
    vault = world.vault
    assert isinstance(vault, Listing)
    for name in ("c03", "c04"):
        vault.listed[name] = near(name)
    note = world.monitoring_store.note

    async def broken(vault: str, name: str) -> CertificateNote | None:
        if name == "c03":
            raise Unavailable("The table storage", "HTTP 503")
        return await note(vault, name)

    world.monitoring_store.note = broken  # type: ignore[method-assign]  # as said
    await shifts(world, 3 * MAX_PAGE_TRIES)
    world.monitoring_store.note = note  # type: ignore[method-assign]  # it is up again
    await shifts(world, 1)
    last = world.monitoring_store.surveys["main"].last
    assert last
    assert "passed_over" not in last.counts
    assert last.counts["near_expiry"] == 2


def near(name: str) -> CertificateItem:
    return CertificateItem(name, "t1", NOW - timedelta(days=90), NOW + timedelta(days=10))


async def test_a_holder_that_outlived_its_lease_does_not_undo_what_the_next_one_did() -> None:
    world = filled()
    page, ends = world.vault.page, NOW + timedelta(seconds=50)

    async def paused(token: str | None = None) -> CertificatePage:
        found = await page(token)
        world.vault.page = page  # type: ignore[method-assign]  # once: another holder comes, and is through
        await scan_inventory(world.certflow, "main", ends)
        return found

    world.vault.page = paused  # type: ignore[method-assign]  # the first holder's first page
    with pytest.raises(ConcurrentChange):
        await scan_inventory(world.certflow, "main", ends)
    run = world.monitoring_store.surveys["main"]
    assert run.finished
    assert not run.under_way
    assert world.published == ["Vault.Surveyed"]


async def test_some_names_of_a_kind_are_kept_and_all_are_counted() -> None:
    world = filled()
    await shifts(world, 1)
    last = world.monitoring_store.surveys["main"].last
    assert last
    assert last.counts["unowned"] == COUNT
    assert len(last.names["unowned"]) == MAX_COUNTED_NAMES
