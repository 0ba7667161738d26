"""A second Functions host on a running stack."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local.api import Client
from local.functions_host import ROOT
from tests.clock import HANG
from tests.e2e.stack import described_client


@asynccontextmanager
async def another_host(client: Client, tmp_path: Path, app: Path = ROOT, /, **settings: str) -> AsyncIterator[Client]:
    """A second Functions host on the same stack, with other settings. Where it runs for long on a stack whose clock is
    hurried, `app` is the one that has that clock, too.
    """
    environment = {**os.environ, **client.stack["settings"], **settings}
    with (tmp_path / "host.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "functions_host", "--port", "0", "--app", str(app)),
            *("--function-key", "key", "--master-key", "master"),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        ready = (await asyncio.wait_for(process.stdout.readline(), HANG)).decode()
        assert "ready on" in ready, (tmp_path / "host.log").read_text()
        url = ready.split("ready on ")[1].split()[0]
        async with described_client(
            {**client.stack, "api": f"{url}/api", "function_key": "key", "pid": process.pid}
        ) as other:
            yield other
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), HANG)
        assert code == 0, f"the host ended with {code}"
