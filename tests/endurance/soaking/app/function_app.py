"""The project's app for the soak: every wait of its own is shorter by one factor, and its deliveries have a witness.

The host imports an app by its file's name, so two files named `function_app` in one process would be one module. This
one is that module, and the project's is loaded by its path under a name of its own. The host runs in the project's
folder; this file is copied out of it, beside the project's host.json.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from functions.adapters.azure_tables import deliveries
from functions.adapters.key_vault import pipeline
from functions.adapters.mail import smtp
from functions.app import context
from functions.ports.work_queue import WorkQueue
from tests.clock import real_now
from tests.endurance.soaking.hurry import SCHEDULES, SPEED

Certflow = context.Certflow
STALLS = 5  # a claim is stale after half a minute of the machine's time, and mail is given up after half of that


@cache
def began() -> datetime:
    """When the stack did, so that all its hosts have one clock, also those that start later: its CA is new then."""
    return datetime.fromtimestamp(Path(os.environ["SSL_CERT_FILE"]).stat().st_mtime, UTC)


def now() -> datetime:
    """The time, as far ahead as the stack is old."""
    return began() + (real_now() - began()) * SPEED


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / SPEED)


class HurriedWork:
    """The port `WorkQueue`: its messages come after a shorter time; in whole seconds, as storage hides them."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def put(
        self,
        queue: str,
        message: Mapping[str, Any],
        delay: timedelta = timedelta(0),
        ttl: timedelta | None = None,
    ) -> None:
        await self._work.put(queue, message, sooner(delay), ttl and sooner(ttl))


def sooner(time: timedelta) -> timedelta:
    return timedelta(seconds=math.ceil(time.total_seconds() / SPEED))


class WitnessedDeliveries:
    """The port `Deliveries`: the log says which process has claimed which delivery, and whether it has let go of it.

    Written by itself and at once: what a killed process did last is what counts.
    """

    def __init__(self, deliveries: Any) -> None:
        self._deliveries = deliveries

    def __getattr__(self, method: str) -> Any:
        return getattr(self._deliveries, method)

    async def claim(self, event_id: str, channel: str, at: datetime) -> bool:
        claimed: bool = await self._deliveries.claim(event_id, channel, at)
        if claimed:
            witness("claimed", event_id, channel)
        return claimed

    async def settle(self, event_id: str, channel: str, outcome: str, at: datetime) -> None:
        await self._deliveries.settle(event_id, channel, outcome, at)
        witness("settled", event_id, channel)

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        await self._deliveries.release(event_id, channel, reason)
        witness("released", event_id, channel)


def witness(what: str, event_id: str = "", channel: str = "") -> None:
    line = {"witness": what, "id": event_id, "channel": channel, "pid": os.getpid()}
    os.write(2, json.dumps(line).encode() + b"\n")


def hurried(**given: Any) -> context.Certflow:
    work: WorkQueue = HurriedWork(given["work_queue"])
    given |= {"work_queue": work, "deliveries": WitnessedDeliveries(given["deliveries"])}
    return Certflow(**given, now=now, sleep=sleep)


# The project's app looks for these when it first needs them.
context.Certflow = hurried  # type: ignore[assignment,misc]  # a factory in its place
for limit in ("CONNECT", "READ", "RETRY_TIME", "MAX_RETRY_PAUSE"):  # a claim must outlast a merge here, too
    setattr(pipeline, limit, getattr(pipeline, limit) / SPEED)
# And a message. The machine's own stalls are not hurried, and six seconds of them would let two runs send the same.
deliveries.STALE_CLAIM *= STALLS
for limit in ("SMTP_TIMEOUT", "CONNECT_TIMEOUT"):
    setattr(smtp, limit, getattr(smtp, limit) * STALLS / SPEED)
os.environ.update(SCHEDULES)

spec = importlib.util.spec_from_file_location("certflow_app", Path.cwd() / "function_app.py")
assert spec is not None
assert spec.loader is not None
project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(project)
app = project.app
witness("began")
