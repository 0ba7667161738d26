"""The worker library, driven as the platform's proxy worker drives it: init, metadata, load, then invocations.

It runs on an event loop and a thread of its own, as on Azure it runs in a process of its own: a handler that blocks
holds up the other functions, never the host. Its state is in module globals, so a process runs one app.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import azure_functions_runtime as runtime

from functions_host import protos
from functions_host.functions import Function, Retry, StartRefused

log = logging.getLogger("functions_host.worker")

SCRIPT = "function_app.py"
CLOSE_TIMEOUT = 0.5


class InvocationFailed(Exception):
    """The function raised; `stack_trace` is the worker's."""

    def __init__(self, message: str, stack_trace: str = "") -> None:
        super().__init__(message)
        self.stack_trace = stack_trace


@dataclass(frozen=True)
class Outcome:
    """What an invocation gave back."""

    value: protos.TypedData | None
    outputs: Mapping[str, protos.TypedData]


class Worker:
    """One app in the worker library. `start` indexes it; `invoke` runs a function."""

    def __init__(self, app_dir: Path) -> None:
        self._app_dir = app_dir.resolve()
        self._loop = asyncio.new_event_loop()
        self._closing = False
        self._thread = threading.Thread(target=self._run_loop, name="functions-worker", daemon=True)

    async def start(self) -> tuple[Function, ...]:
        """Indexes the app and returns its functions. Raises StartRefused with the worker's own text."""
        if not (self._app_dir / SCRIPT).is_file():
            raise StartRefused(f"There is no {SCRIPT} in {self._app_dir}: run from the app's folder or give --app.")
        if str(self._app_dir) not in sys.path:
            sys.path.insert(0, str(self._app_dir))  # the library imports the script by its stem
        self._thread.start()
        runtime.start_threadpool_executor()  # sync handlers; honours PYTHON_THREADPOOL_THREAD_COUNT
        return await self._on_worker(self._index())

    async def invoke(
        self,
        function: Function,
        data: protos.TypedData,
        metadata: Mapping[str, protos.TypedData] | None = None,
        *,
        invocation_id: str,
        retry: tuple[int, int] = (0, 0),
    ) -> Outcome:
        """Runs `function` once with its trigger's data. `retry` is the attempt and the most there may be."""
        request = SimpleNamespace(
            invocation_id=invocation_id,
            function_id=function.id,
            input_data=[protos.ParameterBinding(name=function.trigger["name"], data=data)],
            trigger_metadata=dict(metadata or {}),
            trace_context=SimpleNamespace(trace_parent=_trace_parent(), trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=retry[0], max_retry_count=retry[1], exception=None),
        )
        reply = await self._on_worker(_guarded(runtime.invocation_request(_envelope(invocation_request=request))))
        if reply.result.status != protos.StatusResult.Success:
            error = reply.result.exception
            raise InvocationFailed(error.message, error.stack_trace or "")
        return Outcome(reply.return_value, {output.name: output.data for output in reply.output_data or []})

    def close(self) -> None:
        """Stops the worker as far as can be: a handler that holds a thread goes on, which nothing in Python can end."""
        self._closing = True
        if self._thread.ident is None:
            return  # never started
        executor = runtime.get_threadpool_executor()
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
        asyncio.run_coroutine_threadsafe(self._wind_down(), self._loop)
        self._thread.join(timeout=CLOSE_TIMEOUT)
        if not self._thread.is_alive():
            self._loop.close()

    async def _index(self) -> tuple[Function, ...]:
        init = SimpleNamespace(capabilities={}, function_app_directory=str(self._app_dir))
        reply = await _guarded(runtime.worker_init_request(_envelope(worker_init_request=init)))
        if reply.result.status != protos.StatusResult.Success:
            error = reply.result.exception
            log.error("The worker could not index the app:\n%s", error.stack_trace)
            raise StartRefused(f"The app failed to index. The worker says: {error.message}")
        listed = await runtime.functions_metadata_request(_envelope())
        functions = tuple(_function(f) for f in listed.function_metadata_results or ())
        if not functions:
            raise StartRefused(f"{SCRIPT} has no functions: decorate at least one, or register its blueprints.")
        if forgotten := _unregistered_blueprints():
            raise StartRefused(*forgotten)
        for function in functions:
            await runtime.function_load_request(
                _envelope(function_load_request=SimpleNamespace(function_id=function.id))
            )
        return functions

    async def _wind_down(self) -> None:
        """Cancels what still runs, so that its `finally` blocks do, and stops the loop."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT / 2)
        self._loop.stop()

    async def _on_worker[T](self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._closing:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                # A task that a function left behind called sys.exit(): asyncio lets that through, we go on.
                log.exception("A background task of a function tried to end the process")


async def _guarded[T](work: Coroutine[Any, Any, T]) -> T:
    """The library catches Exception only; a function's sys.exit() must not reach the event loop."""
    try:
        return await work
    except (SystemExit, KeyboardInterrupt) as error:
        raise InvocationFailed(f"{type(error).__name__}: {error}") from error


def _envelope(**request: object) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(**request), properties={"host": "127.0.0.1", "protos": protos})


def _function(listed: Any) -> Function:
    bindings = tuple(json.loads(raw) for raw in listed.raw_bindings)
    return Function(listed.name, listed.function_id, bindings, _retry(listed.retry_options))


def _retry(options: Any) -> Retry | None:
    if options is None:
        return None
    delay = options.delay_interval or options.minimum_interval or timedelta()
    return Retry(options.retry_strategy, options.max_retry_count, delay, options.maximum_interval or timedelta.max)


def _unregistered_blueprints() -> Sequence[str]:
    """The worker indexes the one FunctionApp; a blueprint that was never registered is dropped without a word."""
    scope = vars(sys.modules[Path(SCRIPT).stem])
    apps = [value for value in scope.values() if isinstance(value, func.FunctionRegister)]
    known = {id(builder) for app in apps for builder in app._function_builders}  # noqa: SLF001 - no public list
    return [
        f"Blueprint {name} in {SCRIPT} is not registered: add app.register_functions({name})."
        for name, value in scope.items()
        if isinstance(value, func.Blueprint) and any(id(builder) not in known for builder in value._function_builders)  # noqa: SLF001 - the same
    ]


def _trace_parent() -> str:
    """A W3C traceparent, new for each invocation."""
    return f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
