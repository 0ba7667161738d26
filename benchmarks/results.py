"""Runs all measurements, one after another, and writes them to RESULTS.md beside this file: `make bench`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.table import Row, met, print_rows, shown
from local.functions_host import ROOT
from tests.clock import real_now

# The order of the table; each has a `measure`. The other measurements print tables of their own.
MEASURED = (
    "check_one",
    "due_budget",
    "due_scan",
    "messages",
    "search",
    "sweep_memory",
    "memory",
    "token_check",
    "live_looks",
    "cold_start",
    "idle_log",
    "week",
    "pauses",
    "inventory",
    "board",
    "history",
    "console",
    "validators",
)
PACKAGES = (
    "azure-functions-runtime",
    "azure-data-tables",
    "azure-keyvault-certificates",
    "azure-core",
    "aiohttp",
    "cryptography",
    "pyopenssl",
    "msgspec",
    "pyjwt",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    """Measures and writes; 1 if a target is missed, which RESULTS.md says, too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"print these, write nothing: {', '.join(MEASURED)}")
    only = parser.parse_args().only
    found: dict[str, list[Row]] = {}
    for name in only or MEASURED:
        print(f"{name} …", flush=True)
        found[name] = importlib.import_module(f"benchmarks.{name}").measure()
        print_rows(found[name])
    if not only:
        RESULTS.write_text(_page(found))
        print(f"written: benchmarks/{RESULTS.name}")
    return 0 if all(met(row) is not False for rows in found.values() for row in rows) else 1


def _page(found: dict[str, list[Row]]) -> str:
    lines = [
        "# Results",
        "",
        "Ratios are of one run on one machine, both sides in turn, so they say more than the figures beside them. Each",
        "measurement says at the top of its file what it compares and what it leaves out.",
        "",
        "| measured | value | target | |",
        "|---|--:|---|---|",
    ]
    for name, rows in found.items():
        lines += [_line(name if number == 0 else "", row) for number, row in enumerate(rows)]
    return "\n".join([*lines, "", *_circumstances(), ""])


def _line(name: str, row: Row) -> str:
    verdict = {True: "met", False: "**missed**", None: ""}[met(row)]
    source = f" ([{name}]({name}.py))" if name else ""
    return f"| {row.what.strip()}{source} | {shown(row)} | {row.target} | {verdict} |"


def _circumstances() -> Sequence[str]:
    return (
        f"- Date: {real_now():%Y-%m-%d}. Command: `make bench`.",
        f"- Machine: {os.cpu_count()} cores, {_cpu()}, {_gigabytes():.0f} GB of memory, {platform.system()}.",
        f"- Python {platform.python_version()}; {', '.join(f'{name} {version(name)}' for name in PACKAGES)}.",
        f"- Azurite {_azurite()}, in memory; Key Vault is the stand-in of this repository.",
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _azurite() -> str:
    described = json.loads((ROOT / "local" / "node" / "package.json").read_text())
    return str(described["dependencies"]["azurite"])


if __name__ == "__main__":
    sys.exit(main())
