"""Asks for runs of the product that die where they are told to (`killing.py`)."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from local.functions_host import KEPT, ROOT
from local.stack import Stack


class Runs:
    """The process that forks the runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self._ids = process, itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        """Hands each line to whoever waits for it."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if not (waiting := self._waiting.pop(said["id"])).cancelled():
                waiting.set_result(said)

    async def run(self, **asked: Any) -> dict[str, Any]:
        """A run to its end; returns what it said: where it was killed (`killed_at`) and what had been `done`, what it
        raised (`failed`), or none of these.
        """
        assert self._process.stdin is not None
        number = next(self._ids)
        ending: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = ending
        self._process.stdin.write(json.dumps({"id": number, **asked}).encode() + b"\n")
        return await ending

    async def do(self, **asked: Any) -> None:
        """A run that is not to be killed and not to fail."""
        said = await self.run(**asked)
        assert "failed" not in said, said["failed"]


@asynccontextmanager
async def running(stack: Stack) -> AsyncIterator[Runs]:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | stack.settings
    with (stack.directory / "killing.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.endurance.killing"),
            cwd=ROOT,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    runs = Runs(process)
    listening = asyncio.create_task(runs.listen())
    try:
        yield runs
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening
