"""A rebuild: Certflow begins again from Key Vault, which is the truth, when its tables are lost.

It is an inventory scan that begins as a baseline (inventory_scan.py), within the budget of the
scans, and goes on where a run of it was cut off. An app with empty tables makes a baseline by
itself. A rebuild hands out the CSRs of open manual requests, too; a baseline does not, because a
vault that Certflow has just been given may hold requests that nobody wants to have signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from functions.app.contexts import MonitoringContext, RebuildContext
from functions.model.request.actor import Actor
from functions.record.calls import note_call

# What only the tables held.
NOT_RESTORED = (
    "the history of certificates (the reports in chains-merged are not read back)",
    "who asked for a request, and since when it has waited: its reminders begin anew",
    "requests that ended, but for failed and cancelled ones that Key Vault still has",
    "when those have ended: no digest counts them",
    "owners and signers that no tag names",
    "acknowledgements, how often somebody was reminded, and expiry warnings that a tag has muted",
    "Idempotency-Keys, and creates that were cut off before Key Vault had answered",
    "events and messages that waited to be sent, and which were sent already",
    "marks of files that were set aside: they are handled again",
    "how many renewals were started today, and which of them failed: these are tried once more",
)


@dataclass(frozen=True, slots=True)
class RebuildAnswer:
    """The aliases of the vaults whose rebuild this call asked for, and of those where one that was
    asked for before is not through yet, which goes on.
    """

    asked: tuple[str, ...]
    under_way: tuple[str, ...]


async def request_rebuild(
    certflow: RebuildContext, aliases: Sequence[str], by: Actor
) -> RebuildAnswer:
    """Asks for a rebuild of these vaults (all, if none is named), which their next runs carry out.
    Safe to repeat. Raises UnknownVault, Unavailable.
    """
    for alias in aliases:
        certflow.vault(alias)  # raises for one that there is not, before anything is asked for
    wanted = sorted({alias.lower() for alias in aliases} or certflow.vaults)
    open_ = await asyncio.gather(*(_is_open(certflow, alias) for alias in wanted))
    asked = tuple(alias for alias, is_open in zip(wanted, open_, strict=True) if not is_open)
    now = certflow.now()
    await asyncio.gather(
        *(certflow.monitoring_store.request_rebuild(alias, now, by.shown) for alias in asked)
    )
    await note_call(certflow, "rebuilt", by, outcome="asked", vaults=" ".join(asked))
    return RebuildAnswer(asked, tuple(sorted({*wanted} - {*asked})))


async def _is_open(certflow: MonitoringContext, alias: str) -> bool:
    """Whether a rebuild of the vault was asked for and is not through."""
    wanted = await certflow.monitoring_store.scan_requested(alias)
    if wanted.rebuild is None:
        return False
    run = await certflow.monitoring_store.scan(alias)
    return run.rebuild != wanted.rebuild or run.rebuilds
