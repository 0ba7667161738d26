"""Cold start: a process that indexes our functions, against one that indexes an app with one empty HTTP function.

Both go through Microsoft's worker library, in turn, so that a change of the machine's speed hits both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from local.functions_host import ROOT

ROUNDS = 9
EMPTY = """
import azure.functions as func

app = func.FunctionApp()


@app.route(route="empty")
def empty(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse()
"""
INDEX = """
import asyncio, pathlib, sys
from local.host.worker import Worker

asyncio.run(Worker(pathlib.Path(sys.argv[1])).start())
import os

os._exit(0)
"""


def measure(app: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one process from its start until the app is indexed."""
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", INDEX, str(app)], cwd=ROOT, check=True, capture_output=True)
    wall, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def main() -> int:
    """Prints the medians and their ratio."""
    with tempfile.TemporaryDirectory() as directory:
        empty = Path(directory)
        (empty / "function_app.py").write_text(EMPTY)
        for app in (ROOT, empty):
            measure(app)  # bytecode, disk cache
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(measure(ROOT))
            theirs.append(measure(empty))
    print(f"cold start, {ROUNDS} rounds in turn     ours    empty app   ratio")
    for name, index in (("wall, median", 0), ("CPU, median", 1)):
        mine, other = (statistics.median(one[index] for one in some) for some in (ours, theirs))
        print(f"  {name:<24} {mine * 1000:7.0f} ms  {other * 1000:7.0f} ms   {mine / other:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
