"""Who may send to the topic sends events in our name.

Where events come through queues, tests/thorough/chains/test_queue_delivery.py does the same.
"""

from __future__ import annotations

from local.api import Client
from tests.e2e.forged_events import forged_reach_nobody_and_ours_are_told


async def test_a_forged_event_reaches_nobody_and_keeps_none_of_ours_from_being_told(client: Client, name: str) -> None:
    await forged_reach_nobody_and_ours_are_told(client, name)
