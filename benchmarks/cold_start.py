"""Cold start: a process that indexes our functions, against one that indexes an app with one empty HTTP function.

Both go through Microsoft's worker library, in turn, so that a change of the machine's speed hits both alike; ours with
sign-in, as on a stack and in Azure with `signIn`. After it
comes the first `POST create`, on the whole stack with a host that has just been started: it imports the use case and
those SDKs that the local host does not itself use, opens all connections and has Key Vault make a key (on P-256, which
takes no time).
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Row, print_rows
from local.api import Client, client_of
from local.functions_host import ROOT
from local.stack import running_stack

ROUNDS, STARTS = 9, 5
ACCEPTED = 202
EMPTY = """
import azure.functions as func

app = func.FunctionApp()


@app.route(route="empty")
def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse()
"""
INDEX = """
import asyncio, pathlib, sys
from functions_host.worker import Worker

asyncio.run(Worker(pathlib.Path(sys.argv[1])).start())
import os

os._exit(0)
"""


def _index(app: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one process from its start until the app is indexed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "CERTFLOW_AUTH": "entra"}
    subprocess.run([sys.executable, "-c", INDEX, str(app)], cwd=ROOT, check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure() -> list[Row]:
    """Both, in turn, and the first create."""
    with tempfile.TemporaryDirectory() as directory:
        empty = Path(directory)
        (empty / "function_app.py").write_text(EMPTY)
        for app in (ROOT, empty):
            _index(app)  # bytecode, disk cache
        rounds = [(_index(ROOT), _index(empty)) for _ in range(ROUNDS)]
    first, second = asyncio.run(_creates())
    ours, bare = (statistics.median(one[side][0] for one in rounds) for side in (0, 1))
    return [
        Row("cold start: indexing all our functions ÷ one empty one", ours / bare, "≤ 1.15"),
        Row("  the same by CPU time", statistics.median(mine[1] / other[1] for mine, other in rounds)),
        Row("  indexing ours, ms", ours * 1000),
        Row("  the first POST create of a host, ms", first * 1000),
        Row("  the second, ms", second * 1000),
    ]


async def _creates() -> tuple[float, float]:
    """Seconds of the first and of the second create after the start of a host, medians of some starts."""
    firsts, seconds = [], []
    with tempfile.TemporaryDirectory() as directory:
        async with running_stack(Path(directory)) as stack, client_of(stack.describe()) as client:
            hosts = stack.hosts
            if hosts is None:
                raise AssertionError("the stack has a host of its own")
            for number in range(STARTS):
                await hosts.kill(0)
                await hosts.start(0)
                firsts.append(await _create(client, f"first-{number}"))
                seconds.append(await _create(client, f"second-{number}"))
    return statistics.median(firsts), statistics.median(seconds)


async def _create(client: Client, name: str) -> float:
    key = {"kty": "EC", "crv": "P-256"}
    policy = {"key_props": key, "x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": "Unknown"}}
    started = time.perf_counter()
    response = await client.create("main", name, {"policy": policy})
    took = time.perf_counter() - started
    if response.status != ACCEPTED:
        raise AssertionError(f"POST create: HTTP {response.status}")
    return took


def main() -> int:
    """Prints the rows."""
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
