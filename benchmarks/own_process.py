"""A measurement in a process of its own, beside Azurite and, where it is wanted, the Key Vault stand-in.

The client reads whom to trust when it is imported, and what is measured should not share its CPU time with the parts.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.table import Row, print_rows
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.unkindness import Unkindness
from local.azurite import running_azurite
from local.functions_host import ROOT


async def in_own_process(module: str, *, unkindness: Unkindness | None = None, **given: Any) -> list[Row]:
    """Runs a module of ours, which prints its rows as JSON. Its argument is JSON: `given`, the addresses of
    tables, queues and blobs and, with `unkindness`, of a vault. Raises SystemExit if it fails.
    """
    ca = LocalCa()
    async with AsyncExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        azurite = await running.enter_async_context(running_azurite(ca, directory, log=directory / "azurite.log"))
        at = {**given, "tables": azurite.table_url, "queues": azurite.queue_url, "blobs": azurite.blob_url}
        if unkindness:
            emulator = await running.enter_async_context(running_emulator(ca, any_token=True, unkindness=unkindness))
            at["vault"] = f"https://localhost:{emulator.port}"
        return await rows_of(module, at, SSL_CERT_FILE=str(ca.write_ca(directory / "ca.pem")))


async def rows_of(module: str, given: Mapping[str, Any], **environment: str) -> list[Row]:
    """The rows that a module of ours prints as JSON, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, json.dumps(given)),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return [Row(**row) for row in json.loads(output)]


def main_of(
    measure: Callable[[], list[Row]], rows: Callable[[Mapping[str, Any]], Coroutine[Any, Any, list[Row]]]
) -> None:
    """What such a module does when it is run: prints its rows; with an argument it is the measuring process."""
    if len(sys.argv) > 1:
        json.dump([asdict(row) for row in asyncio.run(rows(json.loads(sys.argv[1])))], sys.stdout)
    else:
        print_rows(measure())
