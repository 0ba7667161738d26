"""Reads a blob unless it is the one that is known."""

from __future__ import annotations

from azure.core import MatchConditions
from azure.storage.blob.aio import BlobClient, StorageStreamDownloader


async def changed(blob: BlobClient, etag: str) -> StorageStreamDownloader[bytes]:
    """Reads a blob unless it has this ETag; the service answers 304 if it has, which the SDK
    raises.
    """
    condition = MatchConditions.IfModified
    return await blob.download_blob(etag=etag, match_condition=condition)
