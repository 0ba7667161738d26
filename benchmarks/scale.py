"""What the product asks of each service, counted on its own code, and what that comes to for a million certificates.

Each step of a certificate's life runs once, with the product's functions and its table and queue adapters against
Azurite; Key Vault and the event topic are the fakes of the unit tests, which remember their calls. docs/scale.md quotes
what this prints: `python -m benchmarks.scale`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.table import Table as Printed

from benchmarks.own_process import in_own_process
from benchmarks.scale_month import Counts, Month, bill
from benchmarks.table import Row
from benchmarks.waiting import Waits, waits
from benchmarks.week import fates, ours
from functions.adapters.azure_tables.deliveries import TableDeliveries
from functions.adapters.azure_tables.issuing_cas import TableIssuingCas
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import Tables
from functions.adapters.work_queues import WorkQueues
from functions.app.context import Certflow
from functions.chains.trust_changes import watch_trust
from functions.model.request.operation import Status
from functions.monitoring.vault_run import queue_vault_runs, run_vault
from functions.notifications.send_waiting import send_queued
from functions.ports.notifications import GATHERING, USUAL_LIMITS
from functions.ports.vault import PendingOperation
from functions.ports.work_queue import EVENT_QUEUE
from functions.requests.check import check_named
from functions.triggers.event_grid import hear_own
from testkit.tokens import AnyToken
from tests.certificates import DAY, Ca, Wish
from tests.clock import fixed_now
from tests.unit.fakes import FakeChannel, FakeVault, World, signed, version_of

PAGES = 4  # of a survey that is counted
PAGE = 25
POLICY = {
    "issuer": {"name": "DigiCert"},
    "x509_props": {"subject": "CN=web.example.com", "sans": {"dns_names": ["web.example.com"]}},
}


@dataclass
class Scene:
    """A product whose calls can be counted."""

    world: World
    certflow: Certflow
    waiting: Waits
    tables: str
    queues: str

    async def counted(self, step: Callable[[], Awaitable[Any]]) -> Counts:
        """What a step asks of each service."""
        self.waiting.clear()
        self.world.vault.calls.clear()
        self.world.topic.published.clear()
        await step()
        vault, topic = len(self.world.vault.calls), len(self.world.topic.published)
        return Counts(vault, self.waiting.count(self.tables), self.waiting.count(self.queues), topic)


class Renewing(FakeVault):
    """A vault that starts with the stored policy where none is given, as Key Vault does."""

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        """Starts at the policy's issuer."""
        return await super().create(name, {"policy": self.policies[name], **body})


@asynccontextmanager
async def scene(at: Mapping[str, Any]) -> AsyncIterator[Scene]:
    """One vault, one gathering channel and one for mail; the tables and queues are there already."""
    tables, work = Tables(at["tables"], AnyToken()), WorkQueues(at["queues"], AnyToken())
    world = World(
        vault=Renewing(),
        channels=(FakeChannel("teams", max_notices=10), FakeChannel("email", max_notices=50, limits=USUAL_LIMITS)),
    )
    certflow = replace(
        world.certflow,
        ledger=TableLedger(tables),
        monitoring_store=TableMonitoringStore(tables),
        issuing_cas=TableIssuingCas(tables),
        deliveries=TableDeliveries(tables),
        work_queue=work,
    )
    for name in ("certflow", "keys", "deliveries"):
        await tables.table(name)
    await queue_vault_runs(certflow)
    await work.put("certflow-looks", {})
    await work.put("certflow-channels", {})
    await work.put(EVENT_QUEUE, {})
    with waits() as waiting:
        yield Scene(world, certflow, waiting, at["tables"], at["queues"])
    await tables.close()
    await work.close()


async def _rows(at: Mapping[str, Any]) -> list[Row]:
    async with scene(at) as one:
        counts = await _steps(one)
    return [Row(f"{step}|{of}", value) for step, count in counts.items() for of, value in asdict(count).items()]


async def _steps(one: Scene) -> dict[str, Counts]:
    flow, world, vault = one.certflow, one.world, one.world.vault

    async def shift() -> None:
        await run_vault(flow, "main")

    async def want() -> None:
        await flow.monitoring_store.request_scan("main", world.now)

    await shift()  # the first survey of a vault is its baseline; there is nothing in it
    found = {"call": await one.counted(lambda: queue_vault_runs(flow)), "trust": await _trust(one)}
    found["idle"] = await one.counted(shift)
    ca = Ca.root("Root", at=fixed_now)
    for number in range(PAGES * PAGE):
        _certificate(vault, ca, f"web-{number}")
    world.later(hours=1)
    await want()
    surveyed = await one.counted(shift) - found["idle"]
    found["page"] = surveyed.share(PAGES)
    vault.tagged["web-0"] = {"certflow-renew": "auto"}
    world.later(hours=1)
    await want()
    found["renewal"] = await one.counted(shift) - found["idle"] - surveyed
    request = vault.operations["web-0"]
    world.later(hours=2)
    found["look"] = await one.counted(shift) - found["idle"]
    vault.certificates["web-0"] = version_of(signed(ca, request))
    vault.operations["web-0"] = replace(request, status=Status.COMPLETED)
    found["end"] = await one.counted(lambda: check_named(flow, "main", "web-0"))
    (event,) = world.topic.published
    message = {"id": event.id, "source": flow.source, "type": event.type, "data": dict(event.data)}

    found["queued"] = await one.counted(lambda: flow.work_queue.put(EVENT_QUEUE, message))
    found["notify"] = await one.counted(lambda: hear_own(flow, message))
    world.now += GATHERING
    found["card"] = await one.counted(lambda: send_queued(flow, "teams"))
    found["mail"] = await one.counted(lambda: send_queued(flow, "email"))
    return found


async def _trust(one: Scene) -> Counts:
    """What the timer asks of one more vault, to see whose certificates it takes."""
    two = replace(one.certflow, vaults={**one.certflow.vaults, "other": one.world.vault})
    await watch_trust(two)  # the first time it writes down what it sees
    return await one.counted(lambda: watch_trust(two)) - await one.counted(lambda: watch_trust(one.certflow))


def _certificate(vault: FakeVault, ca: Ca, name: str) -> None:
    leaf = ca.signs(vault.start(name).csr, Wish(start=-65 * DAY, end=25 * DAY))  # less than a third is left
    vault.certificates[name] = version_of(leaf.public_bytes(Encoding.DER))
    vault.tagged[name] = {"certflow-renew": "off"}  # as one that is not near its end: nothing is noted or told
    vault.policies[name] = {**POLICY, "x509_props": {"subject": f"CN={name}.example.com"}}
    del vault.operations[name]


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
    printed = Printed("step", "Key Vault", "tables", "queues", "events")
    for step, count in steps.items():
        printed.add_row(step, *(f"{value:g}" for value in asdict(count).values()))
    looks = asyncio.run(ours(fates())).per_request
    Console().print(printed)
    print(f"Key Vault calls for a request in benchmarks.week: {looks:.1f}")
    for surveys in (24, 1):
        bill(Month(steps, looks, surveys_a_day=surveys))
    return 0


if __name__ == "__main__":
    sys.exit(main())
