"""Approvals in Azure Tables: one that is open for each name, lists by page, and what a crash leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.approvals import APPROVALS, OPEN_ROWS, TableApprovals
from functions.adapters.azure_tables.history.pages import TableHistory
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import partition_of
from functions.adapters.azure_tables.service import Tables
from functions.approvals.changes import asked, expired, refused, said_yes, started
from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import (
    APPROVAL_TTL,
    Approval,
    ApprovalOf,
    ApprovalState,
    Given,
    NeedOfApproval,
)
from functions.model.errors import ConcurrentChange, InvalidRequest
from functions.model.record.act_list import ActFilter
from functions.ports.approvals.store import ApprovalChange, ApprovalFilter
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.actors import person
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANN, BOB = person("ann@example.com"), replace(person("bob@example.com"), oid="bob")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(azurite: Azurite) -> AsyncIterator[Tables]:
    tables = Tables(azurite.table_url, AnyToken())
    yield tables
    await tables.close()


def one(name: str, vault: str = "main", minutes: int = 0, **more: Any) -> Approval:
    at = NOW + timedelta(minutes=minutes)
    found = Approval(
        id=new_approval_id(at),
        vault=vault,
        name=name,
        of=ApprovalOf.CREATE,
        digest="d" * 64,
        body={"policy": {"x509_props": {"subject": "CN=*.example.com"}}, "owner": "ö@example.com"},
        policy={"issuer": "DigiCert", "names": {"dns": ["*.example.com"]}, "months": 12},
        needs=(NeedOfApproval(1, ("role:pki",), ("pki@example.com",)),),
        asked=at,
        asked_by=ANN,
        expires=at + APPROVAL_TTL,
        roles=("team-pay",),
        names=("*.example.com",),
        difference={"months": (6, 12)},
    )
    return replace(found, **more)


def wanted(limit: int = 25, states: frozenset[ApprovalState] = frozenset(ApprovalState), **more: Any) -> ApprovalFilter:
    given: dict[str, Any] = {"vaults": frozenset(), "may_see": lambda *_: True, **more}
    return ApprovalFilter(states, limit=limit, **given)


async def open_ids(service: Tables) -> set[str]:
    return {row["id"] for row in await service.range(APPROVALS, OPEN_ROWS, f"{OPEN_ROWS}~")}


async def test_an_approval_is_read_as_it_was_written_with_its_events_and_its_history(service: Tables) -> None:
    approvals, ledger, approval = TableApprovals(service), TableLedger(service), one("shop")
    added = await approvals.add(asked(approval))
    assert added == approval
    found = await approvals.get(approval.id)
    assert found == approval
    assert found.etag == added.etag
    assert await approvals.of_name("main", "SHOP") == [approval]
    assert [event.id for event in (await ledger.left_behind("main")).events] == [f"approval:{approval.id}:asked"]
    assert [(line.what, line.by, line.approval) for line in await ledger.history("main", "shop")] == [
        ("asked", ANN, approval.id)
    ]
    for unknown in ("f" * 32, "../x", "open|", ""):
        assert await approvals.get(unknown) is None


async def test_only_one_is_open_for_a_name_and_the_next_after_it(service: Tables) -> None:
    approvals, first, second = TableApprovals(service), one("only"), one("ONLY", minutes=1)
    first = await approvals.add(asked(first))
    with pytest.raises(ConcurrentChange):
        await approvals.add(asked(second))
    assert await approvals.get(second.id) is None
    assert second.id not in await open_ids(service)
    elsewhere = one("only", minutes=2, of=ApprovalOf.ELSEWHERE, request_id="a" * 32)
    await approvals.add(asked(elsewhere))
    await approvals.save(refused(first, BOB, "no", NOW))
    assert first.id not in await open_ids(service)
    await approvals.add(asked(second))
    assert [known.id for known in await approvals.of_name("main", "only")] == [elsewhere.id, second.id, first.id]


async def test_who_saves_an_approval_that_has_changed_is_told(service: Tables) -> None:
    approvals, approval = TableApprovals(service), one("etag")
    approval = await approvals.add(asked(approval))
    yes = said_yes(approval, Given(BOB, NOW), frozenset({0}))
    approved = await approvals.save(yes)
    with pytest.raises(ConcurrentChange):
        await approvals.save(yes)
    done = await approvals.save(started(approved, "b" * 32, NOW))
    assert await approvals.get(approval.id) == done
    assert (done.state, done.needs[0].given[0].by) == (ApprovalState.STARTED, BOB)
    history = await TableLedger(service).history("main", "etag")
    assert [(line.what, line.request_id) for line in history if line.what == "started"] == [("started", "b" * 32)]


async def test_of_two_who_ask_at_once_one_waits(service: Tables) -> None:
    approvals = TableApprovals(service)
    several = [asked(one("race", minutes=number)) for number in range(5)]
    answers = await asyncio.gather(*map(approvals.add, several), return_exceptions=True)
    assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [ConcurrentChange] * 4
    assert len(await approvals.of_name("main", "race")) == 1


async def test_a_list_has_the_newest_first_by_page_and_hides_what_is_not_to_be_seen(service: Tables) -> None:
    approvals, vault = TableApprovals(service), "listed"
    several = [one(f"web-{number}", vault, number) for number in range(7)]
    for each in several:
        await approvals.add(asked(each))
    names, token = list[str](), None
    for _ in range(3):
        page = await approvals.page(wanted(3, vaults=frozenset({vault})), token)
        names += [found.name for found in page.approvals]
        token = page.token
    assert (names, token) == ([f"web-{number}" for number in range(6, -1, -1)], None)
    mine = wanted(vaults=frozenset({vault}), may_see=lambda _vault, name, _tid, oid: name == "web-3" and oid == ANN.oid)
    assert [found.name for found in (await approvals.page(mine, None)).approvals] == ["web-3"]
    assert [found.name for found in (await approvals.page(replace(mine, limit=1), None)).approvals] == ["web-3"]
    await approvals.save(expired(await kept(approvals, several[0])))
    ended = wanted(states=frozenset({ApprovalState.EXPIRED}), vaults=frozenset({vault}))
    assert [found.name for found in (await approvals.page(ended, None)).approvals] == ["web-0"]
    for wrong in ("x", "IjEyIg==", "WzFd"):
        with pytest.raises(InvalidRequest):
            await approvals.page(ended, wrong)


async def test_a_list_of_what_is_open_reads_nothing_that_has_ended(
    service: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    approvals, vault = TableApprovals(service), "busy"
    several = [await approvals.add(asked(one(f"web-{number}", vault, number))) for number in range(6)]
    for each in several[1:5]:
        await approvals.save(refused(each, BOB, "no", NOW))
    monkeypatch.setattr("functions.adapters.azure_tables.approvals.READ_AT_ONCE", 2)
    read, rows = service.range, list[Any]()

    async def counted(*given: Any, **more: Any) -> Any:
        found = await read(*given, **more)
        rows.extend(row for row in found if row["vault"] == vault)
        return found

    monkeypatch.setattr(service, "range", counted)
    names, token = list[str](), None
    for _ in range(2):
        page = await approvals.page(wanted(1, frozenset({ApprovalState.AWAITING}), vaults=frozenset({vault})), token)
        names += [found.name for found in page.approvals]
        token = page.token
    assert (names, token) == (["web-5", "web-0"], None)
    assert {row["RowKey"] for row in rows} == {f"{OPEN_ROWS}{several[at].id}" for at in (0, 5)}


async def test_what_somebody_has_asked_for_is_counted(service: Tables) -> None:
    approvals = TableApprovals(service)
    asker = replace(person("cat@example.com"), oid="cat-who-asks")
    minutes = (-25 * 60, -23 * 60, -22 * 60)
    several = [await approvals.add(asked(one(f"load-{at}", "load", at, asked_by=asker))) for at in minutes]
    await approvals.add(asked(one("load", "load", asked_by=replace(asker, tid="another"))))
    await approvals.save(refused(several[1], BOB, "no", NOW))
    load = await approvals.load_of(asker, NOW - timedelta(days=1))
    assert (load.open, load.lately) == (2, 2)


async def kept(approvals: TableApprovals, approval: Approval) -> Approval:
    found = await approvals.get(approval.id)
    assert found is not None
    return found


async def test_what_a_crash_leaves_in_the_list_is_cleared_up(service: Tables) -> None:
    approvals, left, never = TableApprovals(service), one("left"), one("never")
    left = await approvals.add(asked(left))
    note = approvals._note

    async def killed(approval: Approval) -> None:
        raise RuntimeError(f"killed at {approval.id}")

    approvals._note = killed  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="killed"):
        await approvals.save(refused(left, BOB, "no", NOW))
    approvals._note = note  # type: ignore[method-assign]
    place = {"PartitionKey": APPROVALS, "id": never.id, "vault": "main", "name": "never", "state": "awaiting-approval"}
    place["asked"] = NOW.isoformat().replace("+00:00", "Z")
    await service.commit(
        [("create", {**place, "RowKey": never.id}), ("create", {**place, "RowKey": f"{OPEN_ROWS}{never.id}"})]
    )
    assert {left.id, never.id} <= await open_ids(service)
    assert not {left.id, never.id} & {found.id for found in await approvals.unsettled(NOW)}
    assert await open_ids(service) & {left.id, never.id} == {never.id}  # somebody may be about to write it
    await approvals.unsettled(NOW + timedelta(hours=1, seconds=1))
    assert never.id not in await open_ids(service)
    page = await approvals.page(wanted(100, states=frozenset({ApprovalState.REFUSED})), None)
    assert left.id in {found.id for found in page.approvals}


@pytest.mark.parametrize("text", ["{", '{"id": 1}'])
async def test_one_that_cannot_be_read_holds_back_no_other_and_is_kept(
    service: Tables, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    approvals, broken, good = TableApprovals(service), one("broken"), one("good")
    for each in (broken, good):
        await approvals.add(asked(each))
    keys = {"PartitionKey": partition_of("main", "broken"), "RowKey": f"a|broken|{broken.id}"}
    await service.commit([("update", {**keys, "approval": text, "parts": 1})])
    open_now = await approvals.unsettled(NOW + timedelta(days=30))
    assert {found.id for found in open_now} & {broken.id, good.id} == {good.id}
    assert f'"approval": "{broken.id}"' in caplog.text
    assert broken.id in await open_ids(service)
    for name, id_ in (("broken", broken.id), ("good", good.id)):  # for the tests after this one
        rows = [
            {"PartitionKey": partition_of("main", name), "RowKey": key}
            for key in (f"a|{name}|{id_}", f"s|{name}|start")
        ]
        await service.commit([("delete", row) for row in rows])


async def test_a_body_that_is_long_is_kept_whole(service: Tables) -> None:
    approvals = TableApprovals(service)
    names = [f"host-{number}.example.com" for number in range(5000)]
    approval = one("long", body={"policy": {"x509_props": {"sans": {"dns_names": names}}}})
    await approvals.add(ApprovalChange(approval))
    assert (await kept(approvals, approval)).body == approval.body


@pytest.mark.parametrize("name", ["shop", "2026-shop", "0"])
async def test_what_waits_stands_in_the_list_of_all_acts_and_its_own_rows_do_not(service: Tables, name: str) -> None:
    vault = f"listed-{name}"
    await TableApprovals(service).add(asked(one(name, vault)))
    page = await TableHistory(service).page(ActFilter(frozenset({vault})), None)
    assert [(act.name, act.entry.what, act.entry.by) for act in page.acts] == [(name, "asked", ANN)]


async def test_old_ones_are_found_by_page_and_forgotten_with_their_row_of_the_list(
    service: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.adapters.azure_tables.approvals.READ_AT_ONCE", 2)
    approvals, before = TableApprovals(service), NOW - timedelta(days=400)
    minutes = [-1_000_000 - number for number in range(5)] + [-400 * 24 * 60 + 1]
    found = [
        await approvals.save(refused(await approvals.add(asked(one(f"old-{-at}", minutes=at))), BOB, "no", NOW))
        for at in minutes
    ]
    gone, *_ = found
    keys = {"PartitionKey": partition_of("main", gone.name), "RowKey": f"a|{gone.name}|{gone.id}"}
    await service.commit([("delete", keys)])  # as a crash leaves it
    first = await approvals.old(before, None)
    second = await approvals.old(before, first.place)
    third = await approvals.old(before, second.place)
    assert [one.id for page in (first, second, third) for one in page.approvals] == [one.id for one in found[1:5]]
    assert (third.place, await service.row(APPROVALS, gone.id)) == (None, None)
    await approvals.forget(found[1])
    await approvals.forget(replace(found[2], etag='W/"other"'))
    await approvals.forget(found[1])
    left = [await approvals.get(one.id) for one in found[1:3]]
    assert left == [None, found[2]]
    assert await service.row(APPROVALS, found[1].id) is None
