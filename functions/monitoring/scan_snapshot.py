"""Writes the snapshot of a vault at the end of its scan, from the parts."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from functions.app.contexts import ScanContext
from functions.inventory.read import by_name, sorted_by_name
from functions.model.errors import Refused, Unavailable
from functions.model.inventory.record import VaultSnapshot
from functions.model.log import record
from functions.ports.monitoring_store import InventoryScan


async def write_snapshot(certflow: ScanContext, run: InventoryScan) -> bool:
    """Writes the snapshot of a scan that has read all pages. Returns False, and writes nothing, if
    a part is missing or cannot be read. Safe to repeat. Raises Unavailable.
    """
    records = await certflow.inventory_files.parts(run.vault, run.scan_id, run.parts)
    if records is None:
        record("snapshot-part-lost", level=logging.ERROR, vault=run.vault)
        return False
    providers = await _providers(certflow, run.vault)
    snapshot = VaultSnapshot(
        vault=run.vault,
        began=run.began or certflow.now(),
        ended=certflow.now(),
        certificates=sorted_by_name(by_name(records)),
        issuers=None if providers is None else tuple(sorted(providers)),
        providers=providers or {},
    )
    await certflow.inventory_files.save_snapshot(snapshot)
    return True


async def drop_used(certflow: ScanContext, run: InventoryScan) -> None:
    """Deletes what the snapshot has made superfluous: its parts, and records of events that are
    older than its scan. Raises Unavailable; then the next scan does it.
    """
    await certflow.inventory_files.drop_parts(run.vault)
    if run.began:
        await certflow.fresh_records.drop(run.vault, run.began)


async def _providers(certflow: ScanContext, alias: str) -> Mapping[str, str] | None:
    """The providers of the issuers of a vault, by name; None if Key Vault does not say: the
    snapshot can do without them.
    """
    try:
        return await certflow.vault(alias).providers()
    except (Refused, Unavailable) as error:
        record("issuers-unread", level=logging.WARNING, vault=alias, reason=str(error))
        return None
