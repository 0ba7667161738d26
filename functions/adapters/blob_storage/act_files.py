"""Appends to the container `acts` in the storage account of the chains, and reads it. Its blobs are
append blobs: the app's role there lets it add and read, and neither overwrite nor delete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.faults import faults_of
from functions.model.acts.lines import MAX_LINE_BYTES, FileName
from functions.model.errors import Unavailable
from functions.ports.record.acts import FilePart

ACTS_CONTAINER, ACTS_STORAGE = "acts", "The record of acts"
NOT_AT_THIS_END = 412  # AppendPositionConditionNotMet


class BlobActFiles:
    """Implements the port `ActFiles`."""

    def __init__(self, blobs: Blobs, container: str = ACTS_CONTAINER) -> None:
        self._blobs, self._container = blobs, container

    async def names(self) -> list[FileName]:
        """Lists the files; those whose names are none of the record are ignored."""
        with _refusals():
            try:
                container = self._blobs.container(self._container)
                listed = [one async for one in container.list_blob_names()]
            except ResourceNotFoundError:
                return []
        return sorted(name for text in listed if (name := FileName.of(text)))

    async def read(self, name: FileName, start: int | None = None) -> FilePart:
        """Reads a file: first its length, then that far."""
        blob = self._blobs.blob(self._container, str(name))
        with _refusals():
            known = await blob.get_blob_properties()
            blocks = known.append_blob_committed_block_count or 0
            first = max(0, known.size - MAX_LINE_BYTES) if start is None else start
            if first >= known.size:
                return FilePart(b"", known.size, blocks)
            stream = await blob.download_blob(first, known.size - first)
            return FilePart(await stream.readall(), known.size, blocks)

    async def create(self, name: FileName) -> None:
        """Makes an empty append blob; makes its container only if the service says that there is
        none.
        """
        with _refusals():
            try:
                await self._create(name)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    await self._blobs.container(self._container).create_container()
                await self._create(name)

    async def _create(self, name: FileName) -> None:
        with suppress(ResourceExistsError):
            blob = self._blobs.blob(self._container, str(name))
            await blob.create_append_blob(match_condition=MatchConditions.IfMissing)

    async def append(self, name: FileName, content: bytes, end: int) -> bool:
        """Appends one block, if the blob is as long as `end` says."""
        blob = self._blobs.blob(self._container, str(name))
        with _refusals():
            try:
                await blob.append_block(content, length=len(content), appendpos_condition=end)
            except HttpResponseError as error:
                if error.status_code == NOT_AT_THIS_END:
                    return False
                raise
        return True


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns all that the storage refuses into Unavailable: acts wait until somebody has mended it,
    such as a policy of the container that takes no appends (409).
    """
    try:
        with faults_of(ACTS_STORAGE):
            yield
    except HttpResponseError as error:
        code = getattr(error, "error_code", None)
        reason = f"HTTP {error.status_code} ({getattr(code, 'value', code)})"
        raise Unavailable(ACTS_STORAGE, reason) from error
