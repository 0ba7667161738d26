"""Handles `GET vaults`: the vaults in which a caller may read certificates."""

from __future__ import annotations

import azure.functions as func

from functions.access.verbs import Verb
from functions.inventory.scanned import ScannedVaults, scanned_vaults
from functions.inventory.vaults import Counts, counts_of
from functions.monitoring.status import VaultStatus, status_of_vaults
from functions.triggers.http.answers import json_body, time_of
from functions.triggers.http.context import Context
from functions.triggers.http.queries import check_query
from functions.triggers.http.types.inventory import VaultCounts, VaultsAnswer, VaultSeen


async def list_vaults(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with each vault: how it is watched, when it was scanned last, and counts of what
    the caller may read in it.
    """
    check_query(req)
    app = context.certflow()
    found, status = await scanned_vaults(app), await status_of_vaults(app)
    value = [_vault(one, found, context) for one in status]
    return json_body(200, VaultsAnswer(value))


def _vault(status: VaultStatus, found: ScannedVaults, context: Context) -> VaultSeen:
    snapshot = found.snapshots.get(status.vault)
    seen = VaultSeen(
        vault=status.vault,
        observed=status.read_only,
        trusted_cas=status.takes.value,
        scanned=time_of(snapshot.ended) if snapshot else None,
        issuers=list(snapshot.issuers or ()) if snapshot else [],
    )
    if snapshot:
        now = context.certflow().now()
        seen.counts = _counts_answer(counts_of(snapshot.certificates, now))
    # What is overdue is counted over all names, also those that the caller may not read.
    if context.access is None or context.access.decide(Verb.OPERATE, status.vault).allowed:
        seen.backlog, seen.last_good_sweep = status.backlog, time_of(status.last_check)
    return seen


def _counts_answer(counts: Counts) -> VaultCounts:
    return VaultCounts(
        certificates=counts.certificates,
        unowned=counts.unowned,
        ends_within_30_days=counts.soon,
        expired=counts.expired,
        pending=counts.pending,
        renewed_by={by.value: count for by, count in counts.renewed_by.items()},
    )
