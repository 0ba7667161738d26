"""What the product asks of each service, counted on its own code, and what that comes to for a million certificates.

Each step of a certificate's life runs once, with the product's functions and its table, queue and blob adapters against
Azurite (`scale_scene.py`). docs/scale.md quotes what this prints: `python -m benchmarks.scale`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tracemalloc
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.table import Table as Printed

from benchmarks.inventory import CERTIFICATES, snapshot
from benchmarks.own_process import in_own_process
from benchmarks.scale_month import Counts, Month, bill, limits
from benchmarks.scale_scene import Scene, scene
from benchmarks.table import Row
from benchmarks.week import fates, ours
from functions.adapters.inventory_json import packed, snapshot_in
from functions.chains.trust_changes import watch_trust
from functions.inventory.fresh import refresh
from functions.inventory.new_findings import vault_findings
from functions.live.by_inventory import expect_by_inventory
from functions.live.check_endpoints import check_endpoints
from functions.live.expected import hear_completed
from functions.model.live.look import Look
from functions.model.request.operation import Status
from functions.monitoring.vault_run import queue_vault_runs, run_vault
from functions.notifications.send_waiting import send_queued
from functions.ports.notifications import GATHERING
from functions.ports.work_queue import EVENT_QUEUE
from functions.record.export import export_acts
from functions.requests.check import check_named
from functions.triggers.event_grid import hear, hear_own
from tests.certificates import DAY, Ca, Wish
from tests.unit.fakes import FakeVault, signed, version_of
from tests.unit.live.live_world import ADDRESS, HOST

PAGES = 2  # of a scan that is counted, and then twice as many
PAGE = 25
TOLD, WEB = {"certflow-owner": "ann@example.com"}, "web-0"  # this one has an endpoint, and is renewed
URL = "https://main.vault.example"
NEAR_EXPIRY = "Microsoft.KeyVault.CertificateNearExpiry"
POLICY = {
    "issuer": {"name": "DigiCert"},
    "x509_props": {"subject": "CN=web.example.com", "sans": {"dns_names": ["web.example.com"]}},
}
type Steps = dict[str, Counts]


async def _rows(at: Mapping[str, str]) -> list[Row]:
    async with scene(at) as one:
        counts = await _steps(one)
    return [Row(f"{step}|{of}", value) for step, count in counts.items() for of, value in asdict(count).items()]


async def _steps(one: Scene) -> Steps:
    """The steps, each by a word of its own, in the order in which docs/scale.md has them."""
    await one.run()  # the first scan of a vault is its baseline; there is nothing in it
    minute, run = await _each_minute(one)
    scans, quiet = await _scans(one, run)
    audit = {"audit": await _audit(one)}
    live, idle = await _live(one)
    scanned = run.plus(quiet, 1)
    life = await _request(one, run, scanned, scans["asked and read"])
    ends = await _end(one, scanned, idle)
    return minute | scans | audit | live | life | ends | await _messages(one)


async def _each_minute(one: Scene) -> tuple[Steps, Counts]:
    """What each minute asks, as the mean of five, and a run in it that reads the outbox."""
    flow = one.certflow
    run, without = await one.counted(one.run), await one.counted(lambda: run_vault(flow, "main"))
    steps = {
        "call": await one.counted(lambda: queue_vault_runs(flow)),
        "trust": await _trust(one),
        "run": run.plus(without, 4).share(5),
        "outbox": run - without,
    }
    return steps, run


async def _trust(one: Scene) -> Counts:
    """What the timer asks of one more vault, to see whose certificates it takes."""
    two = replace(one.certflow, vaults={**one.certflow.vaults, "other": one.world.vault})
    await watch_trust(two)  # the first time it writes down what it sees
    return await one.counted(lambda: watch_trust(two)) - await one.counted(lambda: watch_trust(one.certflow))


async def _scans(one: Scene, run: Counts) -> tuple[Steps, Counts]:
    """What scans ask, and what one does in which no certificate's turn has come, beside its run."""
    half, half_asked = await _scanned(one, range(PAGES * PAGE))
    quiet, asked = await _scanned(one, range(PAGES * PAGE, 2 * PAGES * PAGE))
    page, count = (quiet - half).share(PAGES), PAGES * PAGE
    one.world.later(hours=25)
    both = (await one.scan() - quiet).share(2 * count)
    steps = {
        "scan": half.plus(page, -PAGES) - run,
        "page": page,
        "asked": (asked - half_asked - (quiet - half)).share(count),
        "asked and read": both,
    }
    return steps, quiet - run


async def _scanned(one: Scene, more: range) -> tuple[Counts, Counts]:
    """What two runs with scans ask, once there are more certificates and all are known: one where no turn has come, and
    one that asks for each.
    """
    _fill(one, more)
    await one.scan()
    hourly = replace(one.certflow, options=replace(one.certflow.options, quiet_check=timedelta(hours=1)))
    return await one.scan(), await one.scan(hourly)


async def _live(one: Scene) -> tuple[Steps, Counts]:
    """What looking at endpoints asks, and what it asks where none is due."""
    flow = one.certflow

    async def look() -> None:
        await check_endpoints(flow, "main")

    async def both() -> None:
        await expect_by_inventory(flow, "main")
        await look()

    _serve(one)
    await both()  # which finds the endpoint
    idle = await one.counted(look)
    found = {"live": await one.counted(both)}
    one.world.later(hours=25)
    found["endpoints"] = await one.counted(lambda: expect_by_inventory(flow, "main"))
    found["endpoint"] = await one.counted(look) - idle
    return found, idle


