"""What an inventory scan does with one certificate: it finds what is pending under its name and
whether its end is near, and writes down what the inventory keeps of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from functions.app.contexts import MonitoringContext, RequestsContext
from functions.inventory.from_key_vault import asked_of
from functions.inventory.records import record_of
from functions.model.errors import Unavailable, UnreadAnswer
from functions.model.inventory.endpoints import endpoints_in_tag
from functions.model.inventory.record import (
    CertificateRecord,
    IssuedCertificate,
    PendingRequest,
)
from functions.model.request.actor import SCAN
from functions.model.request.operation import Operation, Status
from functions.model.tags import OWNER_TAG, is_unread, muted_until
from functions.monitoring.expiry import EXPIRED_RUNG, check_expiry, rung_of
from functions.monitoring.quiet import is_to_be_asked, is_to_be_read
from functions.monitoring.renewal_queue import (
    MAX_PAGE_TRIES,
    PASSED_OVER_KIND,
    has_no_answer,
    pass_over,
)
from functions.ports.monitoring_store import InventoryScan
from functions.ports.vault import CertificateItem, Vault, get_pending_or_none, stored_policy
from functions.requests.adoption import adopt
from functions.requests.publish_csr import put_csr_again

UNFULFILLED = {Status.FAILED, Status.CANCELLED}  # ends of which somebody should be told


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scan has found about one certificate: as what it counts, and its record."""

    kinds: tuple[str, ...]
    record: CertificateRecord


async def see_certificate(
    certflow: RequestsContext,
    run: InventoryScan,
    entry: CertificateItem,
    known: CertificateRecord | None,
    checked: str | None = None,
) -> Seen:
    """Handles one certificate, of which `known` was kept; `checked` is the id of its request in
    progress that is tracked. One that cannot be handled is passed over so that it does not end the
    scan for the others.
    """
    try:
        record = await _recorded(certflow, run, entry, known, checked)
        if entry.complete:
            first = run.finished is None
            await check_expiry(certflow, run.vault, entry, baseline=first, told_until=run.covers)
        return Seen((*_pending_kind(record), *_kinds(certflow, entry)), record)
    except Unavailable as error:
        if run.tries < MAX_PAGE_TRIES or not has_no_answer(error):
            raise
        pass_over(run, entry, str(error))
    except Exception as error:  # noqa: BLE001  as said above
        pass_over(run, entry, repr(error))
    # It was not asked successfully, so the next scan asks again.
    left = replace(_listed(entry, known, certflow.now()), asked=None)
    return Seen((PASSED_OVER_KIND,), left)


async def _recorded(
    certflow: RequestsContext,
    run: InventoryScan,
    entry: CertificateItem,
    known: CertificateRecord | None,
    checked: str | None,
) -> CertificateRecord:
    """Asks for what is pending, reads the certificate, as far as either is due; returns the
    record.
    """
    now, vault = certflow.now(), certflow.vault(run.vault)
    record = _listed(entry, known, now)
    if is_to_be_asked(entry, known, run.quiet, now, checked):
        pending = await _pending(certflow, run, entry, known)
        record = replace(record, asked=now, pending=pending)
    if not is_to_be_read(entry, known, now):
        return record
    if entry.complete:
        return await _read(vault, entry, record, now)
    return record if record.pending is None else await _read_policy(vault, record, now)


async def _read(
    vault: Vault, entry: CertificateItem, record: CertificateRecord, now: datetime
) -> CertificateRecord:
    """The record with what the certificate and its policy say. Of one that cannot be read the
    list's facts are kept, and the next scan tries again.
    """
    try:
        bundle = await vault.certificate(entry.name)
    except UnreadAnswer:
        unread = IssuedCertificate(
            version="",
            sha1=entry.thumbprint or "",
            not_before=entry.not_before,
            not_after=entry.not_after,
            unread=True,
        )
        return replace(record, current=unread, read=None)
    if bundle is None:
        return record
    read = record_of(entry.name, bundle, now)
    return replace(record, current=read.current, policy=read.policy, read=now)


async def _read_policy(vault: Vault, record: CertificateRecord, now: datetime) -> CertificateRecord:
    """The record with the policy by which the first version of a name will be made."""
    policy = await stored_policy(vault, record.name)
    return replace(record, policy=None if policy is None else asked_of(policy), read=now)


def _listed(
    entry: CertificateItem, known: CertificateRecord | None, now: datetime
) -> CertificateRecord:
    """The record with what the list says."""
    record = known or CertificateRecord(entry.name)
    return replace(
        record,
        name=entry.name,
        enabled=entry.enabled,
        tags=dict(entry.tags),
        updated=entry.updated,
        current=record.current if entry.complete else None,
        seen=now,
    )


async def _pending(
    certflow: RequestsContext,
    run: InventoryScan,
    entry: CertificateItem,
    known: CertificateRecord | None,
) -> PendingRequest | None:
    """Tracks what is pending under a name, unless it is tracked; returns it, also if it has failed
    or been cancelled, and None for anything else.
    """
    answer = await get_pending_or_none(certflow.vault(run.vault), entry.name)
    if answer is None or answer.operation.status not in {Status.IN_PROGRESS, *UNFULFILLED}:
        return None
    await _track(certflow, run, entry, answer.operation)
    operation, before = answer.operation, known.pending if known else None
    same = before is not None and before.request_id == operation.request_id
    return PendingRequest(
        operation.request_id,
        operation.status.value,
        operation.issuer,
        before.since if same and before else certflow.now(),
    )


async def _track(
    certflow: RequestsContext, run: InventoryScan, entry: CertificateItem, operation: Operation
) -> None:
    """Tracks a request that was started elsewhere."""
    known = await certflow.ledger.get(run.vault, entry.name, operation.request_id)
    if known is not None:
        if run.rebuilds:
            await put_csr_again(certflow, known, operation)
    # A start of ours knows the owner, and will track it in a moment.
    elif not await certflow.ledger.is_starting(run.vault, entry.name):
        quietly = run.finished is None
        # What was there before Certflow came may wait for years: only a rebuild hands it out.
        csr_out = run.rebuilds or not quietly
        await adopt(
            certflow,
            run.vault,
            entry.name,
            operation,
            SCAN,
            tags=entry.tags,
            csr_out=csr_out,
            quietly=quietly,
        )


def _pending_kind(record: CertificateRecord) -> tuple[str, ...]:
    """As what its pending request counts."""
    if record.pending is None:
        return ()
    in_progress = record.pending.status == Status.IN_PROGRESS.value
    return ("pending" if in_progress else record.pending.status,)


def _kinds(certflow: MonitoringContext, entry: CertificateItem) -> list[str]:
    """As what else a certificate counts, by its end and its tags."""
    now = certflow.now()
    rung = rung_of(entry, certflow.options.ladder, now) if entry.enabled else 0
    found = {
        "near_expiry": 0 < rung < EXPIRED_RUNG,
        "expired": rung == EXPIRED_RUNG,
        "unowned": not entry.tags.get(OWNER_TAG),
        "muted": muted_until(entry.tags, now) is not None,
        "tags_unread": is_unread(entry.tags) or bool(endpoints_in_tag(entry.tags).faults),
    }
    return [kind for kind, it_is in found.items() if it_is]
