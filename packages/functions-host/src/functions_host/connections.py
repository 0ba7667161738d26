"""Storage connections: a setting of the connection's own name, or `{name}__…` settings and a managed identity."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.request import getproxies

from azure.core.exceptions import AzureError
from azure.identity.aio import ManagedIdentityCredential
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from functions_host.bells import QUEUES, bell_of
from functions_host.queue_list import QueueList
from functions_host.settings import Settings

HOST_STORAGE = "AzureWebJobsStorage"

# What a storage call raises when storage, or the identity endpoint before it, does not do its part: azure-identity lets
# the KeyError or ValueError of a token answer it cannot read pass through.
STORAGE_FAULTS = (AzureError, KeyError, ValueError, OSError)

# The SDKs' default policy waits 15 s and more between tries; a host that polls tries again soon by itself, so one
# try more after a second is enough to get over a hiccup.
_SHORT: dict[str, Any] = {"retry_total": 1, "initial_backoff": 1, "increment_base": 0, "random_jitter_range": 0}
# Without a proxy in the environment there is nothing to find there, and aiohttp would look for each poll, in threads.
_SHORT["use_env_settings"] = bool(getproxies())
_CLOSE_TIMEOUT = 0.5


def endpoint(settings: Settings, name: str, service: str) -> str | None:
    """The `blob` or `queue` endpoint of an identity-based connection, or None if its settings do not give one."""
    for suffix in (f"{service}ServiceUri", "serviceUri"):
        if found := settings.get(f"{name}__{suffix}"):
            return found
    account = settings.get(f"{name}__accountName")
    return f"https://{account}.{service}.core.windows.net" if account else None


def is_set(settings: Settings, name: str, service: str) -> bool:
    """Whether the connection can reach that service at all."""
    return bool(settings.get(name) or endpoint(settings, name, service))


def poison_connection(settings: Settings, blob_connection: str) -> str:
    """Where a blob trigger's poison messages go: the blob's own account if it can reach queues, else the host's.

    `__serviceUri` names one service only: for a blob trigger that is the blob service.
    """
    reaches_queues = any(
        settings.get(key)
        for key in (blob_connection, f"{blob_connection}__queueServiceUri", f"{blob_connection}__accountName")
    )
    return blob_connection if reaches_queues else HOST_STORAGE


class Connections:
    """The clients of every connection, made on first use and closed together."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._blobs: dict[str, BlobServiceClient] = {}
        self._queues: dict[str, QueueServiceClient] = {}
        self._lists: dict[str, QueueList] = {}
        self._credentials: dict[str, ManagedIdentityCredential] = {}

    def blobs(self, name: str) -> BlobServiceClient:
        """The blob service of a connection that passed the start checks."""
        if name not in self._blobs:
            if text := self._settings.get(name):
                self._blobs[name] = BlobServiceClient.from_connection_string(text, **_SHORT)
            else:
                self._blobs[name] = BlobServiceClient(
                    self._endpoint(name, "blob"), credential=self._credential(name), **_SHORT
                )
        return self._blobs[name]

    def queue(self, name: str, queue: str) -> QueueClient:
        """A queue of a connection. Its messages come and go as they are; encoding is the caller's business."""
        return self._queue_service(name).get_queue_client(queue)

    def queue_list(self, name: str) -> QueueList:
        """The list of the queues of a connection's account, the same for all who ask."""
        service = self._queue_service(name)
        return self._lists.setdefault(str(service.url), QueueList(service, bell_of(self._settings, QUEUES)))

    async def close(self) -> None:
        """Closes every client; one that hangs is left behind."""
        for listing in self._lists.values():
            listing.close()
        opened: list[BlobServiceClient | QueueServiceClient | ManagedIdentityCredential] = [
            *self._blobs.values(),
            *self._queues.values(),
            *self._credentials.values(),
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await asyncio.gather(*(client.close() for client in opened), return_exceptions=True)

    def _queue_service(self, name: str) -> QueueServiceClient:
        if name not in self._queues:
            if text := self._settings.get(name):
                self._queues[name] = QueueServiceClient.from_connection_string(text, **_SHORT)
            else:
                self._queues[name] = QueueServiceClient(
                    self._endpoint(name, "queue"), credential=self._credential(name), **_SHORT
                )
        return self._queues[name]

    def _endpoint(self, name: str, service: str) -> str:
        found = endpoint(self._settings, name, service)
        if found is None:
            raise LookupError(f"connection {name} has no {service} endpoint")
        return found

    def _credential(self, name: str) -> ManagedIdentityCredential:
        """The identity of `{name}__clientId`, or the system-assigned one."""
        client = self._settings.get(f"{name}__clientId") or ""
        if client not in self._credentials:
            self._credentials[client] = ManagedIdentityCredential(client_id=client or None)
        return self._credentials[client]
