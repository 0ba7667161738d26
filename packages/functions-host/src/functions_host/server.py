"""The host: one app from its folder to answering requests, and back down. One app per process (see worker.py)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from functions_host.admin import Admin, Trigger
from functions_host.bells import bell_of
from functions_host.blobs import BlobQueue, BlobTrigger, host_queue, parse_blob_path
from functions_host.checks import http_routes, problems
from functions_host.connections import HOST_STORAGE, Connections
from functions_host.functions import BLOB, HTTP, QUEUE, TIMER, Function, StartRefused, connection_of
from functions_host.host_json import HostJson, read_host_json
from functions_host.http_front import BODY_LIMIT, HttpFront
from functions_host.invoker import Invoker
from functions_host.keys import Keys
from functions_host.leases import Lease, OnOneInstance
from functions_host.outputs import Outputs
from functions_host.queues import QueueListener, QueueTrigger
from functions_host.settings import Settings, host_id, host_id_problems, is_disabled, resolved
from functions_host.timers import TimerTrigger
from functions_host.waiting import pause
from functions_host.webhooks import Webhooks
from functions_host.worker import Worker

log = logging.getLogger("functions_host")

GRACE = 1.5  # seconds that running invocations get at the end
LISTENER_RESTART = 1.0
POISON = "-poison"  # the end of a poison queue's name; it has none of its own


@dataclass(frozen=True)
class Options:
    """What the command line says.

    `hurry`: how many times shorter the platform's own waits are. `with_parent`: whether the end of standard input,
    which is the end of the process at its other end, stops the host. `blob_tries_at_once`: a blob trigger's tries
    follow each other without a pause, as on the platform; otherwise host.json's `extensions.queues` has its length.
    `root_level`: of the root logger.
    """

    app_dir: Path
    port: int = 7071
    keys: Keys = field(default_factory=Keys)
    hurry: float = 1.0
    with_parent: bool = False
    blob_tries_at_once: bool = True
    root_level: str = "info"


class Listener(Protocol):
    """Something that waits for work until the host stops."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until `stopping` is set, then finishes what it has begun."""


async def run(options: Options, settings: Settings, stopping: asyncio.Event, ready: Callable[[int, int], None]) -> None:
    """Runs the app until `stopping`; tells `ready` the port and the number of functions. Raises StartRefused.

    A handler may still hold a thread at the end; only ending the process helps then.
    """
    config = read_host_json(options.app_dir, settings)
    for category, level in config.log_levels.items():
        logging.getLogger(category).setLevel(level)  # as .NET's, one logger's level is that of those below it
    worker = Worker(options.app_dir)
    connections = Connections(settings)
    try:
        indexed = await _unless(stopping, worker.start())
        if indexed is not None:
            functions = checked(indexed, settings, options.app_dir)
            invoker = Invoker(worker, Outputs(connections, config.queues.message_encoding))
            await Host(options, config, settings, connections, invoker, functions).serve(stopping, ready)
    finally:
        await connections.close()
        worker.close()


def checked(functions: tuple[Function, ...], settings: Settings, app_dir: Path) -> tuple[Function, ...]:
    """The functions with their settings put in; raises StartRefused with every problem at once."""
    missing: list[str] = []
    complete: list[Function] = []
    for function in functions:
        put_in, lacks = resolved(function, settings)
        missing += lacks
        if not lacks:  # an empty schedule or queue name would only be a second complaint about the same thing
            complete.append(replace(put_in, disabled=is_disabled(function, settings)))
    found = missing + problems(tuple(complete), settings) + host_id_problems(host_id(settings, app_dir))
    if found:
        raise StartRefused(*dict.fromkeys(found))
    return tuple(complete)


