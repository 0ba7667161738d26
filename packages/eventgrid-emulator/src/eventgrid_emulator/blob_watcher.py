"""Blob events for Azurite, which has no Event Grid: looks at containers and says what is new."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import BlobServiceClient

_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
# While nothing changes, each pause between two looks is longer than the one before, up to so many times the first.
GROWTH, MOST = 1.5, 3.5
log = logging.getLogger(__name__)


async def watch_blobs(
    service: BlobServiceClient,
    containers: Sequence[str],
    publish: Callable[[dict[str, Any]], Awaitable[None]],
    *,
    interval: float = 0.3,
    tells_first: bool = False,
    watching: asyncio.Event | None = None,
) -> None:
    """Publishes `Microsoft.Storage.BlobCreated` for each new blob and each new ETag, until it is cancelled.

    It looks every `interval` seconds after a change, and less often while there is none.

    Like a subscription it says nothing of blobs that were there before its first look; with `tells_first` it does, for
    what was written just before a stop may not have been told. A container that is missing is waited for; storage that
    is down is waited out, and what came meanwhile is told then. Two writes between two looks are told once (Event Grid
    would tell twice, and by then the first content is a previous version there, too). `watching` is set when every
    container has had its first look.
    """
    views = [_View(service, container, tells_first=tells_first) for container in containers]
    pause = interval
    while True:
        pause = min(pause * GROWTH, interval * MOST)
        for view in views:
            new = await view.look()
            if view.changed:
                pause = interval
            for blob in new:
                await publish(_blob_created(service, view.container, blob))
                view.told(blob)
        if watching and not any(view.first for view in views):
            watching.set()
        await asyncio.sleep(pause)


@dataclass
class _View:
    """What is known of one container: the ETag of each blob that has been told or was there at first."""

    service: BlobServiceClient
    container: str
    tells_first: bool = False
    known: dict[str, str] = field(default_factory=dict)
    first: bool = True
    reachable: bool = True
    changed: bool = False  # since the look before; a blob that is gone is a change, too

    async def look(self) -> list[BlobProperties]:
        """The blobs that are new or changed since the last look."""
        self.changed = False
        try:
            blobs = await self._list()
        except AzureError as error:
            if self.reachable:
                log.warning("cannot look for blobs: container=%s error=%s", self.container, type(error).__name__)
            self.reachable = False
            return []
        self.reachable = True
        present = {blob.name: _etag(blob) for blob in blobs}
        self.changed = present != self.known
        if self.first:
            self.first, self.known = False, {} if self.tells_first else present
        self.known = {name: etag for name, etag in self.known.items() if name in present}
        return [blob for blob in blobs if self.known.get(blob.name) != present[blob.name]]

    def told(self, blob: BlobProperties) -> None:
        self.known[blob.name] = _etag(blob)

    async def _list(self) -> list[BlobProperties]:
        try:
            # Our own loop is the retry: the client's default policy would stay silent for most of a minute.
            listing = self.service.get_container_client(self.container).list_blobs(retry_total=0)
            return [blob async for blob in listing]
        except ResourceNotFoundError:
            return []


def _blob_created(service: BlobServiceClient, container: str, blob: BlobProperties) -> dict[str, Any]:
    """The event as the storage account's system topic sends it (Learn, "Azure Blob Storage as Event Grid source")."""
    account = service.account_name or "devstoreaccount1"
    request = str(uuid.uuid4())
    return {
        "id": str(uuid.uuid4()),
        "source": f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/{account}",
        "specversion": "1.0",
        "type": "Microsoft.Storage.BlobCreated",
        "subject": f"/blobServices/default/containers/{container}/blobs/{blob.name}",
        "time": datetime.now(UTC).isoformat(),
        "data": {
            "api": "PutBlob",
            "clientRequestId": request,
            "requestId": request,
            "eTag": _etag(blob),
            "contentType": blob.content_settings.content_type,
            "contentLength": blob.size,
            "blobType": str(getattr(blob.blob_type, "value", blob.blob_type)),
            "url": f"{service.primary_endpoint.rstrip('/')}/{container}/{quote(blob.name, safe='~/')}",
        },
    }


def _etag(blob: BlobProperties) -> str:
    return str(blob.etag).strip('"')
