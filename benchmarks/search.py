"""One certificate whose key no request has, with 23 vaults: how soon there is an answer, and what checks pay for it.

The stand-in has 1,000 requests in each vault, so that no vault can be looked through in the time that a search has. The
product's own search and sweep, with the client of its adapter, against the stand-in in a process of its own; the tables
are in memory, because it is the vaults' calls that a search could take from the checks. Those are measured in rounds,
by turns without and beside a search (of another key each time: one that was searched in vain is not searched again),
and the fastest of each side is taken, since all of it shares a machine.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.own_process import main_of, rows_of
from benchmarks.table import Row
from benchmarks.tracked import full_vaults, tracked
from functions.adapters.key_vault.client import KeyVault
from functions.app.context import Certflow
from functions.app.vault_limiters import rate_limited
from functions.chains.inspect import inspect
from functions.monitoring.check_due import check_due
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from local.hosts import free_ports
from local.vaults import further_ports, vault_urls
from testkit.tokens import AnyToken
from tests.certificates import Ca, make_csr, pem
from tests.clock import fixed_now, real_now
from tests.unit.fakes import World

VAULTS, CERTIFICATES, DUE = 23, 1000, 100
ROUNDS, TIMES = 3, 3  # searches, and how often all checks are due beside each
UNDER_WAY = 3  # seconds after which a search is busy in all vaults (again)
LONGEST = timedelta(minutes=5)


def measure() -> list[Row]:
    """Starts the parts, and measures in a process of its own."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ca = LocalCa()
    with full_vaults(CERTIFICATES), tempfile.TemporaryDirectory() as directory:
        ports = free_ports(1 + further_ports(VAULTS))
        async with running_emulator(ca, any_token=True, port=ports[0], further_ports=ports[1:]):
            given = {"vaults": vault_urls(ports, VAULTS)}
            return await rows_of("benchmarks.search", given, SSL_CERT_FILE=str(ca.write_ca(Path(directory) / "ca.pem")))


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    vaults = {alias: KeyVault(alias, url, AnyToken(), verify_challenge=False) for alias, url in at["vaults"].items()}
    world, ca = World(), Ca.root("Root", at=fixed_now)
    certflow = replace(world.certflow, vaults=vaults, now=real_now, sleep=asyncio.sleep)
    for vault in vaults.values():
        await vault.pending("web-0")  # fills it
    began = time.perf_counter()
    sentence = await _stray(certflow, ca)
    took = time.perf_counter() - began
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone += [await _checks(world, certflow) for _ in range(TIMES)]
        search = asyncio.create_task(_stray(certflow, ca))
        for _ in range(TIMES):
            await asyncio.sleep(UNDER_WAY)
            seconds = await _checks(world, certflow)
            beside += [] if search.done() else [seconds]  # on a busy machine it may be over by then
        await search
    if not beside:
        raise AssertionError("each search was over before the checks were")
    for vault in vaults.values():
        await vault.close()
    if f"of {VAULTS} vaults" not in sentence:
        raise AssertionError(sentence)
    return [
        Row(f"a stray certificate, {VAULTS} vaults of {CERTIFICATES:,}: until there is an answer, s", took, "≤ 60"),
        Row(
            f"{DUE} checks due in each: the last one's end beside a search ÷ without", min(beside) / min(alone), "≤ 1.1"
        ),
        Row("without, s on this machine", min(alone)),
    ]


async def _stray(certflow: Certflow, ca: Ca) -> str:
    report = await inspect(certflow, pem(ca.signs(make_csr("stray.example.com")[1]), ca.certificate))
    return str(report["sentence"])


async def _checks(world: World, certflow: Certflow) -> float:
    """Seconds from the begin of all sweeps until the last check has ended."""
    now = real_now()
    due = [replace(tracked(number, now, now), vault=alias) for alias in certflow.vaults for number in range(DUE)]
    world.ledger.tracked = {(one.vault, one.name, one.request_id): one for one in due}
    world.ledger.moved.clear()
    began = time.perf_counter()
    ends = now + LONGEST
    through = await asyncio.gather(
        *(check_due(rate_limited(certflow, alias), alias, ends) for alias in certflow.vaults)
    )
    took = time.perf_counter() - began
    if not all(through) or len(world.ledger.moved) != len(due):
        raise AssertionError(f"{len(world.ledger.moved)} of {len(due)} checks")
    return took


if __name__ == "__main__":
    main_of(measure, _rows)
