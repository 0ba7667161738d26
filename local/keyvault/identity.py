"""A managed identity endpoint as App Service offers it (`IDENTITY_ENDPOINT`, `IDENTITY_HEADER`).

Every resource gets a token: what the identity may do is not looked at yet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from typing import Any

from aiohttp import web

TENANT_ID = "5c1e7ab1-0000-4000-8000-00000000c0de"
CLIENT_ID = "5c1e7ab1-0000-4000-8000-0000000000a1"
OBJECT_ID = "5c1e7ab1-0000-4000-8000-0000000000b2"
LIFETIME = 24 * 3600  # as a managed identity's tokens live
API_VERSION = "2019-08-01"
PATH = "/msi/token"


class Identity:
    """Hands out tokens to whoever knows the header."""

    def __init__(self, header: str | None = None) -> None:
        self.header = header or secrets.token_hex(16)
        self._secret = secrets.token_bytes(32)

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
        client = request.query.get("client_id", CLIENT_ID)
        expires = int(time.time()) + LIFETIME
        return web.json_response(
            {
                "access_token": self.token(resource, client_id=client, expires=expires),
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client,
            }
        )

    def token(self, resource: str, *, client_id: str, expires: int) -> str:
        """A JWT for the resource. Azurite reads `iss`, `aud` and the times, and checks no signature."""
        claims = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{TENANT_ID}/",
            "iat": expires - LIFETIME,
            "nbf": expires - LIFETIME,
            "exp": expires,
            "appid": client_id,
            "oid": OBJECT_ID,
            "sub": OBJECT_ID,
            "tid": TENANT_ID,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        signed = f"{_segment({'typ': 'JWT', 'alg': 'HS256'})}.{_segment(claims)}"
        return f"{signed}.{_base64(hmac.digest(self._secret, signed.encode(), hashlib.sha256))}"


def _refuse(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)


def _segment(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
