"""Reads and writes the container `inventory` in the app's own storage: `{vault}.json.gz` is the
snapshot of a vault, and `{vault}/{scan}/{number}.json.gz` are the parts of a scan that is under
way.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.unless import changed
from functions.adapters.faults import faults_of
from functions.ports.inventory import StoredSnapshot

HOST_STORAGE = "The app's own storage"
INVENTORY = "inventory"
GZIP = "application/gzip"
NOT_MODIFIED = 304
MAX_PARALLEL_PARTS = 8


class BlobInventory:
    """Implements the port `InventoryFiles`. A blob is written whole or not at all, so a snapshot
    that is being replaced can be read all the time (Learn, "Put Blob").
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def snapshot(
        self, vault: str, known: StoredSnapshot | None = None
    ) -> StoredSnapshot | None:
        """Reads the snapshot of a vault; returns `known` if it still is that, None if there is
        none.
        """
        blob = self._blobs.blob(INVENTORY, f"{vault}.json.gz")
        with faults_of(HOST_STORAGE):
            try:
                stream = await (changed(blob, known.etag) if known else blob.download_blob())
                return StoredSnapshot(await stream.readall(), str(stream.properties.etag))
            except ResourceNotFoundError:
                return None
            except HttpResponseError as error:
                if error.status_code != NOT_MODIFIED:
                    raise
                return known

    async def save_snapshot(self, vault: str, content: bytes) -> None:
        """Writes the snapshot of a vault."""
        with faults_of(HOST_STORAGE):
            await self._blobs.write(INVENTORY, f"{vault}.json.gz", content, GZIP)

    async def parts(self, vault: str, scan: str, count: int) -> list[bytes] | None:
        """Reads the first `count` parts of a scan; None if one of them is missing."""
        gate = asyncio.Semaphore(MAX_PARALLEL_PARTS)

        async def read(number: int) -> bytes:
            async with gate:
                blob = self._blobs.blob(INVENTORY, _part(vault, scan, number))
                return await (await blob.download_blob()).readall()

        with faults_of(HOST_STORAGE):
            try:
                return await asyncio.gather(*map(read, range(count)))
            except ResourceNotFoundError:
                return None

    async def save_part(self, vault: str, scan: str, number: int, content: bytes) -> None:
        """Writes a part of a scan."""
        with faults_of(HOST_STORAGE):
            await self._blobs.write(INVENTORY, _part(vault, scan, number), content, GZIP)

    async def drop_parts(self, vault: str) -> None:
        """Deletes the parts of all scans of a vault."""
        container = self._blobs.container(INVENTORY)
        with faults_of(HOST_STORAGE), suppress(ResourceNotFoundError):
            async for blob in container.list_blobs(name_starts_with=f"{vault}/"):
                with suppress(ResourceNotFoundError):  # another run has deleted it
                    await container.delete_blob(blob.name)


def _part(vault: str, scan: str, number: int) -> str:
    return f"{vault}/{scan}/{number:05}.json.gz"
