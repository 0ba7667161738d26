"""Counts of what the inventory has of a vault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from functions.model.inventory.record import CertificateRecord
from functions.model.inventory.who_renews import Renewer, who_renews
from functions.model.request.operation import Status

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many certificates there are, and of some kinds: without an owner, that end within SOON,
    that have ended and are enabled, with a request in progress, and by who renews them.
    """

    certificates: int = 0
    unowned: int = 0
    soon: int = 0
    expired: int = 0
    pending: int = 0
    renewed_by: dict[Renewer, int] = field(default_factory=dict)


def _is_pending(record: CertificateRecord) -> bool:
    return record.pending is not None and record.pending.status == Status.IN_PROGRESS.value


def counts_of(records: Sequence[CertificateRecord], now: datetime) -> Counts:
    """The counts of these certificates."""
    ends = [one.not_after for one in records if one.enabled and one.not_after]
    by = Counter(map(who_renews, records))
    return Counts(
        certificates=len(records),
        unowned=sum(one.owner is None for one in records),
        soon=sum(now < end <= now + SOON for end in ends),
        expired=sum(end <= now for end in ends),
        pending=sum(map(_is_pending, records)),
        renewed_by={one: by[one] for one in Renewer if by[one]},
    )
