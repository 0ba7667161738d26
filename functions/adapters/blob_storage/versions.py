"""Finds and restores uploads of a dropped file that were overwritten before they were read, by
their blob versions (Learn, "Blob versioning").

Each upload is a version, and an upload that is overwritten or deleted stays as a previous version.
Certflow deletes the version of each file that it has handled, so a version that was replaced and
still exists was not read. If there is no current version, somebody deleted the file, and its newest
version is left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, ContentSettings
from azure.storage.blob.aio import BlobClient, ContainerClient

from functions.ports.chain_files import DroppedFile


@dataclass(frozen=True, slots=True)
class Replaced:
    """Ids of versions that later uploads have replaced, the oldest first (ids are times). Those in
    `same` have the content of a later upload, those in `others` do not.
    """

    others: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


async def replaced(container: ContainerClient, name: str) -> Replaced:
    """Finds the versions of a name that were replaced; none in a container that does not exist.
    `same` is empty unless there is a file of that name now.
    """
    newest_first = await _versions_of(container, name)
    if not newest_first:
        return Replaced()
    others, same = list[str](), list[str]()
    newest, *older = newest_first
    later = {_md5(newest)}
    for one in older:
        md5 = _md5(one)
        (same if md5 and md5 in later else others).append(str(one.version_id))
        later.add(md5)
    return Replaced(tuple(others[::-1]), tuple(same[::-1]) if newest.is_current_version else ())


async def _versions_of(container: ContainerClient, name: str) -> list[BlobProperties]:
    listed = container.list_blobs(name_starts_with=name, include=["versions"])
    try:
        found = [one async for one in listed if one.name == name and one.version_id]
    except ResourceNotFoundError:
        return []
    return sorted(found, key=lambda one: str(one.version_id), reverse=True)


def _md5(version: BlobProperties) -> bytes:
    """Returns the MD5 of the content; empty for one that was uploaded in blocks."""
    return bytes(version.content_settings.content_md5 or b"")


async def restore_version(source: BlobClient, version: str, target: BlobClient) -> None:
    """Copies a version to a name of its own, unless there is a blob of that name, and deletes the
    version. Raises ResourceNotFoundError if the version does not exist.
    """
    stream = await source.download_blob(version_id=version)
    properties = stream.properties

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in stream.chunks():
            yield piece

    with suppress(ResourceExistsError):  # an earlier run was stopped after it had copied this
        await target.upload_blob(
            pieces(),
            length=properties.size,
            metadata=dict(properties.metadata or {}),
            content_settings=ContentSettings(content_type=properties.content_settings.content_type),
        )
    await source.delete_blob(version_id=version)


async def delete_read(source: BlobClient, drop: DroppedFile) -> None:
    """Deletes a file that was read, and then its version. Raises ResourceNotFoundError if it does
    not exist any more, and, in an account without versions, ResourceModifiedError if it was
    overwritten.
    """
    try:
        await source.delete_blob(etag=drop.etag, match_condition=MatchConditions.IfNotModified)
    except (ResourceNotFoundError, ResourceModifiedError):
        if drop.version is None:
            raise
    if drop.version is not None:  # by now it is a previous version: deleted above, or overwritten
        await source.delete_blob(version_id=drop.version)
