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
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from functions.app.contexts import CreateContext, EventsContext, MonitoringContext, RequestsContext
from functions.app.gather_all import gather_all
from functions.app.outbox import send
from functions.model.errors import Refused, Unavailable
from functions.model.events.event import Event
from functions.model.events.vaults import VaultRebuilt, VaultSurveyed
from functions.model.log import record
from functions.model.request.actor import SCAN
from functions.model.request.operation import Status
from functions.model.tags import OWNER_TAG, is_unread, muted_until
from functions.monitoring.expiry import (
    EXPIRED_RUNG,
    check_expiry,
    rung_of,
    silenced,
    soonest_first,
)
from functions.monitoring.renewal_queue import (
    MAX_COUNTED_NAMES,
    MAX_PAGE_TRIES,
    PASSED_OVER_KIND,
    has_no_answer,
    pass_over,
    start_queued_renewals,
)
from functions.ports.monitoring_store import InventoryScan, ScanCounts
from functions.ports.vault import CertificateItem, CertificatePage
from functions.requests.adoption import adopt
from functions.requests.fetch_state import get_pending_or_none
from functions.requests.publish_csr import put_csr_again

MAX_PARALLEL_CERTIFICATES = 8  # certificates of a page
MAX_KEPT_SILENCED = 20  # quiet ends, beside the names of each kind (MAX_COUNTED_NAMES)
SILENCED = "silenced"  # the kind of quiet ends, of which more than the names is kept (Found)
BAD_TOKEN = 400
UNFULFILLED = {Status.FAILED, Status.CANCELLED}  # ends of which somebody should be told


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


async def scan_inventory(certflow: CreateContext, alias: str, ends: datetime) -> None:
    """Carries on the scan of a vault until `ends`, if one is asked for or under way. Raises
    Refused, Unavailable; the pages that were read stay read.
    """
    run = await _begun(certflow, alias)
    if run is None:
        return
    run = await _read_pages(certflow, run, ends)
    if run.renewing:
        run = await start_queued_renewals(certflow, run, ends)
        if not await certflow.monitoring_store.queued_renewals(alias, 1):
            await _finish(certflow, run)


async def _begun(certflow: EventsContext, alias: str) -> InventoryScan | None:
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
        return run
    if run.began and (wanted.scan is None or wanted.scan <= run.began):
        return None
    return replace(
        run, under_way=True, began=certflow.now(), token=None, tries=0, found=ScanCounts()
    )


async def _read_pages(certflow: CreateContext, run: InventoryScan, ends: datetime) -> InventoryScan:
    """Reads pages until `ends`, or until all are read and the renewals are to be started."""
    while certflow.now() < ends and not run.renewing:
        try:
            page = await certflow.vault(run.vault).page(run.token)
        except Refused as error:
            if run.token is None or error.status != BAD_TOKEN:
                raise
            # The token is too old to go on from: the scan begins again.
            run = replace(run, token=None, tries=0, found=ScanCounts())
            continue
        run = await _handle_page(certflow, run, page)
    return run


async def _handle_page(
    certflow: CreateContext, run: InventoryScan, page: CertificatePage
) -> InventoryScan:
    """Handles the certificates of a page, and writes how far the scan has come."""
    try:
        found = await _page(certflow, run, page.certificates)
    except Unavailable as error:
        if has_no_answer(error):
            await certflow.monitoring_store.save_scan(replace(run, tries=run.tries + 1))
        raise
    run = replace(run, found=found, token=page.token, tries=0, renewing=page.token is None)
    return await certflow.monitoring_store.save_scan(run)


async def _page(
    certflow: RequestsContext, run: InventoryScan, listed: Sequence[CertificateItem]
) -> ScanCounts:
    """Handles the certificates of a page; returns what the scan has found so far."""
    gate = asyncio.Semaphore(MAX_PARALLEL_CERTIFICATES)

    async def one(entry: CertificateItem) -> list[str]:
        async with gate:
            return await _kinds_of(certflow, run, entry)

    kinds = await gather_all(map(one, listed))
    found = run.found
    for entry, of_it in zip(listed, kinds, strict=True):
        for kind in of_it:
            found = found.with_kind(kind, entry.name, MAX_COUNTED_NAMES)
    now, ladder, counts = certflow.now(), certflow.options.ladder, dict(found.counts)
    quiet = [end for entry in listed if (end := silenced(entry, ladder, now)) is not None]
    if quiet:
        counts[SILENCED] = counts.get(SILENCED, 0) + len(quiet)
    nearest = soonest_first((*found.silenced, *quiet), now)[:MAX_KEPT_SILENCED]
    return ScanCounts(found.certificates + len(listed), counts, found.names, tuple(nearest))


