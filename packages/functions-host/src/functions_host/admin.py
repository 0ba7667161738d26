"""The admin API: run a function now, and ask how the host is. Both want the master key."""

from __future__ import annotations

import json
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from aiohttp import web

from functions_host.blobs import BlobTrigger
from functions_host.functions import Function
from functions_host.invoker import Invoker
from functions_host.keys import Keys
from functions_host.queues import QueueTrigger
from functions_host.timers import TimerTrigger
from functions_host.webhooks import run_event

log = logging.getLogger("functions_host")

Trigger = TimerTrigger | QueueTrigger | BlobTrigger | Function  # a Function: an Event Grid one


class Admin:
    """Answers under `/admin/`. A disabled function can still be run from here, as on the platform."""

    def __init__(self, keys: Keys, invoker: Invoker, triggers: Mapping[str, Trigger], host_id: str) -> None:
        self._keys = keys
        self._invoker = invoker
        self._triggers = triggers
        self._host_id = host_id

    async def handle(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answers one request; `path` is what follows `/admin/`."""
        if not self._keys.admit_master(request):
            return web.Response(status=401)
        match request.method, path:
            case "GET", ["host", "status"]:
                return web.json_response({"id": self._host_id, "state": "Running"})
            case "POST", ["functions", name]:
                return await self._run(request, name)
        return web.Response(status=404)

    async def _run(self, request: web.BaseRequest, name: str) -> web.Response:
        trigger = next((t for known, t in self._triggers.items() if known.lower() == name.lower()), None)
        if trigger is None:
            return web.Response(status=404)
        if request.content_type != "application/json":
            return web.Response(status=415)
        try:
            self._invoker.in_background(self._started(trigger, _input(await request.read())))
        except ValueError as error:
            return web.Response(status=400, text=f"The body does not do: {error}")
        return web.Response(status=202)

    def _started(self, trigger: Trigger, given: str | dict[str, Any] | None) -> Coroutine[Any, Any, None]:
        text = given if isinstance(given, str) else json.dumps(given or {})
        match trigger:
            case TimerTrigger():
                return trigger.run_once()
            case QueueTrigger():
                return trigger.run(text.encode(), {}, reason="admin call")
            case BlobTrigger():
                container, slash, blob = text.strip("/").partition("/")
                if not (slash and blob):
                    raise ValueError("input must be container/blob")
                return trigger.run(container, blob)
            case Function():
                event = json.loads(text)
                if not isinstance(event, dict) or not event:
                    raise ValueError("input must be an event")
                return run_event(self._invoker, trigger, event)


def _input(body: bytes) -> str | dict[str, Any] | None:
    """The call's `input`; a timer needs none."""
    parsed = json.loads(body)
    if isinstance(parsed, dict) and isinstance(parsed.get("input"), str | dict | None):
        return parsed.get("input")
    raise ValueError('it must be {"input": …}')
