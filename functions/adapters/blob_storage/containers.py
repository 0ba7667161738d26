"""Reads and writes the containers of dropped files (chains), and the container of published
CSRs.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from datetime import datetime

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import (
    BlobClient,
    BlobServiceClient,
    ContainerClient,
    LinearRetry,
    StorageStreamDownloader,
)

from functions.adapters.blob_storage.versions import delete_read, replaced, restore_version
from functions.adapters.faults import faults_of
from functions.adapters.proxies import follows_environment
from functions.model.blob_names import MAX_LENGTH, MAX_NAME_PARTS, blob_name, may_be_read_as
from functions.model.errors import Unavailable
from functions.ports.chain_files import MERGED, DroppedFile, UnprocessedFile

CHAIN_STORAGE = "The chain storage"
REPORT = "report.json"
EARLIER = "earlier"  # the folder of uploads that were overwritten before they were read
CSRS, KINDS_OUT = "csr", ("csr", "json")
MAX_CSR = 512 * 1024  # bytes of a CSR as PEM; one with 900 long names has about 80 KB
PIECE = 1024 * 1024  # bytes
# What a shortened name begins with, and how many characters of the end of the name it keeps.
CUT, KEPT_LETTERS = "cut-", 100
HARMFUL = re.compile(r"[^A-Za-z0-9._-]")  # characters that are not known to be harmless in a name
COPYING = 30  # seconds; a copy that takes longer is looked for again later
METADATA_KEY = "certflow"  # the name of Certflow's line in the metadata of a moved file
# A blob's metadata, names and values together, must not exceed 8 KiB (Learn, "Setting and
# retrieving properties and metadata for Blob service resources"). Learn does not say whether the
# prefix of the header counts, so here it does.
MAX_METADATA_BYTES, METADATA_PREFIX = 8 * 1024, "x-ms-meta-"


class Blobs:
    """The blob service of the chains' storage account."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = BlobServiceClient(
            url,
            credential=credential,
            retry_policy=LinearRetry(backoff=1, retry_total=2),
            connection_timeout=5,
            read_timeout=20,
            use_env_settings=follows_environment(),
            max_single_put_size=PIECE,  # a huge file is streamed and is never whole in memory
            max_block_size=PIECE,
            max_single_get_size=PIECE,
            max_chunk_get_size=PIECE,
        )

    def container(self, name: str) -> ContainerClient:
        """Returns a client for a container, which need not exist."""
        return self._service.get_container_client(name)

    def blob(self, container: str, name: str) -> BlobClient:
        """Returns a client for a blob, which need not exist. Raises InvalidRequest for a name that
        could lead out of the container.
        """
        return self._service.get_blob_client(container, blob_name(name))

    async def write(
        self, container: str, name: str, content: bytes, kind: str | None = None
    ) -> None:
        """Writes a blob, over one of the same name. Creates its container only if the service says
        that there is none: a deployment has all containers, and the app's identity has roles on
        those alone.
        """
        blob = self.blob(container, name)
        settings = ContentSettings(content_type=kind) if kind else None
        try:
            await blob.upload_blob(content, overwrite=True, content_settings=settings)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                await self._service.create_container(container)
            await blob.upload_blob(content, overwrite=True, content_settings=settings)

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()


