"""Snapshots and parts of scans in blobs, on Azurite."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.inventory_files import BlobInventory
from functions.model.errors import UnreadSnapshot
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCAN = "20261124T120000000000"


def records(*names: str) -> list[CertificateRecord]:
    return [CertificateRecord(name) for name in names]


def snapshot(vault: str, *names: str) -> VaultSnapshot:
    return VaultSnapshot(vault, NOW, NOW, tuple(records(*names)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(azurite: Azurite) -> AsyncIterator[BlobServiceClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def files(service: BlobServiceClient) -> AsyncIterator[BlobInventory]:
    blobs = Blobs(service.url, AnyToken())
    yield BlobInventory(blobs)
    await blobs.close()


async def test_without_a_container_there_is_nothing(files: BlobInventory) -> None:
    assert await files.snapshot("main") is None
    assert await files.parts("main", SCAN, 1) is None
    assert await files.parts("main", SCAN, 0) == []
    await files.drop_parts("main")


async def test_a_snapshot_is_read_again_when_it_has_changed(files: BlobInventory, service: BlobServiceClient) -> None:
    await files.save_snapshot(snapshot("main", "one"))
    first = await files.snapshot("main")
    assert first is not None
    assert first.snapshot == snapshot("main", "one")
    assert await files.snapshot("main", first) is first
    await files.save_snapshot(snapshot("main", "two"))
    second = await files.snapshot("main", first)
    assert second is not None
    assert second.snapshot == snapshot("main", "two")
    properties = await service.get_blob_client("inventory", "main.json.gz").get_blob_properties()
    assert properties.content_settings.content_type == "application/gzip"
    assert properties.content_settings.content_encoding is None  # nothing on the way unpacks it
    assert await files.snapshot("other") is None


async def test_a_large_snapshot_is_read_whole(files: BlobInventory) -> None:
    names = [secrets.token_hex(60) for _ in range(40_000)]  # three pieces, compressed
    await files.save_snapshot(snapshot("large", *names))
    read = await files.snapshot("large")
    assert read is not None
    assert read.snapshot == snapshot("large", *names)


async def test_a_broken_snapshot_is_refused_until_it_is_written_anew(
    files: BlobInventory, service: BlobServiceClient
) -> None:
    await files.save_snapshot(snapshot("main", "one"))
    blob = service.get_blob_client("inventory", "main.json.gz")
    whole = await (await blob.download_blob()).readall()
    for content in (whole[:-3], b"", b"{}"):
        await blob.upload_blob(content, overwrite=True)
        with pytest.raises(UnreadSnapshot):
            await files.snapshot("main")
    await files.save_snapshot(snapshot("main", "two"))
    assert await files.snapshot("main") is not None


async def test_the_parts_of_a_scan_are_read_in_their_order_and_dropped(
    files: BlobInventory, service: BlobServiceClient
) -> None:
    for number in (2, 0, 1, 10):
        await files.save_part("main", SCAN, number, records(f"c{number}"))
    await files.save_part("main-2", SCAN, 0, records("another vault"))
    await files.save_part("main", SCAN, 1, records("again", "and more"))
    assert await files.parts("main", SCAN, 3) == records("c0", "again", "and more", "c2")
    assert await files.parts("main", SCAN, 4) is None
    assert await files.parts("main", "another-scan", 1) is None
    await service.get_blob_client("inventory", f"main/{SCAN}/00001.json.gz").upload_blob(b"broken", overwrite=True)
    assert await files.parts("main", SCAN, 3) is None
    assert await files.parts("main", SCAN, 1) == records("c0")
    await files.drop_parts("main")
    assert await files.parts("main", SCAN, 1) is None
    assert await files.parts("main-2", SCAN, 1) == records("another vault")