class Host:
    """Everything that runs around one app's functions."""

    def __init__(
        self,
        options: Options,
        config: HostJson,
        settings: Settings,
        connections: Connections,
        invoker: Invoker,
        functions: tuple[Function, ...],
    ) -> None:
        self._options, self._config, self._settings = options, config, settings
        self._connections, self._invoker, self._functions = connections, invoker, functions
        self._id = host_id(settings, options.app_dir)
        self._triggers: dict[str, Trigger] = {f.name: self._trigger(f) for f in functions if f.kind != HTTP}
        self._enabled = {f.name: self._triggers[f.name] for f in functions if f.kind != HTTP and not f.disabled}
        self._stopping = False
        self._front = HttpFront(options.keys, invoker, http_routes(functions), config, settings)
        self._admin = Admin(options.keys, invoker, self._triggers, self._id)
        self._webhooks = self._make_webhooks()

    async def serve(self, stopping: asyncio.Event, ready: Callable[[int, int], None]) -> None:
        """Answers and listens until `stopping`."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle)  # a line feed (%0A) in a path, too
        app.on_response_prepare.append(self._add_headers)
        async with contextlib.AsyncExitStack() as served:
            try:
                port = await _bound(app, self._options.port, served)
            except OSError as error:
                raise StartRefused(
                    f"Port {self._options.port} cannot be used ({error.strerror}): choose another with --port."
                ) from None
            listeners = [asyncio.create_task(_kept_running(each, stopping)) for each in self._listeners(port)]
            ready(port, len(self._functions))
            await stopping.wait()
            self._stopping = True
            log.info("Stopping")
            await self._settle(listeners)

    async def _settle(self, listeners: list[asyncio.Task[None]]) -> None:
        async with asyncio.TaskGroup() as ends:
            ends.create_task(self._invoker.settle(GRACE))
            ends.create_task(_finish(listeners))

    async def _handle(self, request: web.Request) -> web.Response:
        if self._stopping:
            return web.Response(status=503, text="Function host is not running.")
        try:
            return await self._answer(request)
        except Exception:
            log.exception("Answering a request failed in the host")
            return web.Response(status=500)

    async def _answer(self, request: web.Request) -> web.Response:
        match request.path.lstrip("/").split("/"):
            case [first, *rest] if first.lower() == "admin":
                return await self._admin.handle(request, rest)
            case [first, second, extension] if (first.lower(), second.lower()) == ("runtime", "webhooks"):
                return await self._webhooks.handle(request, extension.lower())
        return await self._front.handle(request)

    async def _add_headers(self, _request: web.BaseRequest, response: web.StreamResponse) -> None:
        """host.json's customHeaders go on every response; its `hsts` goes on HTTPS only, which is not spoken here."""
        for name, value in self._config.custom_headers.items():
            response.headers.setdefault(name, value)  # the function's own stays

    def _trigger(self, function: Function) -> Trigger:
        if function.kind == TIMER:
            return TimerTrigger(function, self._invoker, self._connections.blobs(HOST_STORAGE), self._id)
        if function.kind == QUEUE:
            return QueueTrigger(function, self._invoker, self._config.queues.message_encoding)
        if function.kind == BLOB:
            path = parse_blob_path(str(function.trigger["path"]))
            return BlobTrigger(function, path, self._invoker, self._connections)
        return function

    def _make_webhooks(self) -> Webhooks:
        events = {name: t for name, t in self._enabled.items() if isinstance(t, Function)}
        blobs = {name: t for name, t in self._enabled.items() if isinstance(t, BlobTrigger)}
        queue = self._connections.queue(HOST_STORAGE, host_queue(self._id)) if blobs else None
        return Webhooks(self._options.keys, self._invoker, events, blobs, queue)

    def _listeners(self, port: int) -> list[Listener]:
        listeners: list[Listener] = []
        blobs: dict[str, BlobTrigger] = {}
        for name, trigger in self._enabled.items():
            if isinstance(trigger, TimerTrigger):
                listeners.append(self._on_one_instance(trigger, port))
            elif isinstance(trigger, QueueTrigger):
                listeners.append(self._queue_listener(trigger))
            elif isinstance(trigger, BlobTrigger):
                blobs[name] = trigger
        if blobs:
            listeners.append(self._blob_listener(blobs))
        return listeners

    def _on_one_instance(self, timer: TimerTrigger, port: int) -> OnOneInstance:
        blobs, name = self._connections.blobs(HOST_STORAGE), timer.function.name
        return OnOneInstance(timer, Lease(blobs, self._id, name, instance=f"{self._id}:{port}"))

    def _queue_listener(self, trigger: QueueTrigger) -> QueueListener:
        connection, name = connection_of(trigger.function.trigger), str(trigger.function.trigger["queueName"])
        queue, there = self._connections.queue(connection, name), self._connections.queue_list(connection)
        options = self._config.queues
        beside = None if name.endswith(POISON) else self._connections.queue(connection, f"{name}{POISON}")
        poison = (lambda _: beside) if beside else None
        most, hurry = options.max_dequeue_count, self._options.hurry
        return QueueListener(queue, there, trigger, poison, options, most, hurry, bell_of(self._settings, name))

    def _blob_listener(self, triggers: dict[str, BlobTrigger]) -> QueueListener:
        handler = BlobQueue(triggers, self._connections, self._settings)
        queue = self._connections.queue(HOST_STORAGE, host_queue(self._id))
        there = self._connections.queue_list(HOST_STORAGE)
        most, options = self._config.poison_blob_threshold, self._config.queues
        if self._options.blob_tries_at_once:
            # The blob extension makes the options of this queue itself (azure-sdk-for-net,
            # SharedBlobQueueListenerFactory) and leaves the visibility time after a failure at 0.
            options = replace(options, visibility_timeout=0)
        bell = bell_of(self._settings, queue.queue_name)
        return QueueListener(queue, there, handler, handler.poison, options, most, self._options.hurry, bell)


async def _bound(app: web.Application, port: int, served: contextlib.AsyncExitStack) -> int:
    """Serves the app on loopback for as long as `served` is open, and returns its port. Raises OSError."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    served.push_async_callback(runner.cleanup)  # open requests get a second to finish
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return int(runner.addresses[0][1])


async def _unless[T](stopping: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None if the host is to stop before: an import may take long, or hang."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    task.cancel()
    return None


async def _kept_running(listener: Listener, stopping: asyncio.Event) -> None:
    """A listener that fails is started again: one must never silence another, nor itself for good."""
    while not stopping.is_set():
        try:
            await listener.run(stopping)
        except Exception:
            log.exception("A listener failed in the host; it starts again")
            await pause(stopping, LISTENER_RESTART)


async def _finish(listeners: list[asyncio.Task[None]]) -> None:
    if listeners:
        _, late = await asyncio.wait(listeners, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
