"""10,000 requests due in one vault, at Key Vault's whole limit: how near a sweep comes to the time that this takes.

The stand-in throttles as Key Vault does (4,000 calls in any 10 s), so 10,000 calls take 25 s at best. The sweep is the
product's own with its adapters: it reads the due marks from Azurite and moves them there, three rows a look. Stand-in,
Azurite and product are a process each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from benchmarks.own_process import in_own_process, main_of
from benchmarks.table import Row
from benchmarks.tracked import ALIAS, full_vaults, put, tracked
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.adapters.key_vault.client import KeyVault
from functions.app.rate_limiter import RateLimiter, limit_calls
from functions.model.errors import Unavailable
from functions.monitoring.check_due import check_due
from functions.ports.vault import PendingOperation, Vault
from keyvault_emulator.unkindness import Unkindness
from testkit.tokens import AnyToken
from tests.clock import real_now
from tests.unit.fakes import World

DUE, LIMIT = 10_000, 4_000
AT_BEST = DUE / LIMIT * 10  # seconds
LONGEST = timedelta(minutes=5)


def measure() -> list[Row]:
    """Starts the parts, and sweeps in a process of its own."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    with full_vaults(DUE):
        return await in_own_process("benchmarks.due_budget", unkindness=Unkindness(throttle=True))


class Counting:
    """A vault that counts what it is asked, and how often it said 429."""

    def __init__(self, vault: KeyVault) -> None:
        self._vault, self.calls, self.throttled = vault, 0, 0

    async def pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        """The only call that a look at a request in progress needs."""
        self.calls += 1
        try:
            return await self._vault.pending(name, request_id)
        except Unavailable as error:
            self.throttled += error.throttled
            raise


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    tables, key_vault = (
        Tables(at["tables"], AnyToken()),
        KeyVault(ALIAS, at["vault"], AnyToken(), verify_challenge=False),
    )
    now = real_now()
    await put(tables, (tracked(number, now, now) for number in range(DUE)))
    await key_vault.pending("web-0")  # fills the vault
    vault = Counting(key_vault)
    started, cpu = time.perf_counter(), time.process_time()
    pace = RateLimiter(LIMIT, real_now, asyncio.sleep)
    certflow = replace(
        World().certflow,
        vaults={ALIAS: limit_calls(cast(Vault, vault), pace)},
        ledger=TableLedger(tables),
        now=real_now,
        sleep=asyncio.sleep,
    )
    through = await check_due(certflow, ALIAS, now + LONGEST)
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    left = await certflow.ledger.due(ALIAS, real_now(), 1)
    await key_vault.close()
    await tables.close()
    if vault.calls - vault.throttled < DUE or left or not (through or vault.throttled):
        raise AssertionError(f"{vault.calls} calls, {vault.throttled} of them 429, and due are still {left}")
    return [
        Row(f"{DUE:,} due at the whole limit: time ÷ the {AT_BEST:.0f} s that it takes", took / AT_BEST, "≤ 1.1"),
        Row("429s drawn meanwhile, % of the calls", 100 * vault.throttled / vault.calls, "< 0.5"),
        Row("CPU of our process meanwhile, % of one core", 100 * cpu / took),
    ]


if __name__ == "__main__":
    main_of(measure, _rows)
