"""Reads and writes the container `inventory` in the app's own storage: `{vault}.json.gz` is the
snapshot of a vault, and `{vault}/{scan}/{number}.json.gz` are the parts of a scan that is under
way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.unless import changed
from functions.adapters.faults import faults_of
from functions.adapters.inventory_json import packed, records_in, snapshot_in
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
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
        none. Raises UnreadSnapshot.
        """
        blob = self._blobs.blob(INVENTORY, f"{vault}.json.gz")
        with faults_of(HOST_STORAGE):
            try:
                stream = await (changed(blob, known.etag) if known else blob.download_blob())
                content = await stream.readall()
            except ResourceNotFoundError:
                return None
            except HttpResponseError as error:
                if error.status_code != NOT_MODIFIED:
                    raise
                return known
        return StoredSnapshot(snapshot_in(content), str(stream.properties.etag))

    async def save_snapshot(self, snapshot: VaultSnapshot) -> None:
        """Writes the snapshot of a vault."""
        await self._write(f"{snapshot.vault}.json.gz", packed(snapshot))

    async def parts(self, vault: str, scan: str, count: int) -> list[CertificateRecord] | None:
        """Reads the first `count` parts of a scan; None if one of them is missing or broken."""
        gate = asyncio.Semaphore(MAX_PARALLEL_PARTS)

        async def read(number: int) -> tuple[CertificateRecord, ...] | None:
            async with gate:
                blob = self._blobs.blob(INVENTORY, _part_name(vault, scan, number))
                return records_in(await (await blob.download_blob()).readall())

        with faults_of(HOST_STORAGE):
            try:
                found = await asyncio.gather(*map(read, range(count)))
            except ResourceNotFoundError:
                return None
        if None in found:
            return None
        return [record for part in found if part for record in part]

    async def save_part(
        self, vault: str, scan: str, number: int, records: Sequence[CertificateRecord]
    ) -> None:
        """Writes a part of a scan."""
        await self._write(_part_name(vault, scan, number), packed(records))

    async def _write(self, name: str, content: bytes) -> None:
        with faults_of(HOST_STORAGE):
            await self._blobs.write(INVENTORY, name, content, GZIP)

    async def drop_parts(self, vault: str) -> None:
        """Deletes the parts of all scans of a vault."""
        container = self._blobs.container(INVENTORY)
        with faults_of(HOST_STORAGE), suppress(ResourceNotFoundError):
            async for blob in container.list_blobs(name_starts_with=f"{vault}/"):
                with suppress(ResourceNotFoundError):  # another run has deleted it
                    await container.delete_blob(blob.name)


def _part_name(vault: str, scan: str, number: int) -> str:
    return f"{vault}/{scan}/{number:05}.json.gz"
