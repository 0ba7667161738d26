"""Blob triggers with Event Grid source: from an event to a message in the host's queue, from there to the function.

Event Grid's part ends when the message is in the queue. Any instance dequeues it; a blob or a function that is gone
means that the message is dropped without a word. The ETag is carried but, as on the platform, not compared.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from functions_host.connections import HOST_STORAGE, STORAGE_FAULTS, Connections, poison_connection
from functions_host.functions import Function, connection_of
from functions_host.invoker import Invoker
from functions_host.protos import TypedData
from functions_host.queues import Undecodable, decoded
from functions_host.settings import Settings
from functions_host.worker import InvocationFailed

log = logging.getLogger("functions_host")

FUNCTION_ID = "Host.Functions."
POISON_QUEUE = "webjobs-blobtrigger-poison"

_TOKEN = re.compile(r"\{([A-Za-z_]\w*)\}")


class BadBlobPath(ValueError):
    """A trigger's path that names no container, or uses a token twice."""


@dataclass(frozen=True)
class BlobPath:
    """A trigger's `path`, such as `chains/{name}`: a token takes as little as it can, the last one all the rest."""

    pattern: re.Pattern[str]
    container: re.Pattern[str]

    def tokens(self, container: str, blob: str) -> dict[str, str] | None:
        """The tokens' values for a blob, or None if the path does not match it."""
        found = self.pattern.fullmatch(f"{container}/{blob}")
        return found.groupdict() if found else None


def parse_blob_path(path: str) -> BlobPath:
    """Reads a trigger's path; one without a blob part matches every blob of its container."""
    container, _, blob = path.strip("/").partition("/")
    names = _TOKEN.findall(path)
    if not container or len(names) != len(set(names)):
        raise BadBlobPath(f"path {path!r}: write container/blob, with each {{token}} once")
    if "{" in _TOKEN.sub("", path) or "}" in _TOKEN.sub("", path):
        raise BadBlobPath(f"path {path!r}: a token is written {{name}}, letters and digits only")
    everything = f"{_expression(container)}/{_expression(blob) if blob else '.+'}"
    return BlobPath(re.compile(everything, re.DOTALL), re.compile(_expression(container)))


@dataclass(frozen=True)
class BlobMessage:
    """What travels through the host's queue, and into the poison queue."""

    function_id: str
    blob_type: str
    container: str
    blob: str
    etag: str

    def content(self) -> str:
        """The message as the host writes it."""
        fields = {
            "FunctionId": self.function_id,
            "BlobType": self.blob_type,
            "ContainerName": self.container,
            "BlobName": self.blob,
            "ETag": self.etag,
        }
        return base64.b64encode(json.dumps(fields).encode()).decode()


def blob_message(content: str) -> BlobMessage:
    """Reads a message; raises Undecodable if it is none."""
    try:
        fields = json.loads(decoded(content, "base64"))
        return BlobMessage(
            *(str(fields[name]) for name in ("FunctionId", "BlobType", "ContainerName", "BlobName", "ETag"))
        )
    except (ValueError, KeyError, TypeError):
        raise Undecodable("it is not a blob trigger message") from None


