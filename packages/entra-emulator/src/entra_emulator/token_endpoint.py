"""The token endpoint: codes and refresh tokens of people, credentials of machines."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from entra_emulator import errors
from entra_emulator.addresses import Addresses
from entra_emulator.claims import Claims
from entra_emulator.codes import REFRESH_TTL, Codes, Grant
from entra_emulator.credentials import proof
from entra_emulator.directory import Client, Directory, Machine, RedirectKind
from entra_emulator.errors import EntraError
from entra_emulator.scopes import Scopes, delegated, of_machine
from entra_emulator.signing_keys import SigningKeys

# https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes: "a random value ranging between
# 60-90 minutes (75 minutes on average)".
LIFETIME = (60 * 60, 90 * 60)
_ID_TOKEN_LIFETIME = 3600
_MAX_BODY = 64 * 1024


class TokenEndpoint:
    """Answers with tokens, or with the reason why not."""

    def __init__(
        self,
        directory: Directory,
        keys: SigningKeys,
        claims: Claims,
        codes: Codes,
        addresses: Addresses,
        now: Callable[[], float],
    ) -> None:
        self.lifetime: int | None = None  # seconds, where a test wants another one
        self._directory, self._keys, self._claims, self._codes = directory, keys, claims, codes
        self._addresses, self._now = addresses, now

    def add_routes(self, app: web.Application) -> None:
        """Puts the endpoint into an application."""
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._answer)
        app.router.add_options("/{tenant}/oauth2/v2.0/token", self._preflight)

    def revoke(self) -> None:
        """Ends what people signed in to before: their refresh tokens are refused."""
        self._codes.revoke()

    async def _preflight(self, request: web.Request) -> web.Response:
        wanted = request.headers.get("Access-Control-Request-Headers", "")
        headers = {"Access-Control-Allow-Methods": "POST, OPTIONS", "Access-Control-Allow-Headers": wanted}
        return web.Response(headers=headers | _cors(request))

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            body, status = self._tokens(request, await _form(request)), 200
        except EntraError as error:
            body, status = error.body(self._now()), error.status
        headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"} | _cors(request)
        return web.json_response(body, status=status, headers=headers)

    def _tokens(self, request: web.Request, form: Mapping[str, str]) -> dict[str, Any]:
        if request.match_info["tenant"] != self._directory.tenant:
            raise errors.unknown_tenant(request.match_info["tenant"])
        for parameter in ("grant_type", "client_id"):
            if not form.get(parameter):
                raise errors.missing(parameter)
        kind, client_id = form["grant_type"], form["client_id"]
        client, machine = self._directory.client(client_id), self._directory.machine(client_id)
        if client is None and machine is None:
            raise errors.unknown_client(client_id, self._directory.tenant)
        if kind == "client_credentials":
            if machine is None:
                text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
                raise errors.invalid_client(7000218, text)
            return self._for_machine(machine, form)
        if client is None or kind not in ("authorization_code", "refresh_token"):
            text = f"The app requested an unsupported grant type '{kind}'."
            raise EntraError("unsupported_grant_type", 70003, text)
        _check_origin(client, request.headers.get("Origin"))
        return self._redeemed(client, form) if kind == "authorization_code" else self._refreshed(client, form)

    def _redeemed(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        for parameter in ("code", "redirect_uri", "code_verifier"):
            if not form.get(parameter):
                raise errors.missing(parameter)
        now = self._now()
        grant = self._codes.redeem(form["code"], client, form["redirect_uri"], form["code_verifier"], now)
        scopes = delegated(form["scope"], self._directory) if form.get("scope") else grant.scopes
        return self._for_person(grant, _within(scopes, grant.scopes), now + REFRESH_TTL, grant.nonce)

    def _refreshed(self, client: Client, form: Mapping[str, str]) -> dict[str, Any]:
        if not form.get("refresh_token"):
            raise errors.missing("refresh_token")
        grant, ends = self._codes.refresh(form["refresh_token"], client, self._now())
        scopes = delegated(form["scope"], self._directory) if form.get("scope") else grant.scopes
        return self._for_person(grant, _within(scopes, grant.scopes), ends, None)

    def _for_person(self, grant: Grant, scopes: Scopes, refresh_ends: float, nonce: str | None) -> dict[str, Any]:
        now, lifetime = int(self._now()), self._lifetime()
        client_id = grant.client.client_id
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": scopes.written(self._directory.api.uri),
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
        }
        if scopes.api:
            claims = self._claims.of_person(grant.person, client_id, scopes.api, now, lifetime)
            body["access_token"] = self._keys.sign(claims)
        if "openid" in scopes.openid:
            claims = self._claims.of_id_token(grant.person, client_id, nonce, now, _ID_TOKEN_LIFETIME)
            body["id_token"] = self._keys.sign(claims)
        if "offline_access" in scopes.openid:
            body["refresh_token"] = self._codes.refresh_token(grant, refresh_ends)
        return body

    def _for_machine(self, machine: Machine, form: Mapping[str, str]) -> dict[str, Any]:
        now, lifetime = int(self._now()), self._lifetime()
        azpacr = proof(machine, form, (self._addresses.token, self._addresses.issuer), now)
        if not form.get("scope"):
            raise errors.missing("scope")
        of_machine(form["scope"], self._directory)
        api = self._directory.api
        if api.assignment_required and not self._directory.roles_of(machine):
            text = (
                f"Application '{machine.client_id}'({machine.name}) is not assigned to a role for the application "
                f"'{api.uri}'({api.name})."
            )
            raise EntraError("invalid_grant", 501051, text)
        token = self._keys.sign(self._claims.of_machine(machine, azpacr, now, lifetime))
        return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}

    def _lifetime(self) -> int:
        shortest, longest = LIFETIME
        return self.lifetime or shortest + secrets.randbelow(longest - shortest + 1)


def _check_origin(client: Client, origin: str | None) -> None:
    """A page redeems its codes in the browser, and only a page does."""
    if client.kind is RedirectKind.SPA and origin is None:
        text = "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin"
        raise EntraError("invalid_request", 9002327, f"{text} requests.")
    if client.kind is not RedirectKind.SPA and origin is not None:
        text = "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type."
        raise EntraError("invalid_request", 9002326, text)


def _within(asked: Scopes, allowed: Scopes) -> Scopes:
    """What was asked for now, as far as it was allowed; OpenID Connect's scopes stay those of the sign-in."""
    return Scopes(tuple(scope for scope in asked.api if scope in allowed.api) or allowed.api, allowed.openid)


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or 0) > _MAX_BODY:
        raise errors.missing("grant_type")  # what the service says of a body that it does not read
    form = await request.post()
    if len(set(form)) != len(form):
        raise errors.malformed()
    return {name: str(value) for name, value in form.items()}


def _cors(request: web.Request) -> dict[str, str]:
    origin = request.headers.get("Origin")
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if origin else {}
