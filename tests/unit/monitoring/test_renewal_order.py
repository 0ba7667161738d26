"""Which renewals start first, and how many: by vault, the nearest end first, and failures take nobody's place."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from functions.app.context import Certflow
from functions.app.rate_limiter import KEY_VAULT
from functions.model.errors import Refused, Unavailable
from functions.model.options import Options
from functions.model.request.operation import Status
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.monitoring.renewal_queue import MAX_PAGE_TRIES
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import InventoryScan
from functions.ports.vault import Bundle, CertificateItem, PendingOperation
from functions.x509.public_keys import sha1_of
from tests.certificates import Ca
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeVault, World, signed, version_of

CA = Ca.root("Root", at=fixed_now)
AUTO = {"certflow-renew": "auto", "certflow-owner": "ann@example.com"}
DAY, LIFETIME = timedelta(days=1), timedelta(days=90)
FOR_GOOD = 1000  # faults


@dataclass
class Ending(FakeVault):
    """A vault of certificates that are tagged to be renewed, each with an end of its own."""

    ends: dict[str, datetime] = field(default_factory=dict)

    def has(self, name: str, left: timedelta) -> None:
        self.certificates[name] = replace(version_of(signed(CA, self.start(name))), not_after=NOW + left)
        del self.operations[name]
        self.ends[name], self.tagged[name] = NOW + left, AUTO
        subject = {"subject": f"CN={name}.example.com"}
        self.policies[name] = {"issuer": {"name": "DigiCert"}, "x509_props": subject}

    def _listed(self, name: str) -> CertificateItem:
        if name not in self.certificates:
            return super()._listed(name)
        end = self.ends[name]
        return CertificateItem(name, sha1_of(self.certificates[name].der), end - LIFETIME, end, tags=self.tagged[name])

    async def certificate(self, name: str) -> Bundle | None:
        bundle = await super().certificate(name)
        if bundle is None:
            return None
        attributes = {"enabled": True, "nbf": int((self.ends[name] - LIFETIME).timestamp())}
        return replace(bundle, fields={"attributes": attributes, "tags": self.tagged[name]})

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        return await super().create(name, {"policy": self.policies[name], **body})

    @property
    def started(self) -> list[str]:
        """The names of those that have a new request, in the order of their starts."""
        return list(self.operations)


def world_of(vault: Ending, limit: int) -> World:
    world = World(vault=vault, options=Options(max_renewals=limit))
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW - DAY)
    return world


async def surveyed(certflow: Certflow, world: World, *aliases: str, seconds: float = 50) -> None:
    world.later(hours=1)
    await request_scans(certflow)
    for alias in aliases or ("main",):
        await scan_inventory(certflow, alias, world.now + timedelta(seconds=seconds))


def reasons(world: World) -> list[str]:
    return [event.data["reason"] for event in world.topic.published if event.type.endswith("RenewalStopped")]


async def test_of_a_whole_vault_the_nearest_ends_start_first_wherever_they_are_listed() -> None:
    vault = Ending()
    for number in range(50):
        vault.has(f"junk-{number:02}", timedelta(days=20))
    vault.has("pay", timedelta(days=3))
    vault.has("shop", timedelta(days=1))
    vault.has("zoo", timedelta(days=-1))
    world = world_of(vault, 4)
    await surveyed(world.certflow, world)
    assert vault.started == ["zoo", "shop", "pay", "junk-00"]


async def test_one_vault_does_not_use_up_what_another_may_start() -> None:
    junk, production = Ending(), Ending()
    for number in range(50):
        junk.has(f"junk-{number:02}", timedelta(days=1))
    for number in range(3):
        production.has(f"pay-{number}", timedelta(days=9 - number))
    world = world_of(junk, 50)
    world.monitoring_store.surveys["prod"] = InventoryScan("prod", finished=NOW - DAY)
    certflow = replace(world.certflow, vaults={"main": junk, "prod": production})
    await surveyed(certflow, world, "main", "prod")
    assert len(junk.started) == 50
    assert production.started == ["pay-2", "pay-1", "pay-0"]


async def test_renewals_that_fail_take_no_place_from_others() -> None:
    vault = Ending()
    for number in range(4):
        vault.has(f"junk-{number}", timedelta(days=1))
    vault.has("pay", timedelta(days=3))
    world = world_of(vault, 2)
    for _ in range(3):
        await surveyed(world.certflow, world)
        for name, operation in vault.operations.items():
            if name.startswith("junk"):
                vault.operations[name] = replace(operation, status=Status.FAILED)
        world.later(minutes=2)
        await world.sweep()
    assert vault.started == ["junk-0", "junk-1", "junk-2", "junk-3", "pay"]
    assert world.monitoring_store.counted["main", world.now.date()] == 1
    assert vault.operations["pay"].status is Status.IN_PROGRESS


async def test_the_cap_is_told_once_a_day_and_the_others_go_on_the_next_one() -> None:
    vault = Ending()
    for number in range(4):
        vault.has(f"web-{number}", timedelta(days=9 + number))
    world = world_of(vault, 2)
    for _ in range(3):
        await surveyed(world.certflow, world)
    assert vault.started == ["web-0", "web-1"]
    assert reasons(world) == ["cap"]
    ends = [event.name for event in world.topic.published if event.type.endswith("NearExpiry")]
    assert sorted(filter(None, ends)) == ["web-2", "web-3"]
    world.later(days=1)
    await surveyed(world.certflow, world)
    assert vault.started == ["web-0", "web-1", "web-2", "web-3"]


async def test_with_a_higher_cap_the_others_start_on_the_same_day() -> None:
    vault = Ending()
    for number in range(4):
        vault.has(f"web-{number}", timedelta(days=9 + number))
    world = world_of(vault, 2)
    await surveyed(world.certflow, world)
    assert (vault.started, reasons(world)) == (["web-0", "web-1"], ["cap"])
    world.options = Options(max_renewals=4)
    await surveyed(world.certflow, world)
    assert vault.started == ["web-0", "web-1", "web-2", "web-3"]


async def test_what_a_shift_has_no_time_for_goes_on_in_the_next_one() -> None:
    vault = Ending()
    for number in range(6):
        vault.has(f"web-{number}", timedelta(days=9 - number))
    world = world_of(vault, 50)
    create = vault.create

    async def slow(name: str, body: Mapping[str, Any]) -> Any:
        world.later(seconds=20)
        return await create(name, body)

    vault.create = slow  # type: ignore[method-assign]  # three in a shift
    await surveyed(world.certflow, world)
    assert vault.started == ["web-5", "web-4", "web-3"]
    assert world.monitoring_store.surveys["main"].under_way
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=100))
    assert vault.started == ["web-5", "web-4", "web-3", "web-2", "web-1", "web-0"]
    assert not world.monitoring_store.surveys["main"].under_way
    assert vault.calls.count("page") == 1


def broken_policies(vault: Ending, faults: Mapping[str, int]) -> None:
    """Key Vault has no answer for the policies of these names so many times."""
    policy, left = vault.policy, dict(faults)

    async def broken(name: str) -> Policy:
        if left.get(name):
            left[name] -= 1
            raise Unavailable(f"{KEY_VAULT} 'main'", "HTTP 500")
        return await policy(name)

    vault.policy = broken  # type: ignore[method-assign]  # as said


async def runs(world: World, count: int) -> None:
    """Runs of the vault, some of which Key Vault's faults end."""
    for _ in range(count):
        with suppress(Unavailable):
            await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))
        world.later(minutes=1)


