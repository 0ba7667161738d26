"""The containers for chains, for handed-out CSRs and for trusted CAs, on Azurite."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import certifi
import pytest
import pytest_asyncio
from aiohttp import web
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from functions.adapters.blob_storage import containers as blobs_module
from functions.adapters.blob_storage.containers import BlobChainFiles, BlobCsrStore, Blobs
from functions.adapters.blob_storage.trusted_cas import TrustedCaFiles
from functions.model.errors import BadSettings, Unavailable
from functions.ports.chain_files import DroppedFile, TrustedFile
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.tokens import AnyToken
from tests.clock import NOW, real_now
from tests.integration.key_vault.servers import one_handler

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = 1024 * 1024
LINE = "merged: nothing to say"


async def put(service: BlobServiceClient, name: str, content: bytes, **metadata: str) -> None:
    blob = service.get_blob_client("chains", name)
    await blob.upload_blob(io.BytesIO(content), length=len(content), overwrite=True, metadata=metadata)


async def dropped(chains: BlobChainFiles, name: str, limit: int = LIMIT) -> DroppedFile:
    drop = await chains.read(name, limit)
    assert drop is not None
    return drop


async def metadata_after_a_move(service: BlobServiceClient, chains: BlobChainFiles, **metadata: str) -> dict[str, str]:
    await put(service, "told.pem", b"content", **metadata)
    moved_to = await chains.move(await dropped(chains, "told.pem"), "chains-merged", "main/told", b"{}", LINE)
    container, path = moved_to.split("/", 1)
    properties = await service.get_blob_client(container, path).get_blob_properties()
    return dict(properties.metadata)


async def content(service: BlobServiceClient, container: str, name: str) -> bytes:
    return await (await service.get_blob_client(container, name).download_blob()).readall()


@pytest.mark.parametrize("name", ["web.pem", "from the CA (1).txt", "a/b/ü#%41?.p7b", "report.json"])
async def test_a_file_is_moved_unharmed_under_any_name(
    service: BlobServiceClient, chains: BlobChainFiles, name: str
) -> None:
    await put(service, name, b"content", uploader="me")
    drop = await dropped(chains, name)
    assert (drop.content, drop.size, drop.metadata) == (b"content", 7, {"uploader": "me"})
    assert drop.sha256 == hashlib.sha256(b"content").hexdigest()
    moved_to = await chains.move(drop, "chains-merged", "main/web/v1/x", b'{"outcome": "merged"}', LINE)
    container, path = moved_to.split("/", 1)
    assert await content(service, container, path) == b"content"
    assert await content(service, container, "main/web/v1/x/report.json") == b'{"outcome": "merged"}'
    assert await chains.read(name, LIMIT) is None


@pytest.mark.parametrize("limit", [LIMIT, 3])  # copied through us, and by the storage itself
@pytest.mark.parametrize(
    "name",
    [
        *("report.json.", "REPORT.JSON", "x/report%2ejson", "report.json/", "report.json.dropped", "a%252Fb#?.pem"),
        "%25E2%2582%25AC" * 68,
        "\U0001f600" * 500,
        "a/" * 252 + "a",
    ],
)
async def test_no_name_of_a_file_is_that_of_its_report_or_cannot_be_moved(
    service: BlobServiceClient, chains: BlobChainFiles, name: str, limit: int
) -> None:
    await put(service, name, b"content")
    moved_to = await chains.move(await dropped(chains, name, limit), "chains-rejected", "2026-11-24/y", b"{}", LINE)
    container, path = moved_to.split("/", 1)
    assert path.rstrip("./ ").lower() != "2026-11-24/y/report.json"
    assert await content(service, container, path) == b"content"
    assert await content(service, container, "2026-11-24/y/report.json") == b"{}"
    assert await chains.read(name, LIMIT) is None


async def test_a_container_is_made_only_where_there_is_none(
    service: BlobServiceClient, blobs: Blobs, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []
    for name in ("one", "two"):
        caplog.clear()
        with caplog.at_level(logging.INFO, "azure.core.pipeline.policies.http_logging_policy"):
            await blobs.write("reports", name, name.encode())
        tries.append(sum("restype=" in record.message for record in caplog.records))  # of requests about a container
        assert await content(service, "reports", name) == name.encode()
    assert tries == [1, 0]


async def test_a_name_as_long_as_names_can_be_keeps_its_end_when_it_is_moved(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    name = "x" * 1020 + ".pem"
    await put(service, name, b"content")
    moved_to = await chains.move(await dropped(chains, name), "chains-merged", "main/long", b"{}", LINE)
    container, path = moved_to.split("/", 1)
    assert (path[:14], path[-8:]) == ("main/long/cut-", "xxxx.pem")
    assert await content(service, container, path) == b"content"
    assert await chains.read(name, LIMIT) is None


async def test_a_moved_file_says_what_came_of_it_beside_what_its_uploader_said(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    assert await metadata_after_a_move(service, chains, uploader="me") == {"uploader": "me", "certflow": LINE}


async def test_an_uploader_cannot_say_it_for_us(service: BlobServiceClient, chains: BlobChainFiles) -> None:
    """Names differ in more than case: Azure answers 400 to a blob with both."""
    assert await metadata_after_a_move(service, chains, CertFlow="merged: trust me") == {"certflow": LINE}
    long = {"Certflow": "merged", "uploader": "x" * 8150}
    assert await metadata_after_a_move(service, chains, **long) == {"uploader": "x" * 8150}


@pytest.mark.parametrize(("size", "fits"), [(8134, True), (8135, False), (8170, False)])
async def test_metadata_up_to_the_services_limit_does_not_keep_a_file_from_being_moved(
    service: BlobServiceClient, chains: BlobChainFiles, size: int, fits: bool
) -> None:
    told = await metadata_after_a_move(service, chains, uploader="x" * size)
    assert told == {"uploader": "x" * size} | ({"certflow": LINE} if fits else {})


async def test_a_move_can_be_repeated(service: BlobServiceClient, chains: BlobChainFiles) -> None:
    await put(service, "again.pem", b"content")
    drop = await dropped(chains, "again.pem")
    first = await chains.move(drop, "chains-rejected", "2026-11-24/x", b"{}", LINE)
    assert await chains.move(drop, "chains-rejected", "2026-11-24/x", b"{}", LINE) == first
    assert await content(service, "chains-rejected", "2026-11-24/x/again.pem") == b"content"


async def test_a_move_that_was_cut_before_the_file_was_deleted_is_finished_by_the_next(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "cut.pem", b"content")
    drop = await dropped(chains, "cut.pem")
    copied = service.get_blob_client("chains-rejected", "2026-11-24/cut/cut.pem")
    await copied.upload_blob(b"con", metadata={"certflow": "older"}, overwrite=True)
    await chains.move(drop, "chains-rejected", "2026-11-24/cut", b"{}", LINE)
    assert await content(service, "chains-rejected", "2026-11-24/cut/cut.pem") == b"content"
    assert (await copied.get_blob_properties()).metadata == {"certflow": LINE}
    assert await chains.read("cut.pem", LIMIT) is None


async def test_a_copy_that_is_not_what_was_judged_costs_no_file(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "judged.pem", b"content")
    drop = replace(await dropped(chains, "judged.pem"), sha256=hashlib.sha256(b"another").hexdigest())
    with pytest.raises(Unavailable, match="differs from what was read"):
        await chains.move(drop, "chains-rejected", "2026-11-24/judged", b"{}", LINE)
    assert (await dropped(chains, "judged.pem")).content == b"content"


async def test_a_file_overwritten_since_it_was_read_stays_for_the_next_run(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "twice.pem", b"old")
    drop = await dropped(chains, "twice.pem")
    await put(service, "twice.pem", b"new")
    await chains.move(drop, "chains-rejected", "2026-11-24/y", b"{}", LINE)
    newest = await dropped(chains, "twice.pem")
    assert newest.content == b"new"
    assert newest.id != drop.id


async def test_the_same_content_dropped_twice_is_two_drops_and_one_upload_is_one(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "one.pem", b"same")
    await put(service, "two.pem", b"same")
    one, again, two = [await dropped(chains, name) for name in ("one.pem", "one.pem", "two.pem")]
    assert one.id == again.id != two.id


class Counted:
    """How many bytes of bodies the product's client has got and sent."""

    def __init__(self, blobs: Blobs) -> None:
        self.bytes = 0
        client = blobs._service._pipeline._transport
        send = client.send

        async def counted(request: Any, **more: Any) -> Any:
            self.bytes += int(request.headers.get("Content-Length", 0))
            response = await send(request, **more)
            self.bytes += int(response.headers.get("Content-Length", 0)) if request.method == "GET" else 0
            return response

        client.send = counted  # type: ignore[method-assign]  # what is counted goes on to the real one


