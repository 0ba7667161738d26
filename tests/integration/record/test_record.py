"""The record of acts in real tables and blobs: two hosts and kills make one chain, with each act once."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient

from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import partition_of, waiting_row
from functions.adapters.azure_tables.service import Tables
from functions.adapters.blob_storage.act_files import BlobActFiles
from functions.adapters.blob_storage.containers import Blobs
from functions.model.acts.act import act_of_call, act_of_history
from functions.model.acts.lines import FileName
from functions.model.acts.verify import verify
from functions.model.errors import ConcurrentChange
from functions.model.request.actor import RENEWAL
from functions.model.request.history import Action, HistoryEntry
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change
from functions.ports.record.acts import ActsFault, RecordPlace
from functions.record.export import export_acts
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.actors import person
from tests.clock import NOW
from tests.integration.record.hosts import MAX_BLOCKS, VAULTS, host, work

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACTS_OF_EACH = 200
SEED = secrets.randbelow(2**32)


@pytest_asyncio.fixture(loop_scope="module")
async def container(azurite: Azurite) -> AsyncIterator[BlobServiceClient]:
    """A blob service whose record is empty."""
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        if await made(service):
            async for name in service.get_container_client("acts").list_blob_names():
                await service.get_blob_client("acts", name).delete_blob()
        yield service


async def made(service: BlobServiceClient) -> bool:
    return await service.get_container_client("acts").exists()


def started(vault: str, name: str, entries: int = 1) -> Change:
    operation = Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", b"")
    change = track(vault, name, operation, f"CN={name}", f"key-{vault}-{name}", None, NOW, Action("created", RENEWAL))
    more = (
        HistoryEntry("acknowledged", NOW + timedelta(seconds=at), "a" * 32, Status.IN_PROGRESS, person("ann"))
        for at in range(1, entries)
    )
    return replace(change, history=(*change.history, *more))


async def left_acts(tables: Tables, vault: str, count: int) -> set[str]:
    """Leaves acts in the outbox, four with each change; returns the ids of the acts of the history."""
    ledger, names = TableLedger(tables), [f"n{secrets.token_hex(8)}" for _ in range(count // 4)]
    for name in names:
        await ledger.add(started(vault, name, 4))
    entries = [(name, entry) for name in names for entry in await ledger.history(vault, name)]
    assert len(entries) == count
    return {act_of_history(vault, name, entry).id for name, entry in entries}


async def crowded(tables: Tables, vault: str, count: int) -> set[str]:
    """Leaves so many acts of one name in the outbox, as an outage of the record does; returns their ids."""
    change = started(vault, "web", count)
    acts = [act_of_history(vault, "web", entry) for entry in change.history]
    for some in itertools.batched(acts, 100, strict=False):
        await tables.commit([("upsert", waiting_row(partition_of(vault, "web"), act)) for act in some])
    return {act.id for act in acts}


async def record(service: BlobServiceClient) -> dict[str, bytes]:
    client = service.get_container_client("acts")
    return {blob.name: await (await client.download_blob(blob.name)).readall() async for blob in client.list_blobs()}


def ids_in(files: dict[str, bytes]) -> list[str]:
    lines = [json.loads(line) for content in files.values() for line in content.splitlines()]
    return [line["id"] for line in lines if "id" in line]


def assert_whole(files: dict[str, bytes], acts: set[str]) -> None:
    assert verify(files).problems == []
    assert sorted(ids_in(files)) == sorted(acts)


async def test_two_hosts_that_write_at_once_make_one_chain(
    tables: Tables, azurite: Azurite, container: BlobServiceClient
) -> None:
    acts = set[str]().union(*[await left_acts(tables, vault, ACTS_OF_EACH) for vault in VAULTS])
    async with host(azurite.table_url, azurite.blob_url) as one, host(azurite.table_url, azurite.blob_url) as other:
        await asyncio.gather(work(one), work(other))
    files = await record(container)
    assert_whole(files, acts)
    assert len(files) > 3
    assert max(len(content.splitlines()) for content in files.values()) <= 15 * MAX_BLOCKS + 2


async def test_hosts_that_are_killed_at_any_request_lose_no_act_and_write_none_twice(
    tables: Tables, azurite: Azurite, container: BlobServiceClient
) -> None:
    acts = set[str]().union(*[await left_acts(tables, vault, ACTS_OF_EACH) for vault in VAULTS])
    chance, killed = random.Random(SEED), 0  # noqa: S311  places to be killed at
    command = ["-m", "tests.integration.record.hosts", azurite.table_url, azurite.blob_url]
    hosts = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert hosts.stdin
    assert hosts.stdout
    for numbers in [*([chance.randrange(33, 60), chance.randrange(33, 60)] for _ in range(20)), [0, 0]]:
        hosts.stdin.write(f"{' '.join(map(str, numbers))}\n".encode())
        codes = (await hosts.stdout.readline()).split()
        assert set(codes) <= {b"0", b"-9"}, SEED
        killed += codes.count(b"-9")
    hosts.stdin.close()
    await hosts.wait()
    assert killed > 10, SEED
    assert_whole(await record(container), acts)


async def test_an_act_is_in_one_transaction_with_its_history(tables: Tables) -> None:
    ledger = TableLedger(tables)
    await ledger.add(started("one", "web"))
    (waiting,) = (await ledger.left_behind("one")).acts
    (entry,) = await ledger.history("one", "web")
    act = act_of_history("one", "web", entry)
    assert (waiting.id, waiting.text, waiting.tried) == (act.id, act.text, None)
    with pytest.raises(ConcurrentChange):
        await ledger.save(replace((await ledger.by_name("one", "web"))[0], etag='W/"0"'), started("one", "web", 2))
    assert len((await ledger.left_behind("one")).acts) == 1
    events = (await ledger.left_behind("one")).events
    assert [event.type for event in events] == ["Certflow.Issuance.Started"]


async def test_only_one_run_notes_that_it_tries_an_act(tables: Tables) -> None:
    ledger, waiting = TableLedger(tables), TableWaitingActs(tables)
    await ledger.add(started("marks", "web"))
    acts = (await ledger.left_behind("marks")).acts
    place = RecordPlace("2026-11-30.jsonl", 12)
    assert [one.tried for one in await waiting.mark_tried(acts, place)] == [place]
    assert await waiting.mark_tried(acts, RecordPlace("2026-11-30.jsonl", 99)) == []
    assert [one.tried for one in (await ledger.left_behind("marks")).acts] == [place]
    await waiting.remove(acts)
    await waiting.remove(acts)
    assert await waiting.mark_tried(acts, place) == []
    assert (await ledger.left_behind("marks")).acts == []


async def test_of_many_acts_those_that_meet_another_run_are_left_to_it(tables: Tables) -> None:
    ledger, waiting = TableLedger(tables), TableWaitingActs(tables)
    await crowded(tables, "met", 250)
    acts = (await ledger.left_behind("met")).acts
    place = RecordPlace("2026-11-30.jsonl", 12)
    await waiting.mark_tried(acts[120:121], place)
    marked = await waiting.mark_tried(acts, RecordPlace("2026-11-30.jsonl", 99))
    assert [one.row for one in marked] == [one.row for one in [*acts[:100], *acts[200:]]]
    places = [(one.partition, one.row) for one in acts]
    assert len(await waiting.still_waiting(places)) == 250
    await waiting.remove(acts[100:])
    left = await waiting.still_waiting([*places[99:102], ("met|none", "oa|1"), places[0]])
    assert [(one.row, one.tried) for one in left] == [(one.row, marked[0].tried) for one in (acts[0], acts[99])]
    await waiting.remove(acts)
    assert (await ledger.left_behind("met")).acts == []


async def test_hundreds_of_acts_that_wait_in_one_partition_get_into_the_record(
    tables: Tables,
    azurite: Azurite,
    container: BlobServiceClient,
) -> None:
    acts = await crowded(tables, "many", 250)
    async with host(azurite.table_url, azurite.blob_url) as certflow:
        await export_acts(certflow, (await certflow.ledger.left_behind("many")).acts)
        assert (await certflow.ledger.left_behind("many")).acts == []
        assert await certflow.waiting_acts.fault() is None
    assert_whole(await record(container), acts)


async def test_a_long_act_waits_in_several_columns(tables: Tables) -> None:
    ledger, long = TableLedger(tables), "ü𝄞" * 8000
    change = started("long", "web")
    await ledger.add(replace(change, history=(replace(change.history[0], note=long),)))
    (waiting,) = (await ledger.left_behind("long")).acts
    assert json.loads(waiting.text)["note"] == long


async def test_the_note_that_acts_wait_is_written_by_one_instance(tables: Tables) -> None:
    waiting = TableWaitingActs(tables)
    assert await waiting.fault() is None
    await waiting.clear_fault()
    await waiting.save_fault(ActsFault(NOW, "HTTP 403"))
    with pytest.raises(ConcurrentChange):
        await waiting.save_fault(ActsFault(NOW, "HTTP 409"))
    known = await waiting.fault()
    assert known == ActsFault(NOW, "HTTP 403") == (await TableLedger(tables).left_behind(None)).fault
    assert (await TableLedger(tables).left_behind("main")).fault is None
    await waiting.save_fault(replace(known, told=True))
    with pytest.raises(ConcurrentChange):
        await waiting.save_fault(replace(known, told=True))
    await waiting.clear_fault()
    assert await waiting.fault() is None


async def test_a_file_takes_what_comes_at_its_end_alone(azurite: Azurite, container: BlobServiceClient) -> None:
    blobs = Blobs(azurite.blob_url, AnyToken())
    files, name = BlobActFiles(blobs, "other"), FileName(NOW.date())
    assert await files.names() == []
    await files.create(name)
    assert await files.append(name, b"one\n", 0)
    await files.create(name)  # it stays as it is
    assert not await files.append(name, b"two\n", 0)
    assert not await files.append(name, b"two\n", 99)
    assert await files.append(name, b"two\n", 4)
    assert await files.names() == [name]
    part = await files.read(name)
    assert (part.content, part.end, part.blocks) == (b"one\ntwo\n", 8, 2)
    assert (await files.read(name, 4)).content == b"two\n"
    assert (await files.read(name, 8)).content == b""
    await container.get_blob_client("other", "notes.txt").upload_blob(b"x")
    assert await files.names() == [name]
    await blobs.close()


async def test_a_container_that_takes_no_appends_leaves_the_acts_where_they_are(
    tables: Tables, azurite: Azurite, container: BlobServiceClient
) -> None:
    if not await made(container):
        await container.create_container("acts")
    held = container.get_blob_client("acts", f"{NOW.date()}.jsonl")
    await held.create_append_blob()
    lease = await held.acquire_lease()  # so that it refuses what has no lease, and goes on refusing
    await TableLedger(tables).add(started("refused", "web"))
    async with host(azurite.table_url, azurite.blob_url) as certflow:
        acts = (await certflow.ledger.left_behind("refused")).acts
        await export_acts(certflow, acts)
        kept = (await certflow.ledger.left_behind("refused")).acts
        assert len(kept) == 1
        fault = await certflow.waiting_acts.fault()
        assert fault is not None
        assert "HTTP 412 (LeaseIdMissing)" in fault.reason
        await lease.release()
        await export_acts(certflow, kept)
        assert (await certflow.ledger.left_behind("refused")).acts == []
        assert await certflow.waiting_acts.fault() is None
    assert ids_in(await record(container)) == [acts[0].id]


async def test_an_act_of_a_call_waits_in_the_outbox_of_its_vault_or_of_none(tables: Tables) -> None:
    at = NOW + timedelta(days=3)
    calls = {vault: act_of_call("tested", person("ann@example.com"), at, "asked", {}) for vault in ("calls", None)}
    for vault, act in calls.items():
        await TableWaitingActs(tables).add(act, vault)
        waiting = (await TableLedger(tables).left_behind(vault)).acts
        assert [(one.id, one.text) for one in waiting if one.id == act.id] == [(act.id, act.text)]


async def test_blobs_that_take_no_appends_do_not_stop_the_record(
    tables: Tables, azurite: Azurite, container: BlobServiceClient
) -> None:
    if not await made(container):
        await container.create_container("acts")
    names = [FileName(NOW.date()), FileName(NOW.date() + timedelta(days=1))]
    for name in names:
        await container.get_blob_client("acts", str(name)).upload_blob(b"no append blob\n")
    async with host(azurite.table_url, azurite.blob_url) as certflow:
        assert (await certflow.act_files.names(), await certflow.act_files.taken()) == ([], set(names))
        for certificate in ("one", "other"):
            await certflow.ledger.add(started("junk", certificate))
            await export_acts(certflow, (await certflow.ledger.left_behind("junk")).acts)
        assert (await certflow.ledger.left_behind("junk")).acts == []
    files = await record(container)
    assert len(ids_in({one: files[one] for one in files if "-2." in one})) == 2


async def test_an_act_that_cannot_be_read_keeps_no_other_from_the_record(tables: Tables) -> None:
    ledger = TableLedger(tables)
    await crowded(tables, "odd", 3)
    place = partition_of("odd", "web")
    (first, *rest) = (await ledger.left_behind("odd")).acts
    await tables.commit([("upsert", {"PartitionKey": place, "RowKey": first.row, "act": "{}", "parts": 2})])
    await tables.commit([("upsert", {"PartitionKey": place, "RowKey": "o|e", "event": "nonsense"})])
    left = await ledger.left_behind("odd")
    assert ([one.row for one in left.acts], left.events) == ([one.row for one in rest], [])
