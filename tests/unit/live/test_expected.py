"""Which version the endpoints of a certificate are to show, by events and by the inventory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha1, sha256

import pytest

from functions.live.by_inventory import expect_by_inventory
from functions.live.expected import expect_versions
from functions.model.errors import Unavailable
from functions.model.inventory.endpoints import Endpoint, endpoint_rows
from functions.model.inventory.record import CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.live.state import LiveState
from tests.unit.live.live_world import GRACE, HOST, LiveWorld


def recorded(
    der: bytes, created: datetime, tags: Mapping[str, str] | None = None, *, enabled: bool = True
) -> CertificateRecord:
    hashes = sha1(der, usedforsecurity=False).hexdigest(), sha256(der).hexdigest()
    issued = IssuedCertificate("v", hashes[0].upper(), hashes[1], created=created)
    given = {"certflow-endpoints": HOST} if tags is None else tags
    return CertificateRecord("web", enabled=enabled, tags=given, current=issued)


async def scanned(world: LiveWorld, *records: CertificateRecord) -> None:
    await expect_versions(world.certflow, VaultSnapshot("main", world.now, world.now, records))


async def test_an_event_that_comes_twice_changes_nothing() -> None:
    world = LiveWorld()
    world.new_version()
    await world.heard()
    check = world.checks.rows["main", "web"]
    world.later(minutes=3)
    await world.heard()
    assert world.checks.rows["main", "web"] == check
    assert check.next_look == check.expected.changed + timedelta(minutes=5)
    assert check.deadline == check.expected.changed + GRACE


async def test_what_the_inventory_finds_for_the_first_time_is_looked_at_now_and_is_no_news_when_it_is_served() -> None:
    world = LiveWorld()
    der = world.new_version()
    world.serve_version(der)
    await scanned(world, recorded(der, world.now - timedelta(days=9)))
    assert await world.look() is LiveState.LIVE
    assert world.told == []


async def test_of_that_what_is_not_served_is_told_and_then_that_it_is() -> None:
    world = LiveWorld()
    old, new = world.new_version(), world.new_version()
    world.serve_version(old)
    await scanned(world, recorded(new, world.now - timedelta(days=9)))
    assert await world.look() is LiveState.NOT_LIVE
    world.serve_version(new)
    await world.look(hours=1)
    assert world.told == ["Endpoint.NotLive", "Endpoint.Live"]


async def test_a_version_that_only_the_inventory_noticed_has_come_now() -> None:
    world = LiveWorld()
    old, created = world.new_version(), world.now - timedelta(days=9)
    world.serve_version(old)
    await scanned(world, recorded(old, created))
    await world.look()
    new = world.new_version()
    await scanned(world, recorded(new, world.now - timedelta(days=2)))  # it was started two days ago
    check = world.checks.rows["main", "web"]
    assert (check.expected.changed, check.expected.seen, check.states) == (world.now, True, ())
    assert await world.look(minutes=5) is LiveState.OLD


def as_read(record: CertificateRecord, at: datetime) -> CertificateRecord:
    return replace(record, read=at, seen=at)


async def test_a_snapshot_from_before_an_event_sets_no_version_back() -> None:
    world = LiveWorld()
    old = world.new_version()
    world.serve_version(old)
    before = as_read(recorded(old, world.now - timedelta(days=9)), world.now)
    await scanned(world, before)
    await world.look()
    world.later(hours=1)
    world.new_version()
    await world.heard()
    expected = world.checks.rows["main", "web"].expected
    await scanned(world, before)
    assert world.checks.rows["main", "web"].expected == expected
    assert await world.look(minutes=5) is LiveState.OLD
    assert world.told == []


async def test_a_snapshot_from_before_the_first_version_forgets_nothing() -> None:
    world = LiveWorld()
    began = world.now
    world.later(minutes=5)
    world.new_version()
    await world.heard()
    check = world.checks.rows["main", "web"]
    pending = CertificateRecord("web", tags=world.vault.tagged["web"], seen=began)
    for records in ((), (pending,)):
        await expect_versions(world.certflow, VaultSnapshot("main", began, began, records))
        assert world.checks.rows == {("main", "web"): check}
    world.later(hours=1)
    await scanned(world)
    assert world.checks.rows == {}


async def test_what_a_scan_read_before_the_inventory_was_asked_is_no_older_version() -> None:
    world = LiveWorld()
    versions = [world.new_version() for _ in range(3)]
    created, read = world.now - timedelta(days=9), world.now
    await scanned(world, as_read(recorded(versions[0], created), read))
    world.later(hours=1)
    for number, der in enumerate(versions[1:], 1):  # each was read some time before the inventory is asked
        at = read + timedelta(minutes=20 * number)
        await scanned(world, as_read(recorded(der, created), at))
        expected = world.checks.rows["main", "web"].expected
        assert (expected.sha256, expected.changed) == (sha256(der).hexdigest(), at)


async def test_a_changed_tag_is_looked_at_at_once_and_what_was_told_stays_told() -> None:
    world = LiveWorld()
    old, new = world.new_version(), world.new_version()
    world.serve_version(old)
    created = world.now - timedelta(days=9)
    await scanned(world, recorded(new, created))
    await world.look()
    more = {"certflow-endpoints": f"{HOST}, a.apps.example.com", "certflow-owner": "b@example.com"}
    world.vault.tagged["web"] = more
    await scanned(world, recorded(new, created, more))
    await world.look()
    check = world.checks.rows["main", "web"]
    assert [one.state for one in check.states] == [LiveState.NOT_LIVE, LiveState.UNREACHABLE]
    assert check.owner == "b@example.com"
    assert world.told == ["Endpoint.NotLive"]


async def test_a_scan_that_changes_nothing_writes_nothing() -> None:
    world = LiveWorld()
    record = recorded(world.new_version(), world.now)
    await scanned(world, record)
    await scanned(world, record)
    assert world.checks.writes == 1


async def test_what_is_gone_disabled_or_without_endpoints_is_forgotten() -> None:
    world = LiveWorld()
    der = world.new_version()
    for record in (
        recorded(der, world.now, {}),
        recorded(der, world.now, enabled=False),
        CertificateRecord("web"),
        None,
    ):
        await scanned(world, recorded(der, world.now))
        assert list(world.checks.rows) == [("main", "web")]
        await scanned(world, *([record] if record else []))
        assert world.checks.rows == {}


async def test_endpoints_and_grace_come_from_tags_and_the_file() -> None:
    world = LiveWorld()
    der = world.new_version()
    row = {"vault": "main", "name": "web", "endpoints": ["b.example"], "grace": "frontdoor"}
    world.file.kept = endpoint_rows(json.dumps([row]), "rules/endpoints.json")
    await scanned(world, recorded(der, world.now))
    check = world.checks.rows["main", "web"]
    assert (check.endpoints, check.grace) == ((Endpoint(HOST), Endpoint("b.example")), 4 * 24 * 3600)
    world.file.kept = endpoint_rows(json.dumps([row | {"grace": "front-door"}]), "rules/endpoints.json")
    await scanned(world, recorded(der, world.now, {"certflow-endpoints-grace": "vm"}))
    assert world.checks.rows["main", "web"].grace == 2 * 3600
    world.file.kept = endpoint_rows("[]", "")
    tags = {"certflow-endpoints": HOST, "certflow-endpoints-grace": "VM"}
    for grace, seconds in (("VM", 2 * 3600), ("90m", 5400), ("soon", GRACE.total_seconds())):
        await scanned(world, recorded(der, world.now, {**tags, "certflow-endpoints-grace": grace}))
        assert world.checks.rows["main", "web"].grace == seconds


async def test_where_live_is_off_nothing_is_expected() -> None:
    world = LiveWorld()
    der = world.new_version()
    world.live = None
    await scanned(world, recorded(der, world.now))
    assert world.checks.rows == {}


async def test_the_inventory_is_asked_once_an_hour_and_again_after_a_fault_or_without_a_snapshot() -> None:
    world = LiveWorld()
    der = world.new_version()
    await expect_by_inventory(world.certflow, "main")
    assert world.checks.rows == {}
    await world.inventory_files.save_snapshot(VaultSnapshot("main", world.now, world.now, (recorded(der, world.now),)))
    world.inventory_files.broken.add("main")
    with pytest.raises(Unavailable):
        await expect_by_inventory(world.certflow, "main")
    world.inventory_files.broken.clear()
    await expect_by_inventory(world.certflow, "main")
    assert list(world.checks.rows) == [("main", "web")]
    await world.inventory_files.save_snapshot(VaultSnapshot("main", world.now, world.now, ()))
    await expect_by_inventory(world.certflow, "main")
    assert list(world.checks.rows) == [("main", "web")]
    world.later(hours=1)
    await expect_by_inventory(world.certflow, "main")
    assert world.checks.rows == {}
