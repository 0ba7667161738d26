"""Snapshots and parts of scans in blobs, on Azurite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.inventory_files import BlobInventory
from local.azurite import Azurite
from testkit.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
SCAN = "20261124T120000000000"


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
    await files.save_snapshot("main", b"one")
    first = await files.snapshot("main")
    assert first is not None
    assert first.content == b"one"
    assert await files.snapshot("main", first) is first
    await files.save_snapshot("main", b"two")
    second = await files.snapshot("main", first)
    assert second is not None
    assert second.content == b"two"
    properties = await service.get_blob_client("inventory", "main.json.gz").get_blob_properties()
    assert properties.content_settings.content_type == "application/gzip"
    assert properties.content_settings.content_encoding is None  # nothing on the way unpacks it
    assert await files.snapshot("other") is None


async def test_a_large_snapshot_is_read_whole(files: BlobInventory) -> None:
    content = bytes(range(256)) * 12_000  # three pieces
    await files.save_snapshot("large", content)
    read = await files.snapshot("large")
    assert read is not None
    assert read.content == content


async def test_the_parts_of_a_scan_are_read_in_their_order_and_dropped(files: BlobInventory) -> None:
    for number in (2, 0, 1, 10):
        await files.save_part("main", SCAN, number, b"%d" % number)
    await files.save_part("main-2", SCAN, 0, b"another vault")
    await files.save_part("main", SCAN, 1, b"again")
    assert await files.parts("main", SCAN, 3) == [b"0", b"again", b"2"]
    assert await files.parts("main", SCAN, 4) is None
    assert await files.parts("main", "another-scan", 1) is None
    await files.drop_parts("main")
    assert await files.parts("main", SCAN, 1) is None
    assert await files.parts("main-2", SCAN, 1) == [b"another vault"]
