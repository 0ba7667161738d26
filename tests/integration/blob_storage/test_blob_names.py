"""On Azurite: a name that comes in, in whatever way, reaches no blob of another container."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import azure.functions as func
import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient
from hypothesis import HealthCheck, given, settings

from functions.adapters.blob_storage.containers import BlobChainFiles, Blobs
from functions.model.errors import InvalidRequest
from functions.ports.chain_files import DroppedFile
from functions.triggers.http.chains import retry_chain
from functions.triggers.http.context import Context
from local.azurite import Azurite
from tests.blob_paths import LEADING_OUT, NAMES, leads_out
from tests.clock import NOW
from tests.unit.blob_events import deliver
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
OTHERS = ("csr", "chains-merged", "trusted-cas")
THEIRS = ("main/web/x.csr", "x", "x.pem", "a", "csr/x")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(azurite: Azurite) -> AsyncIterator[BlobServiceClient]:
    """An account with files in other containers, too."""
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        await service.create_container("chains")
        for container in OTHERS:
            await service.create_container(container)
            for name in THEIRS:
                await service.get_blob_client(container, name).upload_blob(b"theirs")
        yield service


async def stands(service: BlobServiceClient) -> set[tuple[str, str, str]]:
    """All that there is: container, name, ETag."""
    found = set()
    async for container in service.list_containers():
        async for blob in service.get_container_client(container.name).list_blobs():
            found.add((container.name, blob.name, blob.etag))
    return found


async def attacked(blobs: Blobs, name: str) -> None:
    """The name in every way in; then before the adapter itself, as if nobody had looked at it."""
    chains = BlobChainFiles(blobs, "chains")
    world = World(chain_files=chains)  # type: ignore[arg-type]  # the adapter in place of the fake
    await deliver(world, name)
    if leads_out(name):
        request = func.HttpRequest("POST", "https://x/api/chains/retry", body=json.dumps({"name": name}).encode())
        with pytest.raises(InvalidRequest):
            await retry_chain(request, Context(lambda: world.certflow))
        with pytest.raises(InvalidRequest):
            await chains.read(name, 1000)
        with pytest.raises(InvalidRequest):
            await chains.move(
                DroppedFile(name, b"", 0, "0" * 64, '"0x1"', NOW, {}), "chains-rejected", "x/y", b"{}", ""
            )


@pytest.mark.parametrize("name", LEADING_OUT)
async def test_a_name_that_leads_out_reaches_nothing(service: BlobServiceClient, blobs: Blobs, name: str) -> None:
    before = await stands(service)
    await attacked(blobs, name)
    assert await stands(service) == before


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
async def test_no_name_however_escaped_reaches_another_container(
    service: BlobServiceClient, blobs: Blobs, name: str
) -> None:
    before = await stands(service)
    await attacked(blobs, name)
    assert await stands(service) == before


@pytest.mark.parametrize("container", OTHERS)
async def test_the_sdk_itself_would_reach_it(blobs: Blobs, container: str) -> None:
    """Without our look at the name: the reason for all of this."""
    reached = blobs.container("chains").get_blob_client(f"../{container}/x")
    assert await (await reached.download_blob()).readall() == b"theirs"
