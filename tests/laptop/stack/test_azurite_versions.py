"""Blob versions in the container for chains, as the account has them: Azurite has none, so the stack adds them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient

from keyvault_emulator.tls import LocalCa
from local.azurite import running_azurite
from local.kept import kept_in


@pytest.fixture
async def chains(tmp_path: Path) -> AsyncIterator[ContainerClient]:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    async with (
        running_azurite(ca, tmp_path, log=tmp_path / "azurite.log") as azurite,
        BlobServiceClient.from_connection_string(azurite.connection_string, connection_verify=str(ca_file)) as service,
    ):
        yield await service.create_container("chains")


async def versions(chains: ContainerClient, prefix: str = "") -> list[tuple[str, str, bool]]:
    """Name, version id, whether it is the current one."""
    listed = chains.list_blobs(name_starts_with=prefix, include=["versions"])
    return [(str(one.name), str(one.version_id), bool(one.is_current_version)) async for one in listed]


async def text(blob: BlobClient, version: str | None = None) -> str:
    return (await (await blob.download_blob(version_id=version)).readall()).decode()


async def test_what_is_overwritten_or_deleted_is_a_previous_version(chains: ContainerClient) -> None:
    blob = chains.get_blob_client("certnew.cer")
    for content in ("one", "two", "three"):
        await blob.upload_blob(content, overwrite=True)
    before = await versions(chains)
    assert [current for _, _, current in before] == [False, False, True]
    assert [await text(blob, version) for _, version, _ in before] == ["one", "two", "three"]
    assert [one.name async for one in chains.list_blobs()] == ["certnew.cer"]
    await blob.delete_blob()
    assert [current for _, _, current in await versions(chains)] == [False] * 3
    with pytest.raises(ResourceNotFoundError):
        await text(blob)
    await blob.delete_blob(version_id=before[1][1])
    assert [await text(blob, version) for _, version, _ in await versions(chains)] == ["one", "three"]
    with pytest.raises(ResourceNotFoundError):
        await text(blob, before[1][1])


async def test_a_read_says_its_version_and_the_current_one_is_not_deleted_by_it(chains: ContainerClient) -> None:
    blob = chains.get_blob_client("one.pem")
    with pytest.raises(ResourceNotFoundError):
        await text(blob, "2026-01-01T00:00:00.0000000Z")
    await blob.upload_blob("one")
    ((_, version, _),) = await versions(chains)
    assert (await blob.download_blob()).properties.version_id == version
    assert (await blob.get_blob_properties()).version_id == version
    assert await text(blob, version) == "one"
    with pytest.raises(HttpResponseError, match="OperationNotAllowedOnRootBlob"):
        await blob.delete_blob(version_id=version)


async def test_uploads_at_once_and_in_blocks_are_all_kept(chains: ContainerClient) -> None:
    blob = chains.get_blob_client("many.pem")
    await asyncio.gather(*(blob.upload_blob(f"content {number}", overwrite=True) for number in range(8)))
    await blob.stage_block("1", b"in ")
    await blob.stage_block("2", b"blocks")
    await blob.commit_block_list([BlobBlock("1"), BlobBlock("2")])
    found = await versions(chains, "many")
    assert [current for _, _, current in found] == [False] * 8 + [True]
    contents = [await text(blob, version) for _, version, _ in found]
    assert sorted(contents[:8]) == [f"content {number}" for number in range(8)]
    assert contents[8] == "in blocks"


async def test_they_are_kept_with_the_rest(tmp_path: Path) -> None:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    kept, _ = kept_in(tmp_path, fresh=False)
    for first in (True, False):
        async with (
            running_azurite(ca, tmp_path, log=tmp_path / "azurite.log", kept_in=kept.azurite) as azurite,
            BlobServiceClient.from_connection_string(
                azurite.connection_string, connection_verify=str(ca_file)
            ) as service,
        ):
            chains = service.get_container_client("chains")
            blob = chains.get_blob_client("one.pem")
            if first:
                await chains.create_container()
                await blob.upload_blob("one")
            await blob.upload_blob("two" if first else "three", overwrite=True)
            found = [await text(blob, version) for _, version, _ in await versions(chains)]
    assert found == ["one", "two", "three"]
