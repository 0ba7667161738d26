"""One run of a vault: checks what is due, then carries on the inventory scan, within the vault's
budget. One instance of the app at a time runs a vault.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import timedelta

from functions.app.contexts import RateLimitContext, ScanContext, VaultRunContext
from functions.app.outbox import watch_outbox
from functions.app.vault_limiters import has_answered, is_paused, rate_limited
from functions.model.errors import CertflowError, Refused, Unavailable
from functions.model.log import record
from functions.monitoring.check_due import check_due
from functions.monitoring.inventory_scan import scan_inventory
from functions.ports.work_queue import VAULT_QUEUE
from functions.record.export import export_acts

# How long a run may take. The timer calls every minute, and what is left is due in the next run.
RUN_TIME = timedelta(seconds=50)
# The lease of a run: a check that began at its end is answered by then, and so is a page of a scan
# with the least budget (51 calls take 42 s). ETags protect what is written later.
VAULT_LEASE = timedelta(seconds=100)
# A call that no instance took in this time is dropped: the next one has come, and calls must not
# pile up for a week.
CALL_TTL = timedelta(minutes=2)
# A scan takes a quarter of the budget, so that it goes on for minutes rather than delaying the due
# checks.
SCAN_SHARE = 0.25
# A vault that has not answered for so long is asked for its list, so that a heartbeat means an
# answer.
ANSWER_AGE = timedelta(minutes=5)


async def queue_vault_runs(certflow: VaultRunContext) -> None:
    """Calls a run of each vault, by one message each, so that all instances of the app share them.
    Raises Unavailable.
    """
    minute = f"{certflow.now():%H:%M}"
    # The order differs each minute: where calls expire before they are taken, these are not always
    # calls for the same vaults.
    vaults = sorted(
        certflow.vaults, key=lambda alias: hashlib.sha256(f"{minute} {alias}".encode()).digest()
    )
    await asyncio.gather(
        *(certflow.work_queue.put(VAULT_QUEUE, {"vault": alias}, ttl=CALL_TTL) for alias in vaults)
    )


async def run_vault(certflow: ScanContext, alias: str) -> None:
    """Runs one vault, unless another instance does so now. The next run goes on with what this one
    leaves.

    Raises Unavailable if the storage does not answer.
    """
    if alias not in certflow.vaults:  # its alias has changed since the message was written
        return
    what = f"vault:{alias}"
    token = await certflow.monitoring_store.acquire(
        what, certflow.now(), certflow.now() + VAULT_LEASE
    )
    if token is None:
        record("shift-met-another", vault=alias)
        return
    try:
        await _run(certflow, alias)
    finally:
        await certflow.monitoring_store.release(what, token)


async def _run(certflow: ScanContext, alias: str) -> None:
    ends = certflow.now() + RUN_TIME
    await export_acts(certflow, (await watch_outbox(certflow, alias)).acts)
    if is_paused(certflow, alias):
        record(
            "shift-put-off", level=logging.WARNING, vault=alias, reason="Key Vault asked for quiet."
        )
        return
    good = await check_due(rate_limited(certflow, alias), alias, ends)
    try:
        await scan_inventory(rate_limited(certflow, alias, SCAN_SHARE), alias, ends)
    except CertflowError as error:
        good = False  # with nothing due, only the scan asks the vault, which may refuse us access
        record("survey-put-off", level=logging.WARNING, vault=alias, reason=str(error))
    if good and await _answers(certflow, alias):
        await certflow.monitoring_store.heartbeat(alias, certflow.now())
        record("beat", vault=alias)  # an alert fires when these are missing


async def _answers(certflow: RateLimitContext, alias: str) -> bool:
    """Whether the vault has answered lately, or does so now. That nothing is due proves nothing:
    what it refused may have been put off.
    """
    if has_answered(certflow, alias, ANSWER_AGE):
        return True
    try:
        await rate_limited(certflow, alias).vault(alias).page()
    except (Refused, Unavailable) as error:
        record("vault-silent", level=logging.WARNING, vault=alias, reason=str(error))
        return False
    return True
