"""A chain whose key no request has: all vaults are searched at once, for a while, and never twice for the same."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.app.context import Certflow
from functions.chains import key_search
from functions.chains.handle_upload import handle_upload, sweep_files
from functions.chains.inspect import inspect
from functions.chains.key_search import SEARCH_TIME, SEARCH_TTL
from functions.chains.match import match
from functions.model.errors import Refused, Unavailable
from functions.model.findings import ChainProblem
from functions.model.options import Options, Takes
from functions.model.request.operation import Operation, Status
from functions.monitoring.check_due import check_due as sweep_vault
from functions.monitoring.inventory_scan import request_scans
from functions.monitoring.vault_run import run_vault
from functions.ports.vault import CertificatePage, PendingOperation
from tests.certificates import Ca, as_read, make_csr, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeVault, World
from tests.unit.stepping_clock import Clock
from tests.unit.tracked_requests import tracked

ROOT = Ca.root("Test Root", at=fixed_now)
STRANGER = ROOT.signs(make_csr("stranger.example.com")[1])
SOMEBODYS = make_csr("somebody.example.com")[1]
VAULTS = 23


def vault_of(count: int) -> FakeVault:
    """A vault with so many requests, none of which is the file's."""
    operations = {
        f"web-{number}": Operation(f"{number:032x}", Status.IN_PROGRESS, "Unknown", SOMEBODYS)
        for number in range(count)
    }
    return FakeVault(operations=operations)


def estate(world: World, *counts: int, clock: Clock | None = None) -> tuple[Certflow, dict[str, FakeVault]]:
    """Vaults with so many certificates each, and (`clock`) calls that wait side by side."""
    vaults = {f"v{number:02}": vault_of(count) for number, count in enumerate(counts)}
    choices = replace(world.options, trusted=dict.fromkeys(vaults, Takes.ANY))
    certflow = replace(world.certflow, vaults=vaults, options=choices)
    if clock is not None:
        certflow = replace(certflow, now=lambda: clock.now, sleep=clock.sleep)
    return certflow, vaults


def calls(vaults: Mapping[str, FakeVault]) -> int:
    return sum(len(vault.calls) for vault in vaults.values())


async def searched(certflow: Certflow) -> ChainProblem:
    with pytest.raises(ChainProblem) as caught:
        await match(certflow, as_read(STRANGER))
    return caught.value


@pytest.mark.parametrize("count", [1, 100, 1000])
async def test_one_stray_certificate_has_an_answer_within_a_minute_however_many_vaults_there_are(count: int) -> None:
    clock, world = Clock(), World()
    certflow, vaults = estate(world, *(count for _ in range(VAULTS)), clock=clock)
    report: dict[str, Any] = {}

    async def inspected() -> None:
        report.update(await inspect(certflow, pem(STRANGER, ROOT.certificate)))

    await clock.run(asyncio.create_task(inspected()))
    assert clock.now - NOW < timedelta(seconds=60)
    code = report["findings"][0]["code"]
    if count < 1000:
        assert (report["outcome"], code) == ("would-reject", "no-request-for-this-key")
    else:
        assert (report["outcome"], code) == ("would-wait", "search-unfinished")
        assert f"was found in 0 of {VAULTS} vaults" in report["sentence"]
        assert set(world.monitoring_store.asked) == set(vaults)
    for vault in vaults.values():  # half of 400 in 10 s
        assert len(vault.calls) <= 20 * SEARCH_TIME.total_seconds() + 20


async def test_what_there_was_no_time_for_is_said_and_waits_for_the_next_survey_which_is_asked_for() -> None:
    world = World()
    certflow, vaults = estate(world, 3, 5, 1200)
    world.chain_files.put("web.pem", pem(STRANGER, ROOT.certificate))
    report = await handle_upload(certflow, "web.pem")
    assert report is not None
    assert report["outcome"] == "waiting"
    assert "was found in 2 of 3 vaults" in report["sentence"]
    assert "look through the others: v02" in report["sentence"]
    assert "after their next inventory scan" in report["next_step"]
    assert list(world.chain_files.files) == ["web.pem"]
    assert set(world.monitoring_store.asked) == {"v02"}
    (waits,) = world.topic.published
    assert waits.type == "Certflow.Chain.Waiting"
    for vault in vaults.values():
        vault.calls.clear()
    world.later(minutes=11)
    await sweep_files(certflow)
    assert (calls(vaults), list(world.chain_files.files), len(world.topic.published)) == (0, ["web.pem"], 1)