async def test_a_certificate_that_key_vault_has_no_answer_for_does_not_hold_the_others_back() -> None:
    vault = Ending()
    for number in range(3):
        vault.has(f"web-{number}", timedelta(days=1 + number))
    world = world_of(vault, 50)
    broken_policies(vault, {"web-0": FOR_GOOD})
    await request_scans(world.certflow)
    await runs(world, MAX_PAGE_TRIES + 1)
    assert vault.started == ["web-1", "web-2"]
    assert not world.monitoring_store.surveys["main"].under_way


async def test_each_certificate_of_the_queue_has_tries_of_its_own() -> None:
    vault = Ending()
    for number in range(3):
        vault.has(f"web-{number}", timedelta(days=1 + number))
    world = world_of(vault, 50)
    broken_policies(vault, {"web-0": FOR_GOOD, "web-1": MAX_PAGE_TRIES, "web-2": 1})
    await request_scans(world.certflow)
    await runs(world, 2 * MAX_PAGE_TRIES + 2)
    assert vault.started == ["web-1", "web-2"]
    assert not world.monitoring_store.surveys["main"].under_way


@pytest.mark.parametrize(
    "fault", [Refused(403, "Forbidden", "no role", inner="ForbiddenByRbac"), RuntimeError("a bug")]
)
async def test_who_could_not_be_renewed_is_told_of_the_end_and_counted_for_the_digest(fault: Exception) -> None:
    vault = Ending()
    vault.has("pay", timedelta(days=3))
    vault.has("shop", timedelta(days=4))
    world = world_of(vault, 50)
    policy = vault.policy

    async def broken(name: str) -> Policy:
        if name == "pay":
            raise fault
        return await policy(name)

    vault.policy = broken  # type: ignore[method-assign]  # until somebody mends that
    for _ in range(2):
        await surveyed(world.certflow, world)
        last = world.monitoring_store.surveys["main"].last
        assert last
        assert (last.counts["passed_over"], last.names["passed_over"]) == (1, ("pay",))
    ends = [event.name for event in world.topic.published if event.type.endswith("NearExpiry")]
    assert (vault.started, ends, reasons(world)) == (["shop"], ["pay"], [])
    vault.policy = policy  # type: ignore[method-assign]
    await surveyed(world.certflow, world)
    assert vault.started == ["shop", "pay"]


async def test_no_tags_are_so_long_that_a_certificate_is_not_renewed() -> None:
    vault = Ending()
    vault.has("pay", timedelta(days=3))
    vault.tagged["pay"] = AUTO | {f"{number:02}" + "\x01" * 510: "\x01" * 512 for number in range(13)}
    world = world_of(vault, 4)
    queue_renewal = world.monitoring_store.queue_renewal

    async def into_a_row(vault: str, entry: CertificateItem) -> None:
        if len(msgspec.json.encode(entry)) > 32_768:  # characters of a property
            raise ValueError("this row is too large")
        await queue_renewal(vault, entry)

    world.monitoring_store.queue_renewal = into_a_row  # type: ignore[method-assign]  # as the tables have it
    await surveyed(world.certflow, world)
    assert vault.started == ["pay"]
    assert vault.created[-1]["tags"] == vault.tagged["pay"]
