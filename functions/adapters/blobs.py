"""The containers for chains, in Blob storage."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobServiceClient, LinearRetry

from functions.adapters.faults import faults_of
from functions.issuance.errors import Unavailable
from functions.issuance.ports import Drop

SERVICE = "The chain storage"
REPORT = "report.json"
PIECE = 1024 * 1024  # bytes


class Chains:
    """The port `Drops`."""

    def __init__(self, url: str, container: str, credential: AsyncTokenCredential) -> None:
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
        self._container = container
        self._made: set[str] = set()

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()

    async def waiting(self, before: datetime) -> list[str]:
        """What lies in the container since before this time."""
        with faults_of(SERVICE):
            listed = self._service.get_container_client(self._container).list_blobs()
            old = [(blob.last_modified, str(blob.name)) async for blob in listed if blob.last_modified < before]
        return [name for _, name in sorted(old)]

    async def read(self, name: str, limit: int) -> Drop | None:
        """A dropped file: content up to `limit` + 1 bytes, hash over all of it, ETag of what was read."""
        blob = self._service.get_blob_client(self._container, name)
        content, digest = bytearray(), hashlib.sha256()
        with faults_of(SERVICE):
            try:
                stream = await blob.download_blob()
                async for piece in stream.chunks():
                    digest.update(piece)
                    content += piece[: max(0, limit + 1 - len(content))]
            except ResourceNotFoundError:
                return None
            except ResourceModifiedError as error:  # overwritten between two pieces: what counts is the newest
                raise Unavailable(SERVICE, f"{name} is being overwritten", retry_after=1) from error
        properties = stream.properties
        return Drop(
            name=name,
            content=bytes(content),
            size=properties.size,
            sha256=digest.hexdigest(),
            etag=properties.etag,
            modified=properties.last_modified,
            metadata=dict(properties.metadata or {}),
        )

    async def move(self, drop: Drop, container: str, folder: str, report: bytes) -> str:
        """Report, copy, compare sizes, and only then delete what was copied (by ETag)."""
        source = self._service.get_blob_client(self._container, drop.name)
        name = drop.name if PurePosixPath(drop.name).name != REPORT else f"{drop.name}.dropped"
        target = self._service.get_blob_client(container, f"{folder}/{name}")
        with faults_of(SERVICE):
            await self._make(container)
            reporting = self._service.get_blob_client(container, f"{folder}/{REPORT}")
            await reporting.upload_blob(report, overwrite=True)
            with suppress(ResourceNotFoundError, ResourceModifiedError):  # moved by another run, or overwritten since
                await _copy(source, target, drop)
                await source.delete_blob(etag=drop.etag, match_condition=MatchConditions.IfNotModified)
        return f"{container}/{folder}/{name}"

    async def _make(self, container: str) -> None:
        """Creates a container on first use; deployed ones are there already."""
        if container not in self._made:
            with suppress(ResourceExistsError):
                await self._service.create_container(container)
            self._made.add(container)


async def _copy(source: BlobClient, target: BlobClient, drop: Drop) -> None:
    """Copies through us, so that no second grant or signed URL is needed. Chains have a few KB; others stream."""
    stream = await source.download_blob(etag=drop.etag, match_condition=MatchConditions.IfNotModified)

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in stream.chunks():
            yield piece

    await target.upload_blob(pieces(), length=drop.size, overwrite=True, metadata=dict(drop.metadata))
    copied = await target.get_blob_properties()
    if copied.size != drop.size:
        raise Unavailable(SERVICE, f"the copy of {drop.name} has {copied.size} of {drop.size} bytes")
