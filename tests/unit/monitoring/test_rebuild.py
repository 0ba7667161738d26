"""A rebuild: Certflow begins again from Key Vault, quietly, and hands out the CSRs of open manual requests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.errors import ConcurrentChange, Unavailable, UnknownVault
from functions.model.events.vaults import VaultRebuilt
from functions.model.links import Links
from functions.model.request.actor import UNNAMED
from functions.model.request.apply_state import apply_state
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.monitoring.rebuild import NOT_RESTORED, RebuildAnswer, request_rebuild
from functions.ports.ledger import Intent
from functions.ports.monitoring_store import CertificateNote, ScanRequests
from functions.ports.vault import CertificateItem
from functions.requests.apply_and_save import save_acts
from functions.requests.publish_csr import remove_stale_csrs
from tests.actors import person
from tests.clock import NOW
from tests.unit.fakes import A_PAGE, FakeLedger, FakeWatchbook, World
from tests.unit.listing_vault import Listing, issue

ENDS = timedelta(seconds=50)


def full_vault() -> Listing:
    """A vault with a manual request, one at an issuer, one that failed, and a certificate near its end."""
    vault = Listing()
    vault.start("manual")
    vault.tagged["manual"] = {"certflow-owner": "ann@example.com", "certflow-signer": "pki@example.com"}
    vault.start("issuer", "DigiCert")
    vault.operations["failed"] = replace(vault.start("failed", "DigiCert"), status=Status.FAILED)
    return vault


async def scanned(world: World) -> None:
    await scan_inventory(world.certflow, "main", world.now + ENDS)


async def rebuilt(world: World) -> None:
    world.later(hours=1)
    await request_rebuild(world.certflow, [], UNNAMED)
    await scanned(world)


def near_its_end(world: World, vault: Listing, name: str, tags: dict[str, str] | None = None) -> None:
    issue(world, name)
    ends = NOW + timedelta(days=10)
    vault.listed[name] = CertificateItem(name, "t1", ends - timedelta(days=90), ends, tags=tags or {})


async def test_the_message_of_a_rebuild_names_who_asked_for_it_and_that_of_a_baseline_nobody() -> None:
    world = World(vault=full_vault())
    await request_rebuild(world.certflow, ["main"], person("ann@example.com"))
    await scanned(world)
    (event,) = world.topic.published
    assert (event.type, event.data["requested_by"]) == (VaultRebuilt.type, "ann@example.com")
    other = World(vault=full_vault())
    await scanned(other)
    assert "requested_by" not in other.topic.published[0].data


async def test_with_empty_tables_what_key_vault_knows_comes_back_and_only_operators_hear_of_it() -> None:
    vault = full_vault()
    world = World(vault=vault)
    near_its_end(world, vault, "old")
    await rebuilt(world)
    assert world.published == ["Vault.Rebuilt"]
    (event,) = world.topic.published
    assert event.data["counts"] == {"pending": 2, "failed": 1, "near_expiry": 1, "unowned": 3}
    found = {one.name: one for one in world.ledger.tracked.values()}
    assert {name: one.status for name, one in found.items()} == {
        "manual": Status.IN_PROGRESS,
        "issuer": Status.IN_PROGRESS,
        "failed": Status.FAILED,
    }
    assert (found["manual"].owner, found["manual"].signer) == ("ann@example.com", "pki@example.com")
    assert [*world.csr_store.where.values()] == [("main", "manual")]
    assert found["manual"].csr_url
    # The next scan repeats no rung that was passed before.
    world.later(hours=1)
    await request_scans(world.certflow)
    await scanned(world)
    assert world.published == ["Vault.Rebuilt"]


async def test_a_csr_is_handed_out_anew_for_a_request_that_the_apps_own_baseline_has_found() -> None:
    world = World(vault=full_vault())
    world.vault.operations["ended"] = replace(world.vault.start("ended"), status=Status.CANCELLED)
    await scanned(world)
    world.later(hours=1)
    await request_scans(world.certflow)
    await scanned(world)
    assert world.csr_store.given == {}
    await rebuilt(world)
    assert [*world.csr_store.where.values()] == [("main", "manual")]
    (manual,) = (one for one in world.ledger.tracked.values() if one.name == "manual")
    assert manual.csr_url
    assert world.published == ["Vault.Surveyed", "Vault.Rebuilt"]
    # Its end takes it away again.
    del world.vault.operations["manual"]
    world.later(hours=2)
    await world.sweep()
    assert world.csr_store.where == {}


async def test_a_csr_that_is_out_already_is_put_again_without_a_write_to_the_request() -> None:
    world = World(vault=full_vault())
    await rebuilt(world)
    before = dict(world.ledger.tracked)
    world.csr_store.where.clear()
    await rebuilt(world)
    assert [*world.csr_store.where.values()] == [("main", "manual")]
    assert {key: one.etag for key, one in world.ledger.tracked.items()} == {
        key: one.etag for key, one in before.items()
    }


async def test_a_request_that_somebody_changes_meanwhile_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(vault=full_vault())
    await scanned(world)

    async def save(before: TrackedRequest, change: Change) -> TrackedRequest:
        raise ConcurrentChange("changed")

    monkeypatch.setattr(world.ledger, "save", save)
    await rebuilt(world)
    assert world.topic.published[-1].data["counts"] == {"pending": 2, "failed": 1, "unowned": 2}


async def test_the_digest_does_not_count_what_had_ended_before_it_was_found() -> None:
    world = World(vault=full_vault())
    await rebuilt(world)
    assert await world.ledger.ended("main", NOW) == []
    # It is completed after all: that end has a day.
    (failed,) = (one for one in world.ledger.tracked.values() if one.name == "failed")
    world.later(minutes=1)
    completed = Operation(failed.request_id, Status.COMPLETED, "DigiCert", b"")
    await save_acts(world.certflow, failed, apply_state(failed, completed, world.now))
    assert await world.ledger.ended("main", NOW) == [("failed", Status.COMPLETED)]


async def test_csrs_in_the_container_of_requests_that_have_ended_meanwhile_are_deleted_within_a_day() -> None:
    vault = full_vault()
    world = World(vault=vault)
    for name in ("open", "completed", "replaced", "deleted", "starting"):
        await world.csr_store.put("main", name, vault.start(name).request_id, b"", b"")
    vault.operations["completed"] = replace(vault.operations["completed"], status=Status.COMPLETED)
    vault.start("replaced")
    del vault.operations["deleted"], vault.operations["starting"]
    start = Intent("main", "starting", "", NOW, owner=None, signer=None, by=UNNAMED)
    await world.ledger.save_intent(start)
    # While Key Vault does not answer, nobody knows.
    vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 4
    await remove_stale_csrs(world.certflow)
    assert (len(world.csr_store.where), vault.faults) == (5, [])
    await remove_stale_csrs(world.certflow)
    assert {name for _, name in world.csr_store.where.values()} == {"open", "starting"}


async def test_a_rung_that_is_passed_after_the_rebuild_is_told() -> None:
    vault = full_vault()
    world = World(vault=vault)
    near_its_end(world, vault, "old")
    await rebuilt(world)
    world.later(days=9)
    await request_scans(world.certflow)
    await scanned(world)
    assert "Certificate.NearExpiry" in world.published


async def test_where_the_tables_are_there_a_rung_that_was_passed_meanwhile_is_left_to_the_next_scan() -> None:
    vault = full_vault()
    world = World(vault=vault)
    await scanned(world)
    near_its_end(world, vault, "old")
    await world.monitoring_store.save_note(CertificateNote("main", "old", "t1", rung=1))
    await rebuilt(world)
    assert "Certificate.NearExpiry" not in world.published
    world.later(hours=1)
    await request_scans(world.certflow)
    await scanned(world)
    assert world.published.count("Certificate.NearExpiry") == 1


@pytest.mark.parametrize("mute", [False, True], ids=["since the last scan", "before, and muted then"])
async def test_where_the_tables_are_there_no_rung_is_lost_that_nobody_was_told_of(*, mute: bool) -> None:
    vault = full_vault()
    world = World(vault=vault)
    near_its_end(world, vault, "old", {"certflow-mute": (NOW + timedelta(days=2)).date().isoformat()} if mute else None)
    world.now = NOW - timedelta(days=60)
    await scanned(world)
    world.now = NOW
    if mute:
        await request_scans(world.certflow)
        await scanned(world)
    await rebuilt(world)
    assert "Certificate.NearExpiry" not in world.published
    world.later(days=3)
    await request_scans(world.certflow)
    await scanned(world)
    assert world.published.count("Certificate.NearExpiry") == 1


async def test_a_rebuild_starts_no_renewal_the_scan_after_it_decides() -> None:
    vault = full_vault()
    world = World(vault=vault)
    near_its_end(world, vault, "old", {"certflow-renew": "auto"})
    vault.policies["old"] = {"issuer": {"name": "DigiCert"}}
    await rebuilt(world)
    assert "create" not in vault.calls
    assert world.monitoring_store.queue == {}
    read = vault.calls.count("certificate")
    world.later(hours=1)
    await request_scans(world.certflow)
    await scanned(world)
    # For the inventory, and again because what is queued is read before its start.
    assert vault.calls.count("certificate") == read + 2


async def test_a_renewal_that_was_under_way_is_not_started_again_and_its_csr_is_out() -> None:
    vault = full_vault()
    world = World(vault=vault)
    near_its_end(world, vault, "old", {"certflow-renew": "auto"})
    vault.policies["old"] = {"issuer": {"name": "Unknown"}}
    vault.start("old")
    await rebuilt(world)
    assert {name for _, name in world.csr_store.where.values()} == {"manual", "old"}
    world.later(hours=1)
    await request_scans(world.certflow)
    await scanned(world)
    assert "create" not in vault.calls
    assert world.published == ["Vault.Rebuilt"]


async def test_a_rebuild_that_is_cut_off_goes_on_where_it_was_and_tells_nothing_twice() -> None:
    world = World(vault=Listing())
    for index in range(A_PAGE + 5):
        world.vault.start(f"web-{index:02}")
    world.vault.fault_at = 1 + 2 * A_PAGE  # the second page
    with pytest.raises(Unavailable):
        await rebuilt(world)
    calls = len(world.vault.calls)
    again = await request_rebuild(world.certflow, ["MAIN"], UNNAMED)
    assert again == RebuildAnswer((), ("main",))
    await scanned(world)
    assert len(world.vault.calls) - calls == 1 + 2 * 5  # the second page and its certificates
    assert world.published == ["Vault.Rebuilt"]
    assert world.topic.published[0].data["counts"]["pending"] == A_PAGE + 5
    assert len(world.csr_store.given) == A_PAGE + 5


async def test_asked_for_all_vaults_while_that_of_one_is_under_way_only_the_others_begin() -> None:
    world = World(vault=full_vault())
    both = replace(world.certflow, vaults={"main": world.vault, "staging": full_vault()})
    await request_rebuild(both, ["main"], UNNAMED)
    asked_at = world.now
    world.later(minutes=1)
    assert await request_rebuild(replace(both, now=lambda: world.now), [], UNNAMED) == RebuildAnswer(
        ("staging",), ("main",)
    )
    assert (await world.monitoring_store.scan_requested("main")).rebuild == asked_at
    assert (await world.monitoring_store.scan_requested("staging")).rebuild == world.now


async def test_that_there_are_too_many_renewals_is_not_told_again_on_that_day_where_the_tables_are_there() -> None:
    world = World(vault=full_vault())
    await scanned(world)
    before = await world.monitoring_store.scan("main")
    await world.monitoring_store.save_scan(replace(before, capped=NOW.date()))
    await rebuilt(world)
    assert (await world.monitoring_store.scan("main")).capped == NOW.date()


async def test_a_rebuild_takes_the_place_of_a_scan_that_is_under_way() -> None:
    world = World(vault=Listing())
    await scanned(world)
    for index in range(A_PAGE + 5):
        world.vault.start(f"web-{index:02}")
    world.later(hours=1)
    await request_scans(world.certflow)
    world.vault.fault_at = len(world.vault.calls) + 1 + A_PAGE
    with pytest.raises(Unavailable):
        await scanned(world)
    await rebuilt(world)
    assert world.published.count("Vault.Rebuilt") == 1
    assert world.topic.published[-1].data["certificates"] == A_PAGE + 5


async def test_one_that_is_through_can_be_asked_for_again_and_has_a_summary_of_its_own() -> None:
    world = World(vault=full_vault())
    await rebuilt(world)
    await scanned(world)
    assert world.published == ["Vault.Rebuilt"]
    await rebuilt(world)
    assert [one.type for one in world.topic.published] == ["Certflow.Vault.Rebuilt"] * 2
    assert len({one.id for one in world.topic.published}) == 2


def test_the_summary_names_what_nobody_is_told_of_and_says_how_much_more_there_is() -> None:
    kinds = ("pending", "near_expiry", "expired", "failed", "cancelled", "passed_over")
    names = {kind: (f"{kind}-1", f"{kind}-2") for kind in kinds}
    counts = dict.fromkeys(kinds, 3)
    told = VaultRebuilt(vault="main", certificates=90, counts=counts, names=names, requested_by="ann@example.com")
    assert [*told.details()] == [
        ("Vault", "main"),
        ("Requested by", "ann@example.com"),
        ("Pending", "pending-1, pending-2 and 1 more"),
        ("Near their end", "near_expiry-1, near_expiry-2 and 1 more"),
        ("Expired", "expired-1, expired-2 and 1 more"),
        ("Failed", "failed-1, failed-2 and 1 more"),
        ("Cancelled", "cancelled-1, cancelled-2 and 1 more"),
        ("Not looked at", "passed_over-1, passed_over-2 and 1 more"),
    ]


@pytest.mark.parametrize("counts", [{}, {"pending": 2, "unowned": 1}, {"near_expiry": 1}, {"passed_over": 1}])
def test_the_summary_is_good_news_only_where_nothing_is_left_to_do(counts: dict[str, int]) -> None:
    told = VaultRebuilt(vault="main", certificates=90, counts=counts, names={}).words(Links())
    assert told.good == (told.next_step == "Nothing to do.") == (not counts.keys() & {"near_expiry", "passed_over"})
    assert told.remark is not None
    assert len(told.remark) < len(told.sentence) / 2


async def test_a_vault_that_there_is_not_is_named_and_nothing_is_asked_for() -> None:
    world = World(vault=full_vault())
    with pytest.raises(UnknownVault, match="nowhere"):
        await request_rebuild(world.certflow, ["main", "nowhere"], UNNAMED)
    assert await world.monitoring_store.scan_requested("main") == ScanRequests()


async def test_the_tables_of_an_app_that_ran_are_lost_and_all_of_it_comes_back() -> None:
    world = World(vault=full_vault())
    await scanned(world)
    world.ledger = FakeLedger()
    world.monitoring_store = FakeWatchbook(world.ledger)
    await rebuilt(world)
    assert {one.name for one in world.ledger.tracked.values()} == {"manual", "issuer", "failed"}
    assert len(NOT_RESTORED) > 5
