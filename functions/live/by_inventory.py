"""Has the inventory say, once an hour, which endpoints there are: a changed tag makes no event, and
an event may be lost.
"""

from __future__ import annotations

from datetime import timedelta

from functions.app.contexts import LiveInventoryContext
from functions.inventory.read import inventory_of
from functions.live.expected import expect_versions
from functions.model.errors import Unavailable

A_WHILE = timedelta(hours=1)  # as often as a vault is scanned


async def expect_by_inventory(certflow: LiveInventoryContext, alias: str) -> None:
    """Takes the endpoints and versions of a vault from its inventory, unless an instance has done
    so within an hour, or live is off. Raises Unavailable; then the next run does it.
    """
    if certflow.live is None or alias not in certflow.vaults:
        return
    what, now = f"live-inventory:{alias}", certflow.now()
    token = await certflow.monitoring_store.acquire(what, now, now + A_WHILE)
    if token is None:
        return
    try:
        snapshot = await inventory_of(certflow, alias)
        if snapshot is not None:
            await expect_versions(certflow, snapshot)
            return
    except Unavailable:
        await certflow.monitoring_store.release(what, token)
        raise
    await certflow.monitoring_store.release(what, token)  # its first scan has not ended
