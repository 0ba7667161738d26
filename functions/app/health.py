"""Answers anonymous callers whether the app and its storage work. The storage is asked once in ten
seconds at most.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from functions.app.context_parts import HasMonitoringStore
from functions.app.contexts import HealthContext
from functions.model.errors import CertflowError
from functions.model.log import record

ANSWER_TTL = timedelta(seconds=10)  # less than the interval of probes and load balancers


async def is_healthy(certflow: HealthContext) -> bool:
    """Whether the storage answers, or did so less than ANSWER_TTL ago. Concurrent callers wait for
    one answer.
    """
    health = certflow.health
    async with health.asking:
        if health.at is None or not timedelta(0) <= certflow.now() - health.at < ANSWER_TTL:
            health.good, health.at = await _asked(certflow), certflow.now()
        return health.good


async def _asked(certflow: HasMonitoringStore) -> bool:
    try:
        await certflow.monitoring_store.heartbeats()
    except CertflowError as error:  # the caller is anonymous, so only the log gets the reason
        record("not-healthy", level=logging.ERROR, reason=str(error))
        return False
    return True