async def _audit(one: Scene) -> Counts:
    """What the digest asks for one vault to count its findings."""

    async def counted() -> None:
        found = await vault_findings(one.certflow, "main")
        if found is None:
            raise SystemExit("the vault has no findings")
        await one.certflow.monitoring_store.save_digest_findings(found.kept)

    return await one.counted(counted)


async def _request(one: Scene, run: Counts, scanned: Counts, read: Counts) -> Steps:
    """A request from the scan that finds it until a check that finds nothing new. The tag that asks for it makes the
    scan ask and read the certificate, too, which is not counted.
    """
    await one.scan()  # each certificate has had its turn
    one.world.vault.tagged[WEB] = {**one.world.vault.tagged[WEB], "certflow-renew": "auto"}
    found = {"renewal": await one.scan() - scanned - read, "met": await one.scan() - scanned}
    one.world.later(hours=2)
    found["check"] = await one.counted(one.run) - run
    return found


async def _end(one: Scene, scanned: Counts, idle: Counts) -> Steps:
    """What the events of a vault about a new version make the product do, and what comes of it."""
    flow, vault = one.certflow, one.world.vault
    await one.scan()  # each certificate has had its turn
    request = vault.operations[WEB]
    vault.certificates[WEB] = version_of(signed(one.ca, request), "v2")
    vault.operations[WEB] = replace(request, status=Status.COMPLETED)
    end = await one.counted(lambda: check_named(flow, "main", WEB))
    acts = (await flow.ledger.left_behind("main")).acts
    found = {
        "end": end,
        "record": await one.count(lambda: export_acts(flow, acts)),
        "refresh": await one.counted(lambda: refresh(flow, "main", WEB)),
        "expected": await one.counted(lambda: hear_completed(flow, {"vault": "main", "name": WEB}, one.world.now)),
        "met ended": await one.scan() - scanned,
    }
    data = {"Id": f"{URL}/certificates/{WEB}/v2", "ObjectName": WEB}
    found["near"] = await one.counted(lambda: hear(flow, {"main": URL}, NEAR_EXPIRY, data))
    _serve(one)
    one.world.later(minutes=6)
    found["served"] = await one.counted(lambda: check_endpoints(flow, "main")) - idle
    return found


async def _messages(one: Scene) -> Steps:
    """What becomes of the last event of ours."""
    flow = one.certflow
    (event,) = one.world.topic.published
    message = {"id": event.id, "source": flow.source, "type": event.type, "data": dict(event.data)}
    found = {
        "queued": await one.counted(lambda: flow.work_queue.put(EVENT_QUEUE, message)),
        "notify": await one.counted(lambda: hear_own(flow, message)),
    }
    one.world.now += GATHERING
    found["card"] = await one.counted(lambda: send_queued(flow, "teams"))
    found["mail"] = await one.counted(lambda: send_queued(flow, "email"))
    return found


def _serve(one: Scene) -> None:
    """A server shows the current version."""
    chain = (one.world.vault.certificates[WEB].der, one.ca.certificate.public_bytes(Encoding.DER))
    one.servers.shown[ADDRESS] = Look(ADDRESS, chain)


def _fill(one: Scene, numbers: range) -> None:
    vault = one.world.vault
    for number in numbers:
        _certificate(vault, one.ca, f"web-{number}")
    vault.tagged[WEB] = {**vault.tagged[WEB], **TOLD, "certflow-endpoints": HOST}


def _certificate(vault: FakeVault, ca: Ca, name: str) -> None:
    leaf = ca.signs(vault.start(name).csr, Wish(start=-65 * DAY, end=25 * DAY))  # less than a third is left
    vault.certificates[name] = version_of(leaf.public_bytes(Encoding.DER))
    vault.tagged[name] = {"certflow-renew": "off"}  # as one that is not near its end: nothing is noted or told
    vault.policies[name] = {**POLICY, "x509_props": {"subject": f"CN={name}.example.com"}}
    del vault.operations[name]


def record_bytes() -> float:
    """Of memory that a certificate takes in the snapshot that a process has read."""
    content = packed(snapshot())
    gc.collect()
    tracemalloc.start()
    kept = snapshot_in(content)
    gc.collect()
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size / CERTIFICATES


def main() -> int:
    """Prints the counts and the bill; with an argument it is the counting process."""
    if len(sys.argv) > 1:
        json.dump([asdict(row) for row in asyncio.run(_rows(json.loads(sys.argv[1])))], sys.stdout)
        return 0
    found: dict[str, dict[str, float]] = {}
    for row in asyncio.run(in_own_process("benchmarks.scale")):
        step, _, of = row.what.partition("|")
        found.setdefault(step, {})[of] = row.value
    steps = {step: Counts(**counts) for step, counts in found.items()}
    printed = Printed("step", "Key Vault", "tables", "blobs written", "blobs read", "queues", "events")
    for step, count in steps.items():
        printed.add_row(step, *(f"{value:g}" for value in asdict(count).values()))
    calls = asyncio.run(ours(fates())).per_request
    Console(width=120).print(printed)
    print(f"Key Vault calls for a request in benchmarks.week: {calls:.1f}")
    size = record_bytes()
    print(f"memory of a certificate in a snapshot: {size:.0f} bytes")
    for scans, asks in ((24, 1), (24, 24), (1, 1)):
        month = Month(steps, calls, scans, asks)
        bill(month)
        limits(month, size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
