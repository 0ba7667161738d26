"""A scan leaves a snapshot: whole or none, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.inventory import read
from functions.inventory.fresh import refresh
from functions.inventory.read import inventory_of
from functions.model.errors import ConcurrentChange, Refused, Unavailable, UnreadAnswer
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.model.options import Options
from functions.model.request.operation import Status
from functions.monitoring import scan_pages
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.ports.ledger import Intent
from functions.ports.monitoring_store import InventoryScan, ScanCounts
from functions.requests.track import track_request
from functions.x509.public_keys import sha1_of
from tests.clock import NOW
from tests.unit.fakes import A_PAGE, World
from tests.unit.listing_vault import Listing, issue

COUNT = 2 * A_PAGE + 10
DAILY = Options(quiet_check=timedelta(days=1))
POLICY = {
    "issuer": {"name": "DigiCert"},
    "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}],
}


def filled(options: Options = DAILY, count: int = COUNT) -> World:
    world = World(vault=Listing(), options=options)
    for number in range(count):
        name = f"c{number:03}"
        issue(world, name)
        world.vault.policies[name] = POLICY
        listed = world.vault.listed[name]  # type: ignore[attr-defined]  # a Listing
        sha1 = sha1_of(world.vault.certificates[name].der)
        world.vault.listed[name] = replace(listed, thumbprint=sha1, updated=NOW)  # type: ignore[attr-defined]
    return world


async def scan(world: World) -> None:
    world.later(hours=1)
    await request_scans(world.certflow)
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))


async def records(world: World) -> dict[str, CertificateRecord]:
    found = await inventory_of(world.certflow, "main")
    assert found is not None
    return {one.name: one for one in found.certificates}


async def test_a_scan_leaves_a_record_of_each_certificate() -> None:
    world = filled()
    world.vault.tagged["c001"] = {"certflow-owner": "ann@example.com"}
    world.vault.start("new", "DigiCert")
    assert await inventory_of(world.certflow, "main") is None
    await scan(world)
    found = await inventory_of(world.certflow, "main")
    assert found is not None
    assert [one.name for one in found.certificates] == [*(f"c{n:03}" for n in range(COUNT)), "new"]
    assert (found.vault, found.issuers, found.began) == ("main", ("DigiCert",), world.now)
    first, new = found.certificates[0], found.certificates[-1]
    assert first.current is not None
    assert first.current.names == ("c000.example.com",)
    assert first.policy is not None
    assert (first.policy.issuer, first.policy.action, first.policy.percentage) == ("DigiCert", "AutoRenew", 80)
    assert new.current is None
    assert new.pending is not None
    assert (new.pending.status, new.pending.since) == ("inProgress", world.now)
    assert world.inventory_files.written == {}  # the parts are gone


async def test_a_quiet_vault_is_listed_and_its_certificates_are_asked_and_read_once_a_day() -> None:
    world = filled()
    await scan(world)
    world.vault.calls.clear()
    for _ in range(24):
        await scan(world)
    pages = -(-COUNT // A_PAGE)
    assert {what: world.vault.calls.count(what) for what in set(world.vault.calls)} == {
        "page": 24 * pages,
        "pending": COUNT,
        "certificate": COUNT,
    }
    assert (await records(world))["c000"].seen == world.now


async def test_a_start_elsewhere_is_found_within_a_day() -> None:
    world = filled()
    await scan(world)
    world.vault.start("c007", "DigiCert")
    scans = 0
    while not world.ledger.tracked:
        await scan(world)
        scans += 1
        assert scans <= 24
    assert (await records(world))["c007"].pending is not None


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
async def test_a_tracked_request_is_left_to_its_checks_and_its_end_is_in_the_next_snapshot(status: Status) -> None:
    world = filled(count=1)
    await scan(world)
    request = world.vault.start("c000", "DigiCert")
    await track_request(world.certflow, Intent("main", "c000", "", world.now), request)
    await scan(world)
    pending = (await records(world))["c000"].pending
    assert pending is not None
    assert (pending.request_id, pending.status) == (request.request_id, "inProgress")

    world.vault.calls.clear()
    for _ in range(24):
        await scan(world)
    assert world.vault.calls.count("pending") == 0

    world.vault.operations["c000"] = replace(request, status=status)
    await world.sweep()
    await scan(world)
    ended = (await records(world))["c000"].pending
    assert ended is not None
    assert ended.status == status.value
    world.vault.calls.clear()
    await scan(world)
    assert world.vault.calls == ["page"]


async def test_a_scan_that_a_search_waits_for_asks_for_each_and_the_next_is_quiet_again() -> None:
    world = filled()
    await scan(world)
    began = world.monitoring_store.surveys["main"].asked_all
    await scan(world)
    assert world.monitoring_store.surveys["main"].asked_all == began  # that one was quiet
    world.vault.calls.clear()
    await world.monitoring_store.request_scan("main", world.now, whole=True)
    await scan(world)
    assert world.vault.calls.count("pending") == COUNT
    assert world.monitoring_store.surveys["main"].asked_all == world.now
    await scan(world)
    assert world.vault.calls.count("pending") < COUNT + A_PAGE


async def test_it_is_known_since_when_something_is_pending() -> None:
    world = filled()
    world.vault.start("new")
    await scan(world)
    first = (await records(world))["new"].pending
    await scan(world)
    assert (await records(world))["new"].pending == first
    world.vault.start("new")  # another request, which the check of the first one sees
    world.later(minutes=10)
    await world.sweep()
    await scan(world)
    second = (await records(world))["new"].pending
    assert second is not None
    assert second.since == world.now


async def test_the_policy_of_a_first_request_is_kept_and_read_again_once_a_day() -> None:
    world = World(vault=Listing(), options=DAILY)
    world.vault.start("first")
    world.vault.policies["first"] = {"x509_props": {"validity_months": 24}, "issuer": {"name": "DigiCert"}}
    await scan(world)
    policy = (await records(world))["first"].policy
    assert policy is not None
    assert (policy.issuer, policy.months) == ("DigiCert", 24)
    world.vault.policies["first"] = {"x509_props": {"validity_months": 6}}
    for _ in range(24):
        await scan(world)
    policy = (await records(world))["first"].policy
    assert policy is not None
    assert policy.months == 6
    assert world.vault.calls.count("policy") == 2


async def test_where_neither_a_version_is_complete_nor_a_request_pending_no_policy_is_read() -> None:
    world = World(vault=Listing(), options=DAILY)
    world.vault.operations["left"] = replace(world.vault.start("left"), status=Status.COMPLETED)
    await scan(world)
    assert (await records(world))["left"].policy is None
    assert "policy" not in world.vault.calls


async def test_a_deleted_certificate_is_gone_after_the_next_scan() -> None:
    world = filled()
    await scan(world)
    del world.vault.certificates["c003"]
    await scan(world)
    assert "c003" not in await records(world)


def dies_at(world: World, call: int) -> None:
    """The process is killed at the n-th write of the scan: before it, and nothing after it happens."""
    writes = 0

    def dying[**P, R](what: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        async def write(*args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal writes
            writes += 1
            if writes >= call:
                raise KilledError
            return await what(*args, **kwargs)

        return write

    files, store, fresh = world.inventory_files, world.monitoring_store, world.fresh_records
    for holder, name in (
        (files, "save_part"),
        (files, "save_snapshot"),
        (files, "drop_parts"),
        (store, "save_scan"),
        (fresh, "drop"),
    ):
        setattr(holder, name, dying(getattr(holder, name)))


def lives(world: World) -> None:
    for holder in (world.inventory_files, world.monitoring_store, world.fresh_records):
        for name in ("save_part", "save_snapshot", "drop_parts", "save_scan", "drop"):
            holder.__dict__.pop(name, None)


class KilledError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


async def test_killed_at_every_write_the_old_snapshot_is_readable_and_the_new_one_is_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan_pages, "PART_RECORDS", A_PAGE)  # a part for each page
    call, through = 1, False
    while not through:
        world = filled()
        await scan(world)
        old = await inventory_of(world.certflow, "main")
        issue(world, "x")
        dies_at(world, call)
        try:
            await scan(world)
            through = True
        except KilledError:
            pass
        lives(world)
        seen = await inventory_of(world.certflow, "main")
        assert seen is not None
        assert len(seen.certificates) in {COUNT, COUNT + 1}
        if len(seen.certificates) == COUNT:
            assert seen == old
        await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
        assert len(await records(world)) == COUNT + 1
        await scan(world)
        assert world.inventory_files.written == {}
        call += 1
    assert call > 8  # three parts and their progress, the snapshot, the end, and what is deleted then


async def test_what_was_read_before_a_fault_is_kept_and_the_snapshot_is_whole() -> None:
    world = filled()
    world.vault.fault_at = 2 * A_PAGE + 10  # in the second page
    with pytest.raises(Unavailable):
        await scan(world)
    (part,) = world.inventory_files.written
    assert part[0] == "main"
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert len(await records(world)) == COUNT


async def test_a_lost_part_begins_the_scan_again() -> None:
    world = filled()
    world.vault.fault_at = 2 * A_PAGE + 10
    with pytest.raises(Unavailable):
        await scan(world)
    assert world.inventory_files.written
    world.inventory_files.written.clear()
    for _ in range(2):
        await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert len(await records(world)) == COUNT
    last = world.monitoring_store.surveys["main"].last
    assert last is not None
    assert last.certificates == COUNT


async def test_a_scan_of_an_older_version_under_way_begins_again() -> None:
    world = filled()
    under_way = InventoryScan("main", under_way=True, began=NOW, token=str(A_PAGE), found=ScanCounts(A_PAGE))
    world.monitoring_store.surveys["main"] = under_way
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
    assert len(await records(world)) == COUNT


async def test_a_snapshot_that_cannot_be_read_is_not_served_and_the_next_scan_writes_it_anew() -> None:
    world = filled()
    await scan(world)
    world.inventory_files.broken.add("main")
    with pytest.raises(Unavailable, match="cannot be read"):
        await inventory_of(world.certflow, "main")
    await scan(world)
    assert len(await records(world)) == COUNT
    assert world.inventory_files.kept["main"].snapshot.ended == world.now


async def test_a_holder_that_outlived_its_lease_writes_no_snapshot() -> None:
    world = filled()
    page, ends = world.vault.page, NOW + timedelta(seconds=50)

    async def paused(token: str | None = None) -> object:
        found = await page(token)
        world.vault.page = page  # type: ignore[method-assign]  # once: another holder comes
        await scan_inventory(world.certflow, "main", ends)
        return found

    world.vault.page = paused  # type: ignore[method-assign, assignment]
    with pytest.raises(ConcurrentChange):
        await scan_inventory(world.certflow, "main", ends)
    assert len(await records(world)) == COUNT


async def test_an_event_renews_one_record_until_the_next_scan() -> None:
    world = filled()
    await scan(world)
    issue(world, "c004")  # a new version
    issue(world, "brand-new")
    world.later(minutes=5)
    before = (await records(world))["c004"].current
    for name in ("c004", "brand-new", "gone"):
        await refresh(world.certflow, "main", name)
    found = await records(world)
    assert found["c004"].current != before
    assert found["c004"].read == world.now
    assert len(found) == COUNT + 1
    await scan(world)
    assert (await records(world)).keys() == found.keys()
    await scan(world)
    assert world.fresh_records.kept == {}


async def test_the_pending_request_of_a_record_stays_until_its_version_comes() -> None:
    world = filled()
    world.vault.start("c004", "DigiCert")
    await scan(world)
    assert (await records(world))["c004"].pending is not None
    await refresh(world.certflow, "main", "c004")
    assert (await records(world))["c004"].pending is not None
    before = (await records(world))["c004"]
    assert before.current is not None
    newer = replace(before.current, version="v2")
    await world.fresh_records.put("main", replace(before, current=newer, read=world.now), world.now)
    assert (await records(world))["c004"].pending is None


async def test_a_certificate_that_is_passed_over_keeps_its_record() -> None:
    world = filled()
    await scan(world)
    before = (await records(world))["c004"]
    certificate = world.vault.certificate

    async def forbidden(name: str) -> object:
        if name == "c004":
            raise Refused(403, "Forbidden", "not this one")
        return await certificate(name)

    world.vault.certificate = forbidden  # type: ignore[method-assign, assignment]
    world.later(days=1)
    await scan(world)
    now = (await records(world))["c004"]
    assert now.current == before.current
    assert now.asked is None  # the next scan tries again
    last = world.monitoring_store.surveys["main"].last
    assert last is not None
    assert last.names["passed_over"] == ("c004",)


async def test_a_certificate_that_nobody_can_read_is_kept_with_what_the_list_says() -> None:
    world = filled()
    certificate = world.vault.certificate

    async def unreadable(name: str) -> object:
        if name == "c004":
            raise UnreadAnswer("Key Vault 'main'", "an answer that cannot be read", maybe_done=True)
        return await certificate(name)

    world.vault.certificate = unreadable  # type: ignore[method-assign, assignment]
    await scan(world)
    kept = (await records(world))["c004"]
    assert kept.current is not None
    assert (kept.current.unread, kept.not_after) == (True, NOW + timedelta(days=300))
    last = world.monitoring_store.surveys["main"].last
    assert last is not None
    assert "passed_over" not in last.counts
    await refresh(world.certflow, "main", "c004")  # an event of it is no fault
    world.vault.certificate = certificate  # type: ignore[method-assign]
    await scan(world)
    current = (await records(world))["c004"].current
    assert current is not None
    assert current.names == ("c004.example.com",)


async def test_a_snapshot_that_has_not_changed_is_read_once() -> None:
    world = filled()
    await scan(world)
    first = await inventory_of(world.certflow, "main")
    certflow = world.certflow
    held = replace(certflow, snapshots={})
    assert await inventory_of(held, "main") == first
    assert held.snapshots["main"] is world.inventory_files.kept["main"]


async def test_a_process_keeps_the_snapshots_that_it_used_last_up_to_a_number_of_certificates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read, "MOST_KEPT", 5)
    world = World()
    for alias, count in (("a", 3), ("b", 2), ("c", 3), ("large", 9)):
        certificates = tuple(CertificateRecord(f"{alias}{number}") for number in range(count))
        await world.inventory_files.save_snapshot(VaultSnapshot(alias, NOW, NOW, certificates))
    held = replace(world.certflow, snapshots={})
    for alias, kept in (("a", ["a"]), ("b", ["a", "b"]), ("a", ["b", "a"]), ("c", ["c"]), ("large", ["large"])):
        found = await inventory_of(held, alias)
        assert found is not None
        assert found.vault == alias
        assert list(held.snapshots) == kept
