"""Peak resident memory of the app: what `make package` builds, unpacked, in a process of the local host that has
nothing else. After it answers, it scans two vaults of 1,000 pending requests each, scans them again as a rebuild, which
hands out all their CSRs, reads a file of 1 MiB, and merges 100 chains that are dropped at once. What a sweep of due
requests allocates beside that is in sweep_memory.py. The file is one certificate again and again.

The peak is the kernel's (VmHWM in /proc, see proc_pid_status(5)), set back before each step. The process is host and
app in one, both in Python: on Azure the host is a process of its own (.NET), whose memory is not in these figures, and
how much of an instance it takes is not known here. Linux alone has these files.
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.table import Row, print_rows
from benchmarks.tracked import full_vaults
from functions.chains.parsing.parse import MAX_FILE_BYTES
from local.api import Client, client_of, until
from local.hosts import free_ports
from local.package import build
from local.setup import find_uv
from local.stack import Ports, Stack, running_stack
from tests.certificates import Ca, Wish, pem
from tests.clock import real_now
from tests.e2e.request_and_chain import started
from tests.e2e.telling import MUCH_MAIL
from tests.thorough.infra.package_host import package_host

PENDING, DROPS = 1_000, 100
PATIENCE = 300.0  # seconds, for a step on a busy machine
# The most that a vault allows, so that a scan of 1,000 takes seconds.
SETTINGS = {**MUCH_MAIL, "CERTFLOW_VAULT_BUDGET": "4000"}


def measure() -> list[Row]:
    """Builds the package, and runs it through all steps."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    (port,) = free_ports(1)
    async with AsyncExitStack() as running:
        directory = Path(running.enter_context(TemporaryDirectory()))
        app, venv = directory / "app", directory / "venv"
        with zipfile.ZipFile(await asyncio.to_thread(build, directory / "dist")) as archive:
            archive.extractall(app)
        make_empty = (find_uv(), "venv", "--quiet", "--python", sys.executable, str(venv))
        await asyncio.to_thread(subprocess.run, make_empty, check=True)
        running.enter_context(full_vaults(PENDING, own_keys=True))
        stack = await running.enter_async_context(
            running_stack(directory / "stack", own_host=False, ports=Ports(host=port), settings=SETTINGS)
        )
        client = await running.enter_async_context(client_of(stack.describe()))
        process = await running.enter_async_context(package_host(stack, app, venv / "bin" / "python", port, directory))
        return await _steps(stack, client, process.pid)


async def _steps(stack: Stack, client: Client, pid: int) -> list[Row]:
    steps: tuple[tuple[str, Callable[[Client], Awaitable[None]]], ...] = (
        (f"a scan of {len(stack.vaults)} vaults of {PENDING:,} pending requests", _scanned),
        ("the same as a rebuild, with all CSRs handed out", _rebuilt),
        ("a file of 1 MiB, read by POST chains/inspect", _inspected),
        (f"{DROPS} chains that are dropped at once", _merged),
    )
    await client.call("GET", "status")
    peaks = [("peak memory of the app, MiB: started, one GET status", _peak(pid))]
    for what, step in steps:
        _forget_peak(pid)
        await step(client)
        peaks.append((f"  {what}", _peak(pid)))
    return [Row(what, peak) for what, peak in peaks]


async def _scanned(client: Client) -> None:
    await until("the first scan of every vault", lambda: _through(client), PATIENCE)


async def _through(client: Client) -> bool:
    vaults = (await (await client.call("GET", "status")).json())["vaults"]
    return all(one["last_survey"] and one["last_survey"]["certificates"] >= PENDING for one in vaults)


async def _rebuilt(client: Client) -> None:
    response = await client.call("POST", "rebuild")
    if response.status != 202:
        raise AssertionError(f"POST rebuild: HTTP {response.status}")

    async def told() -> bool:
        return len(await client.messages("Rebuilt from Key Vault")) > 0 and await _through(client)

    await until("the rebuild of every vault", told, PATIENCE)


async def _inspected(client: Client) -> None:
    ca = Ca.root("Memory Root", at=real_now)
    one = pem(ca.certificate)
    content = one * (MAX_FILE_BYTES // len(one))
    response = await client.call("POST", "chains/inspect", data=content)
    if response.status != 200:
        raise AssertionError(f"POST chains/inspect: HTTP {response.status}")


async def _merged(client: Client) -> None:
    ca = Ca.root("Memory Root", Wish(end=timedelta(days=3650)), at=real_now)
    names = [f"dropped-{number}" for number in range(DROPS)]
    chains = [(name, _chain(ca, await started(client, name), name)) for name in names]
    await asyncio.gather(*(client.drop(f"{name}.pem", chain) for name, chain in chains))

    async def all_merged() -> bool:
        merged = await client.files("chains-merged", "report.json")
        return len(merged) >= DROPS

    await until(f"{DROPS} merged chains", all_merged, PATIENCE)


def _chain(ca: Ca, operation: dict[str, Any], name: str) -> bytes:
    leaf = ca.signs(base64.b64decode(operation["csr"]), Wish(names=[f"{name}.example.com"], end=timedelta(days=90)))
    return pem(leaf, ca.certificate)


def _peak(pid: int) -> float:
    """The largest resident memory of a process since it was set back, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _forget_peak(pid: int) -> None:
    """Sets the peak back to the resident memory of now (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def main() -> int:
    """Prints the rows."""
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
