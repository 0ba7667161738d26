"""The containers for chains, on Azurite."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient

from functions.adapters.blobs import Chains
from functions.issuance.errors import Unavailable
from local.azurite import running_azurite
from local.tls import LocalCa
from tests.integration.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = 1024 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory, trusted_ca: LocalCa) -> AsyncIterator[BlobServiceClient]:
    directory: Path = tmp_path_factory.mktemp("azurite")
    async with (
        running_azurite(trusted_ca, directory, log=directory / "azurite.log") as azurite,
        BlobServiceClient.from_connection_string(
            azurite.connection_string, max_single_put_size=LIMIT, max_block_size=LIMIT
        ) as service,
    ):
        await service.create_container("chains")
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def chains(service: BlobServiceClient) -> AsyncIterator[Chains]:
    chains = Chains(service.url, "chains", AnyToken())
    yield chains
    await chains.close()


async def put(service: BlobServiceClient, name: str, content: bytes, **metadata: str) -> None:
    blob = service.get_blob_client("chains", name)
    await blob.upload_blob(io.BytesIO(content), length=len(content), overwrite=True, metadata=metadata)


async def content(service: BlobServiceClient, container: str, name: str) -> bytes:
    return await (await service.get_blob_client(container, name).download_blob()).readall()


@pytest.mark.parametrize("name", ["web.pem", "from the CA (1).txt", "a/b/ü#%41?.p7b", "report.json"])
async def test_a_file_is_moved_unharmed_under_any_name(service: BlobServiceClient, chains: Chains, name: str) -> None:
    await put(service, name, b"content", uploader="me")
    drop = await chains.read(name, LIMIT)
    assert drop is not None
    assert (drop.content, drop.size, drop.metadata) == (b"content", 7, {"uploader": "me"})
    assert drop.sha256 == hashlib.sha256(b"content").hexdigest()
    moved_to = await chains.move(drop, "chains-merged", "main/web/v1/x", b'{"outcome": "merged"}')
    container, path = moved_to.split("/", 1)
    assert await content(service, container, path) == b"content"
    assert await content(service, container, "main/web/v1/x/report.json") == b'{"outcome": "merged"}'
    assert await chains.read(name, LIMIT) is None


async def test_a_move_can_be_repeated(service: BlobServiceClient, chains: Chains) -> None:
    await put(service, "again.pem", b"content")
    drop = await chains.read("again.pem", LIMIT)
    assert drop is not None
    first = await chains.move(drop, "chains-rejected", "2026-11-24/x", b"{}")
    assert await chains.move(drop, "chains-rejected", "2026-11-24/x", b"{}") == first
    assert await content(service, "chains-rejected", "2026-11-24/x/again.pem") == b"content"


async def test_a_file_overwritten_since_it_was_read_stays_for_the_next_run(
    service: BlobServiceClient, chains: Chains
) -> None:
    await put(service, "twice.pem", b"old")
    drop = await chains.read("twice.pem", LIMIT)
    assert drop is not None
    await put(service, "twice.pem", b"new")
    await chains.move(drop, "chains-rejected", "2026-11-24/y", b"{}")
    newest = await chains.read("twice.pem", LIMIT)
    assert newest is not None
    assert newest.content == b"new"
    assert newest.id != drop.id


async def test_the_same_content_dropped_twice_is_two_drops_and_one_upload_is_one(
    service: BlobServiceClient, chains: Chains
) -> None:
    await put(service, "one.pem", b"same")
    await put(service, "two.pem", b"same")
    one, again, two = [await chains.read(name, LIMIT) for name in ("one.pem", "one.pem", "two.pem")]
    assert one is not None
    assert again is not None
    assert two is not None
    assert one.id == again.id != two.id


async def test_a_huge_file_is_cut_for_reading_and_moved_whole(service: BlobServiceClient, chains: Chains) -> None:
    huge = bytes(range(256)) * 4096 * 40  # 40 MiB: more than the SDK takes in one piece
    await put(service, "huge.bin", huge)
    drop = await chains.read("huge.bin", 1000)
    assert drop is not None
    assert (len(drop.content), drop.size, drop.sha256) == (1001, len(huge), hashlib.sha256(huge).hexdigest())
    await chains.move(drop, "chains-rejected", "2026-11-24/z", b"{}")
    assert await content(service, "chains-rejected", "2026-11-24/z/huge.bin") == huge


async def test_what_has_been_lying_there_is_listed_the_oldest_first(service: BlobServiceClient, chains: Chains) -> None:
    for name in ("waiting b", "waiting a/ü"):
        await put(service, name, b"content")
        await asyncio.sleep(1.1)  # the service's times are whole seconds
    now = datetime.now(UTC)
    waiting = [name for name in await chains.waiting(now + timedelta(hours=1)) if name.startswith("waiting")]
    assert waiting == ["waiting b", "waiting a/ü"]
    assert await chains.waiting(now - timedelta(hours=1)) == []


async def test_a_file_that_is_not_there_is_none(chains: Chains) -> None:
    assert await chains.read("nothing.pem", LIMIT) is None


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    chains = Chains("https://127.0.0.1:9/devstoreaccount1", "chains", AnyToken())
    with pytest.raises(Unavailable, match="chain storage"):
        await chains.read("web.pem", LIMIT)
    await chains.close()
