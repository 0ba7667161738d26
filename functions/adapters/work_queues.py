"""Storage queues whose messages come back to this app."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueServiceClient

from functions.adapters.faults import faults_of
from functions.issuance.errors import TooLong

SERVICE = "The queue storage"
MAX_MESSAGE_BYTES = 64 * 1024  # as it is sent (Learn, "Azure Queue Storage limits")


class WorkQueues:
    """The port `Work`. A queue is made when the first message for it finds none."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = QueueServiceClient(
            url,
            credential,
            retry_total=2,
            initial_backoff=1,  # seconds; the SDK's own are 15 and more, and callers would wait for that
            increment_base=1,
            random_jitter_range=1,
            connection_timeout=5,
            read_timeout=10,
        )
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()

    async def put(
        self,
        queue: str,
        message: Mapping[str, Any],
        after: timedelta = timedelta(0),
        lasts: timedelta | None = None,
    ) -> None:
        """Adds a message. Base64, as the host's queue trigger expects it (host.json, `messageEncoding`)."""
        text = base64.b64encode(json.dumps(message).encode()).decode()
        if len(text) > MAX_MESSAGE_BYTES:
            raise TooLong(f"A message for the queue {queue} has {len(text)} of {MAX_MESSAGE_BYTES} bytes.")
        client = self._service.get_queue_client(queue)
        times = {"visibility_timeout": int(after.total_seconds())}
        if lasts is not None:
            times["time_to_live"] = int(lasts.total_seconds())
        with faults_of(SERVICE):
            try:
                await client.send_message(text, **times)
            except ResourceNotFoundError:
                await self._make(queue)
                await client.send_message(text, **times)

    async def _make(self, queue: str) -> None:
        async with self._lock:
            try:
                await self._service.create_queue(queue)
            except ResourceExistsError:
                return
