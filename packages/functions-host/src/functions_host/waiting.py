"""Waiting: pauses that end when the host stops, back-off while storage is away, and the platform's waits hurried."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math

log = logging.getLogger("functions_host")

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0  # short enough that a restarted emulator is noticed at once


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Sleeps, but no longer than until the host is asked to stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()


def whole_seconds(wait: float, hurry: float) -> int:
    """One of the platform's waits, `hurry` times shorter, as storage takes it: whole seconds, and never none of one."""
    return math.ceil(wait / hurry)


class Outage:
    """One service's absence: told once when it begins and once when it ends, however often it is tried."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._wait = 0.0

    def failed(self, error: Exception) -> float:
        """Notes a failure; returns how long to wait before the next try."""
        if not self._wait:
            # The first line only: the SDK's text goes on with request ids and the raw answer.
            first = str(error).splitlines()[0] if str(error) else ""
            log.error("%s cannot be used (%s: %s); trying again with back-off", self._what, type(error).__name__, first)
        self._wait = min(max(self._wait * 2, FIRST_WAIT), LONGEST_WAIT)
        return self._wait

    def over(self) -> None:
        """Notes a success."""
        if self._wait:
            log.info("%s can be used again", self._what)
        self._wait = 0.0
