"""How the watching goes, by vault."""

from __future__ import annotations

import asyncio
from typing import Any

from functions.issuance.certflow import Certflow


async def status_of_vaults(certflow: Certflow) -> list[dict[str, Any]]:
    """For each vault: when its last good sweep was (ISO 8601, or None), and what is overdue now. Raises Unavailable."""
    beats = await certflow.ledger.beats()
    backlogs = await asyncio.gather(*(certflow.ledger.due(alias, certflow.now()) for alias in certflow.vaults))
    return [
        {"vault": alias, "last_good_sweep": beats[alias].isoformat() if alias in beats else None, "backlog": len(due)}
        for alias, due in zip(certflow.vaults, backlogs, strict=True)
    ]
