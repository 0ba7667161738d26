"""Blob events from a real Azurite, as the storage account's system topic would send them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from azure.core.messaging import CloudEvent
from azure.storage.blob import BlobClient as SyncBlobClient
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient

from eventgrid_emulator import watch_blobs
from eventgrid_emulator.cloud_events import parse_event
from keyvault_emulator.tls import LocalCa
from local.azurite import Azurite, running_azurite
from tests.clock import HANG
from tests.laptop.counting import Counting

NAMES = ["with space/ü ß.pem", "a#b%25c?d&e+f.txt", "deep/er/chain.p7b", "日本.der"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 - what changes is another system's state, which sets no asyncio.Event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def watched(
    service: BlobServiceClient, *containers: str, tells_first: bool = False
) -> AsyncIterator[list[dict[str, Any]]]:
    """Events of the containers from their first look on."""
    events: list[dict[str, Any]] = []

    async def publish(event: dict[str, Any]) -> None:
        events.append(event)

    watching = asyncio.Event()
    watcher = asyncio.create_task(
        watch_blobs(service, containers, publish, interval=0.05, tells_first=tells_first, watching=watching)
    )
    try:
        async with asyncio.timeout(HANG):
            await watching.wait()
        yield events
        assert not watcher.done()
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def client_of(azurite: Azurite, ca_file: Path) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string, connection_verify=str(ca_file))


async def test_new_and_changed_blobs_are_told_once_and_old_ones_never(tmp_path: Path) -> None:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    async with (
        running_azurite(ca, tmp_path, log=tmp_path / "azurite.log") as azurite,
        client_of(azurite, ca_file) as service,
    ):
        chains = await service.create_container("chains")
        await chains.upload_blob("old.pem", b"old")
        async with watched(service, "chains", "later") as events:
            await an_event_describes_its_blob(service, events, ca_file, azurite)
            await a_new_etag_is_a_new_event(service, events)
            await a_container_made_later_is_watched_from_its_beginning(service, events)
            await asyncio.sleep(0.2)
            assert not any("old.pem" in event["subject"] for event in events)
            assert len({event["id"] for event in events}) == len(events) == len(NAMES) + 2


async def an_event_describes_its_blob(
    service: BlobServiceClient, events: list[dict[str, Any]], ca_file: Path, azurite: Azurite
) -> None:
    chains = service.get_container_client("chains")
    for name in NAMES:
        settings = ContentSettings(content_type="application/x-pem-file")
        await chains.upload_blob(name, f"content of {name}".encode(), content_settings=settings)
    await until(lambda: len(events) == len(NAMES))
    by_subject = {event["subject"]: event for event in events}
    for name in NAMES:
        event = by_subject[f"/blobServices/default/containers/chains/blobs/{name}"]
        assert CloudEvent.from_dict(parse_event(event)).type == "Microsoft.Storage.BlobCreated"
        assert event["source"].startswith("/subscriptions/")
        assert event["source"].endswith("/storageAccounts/devstoreaccount1")
        data = event["data"]
        properties = await chains.get_blob_client(name).get_blob_properties()
        assert data["eTag"] == properties.etag.strip('"')
        assert data["contentType"] == "application/x-pem-file"
        assert data["contentLength"] == len(f"content of {name}".encode())
        assert (data["blobType"], data["api"]) == ("BlockBlob", "PutBlob")
        assert data["url"] == chains.get_blob_client(name).url
        assert await asyncio.to_thread(read, data["url"], ca_file, service) == f"content of {name}".encode()


def read(url: str, ca_file: Path, service: BlobServiceClient) -> bytes:
    """Reads a blob by nothing but the event's url, as a trigger does."""
    with SyncBlobClient.from_blob_url(
        url, credential=service.credential.account_key, connection_verify=str(ca_file)
    ) as blob:
        assert blob.blob_name in NAMES
        return blob.download_blob().readall()


async def a_new_etag_is_a_new_event(service: BlobServiceClient, events: list[dict[str, Any]]) -> None:
    before = len(events)
    await service.get_blob_client("chains", NAMES[0]).upload_blob(b"again", overwrite=True)
    await until(lambda: len(events) == before + 1)
    first, second = (event for event in events if event["subject"].endswith(NAMES[0]))
    assert first["data"]["eTag"] != second["data"]["eTag"]


async def a_container_made_later_is_watched_from_its_beginning(
    service: BlobServiceClient, events: list[dict[str, Any]]
) -> None:
    before = len(events)
    later = await service.create_container("later")
    await later.upload_blob("first.pem", b"1")
    await until(lambda: len(events) == before + 1)
    assert events[-1]["subject"] == "/blobServices/default/containers/later/blobs/first.pem"


async def test_while_nothing_changes_it_looks_less_often(tmp_path: Path) -> None:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    counting = Counting(ca_file)
    async with (
        running_azurite(ca, tmp_path, log=tmp_path / "azurite.log") as azurite,
        BlobServiceClient.from_connection_string(azurite.connection_string, transport=counting) as service,
    ):
        chains = await service.create_container("chains")
        async with watched(service, "chains") as events:
            await asyncio.sleep(1)
            before = len(counting.asked)
            await asyncio.sleep(1)
            assert 0 < len(counting.asked) - before <= 8  # of 20, had it gone on every 0.05 s
            await chains.upload_blob("new.pem", b"new")
            await until(lambda: len(events) == 1)


async def test_storage_that_is_down_is_waited_out(tmp_path: Path) -> None:
    ca = LocalCa()
    azurite = Azurite(*free_ports())
    events: list[dict[str, Any]] = []

    async def publish(event: dict[str, Any]) -> None:
        events.append(event)

    async with client_of(azurite, ca.write_ca(tmp_path / "ca.pem")) as service:
        watching = asyncio.Event()
        watcher = asyncio.create_task(watch_blobs(service, ["chains"], publish, interval=0.05, watching=watching))
        await asyncio.sleep(0.2)
        assert not watching.is_set()
        ports = (azurite.blob_port, azurite.queue_port, azurite.table_port)
        async with running_azurite(ca, tmp_path, ports=ports, log=tmp_path / "azurite.log"):
            async with asyncio.timeout(HANG):
                await watching.wait()
            await (await service.create_container("chains")).upload_blob("after.pem", b"1")
            await until(lambda: len(events) == 1)
            assert not watcher.done()
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def free_ports() -> tuple[int, int, int]:
    with socket.socket() as blob, socket.socket() as queue, socket.socket() as table:
        for holder in (blob, queue, table):
            holder.bind(("127.0.0.1", 0))
        return blob.getsockname()[1], queue.getsockname()[1], table.getsockname()[1]


async def test_what_lies_there_at_the_start_is_told_where_the_storage_was_kept(tmp_path: Path) -> None:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    async with (
        running_azurite(ca, tmp_path, log=tmp_path / "azurite.log") as azurite,
        client_of(azurite, ca_file) as service,
    ):
        chains = await service.create_container("chains")
        await chains.upload_blob("before.pem", b"written just before the stop")
        async with watched(service, "chains", tells_first=True) as events:
            await until(lambda: len(events) == 1)
            await chains.upload_blob("after.pem", b"new")
            await until(lambda: len(events) == 2)
    assert [event["subject"].rsplit("/", 1)[1] for event in events] == ["before.pem", "after.pem"]
