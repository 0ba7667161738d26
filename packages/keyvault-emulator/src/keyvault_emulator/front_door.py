"""What every request to a vault passes: the token, then whatever unkindness is switched on, then the grant."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from keyvault_emulator.chance import Chance
from keyvault_emulator.errors import KeyVaultError, parallel_change
from keyvault_emulator.grants import Grants
from keyvault_emulator.profile import ProfileName, as_profile
from keyvault_emulator.routes import answer
from keyvault_emulator.throttling import Throttle
from keyvault_emulator.tokens import AUDIENCE, Caller, Tokens
from keyvault_emulator.vault import Vault
from keyvault_emulator.wire import challenge_reply, challenge_resource, error_reply

# The changes of a pending certificate that the service wants one after the other (protocol §4.4).
_CHANGE = re.compile(
    r"(?:PATCH|DELETE) /+certificates/+([^/]+)/+pending/*|POST /+certificates/+([^/]+)/+pending/+merge/*", re.IGNORECASE
)


class FrontDoor:
    """Lets requests in."""

    def __init__(
        self, tokens: Tokens, grants: Grants, chance: Chance, profile: ProfileName, now: Callable[[], float]
    ) -> None:
        self._tokens = tokens
        self._grants = grants
        self._chance = chance
        self._profile = profile
        self._now = now
        self._throttle = Throttle()
        self._changing: set[tuple[str, str]] = set()

    async def answer(self, request: web.Request, vault: Vault) -> web.Response:
        """Any request to a vault. What goes wrong by chance does so before the operation or after it."""
        try:
            await request.read()  # before any answer: aiohttp cuts a connection whose request was not read
        except web.HTTPRequestEntityTooLarge as error:
            # RFC 9110's name of the status: Python's own differs from one version to the next.
            return error_reply(KeyVaultError(error.status, "ContentTooLarge", error.text or error.reason))
        fault = self._chance.fault()
        if fault and not fault.after:
            return await fault.strike(request)
        response = as_profile(self._profile, request, await self._authenticated(request, vault))
        return await fault.strike(request) if fault else response

    async def _authenticated(self, request: web.Request, vault: Vault) -> web.Response:
        try:
            audiences = (AUDIENCE, challenge_resource(request.host))
            caller = self._tokens.caller(request.headers.get("Authorization", ""), audiences)
        except KeyVaultError as error:
            await asyncio.sleep(self._chance.latency())
            return challenge_reply(request.host, error)
        try:
            self._throttle.count(vault.host, request.method, request.path, self._chance.switches)
            with self._one_change_at_a_time(request, vault):
                if latency := self._chance.latency():
                    await asyncio.sleep(latency)
                return await self._allowed(request, vault, caller)
        except KeyVaultError as error:
            retry_after = self._chance.switches.retry_after
            with_wait = error.status == 429 and retry_after is not None
            return error_reply(error, headers={"Retry-After": str(retry_after)} if with_wait else None)

    async def _allowed(self, request: web.Request, vault: Vault, caller: Caller) -> web.Response:
        def require(action: str) -> None:
            self._grants.require(caller, action, vault.host, request.path)

        return await answer(request, vault, self._now, require)

    @contextmanager
    def _one_change_at_a_time(self, request: web.Request, vault: Vault) -> Iterator[None]:
        found = _CHANGE.fullmatch(f"{request.method} {request.path}")
        name = (found[1] or found[2]).lower() if found else ""
        certificate = vault.certificates.get(name)
        if not certificate or not certificate.operation:
            yield
            return
        place = (vault.host, name)
        overlaps = self._chance.switches.parallel_conflicts and place in self._changing
        if overlaps or self._chance.conflict():
            url = f"https://{request.host}/certificates/{certificate.name}"
            raise parallel_change(f"{url}/{certificate.operation.version}")
        self._changing.add(place)
        try:
            yield
        finally:
            self._changing.discard(place)
