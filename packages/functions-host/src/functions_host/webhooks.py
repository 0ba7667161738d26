"""The extensions' webhooks under `/runtime/webhooks/`: Event Grid delivers to `eventgrid` and `blobs`.

`eventgrid` runs the function while Event Grid waits: all events of a POST in parallel, any failure is a 500 and the
whole payload comes again. `blobs` only writes messages to the host's queue and answers.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from azure.storage.queue.aio import QueueClient

from functions_host.blobs import FUNCTION_ID, BlobMessage, BlobTrigger, blob_of_event
from functions_host.connections import STORAGE_FAULTS
from functions_host.functions import Function
from functions_host.invoker import Invoker
from functions_host.keys import Keys
from functions_host.outputs import send_creating
from functions_host.protos import TypedData
from functions_host.worker import InvocationFailed

log = logging.getLogger("functions_host")

Event = dict[str, Any]


class Webhooks:
    """Answers Event Grid."""

    def __init__(
        self,
        keys: Keys,
        invoker: Invoker,
        functions: Mapping[str, Function],
        blobs: Mapping[str, BlobTrigger],
        blob_queue: QueueClient | None,
    ) -> None:
        self._keys = keys
        self._invoker = invoker
        self._functions = functions
        self._blobs = blobs
        self._blob_queue = blob_queue

    async def handle(self, request: web.BaseRequest, extension: str) -> web.Response:
        """Handshake, or delivery; a wrong key 401, an unknown extension or function 404, anything else 400."""
        if extension not in ("eventgrid", "blobs"):
            return web.Response(status=404)
        if not self._keys.admit_system(request):
            return web.Response(status=401)
        name = request.query.get("functionName", "")
        known = name in self._functions if extension == "eventgrid" else self._blob_trigger(name) is not None
        if not known:
            return web.Response(status=404)
        if request.method == "OPTIONS":
            return _cloud_events_handshake(request)
        try:
            events = _events(await request.read())
            if request.method == "POST":
                return await self._posted(request.headers.get("aeg-event-type", ""), extension, name, events)
        except ValueError as error:
            log.warning("A webhook call was refused: %s", error)
        return web.Response(status=400)

    async def _posted(self, purpose: str, extension: str, name: str, events: list[Event]) -> web.Response:
        match purpose.lower():
            case "subscriptionvalidation":
                return web.json_response({"validationResponse": _validation_code(events)})
            case "notification" if extension == "eventgrid":
                return await self._run(self._functions[name], events)
            case "notification":
                return await self._enqueue(name, events)
        raise ValueError("its aeg-event-type is neither SubscriptionValidation nor Notification")

    async def _run(self, function: Function, events: list[Event]) -> web.Response:
        runs = [run_event(self._invoker, function, event) for event in events]
        results = await asyncio.gather(*runs, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, InvocationFailed):
                raise result
        return web.Response(status=500 if any(results) else 202)

    async def _enqueue(self, name: str, events: list[Event]) -> web.Response:
        trigger = self._blob_trigger(name)
        if trigger is None or self._blob_queue is None:
            return web.Response(status=404)
        found = [blob for blob in map(blob_of_event, events) if blob is not None]
        try:
            for container, blob, etag, blob_type in found:
                # Event Grid filters by nothing but the subscription: another container's blob may come along.
                if trigger.path.container.fullmatch(container):
                    message = BlobMessage(name, blob_type, container, blob, etag)
                    await send_creating(self._blob_queue, message.content())
        except STORAGE_FAULTS as error:
            log.error("A blob event could not be queued (%s)", type(error).__name__)  # noqa: TRY400 - the SDK's trace says nothing more
            return web.Response(status=500)
        return web.Response(status=202)

    def _blob_trigger(self, name: str) -> BlobTrigger | None:
        return self._blobs.get(name.removeprefix(FUNCTION_ID)) if name.startswith(FUNCTION_ID) else None


async def run_event(invoker: Invoker, function: Function, event: Event) -> None:
    """Runs an Event Grid function for one event, in either schema."""
    await invoker.invoke(function, TypedData(json=json.dumps(event)), reason="Event Grid")


def _cloud_events_handshake(request: web.BaseRequest) -> web.Response:
    """CloudEvents' abuse protection: the sender asks by OPTIONS whether it may send."""
    origin = request.headers.get("WebHook-Request-Origin")
    if not origin:
        return web.Response(status=400)
    return web.Response(headers={"WebHook-Allowed-Origin": origin})


def _events(body: bytes) -> list[Event]:
    """An array of events (Event Grid schema), or a single one (CloudEvents)."""
    parsed = json.loads(body)
    events = parsed if isinstance(parsed, list) else [parsed]
    if not events or not all(isinstance(event, dict) for event in events):
        raise ValueError("its body is neither an event nor an array of events")
    return events


def _validation_code(events: list[Event]) -> str:
    data = events[0].get("data")
    if not isinstance(data, dict) or "validationCode" not in data:
        raise ValueError("the validation event has no data.validationCode")
    return str(data["validationCode"])
