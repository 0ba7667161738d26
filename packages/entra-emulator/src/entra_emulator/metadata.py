"""What a validator reads: the discovery document and the key set."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from aiohttp import web

from entra_emulator.addresses import Addresses
from entra_emulator.directory import Directory
from entra_emulator.signing_keys import SigningKeys

_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, OPTIONS"}
_MAX_AGE = 86400  # seconds, as the service says of its keys


class MetadataFault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How discovery and keys fail until it is taken back: an HTTP status, silence, or a body that is no JSON."""

    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    silent: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None  # seconds before it closes the connection
    garbage: bool = False


class Metadata:
    """Both documents, the count of their readings, and the fault that was asked for."""

    def __init__(self, directory: Directory, keys: SigningKeys, addresses: Addresses) -> None:
        self.fault: MetadataFault | None = None
        self.reads = {"discovery": 0, "keys": 0}
        self._directory, self._keys, self._addresses = directory, keys, addresses

    def add_routes(self, app: web.Application) -> None:
        """Puts both into an application."""
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/{tenant}/discovery/v2.0/keys", self._key_set)

    def document(self) -> dict[str, object]:
        """The discovery document, as far as the endpoints are here."""
        at = self._addresses
        return {
            "token_endpoint": at.token,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": at.keys,
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": at.issuer,
            "request_uri_parameter_supported": False,
            "authorization_endpoint": at.authorize,
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver",
            ],
        }  # fmt: skip

    async def _discovery(self, request: web.Request) -> web.StreamResponse:
        self.reads["discovery"] += 1
        return await self._failed(request) or self._answer(request, self.document())

    async def _key_set(self, request: web.Request) -> web.StreamResponse:
        self.reads["keys"] += 1
        return await self._failed(request) or self._answer(request, self._keys.jwks(self._addresses.issuer))

    def _answer(self, request: web.Request, body: dict[str, object]) -> web.Response:
        if request.match_info["tenant"] != self._directory.tenant:
            text = f"AADSTS90002: Tenant '{request.match_info['tenant']}' not found."
            return web.json_response({"error": "invalid_tenant", "error_description": text}, status=400, headers=_OPEN)
        return web.json_response(body, headers=_OPEN | {"Cache-Control": f"max-age={_MAX_AGE}, private"})

    async def _failed(self, request: web.Request) -> web.StreamResponse | None:
        fault = self.fault
        if fault is None:
            return None
        if fault.silent:
            await asyncio.sleep(fault.silent)
            if request.transport:
                request.transport.abort()
        if fault.garbage:
            return web.Response(text="<html>This page is down for maintenance.</html>", content_type="text/html")
        return web.json_response({"error": "temporarily_unavailable"}, status=fault.status or 503)
