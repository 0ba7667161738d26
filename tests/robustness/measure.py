"""Inspects each file of a folder in a process of its own, and prints what that took: `python -m … FOLDER`."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from functions.chains.inspect import inspect
from functions.chains.report import brief_of
from tests.robustness.formats import ROOT, world

MOST_TOLD = 30_000  # characters; a table property holds 32,768
UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes


@dataclass(frozen=True)
class Measured:
    """What one inspection took, beyond what the process had before; `told` is the length of what travels."""

    name: str
    seconds: float
    megabytes: float
    outcome: str
    codes: list[str]
    told: int


def measure(path: Path, csr: bytes) -> Measured:
    """Inspects one file. Once a process: the most memory that it had is only known as a whole."""
    content = path.read_bytes()
    certflow = world(csr, trusted=ROOT).certflow
    before, started = _peak(), time.perf_counter()
    report = asyncio.run(inspect(certflow, content))
    seconds = time.perf_counter() - started
    return Measured(
        path.name,
        seconds,
        (_peak() - before) / 2**20,
        report["outcome"],
        sorted({one["code"] for one in report["findings"]}),
        len(json.dumps(brief_of(report))),
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def _each(paths: Iterator[Path], csr: bytes) -> None:
    for path in paths:
        sys.stdout.flush()
        if child := os.fork():
            os.waitpid(child, 0)
            continue
        sys.stdout.write(json.dumps(asdict(measure(path, csr))) + "\n")
        sys.stdout.flush()
        os._exit(0)


def main() -> None:
    """Prints a line of JSON a file; `request.csr` is the pending request."""
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    csr = (folder / "request.csr").read_bytes()
    asyncio.run(inspect(world(csr, trusted=ROOT).certflow, csr))  # whatever is loaded on first use
    _each((path for path in sorted(folder.iterdir()) if path.name != "request.csr"), csr)


if __name__ == "__main__":
    main()
