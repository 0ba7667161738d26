"""The Functions host as a process of its own: an app in Microsoft's worker library needs one to itself."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from keyvault_emulator.web import LOOPBACK

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 300  # seconds for the host to answer, on a busy machine
STOP_LIMIT = 4  # seconds for the host to finish what it runs
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # of our environment; the rest of the host's is its app settings


class HostFailed(RuntimeError):
    """The host did not start; the message holds the end of its log."""


@dataclass(frozen=True)
class Keys:
    """The host's keys, new for every stack."""

    function: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    master: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    system: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class FunctionsHost:
    """One host, always on the same port and with the same keys and settings, however often it is killed and started."""

    def __init__(
        self,
        settings: Mapping[str, str],
        keys: Keys,
        *,
        port: int,
        log: Path,
        app: Path = ROOT,
        hurry: float = 1.0,
        blob_tries_at_once: bool = True,
    ) -> None:
        """`app` is the folder of function_app.py; `hurry` how many times shorter the platform's own waits are;
        `blob_tries_at_once` whether a blob trigger's tries follow each other without a pause, as on the platform.
        """
        self.url = f"http://{LOOPBACK}:{port}"
        self._environment = {name: os.environ[name] for name in KEPT if name in os.environ} | dict(settings)
        self._command = [
            sys.executable,
            "-m",
            "functions_host",
            "--port",
            str(port),
            "--app",
            str(app),
            "--with-parent",
        ]
        self._command += ["--hurry", f"{hurry:g}"]
        self._command += ["--blob-tries-at-once" if blob_tries_at_once else "--no-blob-tries-at-once"]
        # "=": a key may begin with a hyphen
        self._command += [f"--{name}-key={key}" for name, key in vars(keys).items()]
        self._master, self._log = keys.master, log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Starts it and returns once it answers; its log goes on where it stood. Raises HostFailed."""
        if self.runs:
            raise HostFailed(f"The Functions host at {self.url} runs already.")
        with self._log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,  # ends with this process, however that ends, and then the host does
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is ours to hand on
            )
        self._process = process
        try:
            await self._until_running(process)
        except BaseException:
            await self.stop()
            raise

    async def kill(self) -> None:
        """Ends it where it stands, by SIGKILL to its process group, and returns when it is gone."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        """Lets it finish what it runs, but not for long."""
        if self._process is None:
            return
        try:
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOP_LIMIT):
                await self._process.wait()
        except TimeoutError:
            pass  # it had its time
        finally:
            await self.kill()

    async def ended(self) -> int:
        """Waits until the process that runs now is no more; returns its exit code."""
        return await self._process.wait() if self._process else 0

    async def _until_running(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_LIMIT), aiohttp.ClientSession() as session:
                while not await self._answers(session):
                    if process.returncode is not None:
                        end = "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
                        raise HostFailed(f"The Functions host did not start. {end}\nIts log: {self._log}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise HostFailed(
                f"The Functions host did not answer within {START_LIMIT} s. Its log: {self._log}"
            ) from None

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        url, headers = f"{self.url}/admin/host/status", {"x-functions-key": self._master}
        try:
            async with session.get(url, headers=headers) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def running_functions_host(
    settings: Mapping[str, str], keys: Keys, *, port: int, log: Path, app: Path = ROOT, hurry: float = 1.0
) -> AsyncIterator[FunctionsHost]:
    """Runs an app (this project's, if no other is given) with these settings while the block runs; yields once it
    answers. Raises HostFailed.
    """
    host = FunctionsHost(settings, keys, port=port, log=log, app=app, hurry=hurry)
    await host.start()
    try:
        yield host
    finally:
        await host.stop()
