"""Pace: no more calls to a vault than it is meant to get, evenly spread, and none while it asks for quiet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.ports import Vault

WINDOW = timedelta(seconds=10)  # of Key Vault's limits (protocol §6)
# Slots that could not be used in time are lost beyond this, so that a stall is not followed by a burst.
# Half of the margin pays for it: no window gets more than the budget.
SLACK = timedelta(milliseconds=100)
MARGIN = 1.02  # what is sent evenly does not arrive evenly


class Pace:
    """Slots for `budget` calls in ten seconds."""

    def __init__(self, budget: float, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._gap, self._now, self._sleep = WINDOW / budget * MARGIN, now, sleep
        self._next = self._quiet = now()

    async def slot(self) -> None:
        """Waits for the next slot. Whoever waits for one in a time of quiet takes another after it."""
        while True:
            now = self._now()
            mine = max(self._next, now - SLACK)
            self._next = mine + self._gap
            if mine > now:
                await self._sleep((mine - now).total_seconds())
            if self._now() >= self._quiet:
                return

    def quiet(self, seconds: float) -> None:
        """No slot for so long: the vault asked for it."""
        self._quiet = max(self._quiet, self._now() + timedelta(seconds=seconds))
        self._next = max(self._next, self._quiet)


def paced(vault: Vault, pace: Pace) -> Vault:
    """The same vault, each of whose calls takes a slot; a 429 makes it quiet for as long as that says."""
    return cast(Vault, _Paced(vault, pace))


def at_pace(certflow: Certflow, alias: str, share: float = 1) -> Certflow:
    """The same, with that vault at (a share of) the pace that it is meant to get."""
    pace = Pace(certflow.choices.budget * share, certflow.now, certflow.sleep)
    return replace(certflow, vaults={**certflow.vaults, alias: paced(certflow.vaults[alias], pace)})


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
