"""The product over the emulator and Azurite at the moments of the seeds: real adapters, but for what sends messages."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import azure.functions as func

from functions.adapters.azure_tables.endpoint_checks import TableEndpointChecks
from functions.adapters.azure_tables.fresh_records import TableFreshRecords
from functions.adapters.azure_tables.issuing_cas import TableIssuingCas
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import Tables
from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.blob_storage.inventory_files import BlobInventory
from functions.adapters.endpoints.endpoint_file import EndpointFileInBlob
from functions.adapters.endpoints.tls_servers import TlsServerLooks
from functions.adapters.key_vault.client import KeyVault
from functions.app.context import Certflow
from functions.model.live.state import EndpointCheck, EndpointState, ExpectedVersion, LiveState
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.ports.endpoints import LivePorts
from functions.ports.issuing_cas import IssuingCa
from functions.ports.monitoring_store import IssuerFailures, TrustNote, TrustState
from functions.triggers.http.blueprint import function_of
from functions.triggers.http.context import Context
from keyvault_emulator import running_emulator
from keyvault_emulator.localhost_names import localhost_resolved
from keyvault_emulator.tls import LocalCa
from local.azurite import Azurite, running_azurite
from testkit.certificates import DAY
from testkit.tokens import AnyToken
from tests.audit_seeds import Seed, SeededVault
from tests.thorough.inventory.seeds_put import SeededEmulator
from tests.unit.fakes import World
from tests.unit.signed_in import ROUTE

AN_HOUR = timedelta(hours=1)


@dataclass
class AuditedVaults:
    """The vaults, the emulator that has them, and the clock of both."""

    world: World
    certflow: Certflow
    emulator: SeededEmulator
    checks: TableEndpointChecks

    async def scan(self, vault: str, now: datetime) -> None:
        """A scan of a vault, at a moment that is later than all before."""
        assert now >= self.world.now
        self.world.now = now
        app = replace(self.certflow, vaults={vault: self.certflow.vaults[vault]})
        await request_scans(app)
        await scan_inventory(self.certflow, vault, now + AN_HOUR)
        assert (await self.certflow.monitoring_store.scan(vault)).finished == now

    async def audit(self, vault: str) -> func.HttpResponse:
        """`GET audit` of a vault, as CSV: a row for each finding."""
        url, params = "https://app.example.com/api/audit", {"vault": vault}
        request = func.HttpRequest("GET", url, headers={"accept": "text/csv"}, params=params, body=b"")
        return await function_of(ROUTE["get_audit"], lambda: Context(lambda: self.certflow))(request)

    async def note_surroundings(self, vault: SeededVault) -> None:
        """What Certflow knows of a vault beside its certificates: from chains that were merged, files of trusted CAs,
        failures that people heard of, and looks at servers.
        """
        store = self.certflow.monitoring_store
        for der in vault.cas:
            one = IssuingCa(hashlib.sha256(der).hexdigest(), der, vault.now)
            await self.certflow.issuing_cas.put(vault.name, one)
        await store.save_trust(TrustNote(vault.name, state=TrustState.SET, anchors=vault.anchors))
        for issuer in vault.broken:
            await store.save_issuer_failures(IssuerFailures(vault.name, issuer, told={"Denied": vault.now - AN_HOUR}))
        for seed in vault.seeds:
            if seed.not_live:
                await self.checks.save(check_of(vault, seed), None)


def check_of(vault: SeededVault, seed: Seed) -> EndpointCheck:
    """A look at its servers an hour ago, after the time that they have for a new version."""
    der, at = base64.b64decode(json.loads(seed.body)["cer"]), vault.now - AN_HOUR
    expected = ExpectedVersion("", hashlib.sha256(der).hexdigest(), vault.now - 2 * DAY)
    states = tuple(EndpointState(endpoint, LiveState.NOT_LIVE, at) for endpoint in seed.not_live)
    return EndpointCheck(vault.name, seed.name, expected, vault.now, grace=DAY.total_seconds(), states=states)


@asynccontextmanager
async def running_vaults(ca: LocalCa, directory: Path, first: datetime, *names: str) -> AsyncIterator[AuditedVaults]:
    """The vaults, empty, and the time `first`."""
    world = World(now=first)
    async with AsyncExitStack() as running:
        running.enter_context(localhost_resolved())
        azurite = await running.enter_async_context(running_azurite(ca, directory, log=directory / "azurite.log"))
        emulator = await running.enter_async_context(
            running_emulator(ca, any_token=True, clock=lambda: world.now.timestamp())
        )
        session = await running.enter_async_context(aiohttp.ClientSession())
        seeded = SeededEmulator(emulator, session)
        vaults = {name: KeyVault(name, seeded.url(name), AnyToken()) for name in names}
        for vault in vaults.values():
            running.push_async_callback(vault.close)
        parts = _stored(running, azurite)
        yield AuditedVaults(world, replace(world.certflow, vaults=vaults, **parts), seeded, parts["live"].checks)


def _stored(running: AsyncExitStack, azurite: Azurite) -> dict[str, Any]:
    """The parts of the context that keep something, on Azurite."""
    tables, blobs, looks = Tables(azurite.table_url, AnyToken()), Blobs(azurite.blob_url, AnyToken()), TlsServerLooks()
    running.push_async_callback(tables.close)
    running.push_async_callback(blobs.close)
    running.callback(looks.close)
    return {
        "ledger": TableLedger(tables),
        "monitoring_store": TableMonitoringStore(tables),
        "issuing_cas": TableIssuingCas(tables),
        "fresh_records": TableFreshRecords(tables),
        "inventory_files": BlobInventory(blobs),
        "live": LivePorts(looks, EndpointFileInBlob(blobs), TableEndpointChecks(tables)),
    }
