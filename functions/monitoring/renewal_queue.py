"""The renewals that an inventory scan has queued: they are started after its last page, the nearest
end of the whole vault first. And what a scan does with a certificate that it cannot handle.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from functions.app.contexts import ApprovedContext, MonitoringContext
from functions.app.outbox import send
from functions.app.rate_limiter import KEY_VAULT
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.monitoring.expiry import entry_of, renew_or_tell
from functions.monitoring.renewal import cap_reached
from functions.ports.monitoring_store import InventoryScan
from functions.ports.vault import CertificateItem

PASSED_OVER_KIND = "passed_over"  # the kind of certificates that could not be handled
# Names that are kept of each kind. A scan and the one before are one property of a table row, which
# takes 32,768 characters; a name has 127 at most.
MAX_COUNTED_NAMES = 8
MAX_QUEUED = 100  # renewals in memory at a time, however many are queued
# Tries of a page, one in each run. Then a certificate for which Key Vault has no answer is passed
# over, as it may have none for years. Fewer than the minutes after which a vault counts as not
# watched (status.py, LATE): only a scan that meets four such pages lets it count so.
MAX_PAGE_TRIES = 5


async def start_queued_renewals(
    certflow: ApprovedContext, run: InventoryScan, ends: datetime
) -> InventoryScan:
    """Starts the next versions that were queued, the nearest end of the whole vault first, until
    `ends` or the cap of the day; the owners of the others are told that theirs end. Raises
    Unavailable: the vault's next run goes on.
    """
    while certflow.now() < ends and (
        queued := await certflow.monitoring_store.queued_renewals(run.vault, MAX_QUEUED)
    ):
        for entry in queued:
            if certflow.now() >= ends:
                break
            renewed = await _renew_next(certflow, run, entry)
            await certflow.monitoring_store.unqueue_renewal(run.vault, entry)
            # The tries were those of this certificate, and the next one has its own.
            renewed = replace(renewed, tries=0)
            unchanged = renewed == run
            run = renewed if unchanged else await certflow.monitoring_store.save_scan(renewed)
    return run


async def _renew_next(
    certflow: ApprovedContext, run: InventoryScan, entry: CertificateItem
) -> InventoryScan:
    """Renews one certificate of the queue, or passes it over if that fails; returns the scan as it
    is then.
    """
    started = await certflow.monitoring_store.renewals(run.vault, certflow.now().date())
    capped = started >= certflow.options.max_renewals
    if capped:
        run = await _tell_cap(certflow, run)
    try:
        await _renew_one(certflow, run, entry, capped=capped)
    except Unavailable as error:
        if not has_no_answer(error):
            raise
        if run.tries < MAX_PAGE_TRIES:
            await certflow.monitoring_store.save_scan(replace(run, tries=run.tries + 1))
            raise
        reason = str(error)
    except Exception as error:  # noqa: BLE001  a fault of one certificate must not hold back the others
        reason = repr(error)
    else:
        return run
    pass_over(run, entry, reason)
    await _tell_of_its_end(certflow, run, entry)
    return replace(run, found=run.found.with_kind(PASSED_OVER_KIND, entry.name, MAX_COUNTED_NAMES))


async def _tell_of_its_end(
    certflow: ApprovedContext, run: InventoryScan, entry: CertificateItem
) -> None:
    """Tells the owner of a certificate that could not be renewed that it ends. Raises Unavailable:
    the vault's next run tells it.
    """
    try:
        await renew_or_tell(certflow, run.vault, entry, capped=True)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  as said above
        pass_over(run, entry, repr(error))


async def _renew_one(
    certflow: ApprovedContext, run: InventoryScan, entry: CertificateItem, *, capped: bool
) -> None:
    """Renews one certificate of the queue, or tells its owner. It was queued minutes ago, so it is
    read again, unless none may be started.
    """
    now = entry if capped else await entry_of(certflow, run.vault, entry.name)
    if now is not None:
        await renew_or_tell(certflow, run.vault, now, capped=capped)


async def _tell_cap(certflow: MonitoringContext, run: InventoryScan) -> InventoryScan:
    """Tells, once a day for a vault, that there are too many renewals; returns the scan with that
    day.
    """
    if run.capped == certflow.now().date():
        return run
    event = cap_reached(certflow, run.vault)
    await send(certflow, event)
    return await certflow.monitoring_store.save_scan(replace(run, capped=certflow.now().date()))


def pass_over(run: InventoryScan, entry: CertificateItem, reason: str) -> None:
    """Records that a certificate could not be handled, and why."""
    record("passed-over", level=logging.ERROR, vault=run.vault, name=entry.name, reason=reason)


def has_no_answer(error: Unavailable) -> bool:
    """Whether Key Vault had no answer for one certificate: it has just answered with the page, and
    the fault is not one of our storage or of throttling.
    """
    return error.service.startswith(KEY_VAULT) and not error.throttled
