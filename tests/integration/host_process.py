"""A Functions host as a child process, and the storage it works on, for the host's tests."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from local.azurite import Azurite, running_azurite
from local.tls import LocalCa
from tests.clock import HANG

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "host_apps"
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
    keys = ("--function-key", FUNCTION, "--host-key", HOST, "--master-key", MASTER, "--system-key", SYSTEM)
    return [sys.executable, "-m", "local.host", "--port", str(port), "--app", str(app), *keys]


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
            cwd=ROOT,
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
        cwd=ROOT,
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


@dataclass
class Storage:
    """Azurite, and what tests do with it."""

    azurite: Azurite
    ca_file: Path
    blobs: BlobServiceClient
    queues: QueueServiceClient

    @property
    def settings(self) -> dict[str, str]:
        return {"AzureWebJobsStorage": self.azurite.connection_string, "SSL_CERT_FILE": str(self.ca_file)}

    async def upload(self, container: str, blob: str, content: bytes, metadata: dict[str, str] | None = None) -> str:
        """Uploads a blob, as someone who drops a file; returns the URL an event would carry."""
        client = self.blobs.get_container_client(container)
        with suppress(ResourceExistsError):
            await client.create_container()
        uploaded = await client.upload_blob(blob, content, overwrite=True, metadata=metadata)
        return uploaded.url

    async def send(self, queue: str, text: str, *, encoded: bool = True) -> None:
        client = self.queues.get_queue_client(queue)
        with suppress(ResourceExistsError):
            await client.create_queue()
        await client.send_message(base64.b64encode(text.encode()).decode() if encoded else text)

    async def peek(self, queue: str) -> list[str]:
        """The messages of a queue as they lie there; none if it does not exist."""
        try:
            return [str(m.content) for m in await self.queues.get_queue_client(queue).peek_messages(32)]
        except ResourceNotFoundError:
            return []


@asynccontextmanager
async def running_storage(directory: Path) -> AsyncIterator[Storage]:
    """A real Azurite and clients that trust it."""
    ca = LocalCa()
    ca_file = ca.write_ca(directory / "ca.pem")
    async with running_azurite(ca, directory / "azurite", log=directory / "azurite.log") as azurite:
        text, trust = azurite.connection_string, str(ca_file)
        async with (
            BlobServiceClient.from_connection_string(text, connection_verify=trust) as blobs,
            QueueServiceClient.from_connection_string(text, connection_verify=trust) as queues,
        ):
            yield Storage(azurite, ca_file, blobs, queues)


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: Callable[[T], object]) -> T:
    """Looks again and again until what is seen is wanted; fails with what was seen last."""
    until = time.monotonic() + HANG
    seen = await look()
    while not wanted(seen):
        assert time.monotonic() < until, f"still {seen!r} after {HANG:.0f} s"
        await asyncio.sleep(0.05)
        seen = await look()
    return seen
