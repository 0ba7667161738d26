"""The containers in Blob storage: those for chains, and those where CSRs are handed out."""

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
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient, LinearRetry

from functions.adapters.blob_versions import delete_read, drop_again, replaced
from functions.adapters.faults import faults_of
from functions.issuance.blob_names import MAX_LENGTH, MAX_PARTS, blob_name, may_be_read_as
from functions.issuance.errors import Unavailable
from functions.issuance.files import MERGED, Drop, Lying

SERVICE = "The chain storage"
REPORT = "report.json"
EARLIER = "earlier"  # the folder of what was overwritten before it was read
CSRS, KINDS_OUT = "csr", ("csr", "json")
MOST_CSR = 512 * 1024  # bytes of it as PEM; one with 900 long names has about 80 KB
PIECE = 1024 * 1024  # bytes
CUT, KEPT = "cut-", 100  # how a name that is too long begins in a container of ours, and characters of its end
HARMFUL = re.compile(r"[^A-Za-z0-9._-]")  # or not known to be harmless
COPYING = 30  # seconds until this is put off
LINE = "certflow"  # the name of our line in a moved file's metadata
# A blob's metadata, names and values together, must not exceed 8 KiB ("Setting and retrieving properties and metadata
# for Blob service resources"). Whether the header's prefix counts is not said there, so here it does.
MOST_METADATA, PREFIX = 8 * 1024, "x-ms-meta-"


class Blobs:
    """The blob service of the chain storage."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = BlobServiceClient(
            url,
            credential=credential,
            retry_policy=LinearRetry(backoff=1, retry_total=2),
            connection_timeout=5,
            read_timeout=20,
            max_single_put_size=PIECE,  # so that a huge file is streamed and never held as a whole
            max_block_size=PIECE,
            max_single_get_size=PIECE,
            max_chunk_get_size=PIECE,
        )

    def container(self, name: str) -> ContainerClient:
        """A client for a container, which need not exist."""
        return self._service.get_container_client(name)

    def blob(self, container: str, name: str) -> BlobClient:
        """A client for a blob, which need not exist. Raises InvalidRequest for a name that may leave the container."""
        return self._service.get_blob_client(container, blob_name(name))

    async def write(self, container: str, name: str, content: bytes, kind: str | None = None) -> None:
        """Writes a blob, and makes its container if there is none. Deployed ones are there, and the identity has roles
        on those alone, so that making one is not tried before.
        """
        blob, settings = self.blob(container, name), ContentSettings(content_type=kind) if kind else None
        try:
            await blob.upload_blob(content, overwrite=True, content_settings=settings)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):
                await self._service.create_container(container)
            await blob.upload_blob(content, overwrite=True, content_settings=settings)

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()


class Chains:
    """The port `Drops`."""

    def __init__(self, blobs: Blobs, container: str) -> None:
        self._blobs, self._container = blobs, container

    async def lying(self, before: datetime) -> list[Lying]:
        """What lies in the container since before this time."""
        with faults_of(SERVICE):
            listed = self._blobs.container(self._container).list_blobs()
            old = [
                Lying(str(blob.name), quoted(blob.etag), blob.size, blob.last_modified)
                async for blob in listed
                if blob.last_modified < before
            ]
        return sorted(old, key=lambda one: (one.modified, one.name))

    async def bring_back(self, name: str) -> list[str]:
        """Under `earlier/{version}/`, with the name that it had. One whose content a later one has is deleted: it would
        come back with the next file of its name, long after that content was handled.
        """
        source, names = self._blobs.blob(self._container, name), []
        with faults_of(SERVICE):
            found = await replaced(self._blobs.container(self._container), name)
            for version in found.same:
                with suppress(ResourceNotFoundError):  # by another run
                    await source.delete_blob(version_id=version)
            for version in found.others:
                folder = f"{EARLIER}/{HARMFUL.sub('-', version)}"
                again = f"{folder}/{moved_name(name, folder)}"
                with suppress(ResourceNotFoundError):  # another run has brought it back
                    await drop_again(source, version, self._blobs.blob(self._container, again))
                    names.append(again)
        return names

    async def read(self, name: str, limit: int) -> Drop | None:
        """A dropped file: content and its hash, ETag of what was read. Of a larger one the first `limit` + 1 bytes are
        read, and no more.
        """
        blob = self._blobs.blob(self._container, name)
        content, digest = bytearray(), hashlib.sha256()
        with faults_of(SERVICE):
            try:
                stream = await blob.download_blob()
                async for piece in stream.chunks():  # each is a request of its own, made when it is asked for
                    digest.update(piece)
                    content += piece
                    if len(content) > limit:
                        break
            except ResourceNotFoundError:
                return None
            except ResourceModifiedError as error:  # overwritten between two pieces: what counts is the newest
                raise Unavailable(SERVICE, f"{name} is being overwritten", retry_after=1) from error
        properties = stream.properties
        return Drop(
            name=name,
            content=bytes(content[: limit + 1]),
            size=properties.size,
            sha256=digest.hexdigest() if properties.size <= limit else None,
            etag=quoted(properties.etag),
            modified=properties.last_modified,
            metadata=dict(properties.metadata or {}),
            version=getattr(properties, "version_id", None),
        )

    async def move(
        self, drop: Drop, container: str, folder: str, report: bytes, line: str, reports_in: Collection[str] = ()
    ) -> str:
        """Reports, copy, compare with what was judged, and only then delete what was copied (by ETag). What was not
        read is copied by the storage itself.
        """
        source = self._blobs.blob(self._container, drop.name)
        name = moved_name(drop.name, folder)
        target = self._blobs.blob(container, f"{folder}/{name}")
        with faults_of(SERVICE):
            for each in reports_in:
                await self._blobs.write(MERGED, f"{each}/{REPORT}", report)
            await self._blobs.write(container, f"{folder}/{REPORT}", report)
            with suppress(ResourceNotFoundError, ResourceModifiedError):  # moved by another run, or overwritten since
                copy = _copy if drop.sha256 else _copy_there
                await copy(source, target, drop, _with_line(drop.metadata, line))
                await delete_read(source, drop)
        return f"{container}/{folder}/{name}"


class CsrFiles:
    """The port `Handouts`: `csr/{vault}/{name}/{request_id}.csr`, and the card beside it as `.json`."""

    def __init__(self, blobs: Blobs, chains: str) -> None:
        self._blobs, self._chains = blobs, chains

    @property
    def returns_to(self) -> str:
        """The address of the container for chains."""
        return _address(self._blobs.container(self._chains))

    async def put(self, vault: str, name: str, request_id: str, csr: bytes, card: bytes) -> str:
        """The card first: whoever sees the CSR finds it."""
        folder = f"{vault}/{name}"
        with faults_of(SERVICE):
            await self._blobs.write(CSRS, f"{folder}/{request_id}.json", card, "application/json")
            await self._blobs.write(CSRS, f"{folder}/{request_id}.csr", csr, "application/x-pem-file")
        return _address(self._blobs.blob(CSRS, f"{folder}/{request_id}.csr"))

    async def read(self, vault: str, name: str, request_id: str) -> bytes | None:
        """Downloads it: some KB. Others may write there, so of what is larger than any CSR the beginning is enough."""
        with faults_of(SERVICE):
            try:
                stream = await self._blobs.blob(CSRS, f"{vault}/{name}/{request_id}.csr").download_blob()
                return (await anext(stream.chunks(), b""))[:MOST_CSR]
            except ResourceNotFoundError:
                return None

    async def take_back(self, vault: str, name: str, request_id: str) -> None:
        """The CSR first: while it is there, so is its card."""
        with faults_of(SERVICE):
            for kind in KINDS_OUT:
                with suppress(ResourceNotFoundError):
                    await self._blobs.blob(CSRS, f"{vault}/{name}/{request_id}.{kind}").delete_blob()

    async def out(self) -> AsyncIterator[tuple[str, str, str]]:
        """From a list of the container. A card whose CSR is gone counts; what is neither is somebody else's."""
        seen = ("", "", "")
        with faults_of(SERVICE):
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


