"""The board on Azurite's tables: its rows, its change mark, and two hosts that share nothing but the account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.board_mark import BOARD, MARK_ROW, BoardMark
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import Tables
from functions.app.context import Certflow
from functions.board.kept import ENDED_WITHIN, KEPT, kept_board
from functions.model.due_mark import due_check_of
from functions.model.errors import Unavailable
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.ledger import Intent
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.certificates import DAY
from tests.clock import NOW
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services(azurite: Azurite) -> AsyncIterator[list[Tables]]:
    both = [Tables(azurite.table_url, AnyToken()) for _ in range(2)]
    yield both
    for service in both:
        await service.close()


def request(vault: str, name: str, status: Status = Status.IN_PROGRESS, **more: object) -> TrackedRequest:
    issued = TrackedRequest(vault, name, name.ljust(32, "0"), "DigiCert", "CN=x", f"key-of-{name}", NOW, NOW + DAY)
    return replace(issued, status=status, **more)  # type: ignore[arg-type]  # fields of it


async def test_the_rows_are_those_in_progress_and_those_that_ended_lately(services: list[Tables]) -> None:
    ledger, since = TableLedger(services[0]), NOW - ENDED_WITHIN
    ends = {"old": since - timedelta(microseconds=1), "just": since, "new": NOW}
    for name, ended in ends.items():
        await ledger.add(Change(request("rows", name, Status.FAILED, ended=ended, next_check=None)))
    await ledger.add(Change(request("rows", "waits")))
    await ledger.add(Change(request("other", "waits")))
    found = (await ledger.board_requests(since)).requests
    assert {(one.vault, one.name) for one in found} == {
        *(("rows", "just"), ("rows", "new"), ("rows", "waits"), ("other", "waits")),
    }


async def test_an_intent_is_unanswered_until_it_has_its_answer_or_is_gone(services: list[Tables]) -> None:
    ledger = TableLedger(services[0])
    first, second = [Intent("asked", name, "i", NOW, keep=True, began=NOW) for name in ("a", "b")]
    for one in (first, second):
        await ledger.add_intent(one)
    assert {one.name for one in await ledger.unanswered()} == {"a", "b"}
    await ledger.save_intent(replace(first, answer={"request_id": "x"}))
    assert await ledger.unanswered() == [second]
    await ledger.remove_intent(second)
    assert await ledger.unanswered() == []


async def test_each_change_has_another_mark_and_a_check_without_news_has_not(services: list[Tables]) -> None:
    ledger = TableLedger(services[0])
    marks = [await ledger.board_mark()]

    async def marked() -> bool:
        marks.append(await ledger.board_mark())
        return marks[-1] not in marks[:-1]

    added, _ = await ledger.add(Change(request("marks", "web")))
    assert await marked()
    assert await ledger.add(Change(added)) == (added, False)
    assert not await marked()
    saved = await ledger.save(added, Change(replace(added, reminded=1)))
    assert await marked()
    later = replace(due_check_of(saved), at=NOW + 2 * DAY)
    await ledger.move_marks([(due_check_of(saved), later)])
    assert not await marked()
    intent = Intent("marks", "shop", "i", NOW)
    await ledger.add_intent(intent)
    assert await marked()
    await ledger.remove_intent(intent)
    assert await marked()


async def test_many_changes_at_once_write_the_mark_for_all(
    services: list[Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, commit, written = BoardMark(services[0]), services[0].commit, []

    async def counted(operations: list[tuple[str, dict[str, str]]]) -> str:
        written.append(operations)
        return await commit(operations)  # type: ignore[arg-type]  # one row

    monkeypatch.setattr(services[0], "commit", counted)
    await asyncio.gather(*(mark.change() for _ in range(50)))
    assert 1 <= len(written) <= 2


async def test_a_mark_that_cannot_be_written_is_only_logged(
    services: list[Tables], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mark = BoardMark(services[0])
    before = await mark.read()

    async def refused(operations: object) -> str:
        raise Unavailable("The table storage", "down")

    with monkeypatch.context() as patch:
        patch.setattr(services[0], "commit", refused)
        await mark.change()
    assert "board-not-marked" in caplog.text
    assert await mark.read() == before
    await mark.change()
    assert await mark.read() != before


async def test_a_change_on_one_host_is_on_the_board_of_the_other_after_five_seconds(services: list[Tables]) -> None:
    world = World()
    here, there = [_host(world, one) for one in services]
    added, _ = await here.ledger.add(Change(request("hosts", "web")))
    assert await _state(there) == "in-progress"
    await here.ledger.save(added, Change(replace(added, status=Status.COMPLETED, ended=NOW, next_check=None)))
    assert await _state(there) == "in-progress", "as it was kept"
    world.later(seconds=KEPT.total_seconds())
    assert await _state(there) == "done"
    first = await kept_board(there)
    world.later(seconds=KEPT.total_seconds())
    again = await kept_board(there)
    assert (again.at, again.rows is first.rows) == (first.at, True), "the mark was read, and no row"
    await services[1].commit([("delete", {"PartitionKey": BOARD, "RowKey": MARK_ROW})])
    world.later(seconds=KEPT.total_seconds())
    assert (await kept_board(there)).at == world.now, "lost marks are a change, too"


def _host(world: World, tables: Tables) -> Certflow:
    fresh = replace(World().certflow, now=lambda: world.now)
    return replace(fresh, ledger=TableLedger(tables), monitoring_store=TableMonitoringStore(tables))


async def _state(host: Certflow) -> str:
    (found,) = [one.state for one in (await kept_board(host)).rows if one.vault == "hosts"]
    return found
