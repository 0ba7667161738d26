"""Pace: no more calls to a vault than it is meant to get, evenly spread, and none while it asks for quiet."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.ports import Vault
from functions.issuance.timing import LONGEST_PAUSE

KEY_VAULT = "Key Vault"  # how the name of every vault's service begins: a survey tells it from our storage by that
WINDOW = timedelta(seconds=10)  # of Key Vault's limits (protocol §6)
# Slots that could not be used in time are lost beyond this, so that a stall is not followed by a burst.
# Half of the margin pays for it: no window gets more than the budget.
SLACK = timedelta(milliseconds=100)
# A longer quiet is not waited for: a shift would outlast its lease (shift.py, HELD), and then the time that a function
# has. Where a 429 does not say how long, it counts as 10 s.
LONGEST_WAIT = timedelta(seconds=10)
NAP = timedelta(milliseconds=500)  # of who waits for a spare slot beside calls that are under way
MARGIN = 1.02  # what is sent evenly does not arrive evenly


class Pace:
    """Slots for `budget` calls in ten seconds."""

    def __init__(self, budget: float, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._gap, self._now, self._sleep = WINDOW / budget * MARGIN, now, sleep
        self._next = self._quiet = now()
        self.busy = 0  # calls under way of those who do not wait for spare slots
        self._heard: datetime | None = None

    async def slot(self) -> None:
        """Waits for the next slot. Whoever waits for one in a time of quiet takes another after it. Raises Unavailable
        if that time is long.
        """
        while True:
            now = self._now()
            if self.is_stopped:
                left = math.ceil((self._quiet - now).total_seconds())
                raise Unavailable(KEY_VAULT, "it asked for quiet", retry_after=left, throttled=True)
            mine = max(self._next, now - SLACK)
            self._next = mine + self._gap
            if mine > now:
                await self._sleep((mine - now).total_seconds())
            if self._now() >= self._quiet:
                return

    async def spare_slot(self, ends: datetime) -> None:
        """A slot while nobody else waits for one or for an answer: not even the machine is taken from them. Raises
        TimeoutError if there is none before `ends`, and Unavailable as above.
        """
        while (now := self._now()) < ends:
            ahead = max(self._next - now, NAP if self.busy else timedelta(0))
            if ahead <= timedelta(0):
                await self.slot()
                return
            await self._sleep(min(ahead, ends - now).total_seconds())
        raise TimeoutError

    def heard(self) -> None:
        """The vault has answered."""
        self._heard = self._now()

    def was_heard(self, within: timedelta) -> bool:
        """Whether it has, so lately."""
        return self._heard is not None and self._now() - self._heard < within

    @property
    def is_stopped(self) -> bool:
        """Whether the vault wants quiet for longer than anybody waits."""
        return self._quiet - self._now() > LONGEST_WAIT

    def quiet(self, seconds: float) -> None:
        """No slot for so long, an hour at most: the vault asked for it."""
        self._quiet = max(self._quiet, self._now() + min(timedelta(seconds=seconds), LONGEST_PAUSE))
        self._next = max(self._next, self._quiet)


def paced(vault: Vault, pace: Pace, spare_until: datetime | None = None) -> Vault:
    """The same vault, each of whose calls takes a slot (`spare_until`: a spare one, before that time); a 429 makes it
    quiet for as long as that says.
    """
    return cast(Vault, _Paced(vault, pace, spare_until))


def at_pace(certflow: Certflow, alias: str, share: float = 1) -> Certflow:
    """The same, with that vault at the pace that it is meant to get, and no more than a share of it.

    All that goes on by itself in this process shares one pace of a vault: looks, first looks and surveys are within the
    budget together, and a quiet that the vault asked for outlives the shift that heard of it.
    """
    vault = paced(certflow.vaults[alias], _pace(certflow, alias))
    if share < 1:
        vault = paced(vault, Pace(certflow.choices.budget * share, certflow.now, certflow.sleep))
    return replace(certflow, vaults={**certflow.vaults, alias: vault})


def in_spare_time(certflow: Certflow, alias: str, share: float, ends: datetime) -> Certflow:
    """The same, with that vault at a share of its pace for all that goes on so in this process, and of that only the
    slots that nobody else waits for. Its calls raise TimeoutError from `ends` on.
    """
    pace = _pace(certflow, alias)
    vault = paced(certflow.vaults[alias], pace, ends)
    vault = paced(vault, _pace(certflow, alias, share), ends)
    return replace(certflow, vaults={**certflow.vaults, alias: vault})


def _pace(certflow: Certflow, alias: str, share: float = 1) -> Pace:
    """The pace of a vault in this process, or of a share of it, made on first use."""
    key = alias if share == 1 else f"{alias}:{share}"  # no alias has a colon
    if key not in certflow.paces:
        certflow.paces[key] = Pace(certflow.choices.budget * share, certflow.now, certflow.sleep)
    return certflow.paces[key]


def is_stopped(certflow: Certflow, alias: str) -> bool:
    """Whether that vault asked this process for quiet, for longer than anybody waits."""
    return alias in certflow.paces and certflow.paces[alias].is_stopped


def was_heard(certflow: Certflow, alias: str, within: timedelta) -> bool:
    """Whether that vault has answered to what this process asked by itself, so lately."""
    return alias in certflow.paces and certflow.paces[alias].was_heard(within)


class _Paced:
    def __init__(self, vault: Vault, pace: Pace, spare_until: datetime | None) -> None:
        self._vault, self._pace, self._spare_until = vault, pace, spare_until

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **more: Any) -> Any:
            if self._spare_until is not None:
                await self._pace.spare_slot(self._spare_until)
                return await self._answer(method, given, more)
            self._pace.busy += 1
            try:
                await self._pace.slot()
                return await self._answer(method, given, more)
            finally:
                self._pace.busy -= 1

        return call

    async def _answer(self, method: str, given: tuple[Any, ...], more: dict[str, Any]) -> Any:
        try:
            answer = await getattr(self._vault, method)(*given, **more)
        except Unavailable as error:
            if error.throttled:
                self._pace.quiet(error.retry_after)
            raise
        self._pace.heard()
        return answer
