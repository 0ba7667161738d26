"""The inventory scan: it reads all certificates of a vault page by page, and finds what no event
told.

Requests that were started elsewhere are adopted, and certificates near their end are told of or
renewed. The list does not say that a renewal is pending (protocol §4.3), so each certificate's
pending operation is asked for. A scan is asked for once an hour and takes many runs of the vault;
its progress is written after every page. Renewals are queued and started after the last page,
because only then it is known which ends are the nearest.

The first scan of a vault is the baseline: what it finds is tracked without events, and told in one
summary. So is what a rebuild finds (rebuild.py), which begins again as a baseline.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from datetime import datetime

from functions.app.contexts import EventsContext, MonitoringContext, ScanContext
from functions.app.outbox import send
from functions.model.events.event import Event
from functions.model.events.vaults import VaultRebuilt, VaultSurveyed
from functions.model.log import record
from functions.monitoring.quiet import quiet_pause
from functions.monitoring.renewal_queue import start_queued_renewals
from functions.monitoring.scan_pages import begun_again, read_pages
from functions.monitoring.scan_snapshot import drop_used, write_snapshot
from functions.ports.monitoring_store import InventoryScan, ScanRequests


async def request_scans(certflow: MonitoringContext) -> None:
    """Asks for a scan of every vault, which its next runs carry out. A scan that is under way goes
    on. Raises Unavailable.
    """
    await asyncio.gather(
        *(
            certflow.monitoring_store.request_scan(alias, certflow.now())
            for alias in certflow.vaults
        )
    )


async def scan_inventory(certflow: ScanContext, alias: str, ends: datetime) -> None:
    """Carries on the scan of a vault until `ends`, if one is asked for or under way. Raises
    Refused, Unavailable; the pages that were read stay read.
    """
    run = await _begun(certflow, alias)
    if run is None:
        return
    if not run.renewing:
        run = await read_pages(certflow, run, ends)
    if run.renewing:
        run = await start_queued_renewals(certflow, run, ends)
        if not await certflow.monitoring_store.queued_renewals(alias, 1):
            await _finish(certflow, run)


async def _begun(certflow: ScanContext, alias: str) -> InventoryScan | None:
    """The scan that is under way, or a new one if that is asked for; else None. A rebuild begins in
    place of the scan that is under way.
    """
    run = await certflow.monitoring_store.scan(alias)
    wanted = await certflow.monitoring_store.scan_requested(alias)
    if wanted.rebuild is not None and wanted.rebuild != run.rebuild:
        return InventoryScan(
            alias,
            under_way=True,
            began=certflow.now(),
            capped=run.capped,
            covers=run.covers,  # until when ends were told, where the tables are there
            rebuild=wanted.rebuild,
            etag=run.etag,
        )
    if run.under_way:
        # An older version has read pages without keeping what they said.
        return begun_again(run) if run.found.certificates and not run.parts else run
    if run.began and (wanted.scan is None or wanted.scan <= run.began):
        return None
    pause = None if _asks_all(run, wanted) else await quiet_pause(certflow)
    return replace(begun_again(run), under_way=True, began=certflow.now(), quiet=pause)


def _asks_all(run: InventoryScan, wanted: ScanRequests) -> bool:
    """Whether a search for a chain's request has left the rest of the vault to the next scan."""
    if wanted.whole is None:
        return False
    return run.asked_all is None or run.asked_all <= wanted.whole


async def _finish(certflow: ScanContext, run: InventoryScan) -> None:
    """Ends a scan with its snapshot; after the baseline with an event, which comes first: an event
    that is sent twice has the same id. A part of the snapshot that is lost begins the scan again.
    """
    if not await write_snapshot(certflow, run):
        await certflow.monitoring_store.save_scan(begun_again(run))
        return
    if run.finished is None:
        wanted = await certflow.monitoring_store.scan_requested(run.vault)
        await send(certflow, _summary(certflow, run, wanted.rebuild_by))
    record("surveyed", vault=run.vault, certificates=run.found.certificates, **run.found.counts)
    done = InventoryScan(
        run.vault,
        began=run.began,
        finished=certflow.now(),
        last=run.found,
        covers=run.began,
        capped=run.capped,
        rebuild=run.rebuild,
        asked_all=run.began if run.quiet is None else run.asked_all,
        etag=run.etag,
    )
    await certflow.monitoring_store.save_scan(done)
    await drop_used(certflow, run)


def _summary(certflow: EventsContext, run: InventoryScan, asked_by: str | None) -> Event:
    """The event that tells what a baseline found. Every rebuild has one of its own, which names who
    asked for it.
    """
    names = {kind: tuple(some) for kind, some in run.found.names.items()}
    found: VaultSurveyed | VaultRebuilt = VaultSurveyed(
        vault=run.vault, certificates=run.found.certificates, counts=run.found.counts, names=names
    )
    which = "surveyed"
    if run.rebuilds:
        found = VaultRebuilt(**asdict(found), requested_by=asked_by)
        which = f"rebuilt:{run.rebuild:%Y%m%dT%H%M%SZ}"
    return found.event(
        f"{run.vault}:{which}", f"vaults/{run.vault}", certflow.now(), vault=run.vault
    )