async def _kinds_of(
    certflow: RequestsContext, run: InventoryScan, entry: CertificateItem
) -> list[str]:
    """Handles one certificate; returns as what it counts. One that cannot be handled is passed over
    so that it does not end the scan for the others.
    """
    try:
        return [*await _seen(certflow, run, entry), *_kinds(certflow, entry)]
    except Unavailable as error:
        if run.tries < MAX_PAGE_TRIES or not has_no_answer(error):
            raise
        pass_over(run, entry, str(error))
    except Exception as error:  # noqa: BLE001  as said above
        pass_over(run, entry, repr(error))
    return [PASSED_OVER_KIND]


async def _seen(certflow: RequestsContext, run: InventoryScan, entry: CertificateItem) -> list[str]:
    """Handles what is pending under a name and the end of its certificate; returns as what the
    pending request counts.
    """
    pending = await _pending(certflow, run, entry)
    if entry.complete:
        first = run.finished is None
        await check_expiry(certflow, run.vault, entry, baseline=first, told_until=run.covers)
    return pending


async def _pending(
    certflow: RequestsContext, run: InventoryScan, entry: CertificateItem
) -> list[str]:
    """Tracks what is pending under a name, unless it is tracked; returns as what it counts."""
    answer = await get_pending_or_none(certflow.vault(run.vault), entry.name)
    if answer is None or answer.operation.status not in {Status.IN_PROGRESS, *UNFULFILLED}:
        return []
    operation, quietly = answer.operation, run.finished is None
    known = await certflow.ledger.get(run.vault, entry.name, operation.request_id)
    if known is not None:
        if run.rebuilds:
            await put_csr_again(certflow, known, operation)
    # A start of ours knows the owner, and will track it in a moment.
    elif not await certflow.ledger.is_starting(run.vault, entry.name):
        alias, name, tags = run.vault, entry.name, entry.tags
        # What was there before Certflow came may wait for years: only a rebuild hands it out.
        csr_out = run.rebuilds or not quietly
        await adopt(
            certflow, alias, name, operation, SCAN, tags=tags, csr_out=csr_out, quietly=quietly
        )
    return ["pending" if operation.status is Status.IN_PROGRESS else operation.status.value]


def _kinds(certflow: MonitoringContext, entry: CertificateItem) -> list[str]:
    """As what else a certificate counts, by its end and its tags."""
    now = certflow.now()
    rung = rung_of(entry, certflow.options.ladder, now) if entry.enabled else 0
    found = {
        "near_expiry": 0 < rung < EXPIRED_RUNG,
        "expired": rung == EXPIRED_RUNG,
        "unowned": not entry.tags.get(OWNER_TAG),
        "muted": muted_until(entry.tags, now) is not None,
        "tags_unread": is_unread(entry.tags),
    }
    return [kind for kind, it_is in found.items() if it_is]


async def _finish(certflow: EventsContext, run: InventoryScan) -> None:
    """Ends a scan; after the baseline with an event, which comes first: an event that is sent twice
    has the same id.
    """
    if run.finished is None:
        await send(certflow, _summary(certflow, run))
    record("surveyed", vault=run.vault, certificates=run.found.certificates, **run.found.counts)
    done = InventoryScan(
        run.vault,
        began=run.began,
        finished=certflow.now(),
        last=run.found,
        covers=run.began,
        capped=run.capped,
        rebuild=run.rebuild,
        etag=run.etag,
    )
    await certflow.monitoring_store.save_scan(done)


def _summary(certflow: EventsContext, run: InventoryScan) -> Event:
    """The event that tells what a baseline found. Every rebuild has one of its own."""
    names = {kind: tuple(some) for kind, some in run.found.names.items()}
    told: type[VaultSurveyed | VaultRebuilt] = VaultSurveyed
    which = "surveyed"
    if run.rebuilds:
        told, which = VaultRebuilt, f"rebuilt:{run.rebuild:%Y%m%dT%H%M%SZ}"
    found = told(
        vault=run.vault, certificates=run.found.certificates, counts=run.found.counts, names=names
    )
    return found.event(
        f"{run.vault}:{which}", f"vaults/{run.vault}", certflow.now(), vault=run.vault
    )
