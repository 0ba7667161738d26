"""Pace: no more calls to a vault than it is meant to get, evenly spread, and none while it asks for quiet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, cast

from functions.issuance.errors import Unavailable
from functions.issuance.ports import Vault

WINDOW = timedelta(seconds=10)  # of Key Vault's limits (protocol §6)
# Slots that could not be used in time are lost beyond this, so that a stall is not followed by a burst.
SLACK = timedelta(milliseconds=20)
MARGIN = 1.01  # what is sent evenly does not arrive evenly


class Pace:
    """Slots for `budget` calls in ten seconds."""

    def __init__(self, budget: float, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._gap, self._now, self._sleep = WINDOW / budget * MARGIN, now, sleep
        self._next = now()

    async def slot(self) -> None:
        """Waits for the next slot."""
        now = self._now()
        mine = max(self._next, now - SLACK)
        self._next = mine + self._gap
        if mine > now:
            await self._sleep((mine - now).total_seconds())

    def quiet(self, seconds: float) -> None:
        """No slot for so long: the vault asked for it."""
        self._next = max(self._next, self._now() + timedelta(seconds=seconds))


def paced(vault: Vault, pace: Pace) -> Vault:
    """The same vault, each of whose calls takes a slot; a 429 makes it quiet for as long as that says."""
    return cast(Vault, _Paced(vault, pace))


class _Paced:
    def __init__(self, vault: Vault, pace: Pace) -> None:
        self._vault, self._pace = vault, pace

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **more: Any) -> Any:
            await self._pace.slot()
            try:
                return await getattr(self._vault, method)(*given, **more)
            except Unavailable as error:
                if error.throttled:
                    self._pace.quiet(error.retry_after)
                raise

        return call