async def surveyed(world: World, certflow: Certflow) -> None:
    """Surveys of all vaults, however many shifts they take."""
    await request_scans(certflow)
    for alias in certflow.vaults:
        while (stands := await world.monitoring_store.scan(alias)).covers is None or stands.covers < world.asked_at:  # type: ignore[attr-defined]
            await run_vault(certflow, alias)
            world.later(minutes=1)


async def after_a_survey(*, theirs: bool) -> tuple[World, str]:
    """What becomes of a file that waited; `theirs`: its request is in the vault that was not looked through."""
    world = World(options=Options(budget=4000))
    certflow, vaults = estate(world, 3, 1200)
    csr = make_csr("theirs.example.com")[1]
    if theirs:
        vaults["v01"].operations["zz"] = Operation(secrets.token_hex(16), Status.IN_PROGRESS, "Unknown", csr)
    # More than a search takes: those that wait for their first version are asked for in the order of the list.
    world.chain_files.put("web.pem", pem(ROOT.signs(csr), ROOT.certificate))
    report = await handle_upload(certflow, "web.pem")
    assert report is not None
    assert report["outcome"] == "waiting"
    world.later(minutes=11)
    world.asked_at = world.now  # type: ignore[attr-defined]
    await surveyed(world, certflow)
    for vault in vaults.values():
        vault.calls.clear()
    await sweep_files(certflow)
    assert all("page" not in vault.calls for vault in vaults.values()), "nothing is searched again"
    return world, world.chain_files.moved[-1][0]


async def test_after_that_survey_the_file_is_merged_if_its_request_was_there() -> None:
    world, moved_to = await after_a_survey(theirs=True)
    assert moved_to == "chains-merged"
    assert world.ledger.tracked


async def test_and_rejected_if_it_was_not() -> None:
    _world, moved_to = await after_a_survey(theirs=False)
    assert moved_to == "chains-rejected"


async def test_a_key_that_was_searched_in_vain_is_not_searched_again_until_that_is_forgotten() -> None:
    world = World()
    certflow, vaults = estate(world, 30, 30)
    assert (await searched(certflow)).finding.code == "no-request-for-this-key"
    first = calls(vaults)
    for _ in range(5):
        assert (await searched(certflow)).finding.code == "no-request-for-this-key"
    assert calls(vaults) == first
    world.now += SEARCH_TTL + timedelta(seconds=1)
    await searched(certflow)
    assert calls(vaults) == 2 * first
    await world.monitoring_store.forget_searches(world.now + timedelta(seconds=1))
    assert world.monitoring_store.searches == {}


async def test_a_vault_that_is_new_is_searched_for_keys_that_were_searched_before() -> None:
    world = World()
    certflow, _vaults = estate(world, 3)
    await searched(certflow)
    new = FakeVault()
    new.operations["web"] = Operation("f" * 32, Status.IN_PROGRESS, "Unknown", make_csr("x.example.com")[1])
    more = replace(certflow, vaults={**certflow.vaults, "new": new})
    assert (await searched(more)).finding.code == "no-request-for-this-key"
    assert "pending" in new.calls


async def test_a_request_with_that_key_that_is_tracked_later_is_found() -> None:
    """A survey does so, or a start here: the ledger's hint comes before any search."""
    world = World()
    csr = make_csr("late.example.com")[1]
    leaf = as_read(ROOT.signs(csr))
    with pytest.raises(ChainProblem):
        await match(world.certflow, leaf)
    world.vault.operations["late"] = Operation(secrets.token_hex(16), Status.IN_PROGRESS, "Unknown", csr)
    with pytest.raises(ChainProblem):
        await match(world.certflow, leaf)
    await request_scans(world.certflow)
    await run_vault(world.certflow, "main")
    (found,) = (await match(world.certflow, leaf)).matches
    assert found.request.name == "late"


async def test_a_vault_that_does_not_answer_is_tried_again_and_the_others_are_not() -> None:
    world = World()
    certflow, vaults = estate(world, 3, 3)
    vaults["v01"].faults = [Unavailable("Key Vault 'v01'", "HTTP 503")]
    with pytest.raises(Unavailable, match="v01"):
        await match(certflow, as_read(STRANGER))
    vaults["v00"].calls.clear()
    assert (await searched(certflow)).finding.code == "no-request-for-this-key"
    assert vaults["v00"].calls == []


