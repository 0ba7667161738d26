"""The file of endpoints in a blob, on Azurite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.endpoints import endpoint_file
from functions.adapters.endpoints.endpoint_file import EndpointFileInBlob
from functions.model.inventory.endpoints import EndpointRows
from local.azurite import Azurite
from testkit.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILE = "endpoints.json"
ROW = b'[{"vault": "main", "name": "web", "endpoints": ["www.example.com"]}]'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def blobs(azurite: Azurite) -> AsyncIterator[Blobs]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        blobs = Blobs(service.url.rstrip("/"), AnyToken())
        yield blobs
        await blobs.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        yield service.get_container_client("rules")


async def test_the_file_is_read_again_when_it_has_changed(
    blobs: Blobs, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = EndpointFileInBlob(blobs)
    assert await file.rows() == EndpointRows()  # no container
    await container.create_container()
    assert await file.rows() == EndpointRows()  # no blob
    await container.upload_blob(FILE, b"\xef\xbb\xbf" + ROW)
    first = await file.rows()
    assert list(first.by_name) == [("main", "web")]
    assert await file.rows() is first
    await container.upload_blob(FILE, b"\xff{", overwrite=True)
    (fault,) = (await file.rows()).faults
    assert fault.startswith("rules/endpoints.json: this is no JSON")
    monkeypatch.setattr(endpoint_file, "MAX_ENDPOINT_FILE_BYTES", 1)
    await container.upload_blob(FILE, ROW, overwrite=True)
    assert "more than" in (await file.rows()).faults[0]
    await container.delete_blob(FILE)
    assert await file.rows() == EndpointRows()
