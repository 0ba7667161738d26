"""A managed identity endpoint as App Service offers it (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`).

The query's `client_id` selects a user-assigned identity; without one it is the default identity. Every resource gets a
token; what it opens is looked at where it is used.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from aiohttp import web

from keyvault_emulator.grants import CLIENT_ID, Grants
from keyvault_emulator.tokens import Tokens

LIFETIME = 24 * 3600  # as a managed identity's tokens live
API_VERSION = "2019-08-01"
PATH = "/msi/token"
NO_SUCH_IDENTITY = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."


class Identity:
    """Hands out tokens to whoever knows the header. `lifetime` says how long the next one lives, in seconds."""

    def __init__(
        self, tokens: Tokens, grants: Grants, lifetime: Callable[[], int] = lambda: LIFETIME, header: str | None = None
    ) -> None:
        self.header = header or secrets.token_hex(16)
        self._tokens = tokens
        self._grants = grants
        self._lifetime = lifetime

    def add_routes(self, app: web.Application) -> None:
        """Adds the endpoint."""
        app.router.add_get(PATH, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("X-IDENTITY-HEADER", "").encode(), self.header.encode()):
            return _refuse(401, "X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != API_VERSION:
            return _refuse(400, f"api-version must be {API_VERSION}.")
        resource = request.query.get("resource")
        if not resource:
            return _refuse(400, "resource is missing.")
        client = request.query.get("client_id") or CLIENT_ID
        if not self._grants.knows(client):
            return _refuse(400, NO_SUCH_IDENTITY)
        token, expires = self._tokens.issue(resource, client, self._lifetime())
        return web.json_response(
            {
                "access_token": token,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client,
            }
        )


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
