"""What waits on the channels: how much, since when, and what it waits for."""

from __future__ import annotations

from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.telling import LATEST_TIME

MOST_COUNTED = 10_000  # on a channel; each is read


async def waiting_on_channels(certflow: Certflow) -> list[dict[str, Any]]:
    """Each channel on which notices wait: their number, since when the first does, and why the last one that was tried
    has not gone out. Raises Unavailable.
    """
    found = list[dict[str, Any]]()
    for name in await certflow.deliveries.waited_on():
        waiting = await certflow.deliveries.waiting(name, LATEST_TIME, MOST_COUNTED)
        if not waiting:  # gone meanwhile
            continue
        tried = [one for one in waiting if one.why and one.due]
        why = max(tried, key=lambda one: one.due or one.since).why if tried else None
        said = {"channel": name, "waiting": len(waiting), "since": min(one.since for one in waiting).isoformat()}
        found.append(said | ({"reason": why} if why else {}))
    return found
