"""Queue output bindings: what a function returned or set is sent as messages, in the host's encoding."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from functions_host.connections import Connections
from functions_host.functions import Function, connection_of, kind
from functions_host.protos import TypedData
from functions_host.worker import Outcome


class Outputs:
    """Sends an invocation's outputs."""

    def __init__(self, connections: Connections, encoding: str) -> None:
        self._connections = connections
        self._encoding = encoding

    async def send(self, function: Function, outcome: Outcome) -> None:
        """Sends everything the function put into its queue bindings; raises STORAGE_FAULTS."""
        for binding in function.others:
            data = outcome.value if binding["name"] == "$return" else outcome.outputs.get(binding["name"])
            if kind(binding) != "queue" or data is None:
                continue
            queue = self._connections.queue(connection_of(binding), binding["queueName"])
            for body in _messages(data):
                await send_creating(queue, self._encoded(body))

    def _encoded(self, body: bytes) -> str:
        return base64.b64encode(body).decode() if self._encoding == "base64" else body.decode()


async def send_creating(queue: QueueClient, content: str) -> None:
    """Sends a message and, as the host does, makes the queue if it is missing."""
    try:
        await queue.send_message(content)
    except ResourceNotFoundError:
        with contextlib.suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(content)


def _messages(data: TypedData) -> Iterator[bytes]:
    """A string or bytes is one message; a JSON array is one message per item; any other JSON is one message."""
    match data.WhichOneof("data"):
        case "string":
            yield str(data.string).encode()
        case "bytes":
            yield bytes(data.bytes)
        case "json":
            value = json.loads(data.json)
            for item in value if isinstance(value, list) else [value]:
                yield (item if isinstance(item, str) else json.dumps(item)).encode()