class BlobChainFiles:
    """Implements the port `ChainFiles`."""

    def __init__(self, blobs: Blobs, container: str) -> None:
        self._blobs, self._container = blobs, container

    async def unprocessed(self, before: datetime) -> list[UnprocessedFile]:
        """Lists the files that were uploaded before this time, the oldest first."""
        with faults_of(CHAIN_STORAGE):
            listed = self._blobs.container(self._container).list_blobs()
            old = [
                UnprocessedFile(str(blob.name), quoted(blob.etag), blob.size, blob.last_modified)
                async for blob in listed
                if blob.last_modified < before
            ]
        return sorted(old, key=lambda one: (one.modified, one.name))

    async def restore_overwritten(self, name: str) -> list[str]:
        """Copies each upload that was overwritten unread to `earlier/{version}/`, under its own
        name, and returns the new names. An upload whose content a later one has is deleted:
        otherwise it would be brought back with the next file of its name, long after that content
        was handled.
        """
        source, names = self._blobs.blob(self._container, name), []
        with faults_of(CHAIN_STORAGE):
            found = await replaced(self._blobs.container(self._container), name)
            for version in found.same:
                with suppress(ResourceNotFoundError):  # another run has deleted it
                    await source.delete_blob(version_id=version)
            for version in found.others:
                folder = f"{EARLIER}/{HARMFUL.sub('-', version)}"
                again = f"{folder}/{moved_name(name, folder)}"
                with suppress(ResourceNotFoundError):  # another run has brought it back
                    await restore_version(source, version, self._blobs.blob(self._container, again))
                    names.append(again)
        return names

    async def read(self, name: str, limit: int) -> DroppedFile | None:
        """Reads a dropped file: its content, the SHA-256 and the ETag of that. Reads only the first
        `limit` + 1 bytes of a larger file, which then has no SHA-256. Returns None if there is no
        such file; raises Unavailable if it is overwritten meanwhile.
        """
        blob = self._blobs.blob(self._container, name)
        with faults_of(CHAIN_STORAGE):
            try:
                stream = await blob.download_blob()
                content = await _first_bytes(stream, limit + 1)
            except ResourceNotFoundError:
                return None
            except ResourceModifiedError as error:  # overwritten between two pieces
                raise Unavailable(
                    CHAIN_STORAGE, f"{name} is being overwritten", retry_after=1
                ) from error
        properties = stream.properties
        whole = properties.size <= limit
        return DroppedFile(
            name=name,
            content=content,
            size=properties.size,
            sha256=hashlib.sha256(content).hexdigest() if whole else None,
            etag=quoted(properties.etag),
            modified=properties.last_modified,
            metadata=dict(properties.metadata or {}),
            version=getattr(properties, "version_id", None),
        )

    async def move(
        self,
        drop: DroppedFile,
        container: str,
        folder: str,
        report: bytes,
        line: str,
        reports_in: Collection[str] = (),
    ) -> str:
        """Moves a dropped file and returns its new place, as `{container}/{folder}/{name}`.

        It writes the reports, copies the file, compares the copy with what was read, and only then
        deletes the original by its ETag. A file that is too large to be read is copied by the
        storage itself. `line` goes into the metadata of the copy. `reports_in` are further folders
        of the container for merged chains that get the report. Raises Unavailable.
        """
        source = self._blobs.blob(self._container, drop.name)
        name = moved_name(drop.name, folder)
        target = self._blobs.blob(container, f"{folder}/{name}")
        with faults_of(CHAIN_STORAGE):
            for each in reports_in:
                await self._blobs.write(MERGED, f"{each}/{REPORT}", report)
            await self._blobs.write(container, f"{folder}/{REPORT}", report)
            with suppress(
                ResourceNotFoundError, ResourceModifiedError
            ):  # moved by another run, or overwritten since
                copy = _copy if drop.sha256 else _copy_there
                await copy(source, target, drop, _with_line(drop.metadata, line))
                await delete_read(source, drop)
        return f"{container}/{folder}/{name}"


class BlobCsrStore:
    """Implements the port `CsrStore`: a CSR is `csr/{vault}/{name}/{request_id}.csr`, and its
    particulars are beside it as `.json`.
    """

    def __init__(self, blobs: Blobs, chains: str) -> None:
        self._blobs, self._chains = blobs, chains

    @property
    def returns_to(self) -> str:
        """The address of the container for chains, where a CA's answer is to be dropped."""
        return _address(self._blobs.container(self._chains))

    async def put(self, vault: str, name: str, request_id: str, csr: bytes, card: bytes) -> str:
        """Writes a CSR and its particulars (`card`), and returns the address of the CSR. The
        particulars are written first, so that whoever finds the CSR finds them.
        """
        folder = f"{vault}/{name}"
        with faults_of(CHAIN_STORAGE):
            await self._blobs.write(CSRS, f"{folder}/{request_id}.json", card, "application/json")
            await self._blobs.write(
                CSRS, f"{folder}/{request_id}.csr", csr, "application/x-pem-file"
            )
        return _address(self._blobs.blob(CSRS, f"{folder}/{request_id}.csr"))

    async def read(self, vault: str, name: str, request_id: str) -> bytes | None:
        """Returns a published CSR, of some KB; None if there is none. Others may write to the
        container, so no more than MAX_CSR bytes are read.
        """
        with faults_of(CHAIN_STORAGE):
            try:
                stream = await self._blobs.blob(
                    CSRS, f"{vault}/{name}/{request_id}.csr"
                ).download_blob()
                return (await anext(stream.chunks(), b""))[:MAX_CSR]
            except ResourceNotFoundError:
                return None

    async def remove(self, vault: str, name: str, request_id: str) -> None:
        """Deletes a published CSR and its particulars. The CSR is deleted first: while it exists,
        so do its particulars.
        """
        with faults_of(CHAIN_STORAGE):
            for kind in KINDS_OUT:
                with suppress(ResourceNotFoundError):
                    await self._blobs.blob(
                        CSRS, f"{vault}/{name}/{request_id}.{kind}"
                    ).delete_blob()

    async def published(self) -> AsyncIterator[tuple[str, str, str]]:
        """Yields vault, name and request_id of each published CSR, from a list of the container.
        Particulars without their CSR count; all other blobs are ignored.
        """
        seen = ("", "", "")
        with faults_of(CHAIN_STORAGE):
            try:
                async for blob in self._blobs.container(CSRS).list_blobs():
                    vault, _, rest = str(blob.name).partition("/")
                    name, _, file = rest.partition("/")
                    request_id, _, kind = file.partition(".")
                    if kind in KINDS_OUT and (vault, name, request_id) != seen:
                        seen = (vault, name, request_id)
                        yield seen
            except ResourceNotFoundError:
                return


