"""The Functions host as a process of its own: an app in Microsoft's worker library needs one to itself."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from local.web import LOOPBACK

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 60  # seconds for the host to answer, on a busy machine
STOP_LIMIT = 4  # seconds for the host to finish what it runs
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of our environment; the rest of the host's is its app settings


class HostFailed(RuntimeError):
    """The host did not start; the message holds the end of its log."""


@dataclass(frozen=True)
class Keys:
    """The host's keys, new for every stack."""

    function: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    master: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    system: str = field(default_factory=lambda: secrets.token_urlsafe(24))


@asynccontextmanager
async def running_functions_host(
    settings: Mapping[str, str], keys: Keys, *, port: int, log: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Runs this project's app with these settings while the block runs; yields once it answers. Raises HostFailed."""
    command = [sys.executable, "-m", "local.host", "--port", str(port), "--app", str(ROOT)]
    command += [f"--{name}-key={key}" for name, key in vars(keys).items()]  # "=": a key may begin with a hyphen
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={name: os.environ[name] for name in KEPT if name in os.environ} | dict(settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is ours to hand on
        )
    try:
        await _until_running(process, f"http://{LOOPBACK}:{port}/admin/host/status", keys.master, log)
        yield process
    finally:
        await _stop(process)


async def _until_running(process: asyncio.subprocess.Process, url: str, key: str, log: Path) -> None:
    try:
        async with asyncio.timeout(START_LIMIT), aiohttp.ClientSession() as session:
            while not await _answers(session, url, key):
                if process.returncode is not None:
                    end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                    raise HostFailed(f"The Functions host did not start. {end}\nIts log: {log}")
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise HostFailed(f"The Functions host did not answer within {START_LIMIT} s. Its log: {log}") from None


async def _answers(session: aiohttp.ClientSession, url: str, key: str) -> bool:
    try:
        async with session.get(url, headers={"x-functions-key": key}) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_LIMIT)
        except TimeoutError:
            process.kill()
            await process.wait()
