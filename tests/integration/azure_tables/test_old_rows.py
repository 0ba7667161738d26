"""What the code at 5c7fccf wrote into the tables is read as it was meant, and watched on (tests/golden/README.md)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import msgspec
import pytest
import pytest_asyncio
from azure.data.tables import EntityProperty

from functions.adapters.azure_tables.deliveries import TableDeliveries
from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import CERTFLOW, DELIVERIES, Tables
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.monitoring.status import status_of_vaults
from functions.triggers.queued_work import work_blueprint
from keyvault_emulator.tls import LocalCa
from local.azurite import running_azurite
from testkit.tokens import AnyToken
from tests.certificates import make_csr
from tests.golden_files import golden
from tests.unit.fakes import FakeChannel, World

pytestmark = pytest.mark.asyncio(loop_scope="module")
OLD: Any = golden("rows_5c7fccf.json")
READ: Any = OLD["read"]
NOW = datetime.fromisoformat(READ["now"])
FAR = NOW + timedelta(days=4000)
# A vault's survey knows that day now (Survey.capped).
GONE_FROM_NOTES = {"capped"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def rows(tables: Tables) -> None:
    await _write(tables)


@pytest_asyncio.fixture(loop_scope="module")
async def rows_of_its_own(tmp_path: Path, trusted_ca: LocalCa) -> AsyncIterator[Tables]:
    async with running_azurite(trusted_ca, tmp_path, log=tmp_path / "azurite.log") as azurite:
        tables = Tables(azurite.table_url, AnyToken())
        await _write(tables)
        yield tables
        await tables.close()


async def _write(tables: Tables) -> None:
    for name, entities in OLD["tables"].items():
        client = await tables.table(name)
        for entity in entities:
            await client.create_entity({key: _property(value) for key, value in entity.items()})


def _property(value: Any) -> Any:
    return EntityProperty(value["value"], value["type"]) if isinstance(value, dict) else value


def lacks(old: Any, now: Any, where: str = "") -> list[str]:
    """Where what is read now lacks a field that there was, or has another value in it."""
    if isinstance(old, dict) and isinstance(now, dict):
        return [one for key in old for one in lacks(old[key], now.get(key, "nothing"), f"{where}/{key}")]
    if isinstance(old, list) and isinstance(now, list) and len(old) == len(now):
        return [one for at, pair in enumerate(zip(old, now, strict=True)) for one in lacks(*pair, f"{where}/{at}")]
    return [] if old == now else [f"{where}: {old!r} is read as {now!r}"]


def plain(record: Any) -> Any:
    """A record as JSON has it."""
    return json.loads(msgspec.json.encode(record))


def actor_of(name: str | None, *, verified: bool, by_itself: bool = False) -> Any:
    """What is read now of an actor that had a name, and whether App Service or Certflow itself vouched for it."""
    if name is None:
        return {"kind": "system", "name": "check"} if by_itself else None
    return {"kind": "person", "name": name, "oid": None} if verified else {"kind": "key", "on_behalf_of": name}


def with_actors(old: dict[str, Any]) -> dict[str, Any]:
    """An old request, line of the history, or intent, with its actor as it is read now."""
    if "by" in old:
        by = actor_of(**old["by"], by_itself=old["what"] in {"observed", "reminded", "muted"})
        return old | {"by": by or ({"kind": "key", "on_behalf_of": None} if "due" in old else None)}
    kept = {key: value for key, value in old.items() if key != "requested_by_verified"}
    return kept | {"requested_by": actor_of(old["requested_by"], verified=old["requested_by_verified"])}


def by_text(records: Any) -> Any:
    return sorted(records, key=lambda one: json.dumps(one, sort_keys=True))


async def test_every_row_has_a_kind_that_is_read_here() -> None:
    """So that rows that are added to the file are not passed over."""
    kinds = {row["RowKey"].partition("|")[0] for row in OLD["tables"][CERTFLOW] if row["PartitionKey"][:2] != "-|"}
    assert kinds == {"c", "d", "e", "h", "i", "o", "r", "t"}
    aside = {row["PartitionKey"] for row in OLD["tables"][CERTFLOW] if len(row["PartitionKey"]) > len("-|0")}
    own = {f"-|{one}" for one in ("aside", "beats", "held", "renewals", "surveys", "usual", "wanted")}
    assert {one for one in aside if one.startswith("-|")} == own
    assert {status.value for status in Status} == {one["status"] for one in READ["requests"]}


@pytest.mark.parametrize("old", READ["requests"], ids=lambda one: f"{one['name']}-{one['status']}")
async def test_a_request_and_its_key(tables: Tables, old: dict[str, Any]) -> None:
    ledger = TableLedger(tables)
    request = await ledger.get(old["vault"], old["name"].upper(), old["request_id"])
    assert request is not None
    assert request.etag
    assert lacks(with_actors(old), plain(replace(request, etag=""))) == []
    assert request in await ledger.by_name(old["vault"], old["name"])
    found = [[one.name, one.request_id] for one in await ledger.by_key(old["key_sha256"])]
    assert found == READ["by_key"][old["key_sha256"]]


async def test_due_marks(tables: Tables) -> None:
    looks = plain(await TableLedger(tables).due("main", FAR, 16_000))
    assert lacks(by_text(READ["looks"]), by_text(looks)) == []
    assert len(looks) == len(READ["looks"]) == await TableLedger(tables).backlog("main", FAR, 100)


async def test_the_outbox(tables: Tables) -> None:
    ledger = TableLedger(tables)
    events = plain([*(await ledger.left_behind("main")).events, *(await ledger.left_behind(None)).events])
    assert lacks(READ["events"], events) == []
    assert any(event["vault"] is None for event in events)


async def test_the_history(tables: Tables) -> None:
    ledger = TableLedger(tables)
    old = {name: [with_actors(act) for act in acts] for name, acts in READ["history"].items()}
    assert lacks(old, {name: plain(await ledger.history("main", name)) for name in old}) == []


async def test_intents_with_an_answer_and_without(tables: Tables) -> None:
    ledger = TableLedger(tables)
    for old in READ["intents"]:
        assert lacks(with_actors(old), plain(await ledger.intent(old["vault"], old["name"], old["id"]))) == []
        assert await ledger.is_starting(old["vault"], old["name"]) is (old["answer"] is None)


async def test_ends_and_files_set_aside(tables: Tables) -> None:
    ledger = TableLedger(tables)
    ended = sorted([name, status.value] for name, status in await ledger.ended("main", NOW - timedelta(days=5)))
    assert ended == READ["ended"]
    assert lacks(READ["aside"], plain(await ledger.parked())) == []


async def test_the_watchbook(tables: Tables) -> None:
    book = TableMonitoringStore(tables)
    assert {vault: plain(at) for vault, at in (await book.heartbeats()).items()} == READ["beats"]
    for old in READ["surveys"]:
        assert lacks(old, plain(replace(await book.scan(old["vault"]), etag=""))) == []
    for vault, wanted in READ["wanted"].items():
        assert plain((await book.scan_requested(vault)).scan) == wanted
    for old in READ["troubles"]:
        assert lacks(old, plain(replace(await book.issuer_failures(old["vault"], old["issuer"]), etag=""))) == []
    for old in READ["notes"]:
        known = {key: value for key, value in old.items() if key not in GONE_FROM_NOTES}
        assert lacks(known, plain(await book.note(old["vault"], old["name"]))) == []
    for issuer, seconds in READ["usual"].items():
        assert await book.usual_duration("main", issuer) == seconds


async def test_a_renewal_that_was_counted_for_all_vaults_counts_for_none(tables: Tables) -> None:
    """Each vault has a count of its own now, and on the day of an upgrade it begins anew."""
    assert [row["count"]["value"] for row in OLD["tables"][CERTFLOW] if row["PartitionKey"] == "-|renewals"] == [2]
    assert await TableMonitoringStore(tables).renewals("main", NOW.date()) == 0


async def test_a_lease_is_held_until_its_holder_ends_it(tables: Tables) -> None:
    book, lease = TableMonitoringStore(tables), READ["lease"]
    assert await book.acquire(lease["what"], NOW, NOW + timedelta(minutes=1)) is None
    await book.release(lease["what"], lease["token"])
    assert await book.acquire(lease["what"], NOW, NOW + timedelta(minutes=1))


async def test_deliveries_in_each_state(tables: Tables) -> None:
    deliveries, later = TableDeliveries(tables), NOW + timedelta(minutes=3)
    assert await deliveries.channels_with_queue() == [*READ["waiting"]]
    states = {}
    for row in OLD["tables"][DELIVERIES]:
        if "state" in row:
            states[row["state"]] = await deliveries.claim(row["PartitionKey"], row["RowKey"], later)
    assert states == {"sending": True, "waiting": True, "refused": False, "delivered": False}


async def test_notices_that_wait(tables: Tables) -> None:
    for channel, old in READ["waiting"].items():
        for _ in range(2):  # the first time they get keys of today
            assert lacks(by_text(old), by_text(plain(await TableDeliveries(tables).queued(channel, FAR, 100)))) == []


async def test_a_shift_goes_on_from_there(rows_of_its_own: Tables, caplog: pytest.LogCaptureFixture) -> None:
    """As after an upgrade: the outbox is told, ends are seen, what was cut off is taken up, notices go out."""
    tables = rows_of_its_own
    teams, ledger = FakeChannel("teams", max_notices=10), TableLedger(tables)
    world = World(ledger=ledger, deliveries=TableDeliveries(tables), channels=(teams,), now=NOW)  # type: ignore[arg-type]
    world.waiting_acts = TableWaitingActs(tables)  # type: ignore[assignment]  # the real one
    world.monitoring_store = TableMonitoringStore(tables)  # type: ignore[assignment]  # the real ones, as above
    for one in READ["requests"]:
        if one["status"] == "inProgress" and one["name"] != "portal":
            world.vault.operations[one["name"]] = _stands(one["request_id"], one["issuer"])
    world.vault.operations["failed"] = _stands("9" * 32, "DigiCert")
    ends = replace(world.vault.operations["pending"], status=Status.FAILED, error_code="Request rejected")
    world.vault.operations |= {"pending": ends, "cut-off": _stands("d" * 32, "DigiCert")}
    world.later(days=2)

    app = func.FunctionApp()
    app.register_functions(work_blueprint(lambda: world.certflow))
    handlers = {one.get_trigger().queue_name: one.get_user_function() for one in app.get_functions()}  # type: ignore[union-attr]
    for one in READ["queued"]:
        await handlers[one["queue"]](func.QueueMessage(body=json.dumps(one["message"]).encode()))

    assert {event["id"] for event in READ["events"] if event["vault"]} <= {event.id for event in world.topic.published}
    assert (await ledger.left_behind("main")).events == []
    now = {(one.name, one.status) for one in await _named(ledger, "pending", "portal", "failed", "stalled", "cut-off")}
    assert {("pending", Status.FAILED), ("portal", Status.DELETED), ("failed", Status.FAILED)} <= now
    assert {("stalled", Status.IN_PROGRESS), ("cut-off", Status.IN_PROGRESS)} <= now
    assert await ledger.due("main", world.now, 100) == []
    assert not await ledger.is_starting("main", "cut-off")
    assert await ledger.intent("main", "settled", "j" * 32) is None
    assert {one.event_id for one in teams.sent} == {one["notice"]["event_id"] for one in READ["waiting"]["teams"]}
    (said,) = await status_of_vaults(world.certflow)
    assert said.vault == "main"
    assert "work-failed" not in caplog.text


def _stands(request_id: str, issuer: str) -> Operation:
    return Operation(request_id, Status.IN_PROGRESS, issuer, make_csr("web.example.com")[1])


async def _named(ledger: TableLedger, *names: str) -> list[TrackedRequest]:
    return [request for name in names for request in await ledger.by_name("main", name)]
