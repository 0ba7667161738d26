"""Memory of a sweep with 1,000 requests due: among 100,000 tracked, against among 1,000.

Each sweep runs in a fresh process, with the product's adapters against Azurite and the stand-in; measured is the peak
of what Python allocates (tracemalloc) after everything was imported and connected. The process's resident memory would
say nothing: importing takes more for a moment than a sweep does later.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tracemalloc
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.own_process import rows_of
from benchmarks.table import Row, print_rows
from benchmarks.tracked import ALIAS, full_vaults, put, tracked
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.adapters.key_vault.client import KeyVault
from functions.monitoring.check_due import MAX_ROUND_MARKS, check_due
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from local.azurite import running_azurite
from testkit.tokens import AnyToken
from tests.clock import real_now
from tests.unit.fakes import World

DUE, SMALL, LARGE = 1_000, 1_000, 100_000
ROUNDS = 3
MODULE = "benchmarks.sweep_memory"
SPACING = timedelta(hours=1)  # between the times at which the rounds' requests are due; each sweep moves its own


def measure() -> list[Row]:
    """Fills two Azurites, and sweeps them in turn, in a fresh process each time."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ca = LocalCa()
    async with AsyncExitStack() as running:
        directory = Path(running.enter_context(TemporaryDirectory()))
        running.enter_context(full_vaults(DUE))
        emulator = await running.enter_async_context(running_emulator(ca, any_token=True))
        vault, trusted = f"https://localhost:{emulator.port}", str(ca.write_ca(directory / "ca.pem"))
        peaks: dict[int, list[float]] = {SMALL: [], LARGE: []}
        tables = {}
        for size in peaks:
            log = directory / f"{size}.log"
            azurite = await running.enter_async_context(running_azurite(ca, directory / str(size), log=log))
            tables[size] = azurite.table_url
            await rows_of(MODULE, {"tables": azurite.table_url, "fill": size}, SSL_CERT_FILE=trusted)
        for number in range(ROUNDS):
            for size in peaks if number % 2 else reversed(peaks):
                given = {"tables": tables[size], "vault": vault, "round": number}
                (row,) = await rows_of(MODULE, given, SSL_CERT_FILE=trusted)
                peaks[size].append(row.value)
    small, large = (statistics.median(peaks[size]) for size in (SMALL, LARGE))
    return [
        Row(f"peak memory of a sweep: {LARGE:,} tracked ÷ {SMALL:,}", large / small, "≤ 1.2"),
        Row(f"that of the sweep among {LARGE:,}, MiB", large),
    ]


async def _filled(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    now = real_now()
    for start in range(0, at["fill"], MAX_ROUND_MARKS):
        numbers = range(start, min(start + MAX_ROUND_MARKS, at["fill"]))
        later = now + timedelta(days=1)
        await put(tables, (tracked(number, now, now if number < DUE else later) for number in numbers))
    await tables.close()
    return []


async def _swept(at: Mapping[str, Any]) -> list[Row]:
    tables = Tables(at["tables"], AnyToken())
    vault = KeyVault(ALIAS, at["vault"], AnyToken(), verify_challenge=False)
    now = real_now() + at["round"] * SPACING  # an hour later all of them are due again
    certflow = replace(World().certflow, vaults={ALIAS: vault}, ledger=TableLedger(tables), now=lambda: now)
    await tables.table("certflow")
    await vault.pending("web-0")
    tracemalloc.start()
    if len(await certflow.ledger.due(ALIAS, now, MAX_ROUND_MARKS)) != DUE:
        raise AssertionError(f"not {DUE} are due")
    if not await check_due(certflow, ALIAS, now + SPACING):
        raise AssertionError("the sweep did not go through")
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    await vault.close()
    await tables.close()
    return [Row("peak, MiB", peak)]


def main() -> int:
    """Prints the rows; with an argument it is a filling or a sweeping process."""
    if len(sys.argv) > 1:
        at = json.loads(sys.argv[1])
        rows = asyncio.run(_filled(at) if "fill" in at else _swept(at))
        json.dump([asdict(row) for row in rows], sys.stdout)
    else:
        print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
