"""Signs in callers by their access tokens: the adapter of the port `SignIn` for Entra ID."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from functions.adapters.entra.claims import caller_from
from functions.adapters.entra.published_keys import fetch_keys
from functions.adapters.entra.signing_keys import SigningKeys
from functions.adapters.entra.tokens import claims_of, key_id_of, token_of
from functions.model.caller import Caller
from functions.ports.sign_in import Registration


class EntraSignIn:
    """Implements the port `SignIn` with the v2.0 access tokens of one tenant. Every call is
    validated; nothing is remembered of a token. The tenant's keys are read at the first call.
    """

    def __init__(self, registration: Registration, now: Callable[[], datetime]) -> None:
        self._registration, self._now = registration, now
        self._keys = SigningKeys(partial(fetch_keys, registration), now)

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:  # noqa: ARG002
        """Returns the person or the app whom the token names. Raises as the port says."""
        token = token_of(authorization)
        signing_key = await self._keys.key(key_id_of(token))
        return caller_from(claims_of(token, signing_key), self._registration, self._now())
