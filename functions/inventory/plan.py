"""The plan of the renewals of all vaults: from their snapshots to the plan of each certificate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from functions.app.contexts import PlanContext
from functions.inventory.scanned import is_same, scanned_vaults
from functions.model.inventory.plan import Plan, plan_of
from functions.model.inventory.record import CertificateRecord


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which certificates a plan is of: of vaults (aliases; all if there are none), of an owner, of
    an issuer by its name in the vault; in any case. `public` takes those of public CAs, or all
    others.
    """

    vaults: Collection[str] = ()
    owner: str | None = None
    issuer: str | None = None
    public: bool | None = None

    def takes(self, record: CertificateRecord) -> bool:
        """Whether it takes a certificate of one of its vaults."""
        issuer = record.policy.issuer if record.policy else ""
        if self.public is not None and self.public != bool(
            record.current and record.current.public
        ):
            return False
        return is_same(self.owner, record.owner or "") and is_same(self.issuer, issuer)


@dataclass(frozen=True, slots=True)
class VaultPlans:
    """The plans of the certificates of vaults, under a limit in days, in the order of vault and
    name. `left_out` are those certificates that are not to be renewed, or of which too little is
    known. `scanned` is when the oldest of the scans ended that they are from (UTC); `unscanned` are
    the aliases of vaults of which no scan has ended yet.
    """

    limit: int
    plans: tuple[Plan, ...]
    left_out: int
    scanned: datetime | None
    unscanned: tuple[str, ...]


NO_FILTER = PlanFilter()


async def plans_of(certflow: PlanContext, limit: int, wanted: PlanFilter = NO_FILTER) -> VaultPlans:
    """The plans of the certificates that this context may see. Raises Unavailable."""
    now, ladder = certflow.now(), certflow.options.ladder
    found = await scanned_vaults(certflow, wanted.vaults)
    taken = [
        (alias, record)
        for alias, snapshot in found.snapshots.items()
        for record in snapshot.certificates
        if wanted.takes(record)
    ]
    planned = (plan_of(alias, record, limit, ladder, now) for alias, record in taken)
    plans = tuple(plan for plan in planned if plan is not None)
    return VaultPlans(limit, plans, len(taken) - len(plans), found.scanned, found.unscanned)
