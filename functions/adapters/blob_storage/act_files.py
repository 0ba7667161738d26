"""Appends to the container `acts` in the storage account of the chains, and reads it. Its blobs are
append blobs: the app's role there lets it add and read, and neither overwrite nor delete.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobType

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.faults import faults_of
from functions.model.acts.lines import MAX_LINE_BYTES, FileName
from functions.model.errors import Unavailable
from functions.ports.record.acts import FilePart

ACTS_CONTAINER, ACTS_STORAGE = "acts", "The record of acts"
NOT_AT_THIS_END = "AppendPositionConditionNotMet"


class BlobActFiles:
    """Implements the port `ActFiles`."""

    def __init__(self, blobs: Blobs, container: str = ACTS_CONTAINER) -> None:
        self._blobs, self._container = blobs, container

    async def names(self) -> list[FileName]:
        """Lists the append blobs; those whose names are none of the record are ignored."""
        return sorted(name for name, appends in (await self._listed()).items() if appends)

    async def taken(self) -> set[FileName]:
        """Lists the other blobs that have such names: the app's role lets it make them, too."""
        return {name for name, appends in (await self._listed()).items() if not appends}

    async def _listed(self) -> dict[FileName, bool]:
        """The names of the record, and whether a block can be appended there."""
        with _refusals():
            try:
                container = self._blobs.container(self._container)
                listed = [(one.name, one.blob_type) async for one in container.list_blobs()]
            except ResourceNotFoundError:
                return {}
        return {
            name: kind is BlobType.APPENDBLOB
            for text, kind in listed
            if (name := FileName.of(text))
        }

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
                if _error_code(error) == NOT_AT_THIS_END:
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
        reason = f"HTTP {error.status_code} ({_error_code(error)})"
        raise Unavailable(ACTS_STORAGE, reason) from error


def _error_code(error: HttpResponseError) -> object:
    code = getattr(error, "error_code", None)
    return getattr(code, "value", code)
