"""Azurite, and clients that trust it, for the host's triggers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from keyvault_emulator.tls import LocalCa
from local.azurite import Azurite, running_azurite


@dataclass
class Storage:
    """Azurite, and what tests do with it."""

    azurite: Azurite
    ca_file: Path
    blobs: BlobServiceClient
    queues: QueueServiceClient

    @property
    def settings(self) -> dict[str, str]:
        return {"AzureWebJobsStorage": self.azurite.connection_string, "SSL_CERT_FILE": str(self.ca_file)}

    async def upload(self, container: str, blob: str, content: bytes, metadata: dict[str, str] | None = None) -> str:
        """Uploads a blob, as someone who drops a file; returns the URL an event would carry."""
        client = self.blobs.get_container_client(container)
        with suppress(ResourceExistsError):
            await client.create_container()
        uploaded = await client.upload_blob(blob, content, overwrite=True, metadata=metadata)
        return uploaded.url

    async def send(self, queue: str, text: str, *, encoded: bool = True) -> None:
        client = self.queues.get_queue_client(queue)
        with suppress(ResourceExistsError):
            await client.create_queue()
        await client.send_message(base64.b64encode(text.encode()).decode() if encoded else text)

    async def peek(self, queue: str) -> list[str]:
        """The messages of a queue as they lie there; none if it does not exist."""
        try:
            return [str(m.content) for m in await self.queues.get_queue_client(queue).peek_messages(32)]
        except ResourceNotFoundError:
            return []


@asynccontextmanager
async def running_storage(directory: Path) -> AsyncIterator[Storage]:
    """A real Azurite and clients that trust it."""
    ca = LocalCa()
    ca_file = ca.write_ca(directory / "ca.pem")
    async with running_azurite(ca, directory / "azurite", log=directory / "azurite.log") as azurite:
        text, trust = azurite.connection_string, str(ca_file)
        async with (
            BlobServiceClient.from_connection_string(text, connection_verify=trust) as blobs,
            QueueServiceClient.from_connection_string(text, connection_verify=trust) as queues,
        ):
            yield Storage(azurite, ca_file, blobs, queues)
