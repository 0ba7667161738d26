"""Matching a key against 100 pending requests, and against 100,000: the ledger's `by_key`, on two Azurites in turn.

Both of its reads are by PartitionKey and RowKey, the index of a table on Azure and in Azurite. (For any query Azurite
looks at every row of a table.) Shown beside it: our part, which is the time that `by_key` takes when it gets the same
answers once more from memory, and the bare reads of the SDK.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

import aiohttp

from benchmarks.waiting import Waits, answered_by, waits
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import Entity, hint_of, hint_row, partition_of, request_key, request_row
from functions.adapters.azure_tables.service import Tables
from functions.model.request.actor import UNNAMED
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from keyvault_emulator.tls import LocalCa
from local.azurite import running_azurite
from local.functions_host import ROOT
from testkit.tokens import AnyToken
from tests.clock import NOW

SMALL, LARGE = 100, 100_000
ROUNDS = 100
AT_ONCE = 16
TRANSACTION = 100  # entities, the service's limit


def main() -> int:
    """Starts two Azurites, and measures in a process of its own: aiohttp reads whom to trust when it is imported."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching")
    parser.add_argument("--requests", type=int, default=LARGE, help=f"pending requests in the large one ({LARGE:,})")
    parser.add_argument("--at", nargs=2, metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.at:
        small, large = options.at
        return asyncio.run(_measure(small, large, options.requests))
    return asyncio.run(_run(options.requests))


async def _run(requests: int) -> int:
    ca = LocalCa()
    async with AsyncExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory()))
        urls = []
        for name in ("small", "large"):
            log = directory / f"{name}.log"
            azurite = await running.enter_async_context(running_azurite(ca, directory / name, log=log))
            urls.append(azurite.table_url)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.matching", "--requests", str(requests), "--at", *urls),
            cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": str(ca.write_ca(directory / "ca.pem"))},
        )
        return await process.wait()


@dataclass
class Side:
    """One storage with its requests, and what was measured of it: a list of seconds (or counts) for each line."""

    tables: Tables
    requests: int
    found: dict[str, list[float]] = field(default_factory=dict)

    def note(self, line: str, value: float) -> None:
        """Adds one measurement."""
        self.found.setdefault(line, []).append(value)

    def median(self, line: str) -> float:
        """The median of a line."""
        return statistics.median(self.found[line])


async def _measure(small_url: str, large_url: str, requests: int) -> int:
    print(f"matching: filling tables with {SMALL:,} and {requests:,} pending requests …", flush=True)
    started = time.perf_counter()
    sides = []
    for url, count in ((small_url, SMALL), (large_url, requests)):
        sides.append(Side(Tables(url, AnyToken()), count))
        await _fill(sides[-1].tables, url, count)
    filled = time.perf_counter() - started
    with waits() as waiting:
        for number in range(ROUNDS + 1):
            for side in sides if number % 2 else reversed(sides):
                await _round(side, waiting)
            if number == 0:  # connections, first use of everything
                for side in sides:
                    side.found.clear()
    for side in sides:
        await side.tables.close()
    _print(sides[0], sides[1], filled)
    return 0


async def _round(side: Side, waiting: Waits) -> None:
    """One matching, then the same rows asked for with the bare SDK."""
    request = _request(random.randrange(side.requests))  # noqa: S311  which one does not matter
    waiting.clear()
    ledger = TableLedger(side.tables)
    started, cpu = time.perf_counter(), time.process_time()
    found = await ledger.by_key(request.key_sha256)
    side.note("cpu", time.process_time() - cpu)
    side.note("by_key", time.perf_counter() - started)
    if [one.name for one in found] != [request.name]:
        raise AssertionError(f"{request.name} was not found by its key")
    side.note("requests", len(waiting.all))
    side.note("rows", len(found))
    with answered_by(waiting):
        await ledger.by_key(request.key_sha256)
    with answered_by(waiting):
        side.note("ours", await _timed(lambda: ledger.by_key(request.key_sha256)))
    keys, certflow = await side.tables.table("keys"), await side.tables.table("certflow")
    row = request_key(request.name, request.request_id)
    side.note("hint", await _timed(lambda: keys.get_entity(request.key_sha256, request.key_sha256)))
    partition = partition_of(request.vault, request.name)
    side.note("request", await _timed(lambda: certflow.get_entity(partition, row)))


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started


def _print(small: Side, large: Side, filled: float) -> None:
    print(f"match one key, {ROUNDS} rounds in turn, median {small.requests:11,}  {large.requests:10,}   ratio")
    for name, line in (
        ("our part, same answers from memory", "ours"),
        ("CPU time of our process, in place", "cpu"),
        ("requests to the storage", "requests"),
        ("requests found", "rows"),
        ("all of it, on Azurite", "by_key"),
        ("bare SDK: read of the key's row", "hint"),
        ("bare SDK: read of the request", "request"),
    ):
        one, other = small.median(line), large.median(line)
        unit, scale, digits = ("  ", 1, 0) if line in {"requests", "rows"} else ("ms", 1000, 2)
        cells = (f"{value * scale:8.{digits}f} {unit}" for value in (one, other))
        print(f"  {name:<40} {'  '.join(cells)}   {other / one:5.2f}")
    print(f"  Filling took {filled:.0f} s.")


def _request(number: int) -> TrackedRequest:
    """A pending request; any process makes the same out of the same number."""
    name = f"web-{number}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    operation = Operation(digest[:32], Status.IN_PROGRESS, "Unknown", b"")
    return track(
        "main", name, operation, f"CN={name}", digest, "me@example.com", NOW, Action("created", UNNAMED)
    ).request


async def _fill(tables: Tables, url: str, count: int) -> None:
    """The two rows of each request that matching reads: in `certflow` and `keys`."""
    certflow, _keys = await tables.table("certflow"), await tables.table("keys")
    gate = asyncio.Semaphore(AT_ONCE)
    partitions: dict[str, list[Entity]] = {}
    for row in (request_row(_request(number)) for number in range(count)):
        partitions.setdefault(row["PartitionKey"], []).append(row)

    async def transaction(rows: tuple[Entity, ...]) -> None:
        async with gate:
            await certflow.submit_transaction([("create", row) for row in rows])

    some = (rows for partition in partitions.values() for rows in batched(partition, TRANSACTION, strict=False))
    await asyncio.gather(*(transaction(rows) for rows in some))
    await _fill_keys(url, count)


async def _fill_keys(url: str, count: int) -> None:
    """Each key is a partition, so each row is a request: without the SDK, which would take twice as long."""
    token = await AnyToken().get_token("https://storage.azure.com/.default")
    headers = {
        "Authorization": f"Bearer {token.token}",
        "x-ms-version": "2019-02-02",
        "Accept": "application/json;odata=nometadata",
        "Prefer": "return-no-content",
    }
    numbers = iter(range(count))

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            async with session.post(
                f"{url}/keys", json=hint_row(_request(number).key_sha256, [hint_of(_request(number))])
            ):
                pass

    async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
        await asyncio.gather(*(worker(session) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    sys.exit(main())