async def _first_bytes(stream: StorageStreamDownloader[bytes], limit: int) -> bytes:
    """Returns at most `limit` bytes. Each piece is a request of its own, made when it is read."""
    content = bytearray()
    async for piece in stream.chunks():
        content += piece
        if len(content) >= limit:
            break
    return bytes(content[:limit])


async def _copy(
    source: BlobClient, target: BlobClient, drop: DroppedFile, metadata: Mapping[str, str]
) -> None:
    """Copies a file (a few KB) by reading and writing it, and compares it with what was read
    before. Raises Unavailable if it differs, or the copy is not complete.
    """
    same = {"etag": drop.etag, "match_condition": MatchConditions.IfNotModified}
    stream = await source.download_blob(**{"version_id": drop.version} if drop.version else same)
    digest = hashlib.sha256()

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in stream.chunks():
            digest.update(piece)
            yield piece

    await target.upload_blob(pieces(), length=drop.size, overwrite=True, metadata=dict(metadata))
    copied = await target.get_blob_properties()
    if (copied.size, digest.hexdigest()) != (drop.size, drop.sha256):
        raise Unavailable(CHAIN_STORAGE, f"the copy of {drop.name} differs from what was read")


async def _copy_there(
    source: BlobClient, target: BlobClient, drop: DroppedFile, metadata: Mapping[str, str]
) -> None:
    """Has the storage copy the file; within one account the identity's roles are enough for that
    (Learn, "Copy Blob", Authorization). Waits COPYING seconds, then raises Unavailable; the copy
    goes on meanwhile, and a later call waits for it again.
    """
    with suppress(ResourceExistsError):  # a copy is under way there
        await target.start_copy_from_url(
            source.url,
            metadata=dict(metadata),
            source_etag=drop.etag,
            source_match_condition=MatchConditions.IfNotModified,
        )
    for _ in range(COPYING):
        copied = await target.get_blob_properties()
        if copied.copy.status != "pending":
            break
        await asyncio.sleep(1)
    if (copied.copy.status, copied.size) != ("success", drop.size):
        raise Unavailable(
            CHAIN_STORAGE, f"{drop.name} is being copied: {copied.copy.status}", retry_after=COPYING
        )


def moved_name(name: str, folder: str) -> str:
    """Returns the name of a dropped file in the folder that it is moved to.

    It is the old name, with `.dropped` at its end if it could be read as the name of the report in
    that folder. If the whole path would be too long, it is a hash of the old name and the end of
    that name, with harmless characters only: the end alone, without the escapes before it, could
    mean another name.
    """
    kept = f"{name}.dropped" if may_be_read_as(name, REPORT) else name
    whole = f"{folder}/{kept}"
    if _units(whole) <= MAX_LENGTH and whole.count("/") < MAX_NAME_PARTS:
        return kept
    return (
        f"{CUT}{hashlib.sha256(name.encode()).hexdigest()}-{HARMFUL.sub('_', name)[-KEPT_LETTERS:]}"
    )


def _units(name: str) -> int:
    """Returns the length of a name in UTF-16 units, as .NET counts. Azure does not say in
    which unit its limit is.
    """
    return len(name.encode("utf-16-le")) // 2


def _with_line(theirs: Mapping[str, str], line: str) -> dict[str, str]:
    """Returns the uploader's metadata with Certflow's line, or without it if both do not fit. Azure
    answers 400 for two names that differ only in case, so a line of that name is replaced.
    """
    kept = {name: value for name, value in theirs.items() if name.lower() != METADATA_KEY}
    both = {**kept, METADATA_KEY: line}
    size = sum(
        len(METADATA_PREFIX) + len(name.encode()) + len(value.encode())
        for name, value in both.items()
    )
    return both if size <= MAX_METADATA_BYTES else kept


def quoted(etag: str) -> str:
    """Returns an ETag in quotes, as HTTP writes it (RFC 9110 §8.8.3). Headers have the quotes; the
    XML of a list of blobs does not.
    """
    return '"' + etag.strip('"') + '"'


def _address(client: BlobClient | ContainerClient) -> str:
    return str(client.url).partition("?")[0]
