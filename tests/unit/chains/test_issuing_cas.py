"""The CAs of merged chains fill a file that has the leaf alone, and are never trusted for that."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.chains.handle_upload import handle_upload
from functions.chains.issuing_cas import MAX_KEPT_CAS
from functions.chains.merge_by_call import merge
from functions.chains.parsing.parse import parse
from functions.chains.validation import build
from functions.model.errors import Unavailable
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Operation
from functions.ports.issuing_cas import IssuingCa
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address
from tests.certificates import Ca, Wish, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World

LONG = Wish(end=timedelta(days=3000))
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
UPPER = ROOT.ca("Upper CA", LONG)
ISSUING = UPPER.ca("Test Issuing CA", LONG)


def world_that_trusts(*cas: Ca) -> World:
    world = World()
    world.trusted.given["main"] = {f"{number}.pem": pem(one.certificate) for number, one in enumerate(cas)}
    return world


async def started(world: World, name: str) -> Operation:
    await create_request(world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "Unknown"}}}))
    return world.vault.operations[name]


def whole(operation: Operation) -> bytes:
    return pem(ISSUING.signs(operation.csr), ISSUING.certificate, UPPER.certificate)


async def dropped(world: World, content: bytes) -> dict[str, Any]:
    world.chain_files.put(f"{len(world.chain_files.moved)}.cer", content)
    await handle_upload(world.certflow, f"{len(world.chain_files.moved)}.cer")
    return dict(json.loads(world.chain_files.moved[-1][2]))


async def test_after_one_whole_chain_the_leaf_alone_is_enough() -> None:
    world = world_that_trusts(ROOT)
    alone = await dropped(world, pem(ISSUING.signs((await started(world, "first")).csr)))
    assert [one["code"] for one in alone["findings"] if one["severity"] == "error"] == ["missing-intermediate"]
    assert (await dropped(world, whole(await started(world, "second"))))["outcome"] == "merged"
    report = await dropped(world, pem(ISSUING.signs((await started(world, "third")).csr)))
    assert report["outcome"] == "merged"
    (filled,) = (one for one in report["findings"] if one["code"] == "chain-filled")
    assert "CN=Test Issuing CA; CN=Upper CA" in filled["sentence"]
    assert world.vault.merges[-1][1][1:] == world.vault.merges[-2][1][1:]
    leaf = ISSUING.signs((await started(world, "over-http")).csr)
    _, findings = await merge(
        world.certflow, Address("main", "over-http", None), parse(pem(leaf)).certificates, {}, UNNAMED
    )
    assert "chain-filled" in {one.code for one in findings}
    assert len(world.vault.merges[-1][1]) == 3
    half = await dropped(world, pem(ISSUING.signs((await started(world, "half")).csr), ISSUING.certificate))
    (filled,) = (one for one in half["findings"] if one["code"] == "chain-filled")
    assert filled["sentence"].endswith(": CN=Upper CA.")
    kept = {parse(one.der).certificates[0].subject.rfc4514_string() for one in world.issuing_cas.cas["main"].values()}
    assert kept == {"CN=Test Issuing CA", "CN=Upper CA"}


async def test_what_is_wrong_besides_is_told_as_of_the_file_alone() -> None:
    world = world_that_trusts(ROOT)
    await dropped(world, whole(await started(world, "first")))
    wrong = ISSUING.signs((await started(world, "second")).csr, Wish(names=["other.example.com"]))
    report = await dropped(world, pem(wrong))
    errors = {one["code"] for one in report["findings"] if one["severity"] == "error"}
    assert errors == {"missing-intermediate", "name-missing"}


async def test_what_is_kept_is_not_trusted_and_not_another_vaults() -> None:
    world = world_that_trusts(ROOT)
    await dropped(world, whole(await started(world, "first")))
    world.trusted.given["main"] = {"other.pem": pem(Ca.root("Another Root", LONG, at=fixed_now).certificate)}
    report = await dropped(world, pem(ISSUING.signs((await started(world, "second")).csr)))
    assert (report["outcome"], report["findings"][0]["code"]) == ("rejected", "missing-intermediate")
    world.trusted.given["main"] = {"root.pem": pem(ROOT.certificate)}
    world.issuing_cas.cas["other"] = world.issuing_cas.cas.pop("main")
    report = await dropped(world, pem(ISSUING.signs(world.vault.operations["second"].csr)))
    assert (report["outcome"], report["findings"][0]["code"]) == ("rejected", "missing-intermediate")


async def test_a_file_that_has_its_chain_is_judged_by_that_alone() -> None:
    world = world_that_trusts(ROOT)
    await dropped(world, whole(await started(world, "first")))
    report = await dropped(world, whole(await started(world, "second")))
    assert "chain-filled" not in {one["code"] for one in report["findings"]}


async def test_many_kept_cas_of_one_name_keep_no_leaf_of_a_file_from_being_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(build, "MAX_IN_VAIN", MAX_KEPT_CAS // 2)
    world = world_that_trusts(ROOT)
    names = Wish(end=LONG.end, key_ids=False)
    for _ in range(MAX_KEPT_CAS):
        one = parse(pem(ROOT.ca("Test Issuing CA", names).certificate)).certificates[0]
        await world.issuing_cas.put("main", IssuingCa(one.sha256, one.der, NOW))
    alone = ISSUING.signs((await started(world, "alone")).csr, Wish(key_ids=False))
    good = UPPER.signs((await started(world, "good")).csr)
    report = await dropped(world, pem(alone, good, UPPER.certificate))
    outcomes = {leaf["request"]["name"]: (leaf["outcome"], leaf["findings"]) for leaf in report["leaves"]}
    assert outcomes["alone"][0] == "rejected"
    assert "missing-intermediate" in outcomes["alone"][1]
    assert outcomes["good"][0] == "merged"


async def test_the_last_ones_are_kept_and_one_that_is_used_again_is_a_last_one() -> None:
    world = world_that_trusts(ROOT)
    used = ROOT.ca("Used CA", LONG)
    cas = [used, *(ROOT.ca(f"CA {number}", LONG) for number in range(MAX_KEPT_CAS)), used, ROOT.ca("Newest CA", LONG)]
    for number, ca in enumerate(cas):
        world.now += timedelta(hours=2)
        operation = await started(world, f"web-{number}")
        await dropped(world, pem(ca.signs(operation.csr), ca.certificate))
    assert world.issuing_cas.written == len(cas)
    await dropped(world, pem(used.signs((await started(world, "again")).csr), used.certificate))
    assert world.issuing_cas.written == len(cas)  # it was a few hours ago
    subjects = {
        parse(one.der).certificates[0].subject.rfc4514_string() for one in world.issuing_cas.cas["main"].values()
    }
    assert len(subjects) == MAX_KEPT_CAS
    assert {"CN=Used CA", "CN=Newest CA"} <= subjects
    assert not {"CN=CA 0", "CN=CA 1"} & subjects


async def test_one_that_is_used_again_after_days_is_a_new_one_among_the_kept() -> None:
    world = world_that_trusts(ROOT)
    for name, days in (("first", 0), ("again", 2)):
        world.now = NOW + timedelta(days=days)
        await dropped(world, whole(await started(world, name)))
        assert {one.at for one in world.issuing_cas.cas["main"].values()} == {NOW + timedelta(days=days)}


async def test_what_cannot_be_kept_is_merged_all_the_same_and_what_cannot_be_read_is_tried_again() -> None:
    world = world_that_trusts(ROOT)
    world.issuing_cas.down = True
    assert (await dropped(world, whole(await started(world, "first"))))["outcome"] == "merged"
    world.chain_files.put("alone.cer", pem(ISSUING.signs((await started(world, "second")).csr)))
    with pytest.raises(Unavailable):
        await handle_upload(world.certflow, "alone.cer")
    assert "alone.cer" in world.chain_files.files
