"""What the tests of Blob storage start from: an account with the container for chains, and our adapters on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient

from functions.adapters.blob_storage.containers import BlobChainFiles, Blobs
from local.azurite import Azurite
from testkit.tokens import AnyToken

PUT = 1024 * 1024  # bytes that the client uploads in one request; more go in blocks


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(azurite: Azurite) -> AsyncIterator[BlobServiceClient]:
    async with BlobServiceClient.from_connection_string(
        azurite.connection_string, max_single_put_size=PUT, max_block_size=PUT
    ) as service:
        await service.create_container("chains")
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def blobs(service: BlobServiceClient) -> AsyncIterator[Blobs]:
    blobs = Blobs(service.url, AnyToken())
    yield blobs
    await blobs.close()


@pytest.fixture
def chains(blobs: Blobs) -> BlobChainFiles:
    return BlobChainFiles(blobs, "chains")
