"""The keys with which Entra ID signs the tokens of a tenant, kept in memory.

Entra publishes a new key before it signs with it, but promises no time between, and in an emergency
changes keys at once (platform §11). So keys are read again each day, and when a
token names one that is not known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from functions.model.errors import Unauthenticated, Unavailable
from functions.model.log import record

type Keys = Mapping[str, RSAPublicKey]

NEVER = datetime.min.replace(tzinfo=UTC)
KEYS_FRESH = timedelta(hours=24)  # then they are read again, while they still count
KEYS_TTL = timedelta(hours=48)  # then they count no more: Entra may have withdrawn one of them
# Anybody can name an unknown key. They do not make us ask Entra more often than this.
FETCH_PAUSE = timedelta(minutes=5)
FIRST_FETCH_PAUSE = timedelta(seconds=10)  # while there are no keys, and so nobody gets in


class SigningKeys:
    """Signing keys by their ids (`kid`). `fetch` reads all that are published, and raises
    Unavailable. A call with a known key never waits for it; those with an unknown one share one
    fetch.
    """

    _running: asyncio.Task[None] | None
    _failure: str  # why the last try to read the keys failed; empty if it did not

    def __init__(self, fetch: Callable[[], Awaitable[Keys]], now: Callable[[], datetime]) -> None:
        self._fetch, self._now = fetch, now
        self._keys: Keys = {}
        self._fetched = self._tried = NEVER  # when the keys were read, and when that was tried last
        self._running = None

    async def key(self, kid: str) -> RSAPublicKey:
        """Returns the key with this id. Raises Unauthenticated if the tenant publishes none,
        Unavailable if that cannot be found out.
        """
        if (key := self._known(kid)) is not None:
            if self._older_than(KEYS_FRESH) and self._may_fetch():
                self._start()  # nobody waits for it
            return key
        if self._running is not None or self._may_fetch():
            # A caller who hangs up does not stop the fetch that others wait for.
            await asyncio.shield(self._running or self._start())
        if (key := self._known(kid)) is not None:
            return key
        if self._failure:
            raise Unavailable("Entra ID", self._failure, retry_after=self._seconds_to_next())
        raise Unauthenticated("The token is signed with a key that the tenant does not publish.")

    def _known(self, kid: str) -> RSAPublicKey | None:
        return None if self._older_than(KEYS_TTL) else self._keys.get(kid)

    def _older_than(self, age: timedelta) -> bool:
        return self._now() - self._fetched >= age

    def _pause(self) -> timedelta:
        return FIRST_FETCH_PAUSE if self._older_than(KEYS_TTL) else FETCH_PAUSE

    def _may_fetch(self) -> bool:
        """Whether the last try is long enough ago. A clock that was put back does not make anybody
        wait until it is where it was.
        """
        return not self._tried <= self._now() < self._tried + self._pause()

    def _seconds_to_next(self) -> int:
        left = self._tried + self._pause() - self._now()
        return max(1, round(left.total_seconds()))

    def _start(self) -> asyncio.Task[None]:
        self._tried = self._now()
        self._running = asyncio.create_task(self._read(), name="signing-keys")
        return self._running

    async def _read(self) -> None:
        self._failure = "its signing keys were not read"  # unless that ends
        try:
            self._keys = await self._fetch()
            self._fetched, self._failure = self._now(), ""
            record("signing-keys-read", keys=len(self._keys))
        except Unavailable as error:
            self._failure = error.reason
            record("signing-keys-failed", level=logging.WARNING, reason=error.reason)
        finally:
            self._running = None
