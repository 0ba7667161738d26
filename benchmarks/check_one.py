"""CPU time of one check of a pending request: our adapter's `pending`, against the SDK's `get_certificate_operation`.

Both ask the stand-in over TLS, 64 calls at once, in one process; the stand-in is in another.
They take turns, and each round gives a ratio of its own, so that a change of the machine's speed hits both alike. The
SDK's client is as it comes: aiohttp then reads .netrc and the proxy settings anew for every request, in a thread. How
much of the difference that is, shows beside a third client, which is told not to.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from azure.keyvault.certificates.aio import CertificateClient

from benchmarks.table import Row, print_rows
from functions.adapters.key_vault.client import KeyVault
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from local.functions_host import ROOT
from testkit.tokens import AnyToken

ROUNDS, CALLS, AT_ONCE = 11, 640, 64
NAME = "web"
BODY = {"policy": {"x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": "Unknown"}}}

type Call = Callable[[], Awaitable[object]]


def measure() -> list[Row]:
    """Starts the stand-in, and measures in a process of its own: aiohttp reads whom to trust when it is imported."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ca = LocalCa()
    with tempfile.TemporaryDirectory() as directory:
        trusted = ca.write_ca(Path(directory) / "ca.pem")
        async with running_emulator(ca, any_token=True) as emulator:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.check_one", "--at", f"https://localhost:{emulator.port}"),
                cwd=ROOT,
                env={**os.environ, "SSL_CERT_FILE": str(trusted)},
                stdout=asyncio.subprocess.PIPE,
            )
            output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return [Row(**row) for row in json.loads(output)]


async def _rows(url: str) -> list[Row]:
    vault = KeyVault("main", url, AnyToken(), verify_challenge=False)
    sdk = CertificateClient(url, AnyToken(), verify_challenge_resource=False)
    told = CertificateClient(url, AnyToken(), verify_challenge_resource=False, use_env_settings=False)
    await vault.create(NAME, BODY)
    sides: list[Call] = [
        lambda: vault.pending(NAME),
        lambda: sdk.get_certificate_operation(NAME),
        lambda: told.get_certificate_operation(NAME),
    ]
    rounds = [await _round(sides, number) for number in range(ROUNDS + 1)][1:]  # the first opens the connections
    for client in (vault, sdk, told):
        await client.close()
    return [
        Row(
            f"CPU of a check ÷ of the SDK's own, {AT_ONCE} at once",
            statistics.median(one[0] / one[1] for one in rounds),
            "≤ 0.7",
        ),
        Row(
            "the same ÷ of the SDK's, told to leave the environment",
            statistics.median(one[0] / one[2] for one in rounds),
        ),
        Row("CPU of a check, µs on this machine", statistics.median(one[0] * 1e6 for one in rounds)),
    ]


async def _round(sides: list[Call], number: int) -> list[float]:
    """CPU seconds of one call of each side; every round begins with another one."""
    seconds = [0.0] * len(sides)
    for turn in range(len(sides)):
        side = (number + turn) % len(sides)
        seconds[side] = await _cpu(sides[side])
    return seconds


async def _cpu(call: Call) -> float:
    numbers = iter(range(CALLS))

    async def worker() -> None:
        for _ in numbers:
            await call()

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (time.process_time() - started) / CALLS


def main() -> int:
    """Prints the medians; with `--at` it is the measuring process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check_one")
    parser.add_argument("--at", metavar="URL", help=argparse.SUPPRESS)
    url = parser.parse_args().at
    if url:
        json.dump([asdict(row) for row in asyncio.run(_rows(url))], sys.stdout)
    else:
        print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
