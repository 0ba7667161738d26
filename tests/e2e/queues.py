"""How much is on the storage queues of a stack."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueServiceClient

from functions.ports.work_queue import EVENT_QUEUE, GIVEN_UP_QUEUE, STUCK_UPLOAD_QUEUE, UPLOAD_QUEUE, VAULT_EVENT_QUEUE
from local.api import Client

# What the platform has told us, and we have not dealt with.
TOLD = (EVENT_QUEUE, VAULT_EVENT_QUEUE, UPLOAD_QUEUE, STUCK_UPLOAD_QUEUE, GIVEN_UP_QUEUE)


async def put(client: Client, queue: str, message: dict[str, Any]) -> None:
    """Puts a message on a queue, as the app does; makes the queue if there is none."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    async with QueueServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        with suppress(ResourceExistsError):
            await service.create_queue(queue)
        text = base64.b64encode(json.dumps(message).encode()).decode()
        await service.get_queue_client(queue).send_message(text)


async def messages_in(client: Client, *names: str) -> int:
    """How many messages there are, those that are hidden included; a queue that nobody has made yet has none."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    count = 0
    async with QueueServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        for name in names:
            try:
                properties = await service.get_queue_client(name).get_queue_properties()
            except ResourceNotFoundError:
                continue
            count += properties.approximate_message_count or 0
    return count
