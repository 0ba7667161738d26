"""The control door: what tests ask of the emulator that nobody may ask of Entra.

GET  /control/state     kids in order (the last but one signs), readings of discovery and keys, roles
POST /control/keys      {"do": "roll"}: the announced key signs; {"do": "roll unannounced"}: one that nobody has seen;
                        {"do": "withdraw"}: keys that only signed before are no longer published
PUT  /control/metadata  {"status": 503} | {"silent": seconds} | {"garbage": true}: discovery and keys fail; {}: no more
PUT  /control/roles     {"name": "requester", "roles": ["team-pay"]}; tokens that are out keep theirs
PUT  /control/lifetime  {"seconds": 90}, of the next access tokens; null: 60 to 90 minutes at random
POST /control/sessions  {"do": "revoke"}: refresh tokens that are out are refused from now on
POST /control/tokens    {"name": "requester", "client_id"?: the Azure CLI's, "claims"?: {…}, "header"?: {…}} → a token
                        as the endpoint would sign it, with other claims (null takes one away) and header fields
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from entra_emulator.claims import BY_SECRET, Claims
from entra_emulator.directory import AZURE_CLI, Directory, Machine, Person
from entra_emulator.metadata import Metadata, MetadataFault
from entra_emulator.signing_keys import SigningKeys
from entra_emulator.token_endpoint import LIFETIME, TokenEndpoint

_Seconds = Annotated[int, msgspec.Meta(ge=1, le=86400)]


class KeysBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /control/keys."""

    do: Literal["roll", "roll unannounced", "withdraw"]


class RolesBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT /control/roles."""

    name: str
    roles: tuple[str, ...]


class LifetimeBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT /control/lifetime."""

    seconds: _Seconds | None


class SessionsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /control/sessions."""

    do: Literal["revoke"]


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /control/tokens."""

    name: str
    client_id: str = AZURE_CLI
    claims: dict[str, Any] = {}  # msgspec copies it
    header: dict[str, Any] = {}


class Control:
    """The door itself."""

    def __init__(
        self,
        directory: Directory,
        keys: SigningKeys,
        claims: Claims,
        metadata: Metadata,
        tokens: TokenEndpoint,
        now: Callable[[], float],
    ) -> None:
        self._directory, self._keys, self._claims = directory, keys, claims
        self._metadata, self._tokens, self._now = metadata, tokens, now

    def add_routes(self, app: web.Application) -> None:
        """Puts the door into an application."""
        app.router.add_get("/control/state", self._state)
        app.router.add_post("/control/keys", self._roll)
        app.router.add_put("/control/metadata", self._fail)
        app.router.add_put("/control/roles", self._assign)
        app.router.add_put("/control/lifetime", self._live)
        app.router.add_post("/control/sessions", self._revoke)
        app.router.add_post("/control/tokens", self._token)

    def token(
        self,
        name: str,
        client_id: str = AZURE_CLI,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
    ) -> str:
        """A token for this member with other claims; None takes one away. Raises KeyError for an unknown name."""
        member = self._directory.member(name)
        if member is None:
            raise KeyError(name)
        now, lifetime = int(self._now()), self._tokens.lifetime or LIFETIME[0]
        if isinstance(member, Machine):
            usual = self._claims.of_machine(member, BY_SECRET, now, lifetime)
        else:
            usual = self._claims.of_person(member, client_id, self._directory.api.scopes, now, lifetime)
        changed = {key: value for key, value in (usual | (claims or {})).items() if value is not None}
        return self._keys.sign(changed, header)

    async def _state(self, _request: web.Request) -> web.Response:
        members: dict[str, Person | Machine] = {**self._directory.persons, **self._directory.machines}
        return web.json_response(
            {
                "kids": self._keys.kids(),
                "signs": self._keys.current.kid,
                "reads": self._metadata.reads,
                "roles": {name: list(self._directory.roles_of(member)) for name, member in members.items()},
            }
        )

    async def _roll(self, request: web.Request) -> web.Response:
        body = await _read(request, KeysBody)
        if body.do == "withdraw":
            self._keys.withdraw()
        else:
            self._keys.roll(self._now(), unannounced=body.do != "roll")
        return await self._state(request)

    async def _fail(self, request: web.Request) -> web.Response:
        fault = await _read(request, MetadataFault)
        self._metadata.fault = None if fault == MetadataFault() else fault
        return await self._state(request)

    async def _assign(self, request: web.Request) -> web.Response:
        body = await _read(request, RolesBody)
        member = self._directory.member(body.name)
        if member is None:
            raise _problem(404, f"nobody is called {body.name}")
        self._directory.assign(member, body.roles)
        return await self._state(request)

    async def _live(self, request: web.Request) -> web.Response:
        self._tokens.lifetime = (await _read(request, LifetimeBody)).seconds
        return await self._state(request)

    async def _revoke(self, request: web.Request) -> web.Response:
        await _read(request, SessionsBody)
        self._tokens.revoke()
        return await self._state(request)

    async def _token(self, request: web.Request) -> web.Response:
        body = await _read(request, TokenBody)
        try:
            token = self.token(body.name, body.client_id, body.claims, body.header)
        except KeyError:
            raise _problem(404, f"nobody is called {body.name}") from None
        return web.json_response({"access_token": token})


async def _read[T](request: web.Request, of: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
        raise _problem(400, str(error)) from None


def _problem(status: int, message: str) -> web.HTTPException:
    kind = web.HTTPNotFound if status == 404 else web.HTTPBadRequest
    return kind(text=msgspec.json.encode({"error": message}).decode(), content_type="application/json")
