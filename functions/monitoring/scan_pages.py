"""Reads the pages of an inventory scan, and keeps what it found as parts of the next snapshot.

A part and how far the scan has come are written together, after some pages and at the end of each
run. What a kill loses is read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.app.contexts import ScanContext
from functions.app.gather_all import gather_all
from functions.inventory.read import by_name, with_fresh
from functions.model.errors import Refused, Unavailable, UnreadSnapshot
from functions.model.inventory.record import CertificateRecord
from functions.model.log import record
from functions.monitoring.expiry import silenced, soonest_first
from functions.monitoring.renewal_queue import MAX_COUNTED_NAMES, has_no_answer
from functions.monitoring.scan_certificate import Seen, see_certificate
from functions.ports.monitoring_store import InventoryScan, ScanCounts
from functions.ports.vault import CertificateItem, CertificatePage

MAX_PARALLEL_CERTIFICATES = 8  # certificates of a page
MAX_KEPT_SILENCED = 20  # quiet ends, beside the names of each kind (MAX_COUNTED_NAMES)
SILENCED = "silenced"  # the kind of quiet ends, of which more than the names is kept (Found)
# Records of a part. Each costs a write of a blob, of which a kill loses one at most.
PART_RECORDS = 1000
BAD_TOKEN = 400


@dataclass
class PagesRead:
    """The reading of a scan's pages: how far it has come (`run`, as it was `saved` last), what was
    `known` of the certificates before, the ids of requests in progress that are `checked` anyway,
    and the records that are not kept yet. Both mappings are by name in lower case.
    """

    certflow: ScanContext
    run: InventoryScan
    known: dict[str, CertificateRecord]
    checked: dict[str, str]
    saved: InventoryScan
    records: list[CertificateRecord] = field(default_factory=list)

    async def read(self, ends: datetime) -> None:
        """Reads pages until `ends`, or until all are read."""
        while self.certflow.now() < ends and not self.run.renewing:
            page = await self._next()
            if page is not None:
                await self._handle(page)
            if len(self.records) >= PART_RECORDS:
                await self.keep()

    async def keep(self) -> InventoryScan:
        """Writes what was read as a part, and then how far the scan has come. Raises
        ConcurrentChange, Unavailable.
        """
        if self.records:
            number = self.run.parts
            await self.certflow.inventory_files.save_part(
                self.run.vault, self.run.scan_id, number, self.records
            )
            self.run = replace(self.run, parts=number + 1)
            self.records = []
        if self.run != self.saved:
            self.run = await self.certflow.monitoring_store.save_scan(self.run)
            self.saved = self.run
        return self.run

    async def _next(self) -> CertificatePage | None:
        """The next page. None if the token is too old to go on from: the scan begins again."""
        try:
            return await self.certflow.vault(self.run.vault).page(self.run.token)
        except Refused as error:
            if self.run.token is None or error.status != BAD_TOKEN:
                raise
            self.run, self.records = begun_again(self.run), []
            return None

    async def _handle(self, page: CertificatePage) -> None:
        """Handles the certificates of a page."""
        try:
            seen = await self._see(page.certificates)
        except Unavailable as error:
            if has_no_answer(error):
                self.run = replace(self.run, tries=self.run.tries + 1)
            raise
        found = _more_found(self.certflow, self.run.found, page.certificates, seen)
        last = page.token is None
        self.run = replace(self.run, found=found, token=page.token, tries=0, renewing=last)
        self.records += [one.record for one in seen]

    async def _see(self, listed: Sequence[CertificateItem]) -> list[Seen]:
        gate = asyncio.Semaphore(MAX_PARALLEL_CERTIFICATES)

        async def one(entry: CertificateItem) -> Seen:
            async with gate:
                name = entry.name.lower()
                known, checked = self.known.get(name), self.checked.get(name)
                return await see_certificate(self.certflow, self.run, entry, known, checked)

        return await gather_all(map(one, listed))


async def read_pages(certflow: ScanContext, run: InventoryScan, ends: datetime) -> InventoryScan:
    """Reads pages until `ends`, or until all are read and the renewals are to be started; what was
    read before a fault stays read. Raises Refused, Unavailable, ConcurrentChange.
    """
    known = await _known_records(certflow, run.vault)
    checked = await _checked_requests(certflow, run) if run.quiet else {}
    pages = PagesRead(certflow, run, known, checked, run)
    try:
        await pages.read(ends)
    except (Refused, Unavailable):
        await pages.keep()
        raise
    return await pages.keep()


def begun_again(run: InventoryScan) -> InventoryScan:
    """The scan before its first page."""
    return replace(run, token=None, tries=0, found=ScanCounts(), parts=0, renewing=False)


async def _known_records(certflow: ScanContext, alias: str) -> dict[str, CertificateRecord]:
    """What was known of the certificates of a vault; nothing if its snapshot cannot be read: then
    each is read anew.
    """
    known = dict[str, CertificateRecord]()
    try:
        if stored := await certflow.inventory_files.snapshot(alias):
            known = by_name(stored.snapshot.certificates)
    except UnreadSnapshot as error:
        record("snapshot-unread", level=logging.ERROR, vault=alias, reason=str(error))
    return with_fresh(known, await certflow.fresh_records.all(alias))


async def _checked_requests(certflow: ScanContext, run: InventoryScan) -> dict[str, str]:
    """The ids of the requests in progress that are tracked, each of which has its checks."""
    marks = certflow.ledger.in_progress(run.vault)
    return {mark.name.lower(): mark.request_id async for mark in marks if mark.request_id}


def _more_found(
    certflow: ScanContext,
    found: ScanCounts,
    listed: Sequence[CertificateItem],
    seen: Sequence[Seen],
) -> ScanCounts:
    """What the scan has found so far, with the certificates of one more page."""
    for entry, one in zip(listed, seen, strict=True):
        for kind in one.kinds:
            found = found.with_kind(kind, entry.name, MAX_COUNTED_NAMES)
    now, ladder, counts = certflow.now(), certflow.options.ladder, dict(found.counts)
    quiet = [end for entry in listed if (end := silenced(entry, ladder, now)) is not None]
    if quiet:
        counts[SILENCED] = counts.get(SILENCED, 0) + len(quiet)
    nearest = soonest_first((*found.silenced, *quiet), now)[:MAX_KEPT_SILENCED]
    return ScanCounts(found.certificates + len(listed), counts, found.names, tuple(nearest))
