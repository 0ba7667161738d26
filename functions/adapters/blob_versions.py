"""Versions of a dropped file ("Blob versioning"): how an upload that another has overwritten unread is found again.

Each upload is a version, and what is overwritten or deleted stays as a previous one. Of what was handled the version is
deleted too, so one that a later upload has replaced and that is still there was not read. The newest version of a name
that is gone was taken away by somebody, and is left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient, ContainerClient

from functions.issuance.files import Drop


async def replaced(container: ContainerClient, name: str) -> list[str]:
    """The ids of the versions that a later upload with other content has replaced, the oldest first; ids are times."""
    listed = container.list_blobs(name_starts_with=name, include=["versions"])
    try:
        found = {str(one.version_id): one async for one in listed if one.name == name and one.version_id}
    except ResourceNotFoundError:
        return []
    ids, later = list[str](), set[bytes]()
    newest_first = sorted(found, reverse=True)
    for version in newest_first:
        md5 = bytes(found[version].content_settings.content_md5 or b"")  # none of what was uploaded in blocks
        if version != newest_first[0] and (not md5 or md5 not in later):
            ids.append(version)
        later.add(md5)
    return ids[::-1]


async def drop_again(source: BlobClient, version: str, target: BlobClient) -> None:
    """Copies a version to a name of its own, unless it is there, and deletes the version.

    Raises ResourceNotFoundError if the version is gone.
    """
    stream = await source.download_blob(version_id=version)
    properties = stream.properties

    async def pieces() -> AsyncIterator[bytes]:
        async for piece in stream.chunks():
            yield piece

    with suppress(ResourceExistsError):  # a run that was cut here has left it
        await target.upload_blob(
            pieces(),
            length=properties.size,
            metadata=dict(properties.metadata or {}),
            content_settings=ContentSettings(content_type=properties.content_settings.content_type),
        )
    await source.delete_blob(version_id=version)


async def delete_read(source: BlobClient, drop: Drop) -> None:
    """Deletes what was read, and then its version.

    Raises ResourceNotFoundError if it is gone; without versions ResourceModifiedError if it was overwritten.
    """
    try:
        await source.delete_blob(etag=drop.etag, match_condition=MatchConditions.IfNotModified)
    except (ResourceNotFoundError, ResourceModifiedError):
        if drop.version is None:
            raise
    if drop.version is not None:  # a previous version by now, whoever made it one
        await source.delete_blob(version_id=drop.version)