async def _copy(source: BlobClient, target: BlobClient, drop: Drop, metadata: Mapping[str, str]) -> None:
    """Copies through us, and compares with what was judged. Chains have a few KB.

    Raises Unavailable if what went through is not what was judged, or has not all arrived.
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
        raise Unavailable(SERVICE, f"the copy of {drop.name} differs from what was read")


async def _copy_there(source: BlobClient, target: BlobClient, drop: Drop, metadata: Mapping[str, str]) -> None:
    """Has the storage copy: within one account the identity's roles are enough ("Copy Blob", Authorization).

    Raises Unavailable until it is through, however often this is repeated; it goes on meanwhile.
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
        raise Unavailable(SERVICE, f"{drop.name} is being copied: {copied.copy.status}", retry_after=COPYING)


def moved_name(name: str, folder: str) -> str:
    """What a dropped file is called in the folder that it is moved to: as it was, unless that could be read as the name
    of the report there, or makes the whole too long. Then it is a hash of the name, and its end.

    A part of a name, cut out of its escapes, could be any other name; so of that end only harmless letters are kept.
    """
    kept = f"{name}.dropped" if may_be_read_as(name, REPORT) else name
    whole = f"{folder}/{kept}"
    if _units(whole) <= MAX_LENGTH and whole.count("/") < MAX_PARTS:
        return kept
    return f"{CUT}{hashlib.sha256(name.encode()).hexdigest()}-{HARMFUL.sub('_', name)[-KEPT:]}"


def _units(name: str) -> int:
    """Its length as .NET has it, in units of UTF-16: of which a name is counted, Azure does not say."""
    return len(name.encode("utf-16-le")) // 2


def _with_line(theirs: Mapping[str, str], line: str) -> dict[str, str]:
    """The uploader's metadata, and our line where both fit. Names differ in more than case, or Azure answers 400."""
    kept = {name: value for name, value in theirs.items() if name.lower() != LINE}
    both = {**kept, LINE: line}
    size = sum(len(PREFIX) + len(name.encode()) + len(value.encode()) for name, value in both.items())
    return both if size <= MOST_METADATA else kept


def quoted(etag: str) -> str:
    """An ETag as HTTP writes it (RFC 9110 §8.8.3). Headers come that way, the XML of a listing without the quotes."""
    return '"' + etag.strip('"') + '"'


def _address(client: BlobClient | ContainerClient) -> str:
    return str(client.url).partition("?")[0]
