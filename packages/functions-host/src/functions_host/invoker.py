"""One invocation from start to end: the worker runs the function, its outputs are sent, both are logged."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Coroutine, Mapping
from typing import Any

from functions_host.connections import STORAGE_FAULTS
from functions_host.functions import Function
from functions_host.outputs import Outputs
from functions_host.protos import TypedData
from functions_host.worker import InvocationFailed, Worker

log = logging.getLogger("functions_host")


class Invoker:
    """Runs functions and keeps count of what runs."""

    def __init__(self, worker: Worker, outputs: Outputs) -> None:
        self._worker = worker
        self._outputs = outputs
        self._background: set[asyncio.Task[None]] = set()

    async def invoke(
        self,
        function: Function,
        data: TypedData,
        metadata: Mapping[str, TypedData] | None = None,
        *,
        reason: str,
        retry: tuple[int, int] = (0, 0),
    ) -> TypedData | None:
        """Runs the function and returns what it returned. Raises InvocationFailed, and logs it, if it raised."""
        identity, began = str(uuid.uuid4()), time.monotonic()
        log = logging.getLogger(f"Function.{function.name}")  # the platform's category, which host.json can turn down
        log.info("Executing '%s' (%s, Id=%s)", function.name, reason, identity)
        try:
            outcome = await self._worker.invoke(function, data, metadata, invocation_id=identity, retry=retry)
        except InvocationFailed as error:
            log.error("Executed '%s' (Failed, Id=%s): %s\n%s", function.name, identity, error, error.stack_trace)  # noqa: TRY400 - the worker's own trace is the one that helps
            raise
        try:
            await self._outputs.send(function, outcome)
        except STORAGE_FAULTS as error:
            log.error("Executed '%s' (Failed, Id=%s): its output could not be sent", function.name, identity)  # noqa: TRY400 - the SDK's trace says nothing more
            raise InvocationFailed(f"output binding: {type(error).__name__}") from error
        log.info("Executed '%s' (Succeeded, Id=%s, Duration=%.0f ms)", function.name, identity, _since(began))
        return outcome.value

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs `work` without anybody waiting for it; its failure is in the log and nowhere else."""
        task = asyncio.create_task(_quietly(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def settle(self, seconds: float) -> None:
        """Waits for what runs in the background, and then no longer."""
        if self._background:
            _, late = await asyncio.wait(self._background, timeout=seconds)
            for task in late:
                task.cancel()


async def _quietly(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except InvocationFailed:
        return  # logged where it failed
    except Exception:
        log.exception("Something run in the background failed")


def _since(began: float) -> float:
    return (time.monotonic() - began) * 1000
