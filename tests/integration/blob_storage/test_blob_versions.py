"""Uploads under one name: what was overwritten unread is dropped again, and what was handled leaves no version."""

from __future__ import annotations

import io

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from functions.adapters.blob_storage import containers as adapter
from functions.adapters.blob_storage.containers import BlobChainFiles, Blobs
from functions.adapters.blob_storage.versions import Replaced
from functions.model.blob_names import MAX_LENGTH
from testkit.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = 1024 * 1024


async def put(service: BlobServiceClient, name: str, *contents: bytes) -> None:
    for content in contents:
        settings = ContentSettings(content_type="application/pkix-cert")
        blob = service.get_blob_client("chains", name)
        await blob.upload_blob(
            io.BytesIO(content), overwrite=True, metadata={"uploader": "me"}, content_settings=settings
        )


async def versions(service: BlobServiceClient, name: str) -> int:
    listed = service.get_container_client("chains").list_blobs(name_starts_with=name, include=["versions"])
    return len([one async for one in listed if one.name == name])


async def contents(chains: BlobChainFiles, names: list[str]) -> list[bytes]:
    found = [await chains.read(name, LIMIT) for name in names]
    assert all(one is not None and one.metadata == {"uploader": "me"} for one in found)
    return [one.content for one in found if one]


async def moved(chains: BlobChainFiles, name: str) -> None:
    drop = await chains.read(name, LIMIT)
    assert drop is not None
    await chains.move(drop, "chains-merged", f"main/{drop.id}", b"{}", "merged")


async def test_what_was_overwritten_is_dropped_again_in_its_order(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "certnew.cer", b"one", b"two", b"three", b"four", b"five")
    await put(service, "certnew.cer2", b"another file, whose name begins so")
    names = await chains.restore_overwritten("certnew.cer")
    assert [name.rsplit("/", 1)[1] for name in names] == ["certnew.cer"] * 4
    assert await contents(chains, names) == [b"one", b"two", b"three", b"four"]
    assert await contents(chains, ["certnew.cer"]) == [b"five"]
    again = await service.get_blob_client("chains", names[0]).get_blob_properties()
    assert again.content_settings.content_type == "application/pkix-cert"
    assert await versions(service, "certnew.cer") == 1
    assert await chains.restore_overwritten("certnew.cer") == []


async def test_what_was_handled_leaves_no_version_that_could_be_taken_for_unread(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    for content in (b"first", b"second"):
        await put(service, "handled.pem", content)
        await moved(chains, "handled.pem")
        assert await versions(service, "handled.pem") == 0
    await put(service, "handled.pem", b"third")
    assert await chains.restore_overwritten("handled.pem") == []


async def test_what_is_overwritten_after_it_was_read_is_filed_and_not_read_again(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "late.pem", b"read")
    drop = await chains.read("late.pem", LIMIT)
    assert drop is not None
    await put(service, "late.pem", b"newer")
    moved_to = await chains.move(drop, "chains-merged", "main/late", b"{}", "merged")
    filed = await service.get_blob_client(*moved_to.split("/", 1)).download_blob()
    assert await filed.readall() == b"read"
    assert await chains.restore_overwritten("late.pem") == []
    assert await contents(chains, ["late.pem"]) == [b"newer"]


async def test_one_that_somebody_has_taken_away_stays_away_and_what_it_had_replaced_does_not(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "gone.pem", b"wanted", b"taken away")
    await service.get_blob_client("chains", "gone.pem").delete_blob()
    assert await contents(chains, await chains.restore_overwritten("gone.pem")) == [b"wanted"]
    assert await chains.restore_overwritten("gone.pem") == []


async def test_the_same_content_again_is_no_loss(service: BlobServiceClient, chains: BlobChainFiles) -> None:
    await put(service, "same.pem", b"same", b"same", b"same")
    assert await chains.restore_overwritten("same.pem") == []
    await moved(chains, "same.pem")
    assert await versions(service, "same.pem") == 0
    await put(service, "same.pem", b"that of the next month")
    assert await chains.restore_overwritten("same.pem") == []


async def test_what_was_taken_away_is_deleted_for_no_content_of_its_own(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "twice.pem", b"same", b"same")
    await service.get_blob_client("chains", "twice.pem").delete_blob()
    assert await chains.restore_overwritten("twice.pem") == []
    assert await versions(service, "twice.pem") == 2


async def test_large_files_and_long_names_are_dropped_again_too(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    long = "x" * MAX_LENGTH
    await put(service, long, b"o" * (3 * LIMIT), b"two")
    (name,) = await chains.restore_overwritten(long)
    assert len(name) < MAX_LENGTH
    drop = await chains.read(name, LIMIT)
    assert drop is not None
    assert drop.size == 3 * LIMIT


async def test_a_run_that_was_cut_after_the_copy_is_finished_by_the_next(
    service: BlobServiceClient, chains: BlobChainFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(service, "cut.pem", b"one", b"two")

    async def cut(_blob: BlobClient, *_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BlobClient, "delete_blob", cut)
        with pytest.raises(KeyboardInterrupt):
            await chains.restore_overwritten("cut.pem")
    (name,) = await chains.restore_overwritten("cut.pem")
    assert await contents(chains, [name]) == [b"one"]
    assert await chains.restore_overwritten(name) == []
    assert await versions(service, "cut.pem") == 1


async def test_a_version_that_another_run_has_brought_back_is_left_to_it(
    service: BlobServiceClient, chains: BlobChainFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stale(*_arguments: object) -> Replaced:
        gone = ("2026-01-01T00:00:00.0000000Z",)
        return Replaced(gone, gone)

    await put(service, "other.pem", b"one")
    monkeypatch.setattr(adapter, "replaced", stale)
    assert await chains.restore_overwritten("other.pem") == []
    with pytest.raises(ResourceNotFoundError):
        await service.get_blob_client("chains", "earlier").get_blob_properties()


async def test_a_container_that_is_not_there_has_nothing(service: BlobServiceClient) -> None:
    blobs = Blobs(service.url, AnyToken())
    try:
        assert await BlobChainFiles(blobs, "none").restore_overwritten("any.pem") == []
    finally:
        await blobs.close()
