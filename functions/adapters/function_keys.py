"""Sign-in without Entra ID: by function keys alone, beside tokens until a date, and not at all
while the settings are wrong.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from functions.model.caller import Caller
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.model.request.actor import UNNAMED
from functions.ports.sign_in import SignIn

# Seconds until a caller may try again after a wrong setting: somebody has to change it first.
RETRY_AFTER_A_FIX = 300


class ByKeys:
    """Implements the port `SignIn` where the host has checked a function key already: whoever gets
    here has one, and nobody knows who that is.
    """

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:  # noqa: ARG002
        """Returns the caller with a key. Never raises."""
        return Caller(UNNAMED)


@dataclass(frozen=True, slots=True)
class NobodyYet:
    """Implements the port `SignIn` while its settings cannot be used: nobody gets in. `fault` says
    what is wrong, and never holds a value.
    """

    fault: str

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:  # noqa: ARG002
        """Raises Unavailable."""
        raise Unavailable("Sign-in", self.fault, retry_after=RETRY_AFTER_A_FIX)


@dataclass(frozen=True, slots=True)
class KeysUntil:
    """Implements the port `SignIn` while callers move from function keys to tokens.

    Where tokens decide, the host checks no key, and does not say whether one is right. So the keys
    that still count are known by their SHA-256 (`keys`, lower-case hexadecimal), up to the end of
    the day `until` (UTC). They count in the header `x-functions-key` alone: keys in addresses end
    up in logs. A call with an `Authorization` header goes by that, whatever its key.
    """

    tokens: SignIn
    keys: Collection[str]
    until: date
    now: Callable[[], datetime]

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:
        """Returns the caller with a key that still counts, or whom the token names. Each use of a
        key is a record in the log (`key-used`), so that it can be seen who has not moved yet.
        Raises as the port says.
        """
        if authorization is None and key and self.now().date() <= self.until and self._known(key):
            record("key-used", until=self.until)
            return Caller(UNNAMED)
        return await self.tokens.caller_of(authorization)

    def _known(self, key: str) -> bool:
        digest = hashlib.sha256(key.encode()).hexdigest()
        return any(hmac.compare_digest(digest, one) for one in self.keys)
