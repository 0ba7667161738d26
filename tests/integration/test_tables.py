"""The ledger and the delivery records, on Azurite's tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from functions.adapters.deliveries import TableDeliveries
from functions.adapters.tables import TableLedger, Tables
from functions.issuance.errors import ConcurrentChange, Unavailable
from functions.issuance.events import CHAIN_REJECTED, Event
from functions.issuance.ports import Intent
from functions.issuance.requests import Change, Operation, Status, observe, put_off, track
from local.azurite import running_azurite
from local.tls import LocalCa
from tests.integration.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tables(tmp_path_factory: pytest.TempPathFactory, trusted_ca: LocalCa) -> AsyncIterator[Tables]:
    directory: Path = tmp_path_factory.mktemp("azurite")
    async with running_azurite(trusted_ca, directory, log=directory / "azurite.log") as azurite:
        tables = Tables(azurite.table_url, AnyToken())
        yield tables
        await tables.close()


@pytest.fixture
def ledger(tables: Tables) -> TableLedger:
    return TableLedger(tables)


def started(name: str, request_id: str = "a" * 32, key: str | None = None) -> tuple[Change, Intent]:
    operation = Operation(request_id, Status.IN_PROGRESS, "DigiCert", b"")
    change = track("main", name, operation, f"CN={name}", key or f"key-of-{name}", "me@example.com", NOW)
    return change, Intent("main", name, "me@example.com", NOW + timedelta(minutes=2), f"intent-of-{name}")


def of(events: list[Event], name: str) -> list[str]:
    return [event.id for event in events if event.name == name]


async def test_a_request_comes_back_as_it_was_written_in_any_case_of_its_name(ledger: TableLedger) -> None:
    change, intent = started("Round-Trip")
    await ledger.intend(intent)
    assert await ledger.add(change, intent) is True
    read = await ledger.get("main", "rOUND-tRIP", "a" * 32)
    assert read == change.request
    assert read is not None
    assert read.etag
    assert await ledger.named("main", "round-trip") == [change.request]
    assert await ledger.named("main", "round") == []
    assert await ledger.get("main", "round-trip", "b" * 32) is None


async def test_a_request_that_is_there_stays_as_it_is(ledger: TableLedger) -> None:
    change, intent = started("twice")
    assert await ledger.add(change, intent) is True
    assert await ledger.add(Change(replace(change.request, owner="other@example.com")), intent) is False
    read = await ledger.get("main", "twice", "a" * 32)
    assert read is not None
    assert read.owner == "me@example.com"


async def test_a_change_its_events_and_its_due_mark_are_one_transaction(ledger: TableLedger) -> None:
    change, intent = started("moves")
    await ledger.add(change, intent)
    before = await ledger.get("main", "moves", "a" * 32)
    assert before is not None
    ended = observe(before, Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected", "no"), NOW)
    saved = await ledger.save(before, ended)
    assert (saved.status, saved.error_code, saved.next_check) == (Status.FAILED, "Request rejected", None)
    assert "moves" not in [due.name for due in await ledger.due("main", NOW + timedelta(days=1))]
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, ended)
    assert of(await ledger.unsent(["main"]), "moves") == [
        f"main:moves:{'a' * 32}:failed",
        f"main:moves:{'a' * 32}:started",
    ]
    again = await ledger.save(saved, Change(replace(saved, last_error="x")))
    assert again.etag != saved.etag


async def test_a_lost_race_writes_nothing_at_all(ledger: TableLedger) -> None:
    change, intent = started("race")
    await ledger.add(change, intent)
    before = await ledger.get("main", "race", "a" * 32)
    assert before is not None
    winner = await ledger.save(before, Change(put_off(before, NOW, "HTTP 503", 0)))
    loser = observe(before, Operation("a" * 32, Status.FAILED, "DigiCert", b""), NOW)
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, loser)
    assert await ledger.get("main", "race", "a" * 32) == winner
    assert of(await ledger.unsent(["main"]), "race") == [f"main:race:{'a' * 32}:started"]


async def test_what_is_due_comes_longest_waiting_first_and_the_rest_not_at_all(ledger: TableLedger) -> None:
    for index, name in enumerate(("due-c", "due-a", "due-b")):
        change, intent = started(name)
        request = replace(change.request, vault="duty", next_check=NOW + timedelta(minutes=index))
        await ledger.add(Change(request), replace(intent, vault="duty"))
    await ledger.intend(Intent("duty", "due-d", None, NOW + timedelta(seconds=30), "i1"))
    due = await ledger.due("duty", NOW + timedelta(minutes=1))
    assert [(one.name, one.intent is not None) for one in due] == [("due-c", False), ("due-d", True), ("due-a", False)]
    assert due[1].intent is not None
    await ledger.forget(due[1].intent)
    await ledger.forget(due[1].intent)
    assert [one.name for one in await ledger.due("duty", NOW + timedelta(minutes=1))] == ["due-c", "due-a"]


async def test_requests_are_found_by_key_and_a_hint_without_its_request_is_passed_over(
    ledger: TableLedger, tables: Tables
) -> None:
    for request_id in ("a" * 32, "b" * 32):
        change, intent = started("by-key", request_id, key="shared")
        await ledger.add(change, intent)
    keys = await tables.table("keys")
    left = {"PartitionKey": "shared", "RowKey": "x", "vault": "main", "name": "crashed", "request_id": "c" * 32}
    await keys.upsert_entity(left)
    assert {one.request_id for one in await ledger.by_key("shared")} == {"a" * 32, "b" * 32}
    assert await ledger.by_key("unknown") == []


async def test_an_event_without_a_request_waits_in_the_outbox_until_it_is_sent(ledger: TableLedger) -> None:
    event = Event("drop:1:rejected", CHAIN_REJECTED, "chains/1", NOW, data={"sentence": "No certificate."})
    await ledger.add_event(event)
    await ledger.add_event(event)
    assert [one for one in await ledger.unsent([]) if one.id == event.id] == [event]
    await ledger.sent(event)
    await ledger.sent(event)
    assert [one for one in await ledger.unsent([]) if one.id == event.id] == []


async def test_a_delivery_is_claimed_by_one_and_settled_for_good(tables: Tables) -> None:
    deliveries = TableDeliveries(tables)
    assert await deliveries.claim("e1", "teams", NOW) is True
    with pytest.raises(Unavailable, match="under way"):
        await deliveries.claim("e1", "teams", NOW + timedelta(seconds=30))
    assert await deliveries.claim("e1", "email", NOW) is True
    await deliveries.settle("e1", "teams", "delivered", NOW)
    assert await deliveries.claim("e1", "teams", NOW + timedelta(days=1)) is False


async def test_a_delivery_given_back_or_left_by_a_crash_is_taken_over(tables: Tables) -> None:
    deliveries = TableDeliveries(tables)
    assert await deliveries.claim("e2", "teams", NOW) is True
    await deliveries.release("e2", "teams", "HTTP 503")
    assert await deliveries.claim("e2", "teams", NOW) is True
    assert await deliveries.claim("e2", "teams", NOW + timedelta(minutes=3)) is True


async def test_of_many_claims_at_once_one_wins(tables: Tables) -> None:
    deliveries = TableDeliveries(tables)
    outcomes = await asyncio.gather(*(deliveries.claim("e3", "teams", NOW) for _ in range(8)), return_exceptions=True)
    assert outcomes.count(True) == 1
    assert sum(isinstance(one, Unavailable) for one in outcomes) == 7


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    tables = Tables("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="table storage"):
        await TableLedger(tables).intend(started("nowhere")[1])
    await tables.close()
