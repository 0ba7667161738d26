"""A survey: what nobody told us of is found, adopted and told once; the first one of a vault without a flood."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.app.read_only_vault import read_only
from functions.model.errors import Refused, Unavailable
from functions.model.options import Options
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.monitoring.vault_run import run_vault
from functions.ports.ledger import Intent
from functions.ports.vault import CertificateItem, CertificatePage, PendingOperation
from tests.clock import NOW
from tests.unit.fakes import A_PAGE, World
from tests.unit.listing_vault import Listing, issue


async def surveyed(world: World) -> None:
    """One more survey, from its beginning to its end."""
    world.later(hours=1)
    await request_scans(world.certflow)
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))


async def watched() -> World:
    """A vault whose baseline is through."""
    world = World(vault=Listing())
    await surveyed(world)
    world.topic.published.clear()
    return world


def requests(world: World) -> dict[str, TrackedRequest]:
    return {request.name: request for request in world.ledger.tracked.values()}


async def test_the_first_survey_brings_all_under_watch_without_a_word_but_one_summary() -> None:
    world = World(vault=Listing())
    for name in ("a", "b"):
        world.vault.start(name)
    world.vault.start("c", "DigiCert")
    world.vault.operations["d"] = replace(world.vault.start("d", "DigiCert"), status=Status.FAILED)
    await surveyed(world)
    assert world.published == ["Vault.Surveyed"]
    (event,) = world.topic.published
    assert event.data["certificates"] == 4
    assert event.data["counts"] == {"pending": 3, "failed": 1, "unowned": 4}
    assert event.data["names"]["pending"] == ["a", "b", "c"]
    assert {name: one.status for name, one in requests(world).items()} == {
        "a": Status.IN_PROGRESS,
        "b": Status.IN_PROGRESS,
        "c": Status.IN_PROGRESS,
        "d": Status.FAILED,
    }


async def test_an_end_after_the_baseline_is_told() -> None:
    world = World(vault=Listing())
    operation = world.vault.start("web", "DigiCert")
    await surveyed(world)
    world.vault.operations["web"] = replace(operation, status=Status.FAILED)
    world.later(minutes=10)
    await world.sweep()
    await surveyed(world)
    assert world.published == ["Vault.Surveyed", "Issuance.Failed"]


async def test_no_csr_is_handed_out_for_what_the_baseline_finds() -> None:
    world = World(vault=Listing())
    world.vault.start("web")
    await surveyed(world)
    assert world.csr_store.given == {}


async def test_a_baseline_that_is_cut_off_stays_silent_when_it_goes_on() -> None:
    world = World(vault=Listing())
    for index in range(A_PAGE + 5):
        world.vault.start(f"web-{index:02}")
    world.vault.fault_at = A_PAGE + 1  # the second page
    await request_scans(world.certflow)
    with pytest.raises(Unavailable):
        await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert len(world.ledger.tracked) == A_PAGE
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert world.published == ["Vault.Surveyed"]
    assert world.topic.published[0].data["counts"]["pending"] == A_PAGE + 5


async def test_what_was_started_elsewhere_later_is_adopted_and_told() -> None:
    world = await watched()
    world.vault.start("web")
    world.vault.tagged["web"] = {"certflow-owner": "ann@example.com"}
    await surveyed(world)
    await surveyed(world)
    assert world.published == ["Issuance.Started"]
    assert world.topic.published[0].data["csr_url"]
    assert len(world.csr_store.given) == 1
    assert world.history == ["adopted"]
    assert requests(world)["web"].owner == "ann@example.com"


async def test_a_renewal_of_a_certificate_that_has_a_version_is_adopted_too() -> None:
    world = await watched()
    issue(world, "web")
    operation = world.vault.start("web", "DigiCert")  # the list does not say so
    await surveyed(world)
    assert requests(world)["web"].request_id == operation.request_id


async def test_a_start_of_ours_that_is_under_way_is_left_alone() -> None:
    world = await watched()
    world.vault.start("web", "DigiCert")
    await world.ledger.add_intent(Intent("main", "web", "i1", world.now + timedelta(hours=3), owner="ann@example.com"))
    await surveyed(world)
    assert world.ledger.tracked == {}


async def test_what_we_track_already_is_not_told_again() -> None:
    world = await watched()
    world.vault.start("web", "DigiCert")
    for _ in range(3):
        await surveyed(world)
    assert world.published == ["Issuance.Started"]
    assert world.history == ["adopted"]


@pytest.mark.parametrize(("status", "told"), [(Status.FAILED, "Failed"), (Status.CANCELLED, "Cancelled")])
async def test_one_that_had_failed_before_it_was_found_is_told_once(status: Status, told: str) -> None:
    world = await watched()
    world.vault.operations["web"] = replace(world.vault.start("web", "DigiCert"), status=status)
    await surveyed(world)
    await surveyed(world)
    assert world.published.count(f"Issuance.{told}") == 1
    assert requests(world)["web"].next_check is None


async def test_no_csr_is_handed_out_of_a_request_that_has_ended() -> None:
    world = await watched()
    world.vault.operations["web"] = replace(world.vault.start("web"), status=Status.CANCELLED)
    await surveyed(world)
    assert world.csr_store.given == {}
    assert [event for event in world.topic.published if "csr_url" in event.data] == []


async def test_a_survey_goes_on_where_its_shift_ended() -> None:
    world = await watched()
    for index in range(3 * A_PAGE):
        world.vault.start(f"web-{index:02}", "DigiCert")
    pending = world.vault.pending

    async def slow(name: str, request_id: str | None = None) -> PendingOperation:
        world.later(seconds=1)
        return await pending(name, request_id)

    world.vault.pending = slow  # type: ignore[method-assign]  # a second an answer
    world.later(hours=1)
    await request_scans(world.certflow)
    shifts = 0
    while counted(world) < 3 * A_PAGE:
        await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=20))
        shifts += 1
        assert shifts <= 3
    assert shifts == 3
    assert world.vault.calls.count("pending") == 3 * A_PAGE
    assert len(world.ledger.tracked) == 3 * A_PAGE


def counted(world: World) -> int:
    """The certificates that the last survey found."""
    last = world.monitoring_store.surveys["main"].last
    return last.certificates if last else 0


async def test_a_token_that_key_vault_takes_no_more_starts_the_survey_anew() -> None:
    world = World(vault=Listing())
    vault = world.vault
    assert isinstance(vault, Listing)
    for index in range(A_PAGE + 5):
        vault.start(f"web-{index:02}", "DigiCert")
    vault.fault_at = A_PAGE + 1
    with pytest.raises(Unavailable):
        await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    vault.taken = False
    calls, page = 0, vault.page

    async def once_more(token: str | None = None) -> CertificatePage:
        nonlocal calls
        calls += 1
        vault.taken = calls > 1  # the old token is refused; the new one is not
        return await page(token)

    vault.page = once_more  # type: ignore[method-assign]  # as said
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert world.topic.published[0].data["certificates"] == A_PAGE + 5  # none of them counted twice
    assert world.published == ["Vault.Surveyed"]


async def test_another_refusal_of_a_page_is_said_and_the_survey_waits() -> None:
    world = await watched()
    world.vault.faults = [Refused(403, "Forbidden", "no access")]
    with pytest.raises(Refused):
        await surveyed(world)
    world.vault.start("web", "DigiCert")
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert world.published == ["Issuance.Started"]


async def test_a_survey_that_nobody_wants_asks_nothing() -> None:
    world = await watched()
    calls = len(world.vault.calls)
    world.later(hours=5)
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert len(world.vault.calls) == calls


async def test_one_certificates_trouble_does_not_end_the_survey_for_the_others() -> None:
    world = await watched()
    for name in ("a", "b", "c"):
        world.vault.start(name, "DigiCert")
    pending = world.vault.pending

    async def forbidden(name: str, request_id: str | None = None) -> PendingOperation:
        if name == "b":
            raise Refused(403, "Forbidden", "not this one")
        return await pending(name, request_id)

    world.vault.pending = forbidden  # type: ignore[method-assign]  # one of them is locked
    await surveyed(world)
    assert set(requests(world)) == {"a", "c"}
    last = world.monitoring_store.surveys["main"].last
    assert last
    assert last.names["passed_over"] == ("b",)


async def test_a_vault_that_is_only_observed_is_watched_and_told_of_and_nothing_starts_there() -> None:
    vault = Listing()
    world = World(vault=vault, options=Options(read_only_vaults=frozenset({"main"})))
    await surveyed(world)
    issue(world, "old")
    ends = NOW + timedelta(hours=6)
    vault.listed["old"] = CertificateItem("old", "t1", NOW - timedelta(days=90), ends, tags={"certflow-renew": "auto"})
    vault.policies["old"] = {"issuer": {"name": "DigiCert"}}
    operation = vault.start("web", "DigiCert")
    guarded = replace(world.certflow, vaults={"main": read_only("main", vault)})
    world.later(hours=1)
    await request_scans(guarded)
    await run_vault(guarded, "main")
    vault.operations["web"] = replace(operation, status=Status.FAILED)
    world.later(minutes=10)
    await run_vault(guarded, "main")
    assert sorted(world.published) == [
        "Certificate.NearExpiry",
        "Issuance.Failed",
        "Issuance.Started",
        "Vault.Surveyed",
    ]
    assert {"create", "merge", "cancel", "delete"} & set(vault.calls) == set()


async def test_only_the_current_survey_is_counted_and_the_last_one_stands_until_it_is_through() -> None:
    world = await watched()
    issue(world, "a")
    await surveyed(world)
    assert counted(world) == 1
    issue(world, "b")
    await surveyed(world)
    assert counted(world) == 2


async def test_a_completed_request_that_was_never_ours_is_no_news() -> None:
    world = await watched()
    issue(world, "web")
    operation = world.vault.start("web", "DigiCert")
    world.vault.operations["web"] = replace(operation, status=Status.COMPLETED)
    await surveyed(world)
    assert world.published == []