@pytest.mark.parametrize("name", ["huge.bin", "a/b/ü#%41?.bin"])
async def test_a_file_that_is_too_large_is_judged_by_its_size_and_not_copied_through_us(
    service: BlobServiceClient, blobs: Blobs, chains: BlobChainFiles, name: str
) -> None:
    huge = bytes(range(256)) * 4096 * 40  # 40 MiB
    await put(service, name, huge, uploader="me")
    through_us = Counted(blobs)
    drop = await dropped(chains, name, 1000)
    assert (drop.content, drop.size, drop.sha256) == (huge[:1001], len(huge), None)
    assert drop.id == (await dropped(chains, name, 1000)).id
    moved_to = await chains.move(drop, "chains-quarantine", "2026-11-24/z", b"{}", LINE)
    assert through_us.bytes < 3 * LIMIT
    assert await content(service, "chains-quarantine", f"2026-11-24/z/{name}") == huge
    properties = await service.get_blob_client(*moved_to.split("/", 1)).get_blob_properties()
    assert properties.metadata == {"uploader": "me", "certflow": LINE}
    assert await chains.read(name, 1000) is None
    again = await chains.move(drop, "chains-quarantine", "2026-11-24/z", b"{}", LINE)
    assert again == moved_to


async def test_a_large_file_overwritten_since_it_was_judged_stays(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    await put(service, "large.bin", b"x" * 2000)
    drop = await dropped(chains, "large.bin", 1000)
    await put(service, "large.bin", b"y" * 2000)
    await chains.move(drop, "chains-quarantine", "2026-11-24/l", b"{}", LINE)
    assert (await dropped(chains, "large.bin", 5000)).content == b"y" * 2000


@pytest.mark.parametrize(
    ("stages", "deleted"),
    [(["pending", "pending", "success"], True), (["pending"] * 9, False), (["failed"], False), (["aborted"], False)],
    ids=["later", "not yet", "failed", "aborted"],
)
async def test_a_large_file_is_there_until_the_storage_has_copied_it(
    trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch, stages: list[str], deleted: bool
) -> None:
    """Azurite copies at once. Azure may take its time, or fail ("Copy Blob", "Get Blob Properties")."""
    monkeypatch.setattr(blobs_module, "COPYING", 3)
    answers, asked = iter(stages), list[str]()

    async def storage(request: web.Request) -> web.Response:
        asked.append(request.method)
        if request.method == "HEAD":
            return web.Response(headers={"x-ms-copy-status": next(answers), "Content-Length": "2000"})
        status = {"PUT": 202 if "x-ms-copy-source" in request.headers else 201, "DELETE": 202}[request.method]
        return web.Response(status=status, headers={"x-ms-copy-status": "pending"})

    async with serving(one_handler(storage), tls=trusted_ca.server_context()) as port:
        blobs = Blobs(f"https://localhost:{port}/account", AnyToken())
        drop = DroppedFile("slow.bin", b"x" * 1001, 2000, None, '"0x1"', NOW, {})
        move = BlobChainFiles(blobs, "chains").move(drop, "chains-quarantine", "2026-11-24/s", b"{}", LINE)
        if deleted:
            await move
        else:
            with pytest.raises(Unavailable, match=r"slow\.bin is being copied"):
                await move
        await blobs.close()
    assert ("DELETE" in asked) == deleted


async def test_an_empty_file_is_moved_too(service: BlobServiceClient, chains: BlobChainFiles) -> None:
    await put(service, "empty.pem", b"")
    await chains.move(await dropped(chains, "empty.pem"), "chains-rejected", "2026-11-24/e", b"{}", LINE)
    assert await content(service, "chains-rejected", "2026-11-24/e/empty.pem") == b""
    assert await chains.read("empty.pem", LIMIT) is None


async def test_what_has_been_lying_there_is_listed_the_oldest_first(
    service: BlobServiceClient, chains: BlobChainFiles
) -> None:
    for name in ("waiting b", "waiting a/ü"):
        await put(service, name, b"content")
        await asyncio.sleep(1.1)  # the service's times are whole seconds
    now = real_now()
    lying = [one for one in await chains.unprocessed(now + timedelta(hours=1)) if one.name.startswith("waiting")]
    assert [one.name for one in lying] == ["waiting b", "waiting a/ü"]
    assert [one.etag for one in lying] == [(await dropped(chains, one.name)).etag for one in lying]
    assert await chains.unprocessed(now - timedelta(hours=1)) == []


async def test_a_file_that_is_not_there_is_none(chains: BlobChainFiles) -> None:
    assert await chains.read("nothing.pem", LIMIT) is None


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    blobs = Blobs("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    outcomes = await asyncio.gather(
        BlobChainFiles(blobs, "chains").read("web.pem", LIMIT),
        TrustedCaFiles(blobs).listed(),
        BlobCsrStore(blobs, "chains").put("main", "web", "a" * 32, b"csr", b"{}"),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert "chain storage" in str(outcomes[0])
    await blobs.close()


async def test_a_csr_and_its_card_are_handed_out_and_can_be_again(service: BlobServiceClient, blobs: Blobs) -> None:
    handouts = BlobCsrStore(blobs, "chains")
    await handouts.put("main", "Web-1", "a" * 32, b"an older CSR", b"{}")
    url = await handouts.put("main", "Web-1", "a" * 32, b"a CSR", b'{"vault": "main"}')
    name = f"main/Web-1/{'a' * 32}"
    csr = service.get_blob_client("csr", f"{name}.csr")
    assert url == csr.url == f"{service.url}csr/{name}.csr"
    await handouts.put("main", "Web-2", "b" * 32, b"a CSR", b"{}")
    await blobs.write("csr", "somebody/elses.txt", b"")
    assert [one async for one in handouts.published()] == [("main", "Web-1", "a" * 32), ("main", "Web-2", "b" * 32)]
    for _ in range(2):
        await handouts.remove("main", "Web-2", "b" * 32)
    assert await handouts.read("main", "Web-1", "a" * 32) == b"a CSR"
    assert await handouts.read("main", "Web-2", "b" * 32) is None
    await blobs.write("csr", f"{name}.csr", b"x" * 5_000_000)  # by somebody else
    assert len(await handouts.read("main", "Web-1", "a" * 32) or b"") == 512 * 1024
    await blobs.write("csr", f"{name}.csr", b"")
    assert await handouts.read("main", "Web-1", "a" * 32) == b""
    await handouts.put("main", "Web-1", "a" * 32, b"a CSR", b'{"vault": "main"}')
    assert [one async for one in handouts.published()] == [("main", "Web-1", "a" * 32)]
    assert handouts.returns_to == f"{service.url}chains"
    assert await content(service, "csr", f"{name}.csr") == b"a CSR"
    assert await content(service, "csr", f"{name}.json") == b'{"vault": "main"}'
    assert (await csr.get_blob_properties()).content_settings.content_type == "application/x-pem-file"


@pytest_asyncio.fixture(loop_scope="module")
async def trusted(service: BlobServiceClient) -> AsyncIterator[ContainerClient]:
    """The container, as an administrator fills it. Gone after the test."""
    container = await service.create_container("trusted-cas")
    yield container
    await container.delete_container()


async def set_for_all(blobs: Blobs) -> dict[str, bytes]:
    """All files that say whose certificates are taken."""
    trusted = TrustedCaFiles(blobs)
    return {file.name: await trusted.content(file) for file in await trusted.listed()}


async def test_nothing_is_set_where_there_is_no_container_or_no_file(service: BlobServiceClient, blobs: Blobs) -> None:
    assert await TrustedCaFiles(blobs).listed() == []
    container = await service.create_container("trusted-cas")
    assert await TrustedCaFiles(blobs).listed() == []
    await container.delete_container()


async def test_files_are_listed_with_their_folders_and_read_as_they_were_listed(
    trusted: ContainerClient, blobs: Blobs
) -> None:
    names = ("main/a.pem", "Main/ü b.pem", "main/old/c.pem", "*/all.pem", "staging/x.pem", "x.pem")
    for name in names:
        await trusted.upload_blob(name, name.encode())
    assert await set_for_all(blobs) == {name: name.encode() for name in names}
    (file,) = [one for one in await TrustedCaFiles(blobs).listed() if one.name == "x.pem"]
    assert file.size == 5
    await trusted.upload_blob("x.pem", b"another", overwrite=True)
    with pytest.raises(Unavailable, match=r"trusted-cas/x\.pem is being changed"):
        await TrustedCaFiles(blobs).content(file)
    await trusted.delete_blob("x.pem")
    with pytest.raises(Unavailable, match=r"trusted-cas/x\.pem is being changed"):
        await TrustedCaFiles(blobs).content(file)


async def test_a_file_whose_name_leads_elsewhere_is_a_wrong_setting_and_never_opened(blobs: Blobs) -> None:
    with pytest.raises(BadSettings, match=r"trusted-cas: name: 'main/\.\./x\.pem' has a part"):
        await TrustedCaFiles(blobs).content(TrustedFile("main/../x.pem", '"0x1"', 5))


async def test_a_container_that_may_not_be_read_is_a_wrong_setting(trusted_ca: LocalCa) -> None:
    """Azurite knows no roles. As the service answers where one is missing ("Blob service error codes")."""

    async def forbidden(_request: web.Request) -> web.Response:
        code = "AuthorizationPermissionMismatch"
        text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>No role.</Message></Error>'
        return web.Response(status=403, headers={"x-ms-error-code": code}, content_type="application/xml", text=text)

    async with serving(one_handler(forbidden), tls=trusted_ca.server_context()) as port:
        blobs = Blobs(f"https://localhost:{port}/account", AnyToken())
        with pytest.raises(BadSettings, match="lacks the role Storage Blob Data Reader"):
            await TrustedCaFiles(blobs).listed()
        with pytest.raises(BadSettings, match="lacks the role Storage Blob Data Reader"):
            await TrustedCaFiles(blobs).content(TrustedFile("main/x.pem", '"0x1"', 5))
        await blobs.close()


@pytest.mark.parametrize(
    ("text", "all_public"),
    [
        (b"public", True),
        (b"\xef\xbb\xbf# all of them\r\n\r\n public \r\n", True),
        (b"public\npublic", False),
        (b"republic", False),
        (b"# public", False),
        (b"", False),
        (b"public\xff", False),
    ],
)
async def test_the_word_public_stands_for_mozillas_list(
    trusted: ContainerClient, blobs: Blobs, text: bytes, all_public: bool
) -> None:
    await trusted.upload_blob("main/cas.txt", text)
    public = certifi.contents().encode()
    assert await set_for_all(blobs) == {"main/cas.txt": public if all_public else text}
    assert TrustedCaFiles(blobs).public() == public


async def test_a_file_too_large_for_cas_is_a_wrong_setting_and_named(trusted: ContainerClient, blobs: Blobs) -> None:
    await trusted.upload_blob("main/most.pem", b"x" * LIMIT)
    assert len(await set_for_all(blobs)) == 1
    await trusted.upload_blob("staging/huge.pem", b"x" * (LIMIT + 1))
    with pytest.raises(BadSettings, match=r"trusted-cas/staging/huge\.pem"):
        await set_for_all(blobs)
