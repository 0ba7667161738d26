"""Limits the rate of calls to a vault: no more than its budget, evenly spread, and none while the
vault throttles.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import cast

from functions.model.errors import Unavailable
from functions.model.timing import MAX_CHECK_PAUSE
from functions.ports.vault import Vault

# The names of all vaults' services begin so: a scan distinguishes them from the storage by that.
KEY_VAULT = "Key Vault"
WINDOW = timedelta(seconds=10)  # over which Key Vault counts calls (protocol §6)
# A slot that is unused for longer than this is lost, so that no burst follows a stall. Half of the
# margin makes up for it: no window gets more calls than the budget.
TIMER_SLACK = timedelta(milliseconds=100)
# A longer pause is not waited for: a run of a vault would outlast its lease
# (monitoring/vault_run.py, HELD), and then the time that a function has. A 429 that does not say
# how long to wait counts as 10 s.
MAX_SLOT_WAIT = timedelta(seconds=10)
# How long whoever wants a spare slot sleeps while other calls are under way.
POLL_INTERVAL = timedelta(milliseconds=500)
MARGIN = 1.02  # on the gap between calls, since what is sent evenly does not arrive evenly


class RateLimiter:
    """The rate limiter of one vault: gives out slots for `budget` calls in ten seconds."""

    def __init__(
        self, budget: float, now: Callable[[], datetime], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._gap, self._now, self._sleep = WINDOW / budget * MARGIN, now, sleep
        self._next = self._quiet = now()
        self.busy = 0  # calls under way, but for those in spare slots
        self._heard: datetime | None = None

    async def slot(self) -> None:
        """Waits for the next slot. A slot within a pause that the vault asked for is replaced by
        one after the pause. Raises Unavailable if the pause is longer than MAX_SLOT_WAIT.
        """
        while True:
            now = self._now()
            if self.is_paused:
                left = math.ceil((self._quiet - now).total_seconds())
                raise Unavailable(KEY_VAULT, "it asked for quiet", retry_after=left, throttled=True)
            mine = max(self._next, now - TIMER_SLACK)
            self._next = mine + self._gap
            if mine > now:
                await self._sleep((mine - now).total_seconds())
            if self._now() >= self._quiet:
                return

    async def spare_slot(self, ends: datetime) -> None:
        """Waits for a slot while no other call waits for a slot or for its answer, so that not even
        the processor is taken from other calls. Raises TimeoutError if there is none before `ends`,
        and Unavailable if the vault asks for a pause of more than MAX_SLOT_WAIT.
        """
        while (now := self._now()) < ends:
            ahead = max(self._next - now, POLL_INTERVAL if self.busy else timedelta(0))
            if ahead <= timedelta(0):
                await self.slot()
                return
            await self._sleep(min(ahead, ends - now).total_seconds())
        raise TimeoutError

    def note_answer(self) -> None:
        """Records that the vault has answered."""
        self._heard = self._now()

    def has_answered(self, within: timedelta) -> bool:
        """Whether the vault has answered within this time."""
        return self._heard is not None and self._now() - self._heard < within

    @property
    def is_paused(self) -> bool:
        """Whether the vault has asked for a pause that lasts longer than MAX_SLOT_WAIT from now."""
        return self._quiet - self._now() > MAX_SLOT_WAIT

    def pause(self, seconds: float) -> None:
        """Gives out no slot for so many seconds, at most MAX_CHECK_PAUSE: the vault asked for a
        pause.
        """
        self._quiet = max(
            self._quiet, self._now() + min(timedelta(seconds=seconds), MAX_CHECK_PAUSE)
        )
        self._next = max(self._next, self._quiet)


def limit_calls(vault: Vault, pace: RateLimiter, spare_until: datetime | None = None) -> Vault:
    """The same vault, but each call first waits for a slot; with `spare_until`, for a spare slot
    before that time. A 429 stops the calls for as long as it says.
    """
    return cast(Vault, _RateLimitedVault(vault, pace, spare_until))


class _RateLimitedVault:
    def __init__(self, vault: Vault, pace: RateLimiter, spare_until: datetime | None) -> None:
        self._vault, self._pace, self._spare_until = vault, pace, spare_until

    def __getattr__(self, method: str) -> Callable[..., Awaitable[object]]:
        async def call(*given: object, **more: object) -> object:
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

    async def _answer(
        self, method: str, given: tuple[object, ...], more: dict[str, object]
    ) -> object:
        try:
            answer = await getattr(self._vault, method)(*given, **more)
        except Unavailable as error:
            if error.throttled:
                self._pace.pause(error.retry_after)
            raise
        self._pace.note_answer()
        return answer