async def test_a_vault_that_may_not_be_listed_is_named_in_the_answer() -> None:
    world = World()
    certflow, vaults = estate(world, 3, 3)
    vaults["v01"].faults = [Refused(403, "Forbidden", "list is not allowed")]
    problem = await searched(certflow)
    assert problem.finding.code == "no-request-for-this-key"
    assert "Vaults that may not be listed were not searched: v01." in problem.finding.sentence


async def test_a_vault_whose_call_hangs_is_given_up_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_search, "HARD_TIMEOUT", 0.2)
    world = World()
    certflow, vaults = estate(world, 3, 3)

    async def never(token: str | None = None) -> CertificatePage:
        await asyncio.Event().wait()
        raise AssertionError

    vaults["v01"].page = never  # type: ignore[method-assign]
    problem = await searched(certflow)
    assert "was found in 1 of 2 vaults" in problem.finding.sentence


async def test_a_leaf_that_has_a_request_is_merged_and_the_other_one_of_its_file_waits() -> None:
    world = World()
    theirs = world.vault.start("theirs")
    await request_scans(world.certflow)
    await run_vault(world.certflow, "main")
    certflow = replace(world.certflow, vaults={"main": world.vault, "large": vault_of(1200)})
    world.chain_files.put("both.pem", pem(ROOT.signs(theirs.csr), STRANGER, ROOT.certificate))
    report = await handle_upload(certflow, "both.pem")
    assert report is not None
    assert report["outcome"] == "waiting"
    assert [leaf["outcome"] for leaf in report["leaves"]] == ["merged"]
    assert "was found in 1 of 2 vaults" in report["sentence"]
    assert list(world.chain_files.files) == ["both.pem"]


class Slow(FakeVault):
    """A vault that takes a while to answer, on the test's clock."""

    clock: Clock

    async def pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        await self.clock.sleep(0.08)
        return await super().pending(name, request_id)


async def last_check(*, search: bool) -> datetime:
    """When the last of a hundred checks ends, on a clock that counts nothing but waiting."""
    clock, world = Clock(), World(vault=Slow())
    world.vault.clock = clock  # type: ignore[attr-defined]
    tracked(world, 100)
    for number in range(1000):
        world.vault.operations[f"z-{number}"] = Operation(f"{number:032x}", Status.IN_PROGRESS, "Unknown", SOMEBODYS)
    certflow = replace(world.certflow, now=lambda: clock.now, sleep=clock.sleep)
    ended: list[datetime] = []

    async def checks() -> None:
        if search:
            await clock.sleep(1)  # the search is well under way
        began = clock.now
        await sweep_vault(certflow, "main", clock.now + timedelta(seconds=50))
        ended.append(NOW + (clock.now - began))

    async def stray() -> None:
        with pytest.raises(ChainProblem):
            await match(certflow, as_read(STRANGER))

    tasks = [asyncio.create_task(checks()), *([asyncio.create_task(stray())] if search else [])]
    await clock.run(*tasks)
    assert len(world.ledger.moved) == 100
    return ended[0]


async def test_checks_come_before_a_search() -> None:
    alone, beside = await last_check(search=False) - NOW, await last_check(search=True) - NOW
    assert beside <= 1.1 * alone


async def test_many_files_with_one_stranger_are_one_search_and_all_have_its_answer() -> None:
    clock, world = Clock(), World(vault=Slow())
    world.vault.clock = clock  # type: ignore[attr-defined]
    for number in range(300):  # one search takes a third of the time that each has
        world.vault.operations[f"z-{number}"] = Operation(f"{number:032x}", Status.IN_PROGRESS, "Unknown", SOMEBODYS)
    certflow = replace(world.certflow, now=lambda: clock.now, sleep=clock.sleep)
    codes: list[str] = []

    async def stray() -> None:
        with pytest.raises(ChainProblem) as caught:
            await match(certflow, as_read(STRANGER))
        codes.append(caught.value.finding.code)

    await clock.run(*(asyncio.create_task(stray()) for _ in range(20)))
    assert codes == ["no-request-for-this-key"] * 20
    assert world.vault.calls.count("pending") == 300
