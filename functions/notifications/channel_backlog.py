"""What waits on each channel: how many notices, since when, and why the last try failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from functions.app.context_parts import HasDeliveries
from functions.ports.notifications import LATEST_TIME

MAX_COUNTED = 10_000  # notices of one channel; each is read


@dataclass(frozen=True, slots=True)
class ChannelBacklog:
    """Notices that wait on a channel: how many, since when the first does (UTC), and why the one
    that was tried last has not gone out.
    """

    channel: str
    waiting: int
    since: datetime
    reason: str | None


async def waiting_on_channels(certflow: HasDeliveries) -> list[ChannelBacklog]:
    """The backlog of each channel on which notices wait. Raises Unavailable."""
    found = []
    for name in await certflow.deliveries.channels_with_queue():
        waiting = await certflow.deliveries.queued(name, LATEST_TIME, MAX_COUNTED)
        if not waiting:  # gone meanwhile
            continue
        tried = [one for one in waiting if one.why and one.due]
        why = max(tried, key=lambda one: one.due or one.since).why if tried else None
        found.append(ChannelBacklog(name, len(waiting), min(one.since for one in waiting), why))
    return found
