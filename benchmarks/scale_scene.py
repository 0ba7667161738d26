"""The product as `scale.py` counts it: its table, queue and blob adapters against Azurite, and a vault, a topic and a
server that are fakes of the unit tests and remember their calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from benchmarks.scale_month import Counts
from benchmarks.waiting import Waits, waits
from functions.adapters.azure_tables.deliveries import TableDeliveries
from functions.adapters.azure_tables.endpoint_checks import TableEndpointChecks
from functions.adapters.azure_tables.fresh_records import TableFreshRecords
from functions.adapters.azure_tables.history.kept import TableRetention
from functions.adapters.azure_tables.history.pages import TableHistory
from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
from functions.adapters.azure_tables.issuing_cas import TableIssuingCas
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.message_records import MESSAGES, TableMessageRecords
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import CERTFLOW, DELIVERIES, KEYS, Tables
from functions.adapters.blob_storage.act_files import BlobActFiles
from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.inventory_files import BlobInventory
from functions.adapters.endpoints.endpoint_file import EndpointFileInBlob
from functions.adapters.work_queues import WorkQueues
from functions.app.context import Certflow
from functions.model.options import LiveOptions, Options
from functions.monitoring.vault_run import queue_vault_runs, run_vault
from functions.ports.endpoints import LivePorts
from functions.ports.notifications import USUAL_LIMITS
from functions.ports.vault import PendingOperation
from functions.ports.work_queue import CHANNEL_QUEUE, CHECK_QUEUE, EVENT_QUEUE
from functions.record.export import export_acts
from testkit.tokens import AnyToken
from tests.certificates import Ca
from tests.clock import fixed_now
from tests.unit.fakes import FakeChannel, FakeVault, World
from tests.unit.live.live_world import HOST, FakeTlsServers

LISTED = "comp=list"  # in the address of a list, which is priced as a write


class Renewing(FakeVault):
    """A vault that starts with the stored policy where none is given, as Key Vault does."""

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        """Starts at the policy's issuer."""
        return await super().create(name, {"policy": self.policies[name], **body})

    async def providers(self) -> Mapping[str, str]:
        """A call, as any other."""
        self.calls.append("providers")
        return await super().providers()


@dataclass
class Scene:
    """A product whose calls can be counted."""

    world: World
    servers: FakeTlsServers
    certflow: Certflow
    waiting: Waits
    at: Mapping[str, str]  # the address of each service
    ca: Ca = field(default_factory=lambda: Ca.root("Root", at=fixed_now))

    async def counted(self, step: Callable[[], Awaitable[Any]]) -> Counts:
        """What a step asks of each service, once all acts before it are in their record."""
        await self.write_acts()
        return await self.count(step)

    async def write_acts(self) -> None:
        """Writes the acts that wait, as the next run would."""
        await export_acts(self.certflow, (await self.certflow.ledger.left_behind("main")).acts)

    async def count(self, step: Callable[[], Awaitable[Any]]) -> Counts:
        """What a step asks of each service."""
        self.waiting.clear()
        self.world.vault.calls.clear()
        self.world.topic.published.clear()
        await step()
        blobs = [one for one in self.waiting.all if one.url.startswith(self.at["blobs"])]
        written = sum(one.method == "PUT" or LISTED in one.url for one in blobs)
        read = sum(one.method in {"GET", "HEAD"} and LISTED not in one.url for one in blobs)
        vault, topic = len(self.world.vault.calls), len(self.world.topic.published)
        tables, queues = (self.waiting.count(self.at[service]) for service in ("tables", "queues"))
        return Counts(vault, tables, written, read, queues, topic)

    async def run(self) -> None:
        """A run of the vault that reads the outbox, as each fifth does."""
        self.certflow.empty_outboxes.clear()
        await run_vault(self.certflow, "main")

    async def scan(self, certflow: Certflow | None = None) -> Counts:
        """What a run asks in which the vault is scanned."""
        self.world.later(seconds=1)
        self.certflow.empty_outboxes.clear()
        await self.certflow.monitoring_store.request_scan("main", self.world.now)
        return await self.counted(lambda: run_vault(certflow or self.certflow, "main"))


@asynccontextmanager
async def scene(at: Mapping[str, str]) -> AsyncIterator[Scene]:
    """One vault, one gathering channel and one for mail; the tables and queues are there already."""
    tables, blobs = Tables(at["tables"], AnyToken()), Blobs(at["blobs"], AnyToken())
    work, servers, world = WorkQueues(at["queues"], AnyToken()), FakeTlsServers(), _world()
    certflow = replace(
        world.certflow,
        ledger=TableLedger(tables),
        monitoring_store=TableMonitoringStore(tables),
        issuing_cas=TableIssuingCas(tables),
        deliveries=TableDeliveries(tables),
        message_records=TableMessageRecords(tables),
        fresh_records=TableFreshRecords(tables),
        history=TableHistory(tables),
        retention=TableRetention(tables),
        inventory_files=BlobInventory(blobs),
        waiting_acts=TableWaitingActs(tables),
        act_files=BlobActFiles(blobs),
        live=LivePorts(servers, EndpointFileInBlob(blobs), TableEndpointChecks(tables)),
        work_queue=work,
    )
    for name in (CERTFLOW, KEYS, DELIVERIES, MESSAGES):
        await tables.table(name)
    await queue_vault_runs(certflow)
    for name in (CHECK_QUEUE, CHANNEL_QUEUE, EVENT_QUEUE):
        await work.put(name, {})
    with waits() as waiting:
        yield Scene(world, servers, certflow, waiting, at)
    for opened in (tables, blobs, work):
        await opened.close()


def _world() -> World:
    """Certificates are asked once a day, as in so many it is the default, and a server may be looked at."""
    return World(
        vault=Renewing(),
        channels=(FakeChannel("teams", max_notices=10), FakeChannel("email", max_notices=50, limits=USUAL_LIMITS)),
        options=Options(quiet_check=timedelta(days=1), live=LiveOptions((HOST,))),
    )
