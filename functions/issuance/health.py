"""Whether the app and its storage are up, for callers that nobody knows: the storage is asked once in some seconds."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from functions.issuance.errors import CertflowError
from functions.issuance.journal import record

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

KEPT = timedelta(seconds=10)  # less than what probes and load balancers wait between two looks


@dataclass
class Health:
    """The last answer of this process, and when it was got."""

    good: bool = False
    at: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


async def is_healthy(certflow: Certflow) -> bool:
    """Whether the storage answers, or did so some seconds ago. Who asks meanwhile waits for the same answer."""
    health = certflow.health
    async with health.asking:
        if health.at is None or not timedelta(0) <= certflow.now() - health.at < KEPT:
            health.good, health.at = await _asked(certflow), certflow.now()
        return health.good


async def _asked(certflow: Certflow) -> bool:
    try:
        await certflow.watchbook.beats()
    except CertflowError as error:  # who asks is anonymous, so the reason is for the log alone
        record("not-healthy", level=logging.ERROR, reason=str(error))
        return False
    return True
