"""What waits in the outbox of a vault that was taken out of the settings. Nothing runs over such a
vault any more, so its last acts and events would wait for ever.
"""

from __future__ import annotations

from functions.app.contexts import GoneVaultsContext
from functions.app.outbox import publish_left_behind
from functions.record.export import export_acts


async def empty_gone_outboxes(certflow: GoneVaultsContext) -> None:
    """Publishes the events and appends the acts that were left by vaults which have run and are no
    longer in the settings. Raises Unavailable.
    """
    ran = await certflow.monitoring_store.heartbeats()
    for alias in sorted(ran.keys() - certflow.vaults.keys()):
        left = await publish_left_behind(certflow, alias)
        await export_acts(certflow, left.acts)
