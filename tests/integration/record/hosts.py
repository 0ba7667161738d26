"""Hosts that write acts to their record, and die where they are told to (SIGKILL).

`python -m tests.integration.record.hosts TABLES BLOBS`: a line with a number starts a host, which is a fork, and is
killed right before or after its request of that number (0: never). It writes what waits, until nothing does.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.adapters.blob_storage.act_files import BlobActFiles
from functions.adapters.blob_storage.containers import Blobs
from functions.app.context import Certflow
from functions.record.export import export_acts
from testkit.tokens import AnyToken
from tests.unit.fakes import World

VAULTS = ("main", "two")
MAX_BLOCKS = 5  # of a file, so that hosts meet at its end, too


@asynccontextmanager
async def host(tables_url: str, blobs_url: str) -> AsyncIterator[Certflow]:
    """A context with the storage of all hosts, and with connections of its own."""
    tables, blobs = Tables(tables_url, AnyToken()), Blobs(blobs_url, AnyToken())
    world = World(act_files=BlobActFiles(blobs), ledger=TableLedger(tables))  # type: ignore[arg-type]  # the real ones
    world.waiting_acts = TableWaitingActs(tables)  # type: ignore[assignment]  # the real one
    try:
        yield world.certflow
    finally:
        await tables.close()
        await blobs.close()


async def work(certflow: Certflow) -> None:
    """Writes what waits, as the runs of the vaults do, until nothing does."""
    while found := [left for vault in VAULTS if (left := (await certflow.ledger.left_behind(vault)).acts)]:
        for acts in found:
            await export_acts(certflow, acts[:15], MAX_BLOCKS)


def dying_at(number: int) -> None:
    """Has the process killed at its request of this number, an odd one before it is sent, others after its answer."""
    send, sent = aiohttp.ClientSession._request, 0

    async def counted(session: Any, method: str, url: Any, **more: Any) -> Any:
        nonlocal sent
        sent += 1
        mine = sent
        if mine == number and number % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await send(session, method, url, **more)
        if mine == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    aiohttp.ClientSession._request = counted  # type: ignore[assignment]  # the fault point, outside of the product


async def run(number: int) -> None:
    dying_at(number)
    async with host(sys.argv[1], sys.argv[2]) as certflow:
        await work(certflow)


def main() -> None:
    """Forks a host for each number of a line, and says when all of them have ended."""
    gc.freeze()
    for line in sys.stdin:
        hosts = []
        for number in line.split():
            if (child := os.fork()) == 0:
                asyncio.run(run(int(number)))
                os._exit(0)
            hosts.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in hosts]
        sys.stdout.write(f"{' '.join(map(str, codes))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
