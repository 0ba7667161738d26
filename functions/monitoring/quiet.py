"""When a scan asks for the pending request of a certificate, and when it reads the certificate.

The list of a vault does not say that a request is pending, and Key Vault has no event for a start
or a failure (protocol §4.3, §7). To ask for each certificate in each scan would be most of all
calls, so certificates with which nothing happens are asked less often. A request in progress that
is tracked has checks of its own, so the scan leaves it to these.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from functions.app.contexts import MonitoringContext
from functions.model.inventory.record import CertificateRecord
from functions.model.inventory.who_renews import AUTO_RENEW
from functions.model.issuers import is_manual
from functions.model.request.operation import Status
from functions.ports.vault import CertificateItem

# Certificates in all vaults, up to which each scan asks for each.
ALL_ASKED = 5000
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def quiet_pause(certflow: MonitoringContext) -> timedelta | None:
    """How long a quiet certificate is not asked for: as the setting says, or else not at all up to
    ALL_ASKED certificates, and a day beyond. Raises Unavailable.
    """
    chosen = certflow.options.quiet_check
    if chosen is not None:
        return chosen if chosen > AN_HOUR else None
    count = 0
    for alias in certflow.vaults:
        last = (await certflow.monitoring_store.scan(alias)).last
        count += last.certificates if last else 0
        if count > ALL_ASKED:
            return A_DAY
    return None


def is_to_be_asked(
    entry: CertificateItem,
    known: CertificateRecord | None,
    pause: timedelta | None,
    now: datetime,
    checked: str | None = None,
) -> bool:
    """Whether to ask for the pending request of a certificate, of which `known` was kept. `checked`
    is the id of the request in progress under this name that is tracked, if one is.
    """
    if pause is None or known is None or known.asked is None:
        return True
    if checked is not None:
        return known.pending is None or known.pending.request_id != checked
    if is_changed(entry, known) or _moves(known, now):
        return True
    return turn_has_come(entry.name, known.asked, pause, now)


def is_to_be_read(entry: CertificateItem, known: CertificateRecord | None, now: datetime) -> bool:
    """Whether to read a certificate: when it has changed, and once a day, because a changed policy
    alone does not change the entry of the list (inferred).
    """
    if known is None or known.read is None or is_changed(entry, known):
        return True
    return turn_has_come(entry.name, known.read, A_DAY, now)


def is_changed(entry: CertificateItem, known: CertificateRecord) -> bool:
    """Whether the entry of the list is another than the known one."""
    sha1 = known.current.sha1 if known.current else None
    return (entry.updated, entry.thumbprint, entry.enabled, dict(entry.tags)) != (
        known.updated,
        sha1,
        known.enabled,
        dict(known.tags),
    )


def turn_has_come(name: str, last: datetime, pause: timedelta, now: datetime) -> bool:
    """Whether a turn of a name, one each `pause`, has come since `last`. The turns are spread over
    the pause by the name, so that not all come at once.
    """
    share = int.from_bytes(hashlib.sha256(name.lower().encode()).digest()[:4]) / 2**32
    offset = EPOCH + pause * share
    return (now - offset) // pause != (last - offset) // pause


def _moves(known: CertificateRecord, now: datetime) -> bool:
    """Whether something may happen with a certificate without an event that tells of it."""
    if known.current is None or known.policy is None:
        return True
    if known.pending is not None and known.pending.status == Status.IN_PROGRESS.value:
        return True
    return is_manual(known.policy.issuer) or _may_renew_now(known, now)


def _may_renew_now(known: CertificateRecord, now: datetime) -> bool:
    """Whether Key Vault may have started the next version by itself."""
    policy, current = known.policy, known.current
    if policy is None or policy.action.lower() != AUTO_RENEW.lower():
        return False
    if current is None or current.not_after is None or current.not_before is None:
        return True
    if policy.days_before is not None:
        return now >= current.not_after - timedelta(days=policy.days_before)
    lifetime = current.not_after - current.not_before
    return now >= current.not_before + lifetime * (policy.percentage or 0) / 100
