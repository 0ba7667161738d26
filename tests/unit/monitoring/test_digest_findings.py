"""What the digest says of the audit: how much it finds in each vault, and what is new since the digest before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.inventory import new_findings
from functions.inventory.new_findings import MAX_FOUND
from functions.model.inventory.record import CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.options import DigestWhen, Options
from functions.monitoring.digest import send_digest
from functions.ports.monitoring_store import FOUND_HASH_BYTES
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World

ENDED = IssuedCertificate("v1", "ab", not_before=NOW - timedelta(days=90), not_after=NOW - timedelta(days=1))
WEAK = replace(ENDED, not_after=NOW + timedelta(days=90), key_type="RSA", key_size=1024)
OWNED = {"certflow-owner": "ann@example.com"}


async def has(world: World, current: IssuedCertificate, *names: str, vault: str = "main") -> None:
    """A scan finds these certificates in a vault."""
    records = tuple(CertificateRecord(name, tags=OWNED, current=current) for name in names)
    await world.inventory_files.save_snapshot(VaultSnapshot(vault, world.now, world.now, records))


async def digest(world: World, vaults: tuple[str, ...] = ("main",)) -> dict[str, Any]:
    for alias in vaults:
        await world.monitoring_store.heartbeat(alias, world.now)
    await send_digest(replace(world.certflow, vaults={alias: FakeVault() for alias in vaults}))
    return dict(world.topic.published[-1].data)


def new_in(data: dict[str, Any]) -> list[str]:
    return [f"{one['vault']}/{one['name']} {one['code']}" for one in data["new_findings"]]


def facts(data: dict[str, Any]) -> dict[str, str]:
    return dict(data["facts"])


async def test_counts_stand_in_each_day_and_at_first_nothing_is_new() -> None:
    world = World()
    await has(world, ENDED, "old-1", "old-2")
    data = await digest(world)
    (line,) = data["vaults"]
    assert (line["critical"], line["warnings"], line["new_findings"]) == (2, 0, 0)
    assert facts(data)["Vault main"].endswith("0 in progress, critical findings: 2")
    assert (new_in(data), data["good"], data["next_step"]) == ([], True, "Nothing to do.")


async def test_what_is_new_is_named_once_with_where_to_read_what_to_do() -> None:
    world = World()
    await has(world, WEAK, "api")
    await digest(world)
    world.later(days=1)
    await has(world, WEAK, "API", "web")  # Key Vault does not tell names by case
    data = await digest(world)
    assert new_in(data) == ["main/web weak-key"]
    assert facts(data)["New in the audit"] == "main/web (weak-key)"
    assert facts(data)["Vault main"].endswith(", warnings: 2")
    assert (data["good"], data["vaults"][0]["new_findings"]) == (False, 1)
    assert "/audit, " in data["next_step"]
    world.later(days=1)
    assert new_in(await digest(world)) == []


async def test_a_digest_that_is_written_twice_says_the_same() -> None:
    world = World()
    await has(world, WEAK, "api")
    await digest(world)
    world.later(days=1)
    await has(world, WEAK, "api", "web")
    first = await digest(world)
    assert new_in(await digest(world)) == new_in(first) == ["main/web weak-key"]


async def test_what_comes_back_is_new_again() -> None:
    world = World()
    seen = []
    for names in (("api", "web"), ("api",), ("api", "web")):
        await has(world, WEAK, *names)
        seen.append(new_in(await digest(world)))
        world.later(days=1)
    assert seen == [[], [], ["main/web weak-key"]]


async def test_after_the_row_is_lost_nothing_is_called_new() -> None:
    world = World()
    await has(world, WEAK, "api")
    await digest(world)
    world.later(days=1)
    world.monitoring_store.found.clear()
    await has(world, WEAK, "api", "web")
    assert new_in(await digest(world)) == []


async def test_of_more_findings_than_are_kept_nothing_is_called_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_findings, "MAX_FOUND", 2)
    world = World()
    seen = []
    for count in (1, 3, 4, 2, 2):
        await has(world, WEAK, *(f"c{number}" for number in range(count)))
        data = await digest(world)
        seen.append((data["vaults"][0]["warnings"], new_in(data)))
        world.later(days=1)
    assert seen == [(1, []), (3, []), (4, []), (2, []), (2, [])]
    assert MAX_FOUND * FOUND_HASH_BYTES <= 65_536, "a binary property holds 64 KiB"


async def test_many_findings_of_one_vault_hide_none_of_another() -> None:
    world, both = World(), ("a", "b")
    for alias in both:
        await has(world, WEAK, vault=alias)
    await digest(world, both)
    world.later(days=1)
    await has(world, WEAK, *(f"c{number}" for number in range(8)), vault="a")
    await has(world, WEAK, "web", vault="b")
    data = await digest(world, both)
    assert new_in(data)[:2] == ["a/c0 weak-key", "b/web weak-key"]
    assert len(new_in(data)) == 5
    assert facts(data)["New in the audit"].endswith(" and 4 more")


async def test_where_only_news_are_sent_what_is_new_is_news() -> None:
    world = World(options=Options(digest=DigestWhen.NEWS))
    await has(world, WEAK, "api")
    await world.monitoring_store.heartbeat("main", NOW)
    assert await send_digest(world.certflow) is False
    assert world.monitoring_store.found == {}, "of a digest that nobody gets nothing is kept"
    before = await new_findings.vault_findings(world.certflow, "main")
    assert before is not None
    await world.monitoring_store.save_digest_findings(before.kept)
    world.later(days=1)
    await has(world, WEAK, "api", "web")
    assert new_in(await digest(world)) == ["main/web weak-key"]


async def test_without_a_snapshot_or_with_an_unreadable_one_the_counts_are_not_known() -> None:
    world = World()
    assert "critical" not in (await digest(world))["vaults"][0]
    world.later(days=1)
    await has(world, WEAK, "api")
    world.inventory_files.broken.add("main")
    data = await digest(world)
    assert ("warnings" in data["vaults"][0], data["good"]) == (False, True)
