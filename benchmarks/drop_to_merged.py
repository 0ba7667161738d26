"""From a dropped chain to the merged certificate on the local stack, and the share of it that is ours.

The whole way goes through the Functions host, whose log says when the function began, when the merge was recorded, and
when the file had moved; nothing else is asked meanwhile. Shares are of that whole way. Before the function begins there
is nothing of ours: the stack looks for new blobs, delivers the event, and polls the host's queue. What the function
spends its time on is measured with the same `handle_upload` and the same adapters in a process of its own, where each
request to a service can be timed; its files lie in a container without events.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.waiting import Waits, waits
from function_app import certflow, identity, settings
from functions.adapters.blob_storage.containers import BlobChainFiles, Blobs
from functions.chains.handle_upload import handle_upload
from local.api import Client, client_of, until
from local.functions_host import KEPT, ROOT
from local.openssl_ca import OpensslCa
from local.stack import TRUSTED, Stack, running_stack
from tests.clock import real_now

CHAINS = 30
TIMED = "chains-timed"  # the container without events
AT_ONCE = 4  # requests being started; making an RSA key takes a core
EXECUTIONS_LOGGED = {"AzureFunctionsJobHost__logging__logLevel__Function": "Information"}


def main() -> int:
    """Runs the stack and drops the chains; with `--timed` the part in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drop_to_merged")
    parser.add_argument("--timed", nargs="+", help=argparse.SUPPRESS)
    names = parser.parse_args().timed
    return asyncio.run(_timed(names) if names else _run())


async def _run() -> int:
    with tempfile.TemporaryDirectory() as directory:
        async with (
            running_stack(Path(directory), settings=EXECUTIONS_LOGGED) as stack,
            client_of(stack.describe()) as client,
        ):
            ca = OpensslCa(Path(directory) / "ca")
            await client.put(TRUSTED, "main/root.pem", ca.root.read_bytes())
            await client.blobs.create_container(TIMED)
            chains = await _requests(client, ca)
            through_host, in_process = list(chains)[: CHAINS + 1], list(chains)[CHAINS + 1 :]
            drops = [await _dropped(stack, client, name, chains[name]) for name in through_host]
            for name in in_process:
                await client.put(TIMED, f"{name}.pem", chains[name])
            spent = await _in_own_process(stack, in_process)
    _print(drops[1:], spent[1:])  # the first of each opens the connections
    return 0


async def _requests(client: Client, ca: OpensslCa) -> dict[str, bytes]:
    """The chains for so many requests as are needed, by certificate name. All of them are pending."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def started(name: str) -> bytes:
        policy = {"x509_props": {"subject": f"CN={name}.example.com"}, "issuer": {"name": "Unknown"}}
        async with gate:
            answer = await (await client.create("main", name, {"policy": policy})).json()
        return x509.load_der_x509_csr(base64.b64decode(answer["csr"])).public_bytes(Encoding.PEM)

    names = [f"web-{number}" for number in range(2 * (CHAINS + 1))]
    csrs = await asyncio.gather(*(started(name) for name in names))
    above = ca.issuing.read_bytes() + ca.root.read_bytes()
    return {name: ca.sign(csr, name, f"{name}.example.com") + above for name, csr in zip(names, csrs, strict=True)}


# --- the whole way, through the host ---


@dataclass(frozen=True)
class DropTimes:
    """Seconds since the upload was through."""

    begun: float
    merged: float
    moved: float


async def _dropped(stack: Stack, client: Client, name: str, content: bytes) -> DropTimes:
    log = stack.directory / "host.log"
    read = log.stat().st_size
    await client.drop(f"{name}.pem", content)
    uploaded = real_now().timestamp()

    async def handled() -> list[str] | None:
        with log.open("rb") as file:
            file.seek(read)
            lines = file.read().decode(errors="replace").splitlines()
        return lines if any('"drop-handled"' in line and f'"{name}.pem"' in line for line in lines) else None

    lines = await until(f"{name} is merged", handled)
    marks = ("Executing 'dropped_chain'", '"chain-merged"', '"drop-handled"')
    begun, merged, moved = (next(_time_of(line) for line in lines if mark in line) - uploaded for mark in marks)
    return DropTimes(begun, merged, moved)


def _time_of(line: str) -> float:
    return datetime.fromisoformat(line.split(" ", 1)[0]).timestamp()


# --- the function alone, with its requests timed ---


async def _in_own_process(stack: Stack, names: list[str]) -> list[dict[str, float]]:
    """`handle_upload` for each, in a process with the host's settings: clients read some of them when imported."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.drop_to_merged", "--timed", *names),
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ} | stack.settings,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    spent: list[dict[str, float]] = json.loads(output)
    return spent


async def _timed(names: list[str]) -> int:
    given = settings()
    blobs = Blobs(given.chains_url, identity())
    flow = replace(certflow(), chain_files=BlobChainFiles(blobs, TIMED))
    services = {
        "key vault": tuple(given.vaults.values()),
        "storage": (given.chains_url, given.tables_url),
        "topic": (given.topic_endpoint,),
        "identity": (os.environ["IDENTITY_ENDPOINT"],),
    }
    spent = []
    with waits() as waiting:
        for name in names:
            waiting.clear()
            started = time.perf_counter()
            report = await handle_upload(flow, f"{name}.pem")
            took = time.perf_counter() - started
            if report is None or report["outcome"] != "merged":
                raise AssertionError(f"{name} was not merged: {report}")
            spent.append(_spent(took, waiting, services))
    json.dump(spent, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the app's clients live as long as its process; nobody closes them


def _spent(took: float, waiting: Waits, services: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Seconds by service; requests at the same time count once, so that the parts never make more than the whole."""
    parts = {name: waiting.seconds(*starts) for name, starts in services.items()}
    outside = waiting.seconds(*services["key vault"], *services["storage"])
    counts = {f"{name}, calls": float(waiting.count(*starts)) for name, starts in services.items()}
    return {"all": took, **parts, **counts, "rest": took - outside, "ours": took - waiting.seconds()}


# --- the table ---


def _print(drops: list[DropTimes], spent: list[dict[str, float]]) -> None:
    print(f"drop to merged, {len(drops)} chains one by one          median       p95    share")
    whole = [one.moved for one in drops]
    total = statistics.median(whole)
    for name, values in (
        ("poll for events, delivery, queue", [one.begun for one in drops]),
        ("function → merged, recorded", [one.merged - one.begun for one in drops]),
        ("recorded → file moved, reported", [one.moved - one.merged for one in drops]),
        ("upload → merged", [one.merged for one in drops]),
        ("upload → merged, moved, reported", whole),
    ):
        _line(name, values, statistics.median(values) / total)
    print(f"the function alone, {len(spent)} chains, requests timed")
    for name, key in (("Key Vault", "key vault"), ("storage", "storage"), ("event topic", "topic"), ("ours", "ours")):
        calls = f", {statistics.median(one[f'{key}, calls'] for one in spent):.0f} requests" if key != "ours" else ""
        _line(f"{name}{calls}", [one[key] for one in spent], statistics.median(one[key] for one in spent) / total)
    rest = [one["rest"] for one in spent]
    _line("neither Key Vault, storage nor poll", rest, statistics.median(rest) / total)


def _line(name: str, values: list[float], share: float) -> None:
    p95 = statistics.quantiles(values, n=20, method="inclusive")[-1]
    print(f"  {name:<40} {statistics.median(values) * 1000:7.0f} ms  {p95 * 1000:7.0f} ms   {share:5.1%}")


if __name__ == "__main__":
    sys.exit(main())
