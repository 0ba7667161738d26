"""Puts messages into the app's own Storage queues, whose triggers are in functions/triggers."""

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
from functions.adapters.proxies import follows_environment
from functions.model.errors import TooLong

QUEUE_STORAGE = "The queue storage"
MAX_MESSAGE_BYTES = 64 * 1024  # of the encoded message (Learn, "Azure Queue Storage limits")


class WorkQueues:
    """Implements the port `Work`. A queue that does not exist is created for its first message."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._service = QueueServiceClient(
            url,
            credential,
            retry_total=2,
            # Seconds. The SDK's defaults are 15 and more, and callers would wait that long.
            initial_backoff=1,
            increment_base=1,
            random_jitter_range=1,
            connection_timeout=5,
            read_timeout=10,
            use_env_settings=follows_environment(),
        )
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()

    async def put(
        self,
        queue: str,
        message: Mapping[str, Any],
        delay: timedelta = timedelta(0),
        ttl: timedelta | None = None,
    ) -> None:
        """Adds a message as base64 of JSON, which the host's queue trigger expects (host.json,
        `messageEncoding`). `delay`: it is not delivered before this has passed. `ttl`: how long
        the queue keeps it. Raises TooLong, Unavailable.
        """
        text = base64.b64encode(json.dumps(message).encode()).decode()
        if len(text) > MAX_MESSAGE_BYTES:
            raise TooLong(
                f"A message for the queue {queue} has {len(text)} of {MAX_MESSAGE_BYTES} bytes."
            )
        client = self._service.get_queue_client(queue)
        times = {"visibility_timeout": int(delay.total_seconds())}
        if ttl is not None:
            times["time_to_live"] = int(ttl.total_seconds())
        with faults_of(QUEUE_STORAGE):
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