def blob_of_event(event: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    """Container, blob, ETag and type of a BlobCreated event in either schema, or None for another event.

    Raises ValueError for one without a usable `data.url`.
    """
    if event.get("eventType", event.get("type")) != "Microsoft.Storage.BlobCreated":
        return None
    data = event.get("data")
    data = data if isinstance(data, dict) else {}
    container, blob = _split(str(data.get("url", "")))
    return container, blob, str(data.get("eTag", "")), str(data.get("blobType", "BlockBlob"))


@dataclass(frozen=True)
class BlobTrigger:
    """A function with a blob trigger."""

    function: Function
    path: BlobPath
    invoker: Invoker
    connections: Connections

    async def run(self, container: str, blob: str) -> None:
        """Runs the function for a blob; one that is gone is no failure. Raises InvocationFailed."""
        tokens = self.path.tokens(container, blob)
        if tokens is None:
            log.info("'%s' is not for a blob of that name", self.function.name)
            return
        client = self.connections.blobs(connection_of(self.function.trigger)).get_blob_client(container, blob)
        try:
            download = await client.download_blob()
            content = await download.readall()
        except ResourceNotFoundError:
            return
        except STORAGE_FAULTS as error:
            log.error("The blob for '%s' could not be read (%s)", self.function.name, type(error).__name__)  # noqa: TRY400 - the SDK's trace says nothing more
            raise InvocationFailed("the blob could not be read") from error
        # The client's URL may carry a SAS; the host passes the plain one.
        metadata = _trigger_metadata(f"{container}/{blob}", client.url.partition("?")[0], download.properties, tokens)
        await self.invoker.invoke(self.function, self._data(content), metadata, reason="new blob")

    def _data(self, content: bytes) -> TypedData:
        if str(self.function.trigger.get("dataType", "")).upper() == "STRING":
            return TypedData(string=content.decode(errors="replace"))
        return TypedData(bytes=content)


class BlobQueue:
    """The handler of the host's blob queue: finds the function of each message."""

    def __init__(self, triggers: Mapping[str, BlobTrigger], connections: Connections, settings: Settings) -> None:
        self._triggers = triggers
        self._connections = connections
        self._settings = settings

    async def __call__(self, message: QueueMessage) -> None:
        """Runs the message's function; drops the message of a function that is no more."""
        about = blob_message(str(message.content))
        trigger = self._triggers.get(about.function_id.removeprefix(FUNCTION_ID))
        if trigger is not None:
            await trigger.run(about.container, about.blob)

    def poison(self, content: str) -> QueueClient:
        """The poison queue in the account of the blob, if that can be known and reached."""
        connection = HOST_STORAGE
        try:
            trigger = self._triggers.get(blob_message(content).function_id.removeprefix(FUNCTION_ID))
        except Undecodable:
            trigger = None
        if trigger is not None:
            connection = poison_connection(self._settings, connection_of(trigger.function.trigger))
        return self._connections.queue(connection, POISON_QUEUE)


def host_queue(host_id: str) -> str:
    """The queue between the webhook and the functions."""
    return f"azure-webjobs-blobtrigger-{host_id}"


def _expression(template: str) -> str:
    """A regular expression: literals as they are, each token a named group."""
    literals = _TOKEN.split(template)
    return "".join(f"(?P<{part}>.+?)" if position % 2 else re.escape(part) for position, part in enumerate(literals))


def _split(url: str) -> tuple[str, str]:
    """Container and blob of a blob's URL, Azure's or an emulator's (whose path begins with the account)."""
    address = urlsplit(url)
    parts = [unquote(part) for part in address.path.lstrip("/").split("/")]
    host = address.hostname or ""
    if host == "localhost" or host.replace(".", "").isdigit():
        parts = parts[1:]
    container, blob = parts[0] if parts else "", "/".join(parts[1:])
    if not container or not blob:
        raise ValueError("the event's data.url names no blob")
    return container, blob


def _trigger_metadata(
    path: str, uri: str, properties: BlobProperties, tokens: Mapping[str, str]
) -> dict[str, TypedData]:
    described = {
        "Length": properties.size,
        "ContentLength": properties.size,
        "ContentType": properties.content_settings.content_type,
        "ETag": properties.etag,
        "LastModified": _text(properties.last_modified),
        "CreatedOn": _text(properties.creation_time),
        "BlobType": str(getattr(properties.blob_type, "value", properties.blob_type)),
    }
    return {
        "BlobTrigger": TypedData(string=path),
        "Uri": TypedData(string=uri),
        "Properties": TypedData(json=json.dumps(described)),
        "Metadata": TypedData(json=json.dumps(dict(properties.metadata or {}))),
        **{name: TypedData(string=value) for name, value in tokens.items()},
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
