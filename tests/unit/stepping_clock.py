"""A clock that moves only when everybody sleeps."""

from __future__ import annotations

import asyncio
import heapq
from datetime import datetime, timedelta

from tests.clock import NOW


class Clock:
    """A clock on which sleepers are woken in their order, one at a time."""

    def __init__(self) -> None:
        self.now = NOW
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []
        self._count = 0

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        wake = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + timedelta(seconds=seconds), self._count, wake))
        await wake.wait()

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        while not all(task.done() for task in tasks):
            for _ in range(5):  # whoever can go on does
                await asyncio.sleep(0)
            if self._sleepers:
                at, _count, wake = heapq.heappop(self._sleepers)
                self.now = max(self.now, at)
                wake.set()
        for task in tasks:
            task.result()
