"""A Functions host as a child process, for tests of it and of apps."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

# Seconds until a wait is given up that takes no time on an idle machine: against hangs.
HANG = 100.0
FUNCTION, HOST, MASTER, SYSTEM = "a-function-key", "a-host-key", "a-master-key", "a-system-key"
KEYS = {"x-functions-key": MASTER}


@dataclass
class RunningHost:
    """A started host: where it answers, and its process."""

    url: str
    ready_line: str
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    log: Path

    async def get_json(self, path: str) -> Any:
        """What it answers to GET."""
        async with self.http.get(self.url + path) as answer:
            return await answer.json(content_type=None)

    async def run(self, name: str, given: object = "") -> int:
        """Runs a function through the admin API."""
        async with self.http.post(f"{self.url}/admin/functions/{name}", json={"input": given}, headers=KEYS) as answer:
            return answer.status

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        async with asyncio.timeout(HANG):
            return await self.process.wait()


def arguments(app: Path, port: int = 0) -> list[str]:
    """The command that starts it; 0 takes a free port."""
    keys = ("--function-key", FUNCTION, "--host-key", HOST, "--master-key", MASTER, "--system-key", SYSTEM)
    return [sys.executable, "-m", "functions_host", "--port", str(port), "--app", str(app), *keys]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The app settings and nothing else of ours but where programs are."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}


@asynccontextmanager
async def running_host(app: Path, settings: Mapping[str, str], log: Path, *options: str) -> AsyncIterator[RunningHost]:
    """Runs a host, with these options of its command line, while the block runs."""
    with log.open("ab") as stderr:
        process = await asyncio.create_subprocess_exec(
            *arguments(app),
            *options,
            env=environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(HANG):
            line = (await process.stdout.readline()).decode().strip()
        assert line, log.read_text()
        async with aiohttp.ClientSession() as session:
            host = RunningHost(line.split()[4], line, process, session, log)
            yield host
            await host.stop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def refusal(app: Path, settings: Mapping[str, str]) -> tuple[int, str, str]:
    """Starts a host that is to refuse: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *arguments(app),
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(HANG):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(), err.decode()


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], object]) -> T:
    """Looks again and again until what is seen is wanted; fails with what was seen last."""
    until = time.monotonic() + HANG
    seen = await look()
    while not wanted(seen):
        assert time.monotonic() < until, f"still {seen!r} after {HANG:.0f} s"
        await asyncio.sleep(0.05)
        seen = await look()
    return seen
