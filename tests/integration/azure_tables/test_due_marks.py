"""Due marks on Azurite's tables: found without reading the others, moved together, and never in spite of a change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count, islice

import pytest

from functions.adapters.azure_tables.ledger import MOVED, TableLedger
from functions.adapters.azure_tables.rows import partition_of
from functions.adapters.azure_tables.service import CERTFLOW, Tables
from functions.model.due_mark import DueCheck
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.remind import acknowledged
from functions.model.request.tracked import Change, TrackedRequest
from functions.monitoring.check_due import check_due
from functions.ports.ledger import Intent
from tests.actors import saying
from tests.certificates import make_csr
from tests.clock import NOW
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tables: Tables) -> TableLedger:
    return TableLedger(tables)


def together(prefix: str) -> Iterator[str]:
    """Names that stand in one partition, of any vault."""
    wanted = partition_of("v", f"{prefix}-0")
    return (name for name in (f"{prefix}-{n}" for n in count()) if partition_of("v", name) == wanted)


async def added(ledger: TableLedger, vault: str, name: str, at: datetime = NOW) -> TrackedRequest:
    """A request that is due at a time."""
    operation = Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", b"")
    change = track(vault, name, operation, "CN=x", f"key-{vault}-{name}", None, NOW, Action("created", saying("me")))
    request, _ = await ledger.add(Change(replace(change.request, next_check=at)))
    return request


async def all_marks(ledger: TableLedger, vault: str) -> list[DueCheck]:
    return [look async for look in ledger.in_progress(vault)]


def later(
    look: DueCheck, by: timedelta = timedelta(minutes=5), attempts: int = 0, error: str | None = None
) -> DueCheck:
    return replace(look, at=look.at + by, attempts=attempts, error=error)


async def test_of_many_that_are_due_the_longest_waiting_come_first_and_not_all_are_read(ledger: TableLedger) -> None:
    names = list(islice(together("most"), 6))
    for index, name in enumerate(names):
        await added(ledger, "most", name, NOW - index * MINUTE)
    some = await ledger.due("most", NOW, 3 * 16)
    assert [look.name for look in some] == names[:2:-1]
    assert len(await ledger.due("most", NOW, 1)) == 1
    assert len(await ledger.due("most", NOW, 1600)) == 6


async def test_a_look_knows_what_it_needs_without_the_request_being_read(ledger: TableLedger) -> None:
    request = await added(ledger, "knows", "Web")
    (look,) = await ledger.due("knows", NOW, 100)
    assert look == DueCheck(
        vault="knows",
        name="Web",
        at=NOW,
        request_id="a" * 32,
        issuer="DigiCert",
        created=NOW,
        remind_at=request.remind_at,
    )


async def test_however_many_are_moved_they_go_and_their_rows_agree(ledger: TableLedger) -> None:
    names = list(islice(together("many"), MOVED * 3 + 1))  # more than one transaction takes, in one partition
    for name in names:
        await added(ledger, "many", name)
    looks = await ledger.due("many", NOW, 10_000)
    assert len(looks) == len(names)
    await ledger.move_marks([(look, later(look, attempts=2, error="HTTP 503")) for look in looks])
    assert await ledger.due("many", NOW, 10_000) == []
    moved = {look.name: look for look in await all_marks(ledger, "many")}
    assert set(moved) == set(names)
    for name in names[::20]:
        request = await ledger.get("many", name, "a" * 32)
        assert request is not None
        assert request.next_check == moved[name].at == NOW + timedelta(minutes=5)
        assert (request.attempts, request.last_error) == (moved[name].attempts, moved[name].error) == (2, "HTTP 503")


async def test_a_look_that_went_well_clears_the_error_of_the_one_before(ledger: TableLedger) -> None:
    await added(ledger, "clears", "web")
    (look,) = await ledger.due("clears", NOW, 10)
    failed = later(look, attempts=1, error="HTTP 503")
    await ledger.move_marks([(look, failed)])
    await ledger.move_marks([(failed, later(failed))])
    request = await ledger.get("clears", "web", "a" * 32)
    assert request is not None
    assert (request.attempts, request.last_error) == (0, None)
    assert request.next_check == NOW + timedelta(minutes=10)


async def test_one_that_changed_meanwhile_keeps_what_it_has_and_does_not_hold_the_others_back(
    ledger: TableLedger,
) -> None:
    names = list(islice(together("held"), 5))
    requests = {name: await added(ledger, "held", name) for name in names}
    looks = await ledger.due("held", NOW, 1000)
    ended = apply_state(
        requests[names[2]], Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected"), NOW
    )
    await ledger.save(requests[names[2]], ended)
    await ledger.move_marks([(look, later(look)) for look in looks])
    assert {look.name for look in await all_marks(ledger, "held")} == set(names) - {names[2]}
    assert await ledger.due("held", NOW, 1000) == []
    request = await ledger.get("held", names[2], "a" * 32)
    assert request is not None
    assert (request.status, request.next_check, request.error_code) == (Status.FAILED, None, "Request rejected")


async def test_a_look_that_was_overtaken_by_another_changes_nothing(ledger: TableLedger) -> None:
    await added(ledger, "twice", "web")
    (look,) = await ledger.due("twice", NOW, 10)
    await ledger.move_marks([(look, later(look, timedelta(minutes=5)))])
    await ledger.move_marks([(look, later(look, timedelta(minutes=1), attempts=1, error="HTTP 503"))])
    (mark,) = await all_marks(ledger, "twice")
    request = await ledger.get("twice", "web", "a" * 32)
    assert request is not None
    assert mark.at == request.next_check == NOW + timedelta(minutes=5)
    assert request.last_error is None


async def test_an_acknowledgement_during_a_look_is_not_lost(ledger: TableLedger) -> None:
    request = await added(ledger, "quiet", "web")
    (look,) = await ledger.due("quiet", NOW, 10)
    until = NOW + timedelta(days=7)
    await ledger.save(request, acknowledged(request, until, "we know", saying("ann"), NOW))
    await ledger.move_marks([(look, later(look))])
    (mark,) = await all_marks(ledger, "quiet")
    read = await ledger.get("quiet", "web", "a" * 32)
    assert read is not None
    assert mark.quiet_until == read.quiet_until == until
    assert mark.at == read.next_check


async def test_a_request_that_moves_after_its_mark_did_leaves_no_mark_behind(ledger: TableLedger) -> None:
    stale = await added(ledger, "ends", "web")
    (look,) = await ledger.due("ends", NOW, 10)
    await ledger.move_marks([(look, later(look))])
    request = await ledger.get("ends", "web", "a" * 32)
    assert request is not None
    assert request.etag != stale.etag  # whoever has read the row before reads it again
    await ledger.save(request, apply_state(request, Operation("a" * 32, Status.FAILED, "DigiCert", b""), NOW))
    assert await all_marks(ledger, "ends") == []


async def test_the_backlog_is_counted_up_to_a_limit(ledger: TableLedger) -> None:
    for name in islice(together("log"), 5):
        await added(ledger, "log", name)
    await added(ledger, "log", "not-due", NOW + MINUTE)
    assert await ledger.backlog("log", NOW, 1000) == 5
    assert await ledger.backlog("log", NOW, 5) == 5
    assert await ledger.backlog("log", NOW, 3) == 3
    assert await ledger.backlog("none", NOW, 1000) == 0


async def test_all_requests_in_progress_are_told_by_their_marks_and_intents_are_none(ledger: TableLedger) -> None:
    for index in range(20):
        await added(ledger, "waits", f"web-{index}", NOW + index * timedelta(days=1))
    await ledger.add_intent(Intent("waits", "starting", "i1", NOW))
    assert {look.name for look in await all_marks(ledger, "waits")} == {f"web-{index}" for index in range(20)}
    assert await all_marks(ledger, "wait") == []


async def test_a_mark_that_leads_to_nothing_is_removed_and_can_be_gone_already(
    ledger: TableLedger, tables: Tables
) -> None:
    await added(ledger, "drops", "web")
    table = await tables.table(CERTFLOW)
    await table.delete_entity(partition_of("drops", "web"), f"r|web|{'a' * 32}")  # by somebody's hand
    (look,) = await ledger.due("drops", NOW, 10)
    for _ in range(2):
        await ledger.remove_mark(look)
    assert await ledger.due("drops", NOW, 10) == []


@pytest.mark.parametrize("hours", [-5, 9])
async def test_a_time_with_an_offset_is_due_when_it_is(ledger: TableLedger, hours: int) -> None:
    """Until when somebody wants quiet may be given in any time zone."""
    vault, world = f"zone{hours}", World(ledger=ledger)  # type: ignore[arg-type]  # the real one
    operation = Operation("a" * 32, Status.IN_PROGRESS, "Unknown", make_csr("web.example.com")[1])
    world.vault.operations["web"] = operation
    doing, started = Action("created", saying("me")), NOW - timedelta(days=3)
    request = track(vault, "web", operation, "CN=web", f"key-{vault}", None, started, doing).request
    request, _ = await ledger.add(Change(replace(request, next_check=NOW, remind_at=NOW)))
    until = (NOW + 30 * MINUTE).astimezone(timezone(timedelta(hours=hours)))
    await ledger.save(request, acknowledged(request, until, "we know", saying("me"), NOW))
    app = replace(world.certflow, vaults={vault: world.vault})
    looks, reminded = [], []
    for minute in (1, 2, 29, 31, 32):
        world.now = NOW + minute * MINUTE
        assert await check_due(app, vault, world.now + timedelta(seconds=50)) is True
        looks.append(len(world.vault.calls))
        reminded.append(world.published.count("Issuance.Stalled"))
    assert reminded == [0, 0, 0, 1, 1]
    assert looks[0] == looks[1] == looks[2]  # nothing is due between the first look and the end of the quiet
    assert looks[3] == looks[4]
    read = await ledger.get(vault, "web", "a" * 32)
    assert read
    assert read.next_check
    assert read.next_check > world.now
