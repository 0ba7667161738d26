"""Versions of a dropped file ("Blob versioning"): how an upload that another has overwritten unread is found again.

Each upload is a version, and what is overwritten or deleted stays as a previous one. Of what was handled the version is
deleted too, so one that a later upload has replaced and that is still there was not read. The newest version of a name
that is gone was taken away by somebody, and is left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient, ContainerClient

from functions.issuance.files import Drop


@dataclass(frozen=True, slots=True)
class Replaced:
    """Ids of versions that a later upload has replaced, the oldest first; ids are times. `same` have its content."""

    others: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


async def replaced(container: ContainerClient, name: str) -> Replaced:
    """What was replaced of a name. `same` only while there is a file of that name."""
    listed = container.list_blobs(name_starts_with=name, include=["versions"])
    try:
        found = {str(one.version_id): one async for one in listed if one.name == name and one.version_id}
    except ResourceNotFoundError:
        return Replaced()
    others, same, later = list[str](), list[str](), set[bytes]()
    oldest_first = sorted(found)
    for version in oldest_first[::-1]:
        md5 = bytes(found[version].content_settings.content_md5 or b"")  # none of what was uploaded in blocks
        if version != oldest_first[-1]:
            (same if md5 and md5 in later else others).append(version)
        later.add(md5)
    there = bool(oldest_first) and found[oldest_first[-1]].is_current_version
    return Replaced(tuple(others[::-1]), tuple(same[::-1]) if there else ())


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
