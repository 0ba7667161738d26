"""The access file in a blob, on Azurite: read as it is now, and not again while it has not changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from functions.access.file import MAX_ACCESS_BYTES
from functions.adapters.blob_storage.access_files import AccessInBlob, AccessInSetting, access_files
from functions.adapters.blob_storage.containers import Blobs
from functions.model.errors import BadSettings, Unavailable
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.integration.key_vault.servers import one_handler

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "access/access.json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        yield await service.create_container("access")


@pytest_asyncio.fixture(loop_scope="module")
async def blobs(container: ContainerClient) -> AsyncIterator[Blobs]:
    blobs = Blobs(container.url.rpartition("/")[0], AnyToken())
    yield blobs
    await blobs.close()


@pytest.mark.parametrize("path", [PATH.replace("access.json", "none.json"), "nowhere/access.json"])
async def test_no_blob_and_no_container_are_no_file(blobs: Blobs, path: str) -> None:
    assert await AccessInBlob(blobs, path).read() is None


async def test_a_file_is_read_again_when_it_has_changed(container: ContainerClient, blobs: Blobs) -> None:
    files = access_files(blobs, PATH)
    assert files.place == PATH
    await container.upload_blob("access.json", b"{}", overwrite=True)
    first = await files.read()
    assert first is not None
    assert first.content == b"{}"
    assert await files.read(first) is first
    await container.upload_blob("access.json", b'{"grants": []}', overwrite=True)
    second = await files.read(first)
    assert second is not None
    assert second.content == b'{"grants": []}'
    assert second.etag != first.etag
    await container.delete_blob("access.json")
    assert await files.read(second) is None


@pytest.mark.parametrize(
    ("size", "read"), [(0, 0), (MAX_ACCESS_BYTES, MAX_ACCESS_BYTES), (MAX_ACCESS_BYTES + 1000, MAX_ACCESS_BYTES + 1)]
)
async def test_no_more_is_read_than_shows_that_a_file_is_too_large(
    container: ContainerClient, blobs: Blobs, size: int, read: int
) -> None:
    await container.upload_blob("access.json", b" " * size, overwrite=True)
    found = await AccessInBlob(blobs, PATH).read()
    assert found is not None
    assert len(found.content) == read
    assert await AccessInBlob(blobs, PATH).read(found) is found


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    blobs = Blobs("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="chain storage"):
        await AccessInBlob(blobs, PATH).read()
    await blobs.close()


async def test_a_file_in_the_setting_is_the_setting() -> None:
    blobs = Blobs("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    files = access_files(blobs, '{"grants": []}')
    found = await files.read()
    assert isinstance(files, AccessInSetting)
    assert files.place == "CERTFLOW_ACCESS"
    assert found is not None
    assert found.content == b'{"grants": []}'
    assert await files.read(found) is found
    await blobs.close()


async def test_an_empty_setting_is_no_file() -> None:
    files = AccessInSetting("")
    assert files.place == ""
    assert await files.read() is None


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AuthorizationPermissionMismatch", "Storage Blob Data Reader on the container access"),
        (409, "BlobArchived", r"HTTP 409 \(BlobArchived\)"),
        (409, "ContainerBeingDeleted", None),
    ],
)
async def test_a_file_that_cannot_be_read_says_why_unless_it_is_going(
    trusted_ca: LocalCa, status: int, code: str, says: str | None
) -> None:
    """Azurite knows no roles and no archive. As the service answers ("Blob service error codes")."""

    async def refused(_request: web.Request) -> web.Response:
        text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>No.</Message></Error>'
        headers = {"x-ms-error-code": code}
        return web.Response(status=status, headers=headers, content_type="application/xml", text=text)

    async with serving(one_handler(refused), tls=trusted_ca.server_context()) as port:
        blobs = Blobs(f"https://localhost:{port}/account", AnyToken())
        files = AccessInBlob(blobs, PATH)
        if says:
            with pytest.raises(BadSettings, match=says):
                await files.read()
        else:
            assert await files.read() is None
        await blobs.close()
