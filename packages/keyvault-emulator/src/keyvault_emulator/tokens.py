"""Tokens: made for managed identities, and looked at when they come back with a request.

A token is a JWT signed with a secret of this emulator, so one from anywhere else is refused, as Key Vault refuses one
whose signing key it cannot find.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from keyvault_emulator import errors

TENANT_ID = "5c1e7ab1-0000-4000-8000-00000000c0de"
ISSUER = f"https://sts.windows.net/{TENANT_ID}/"
AUDIENCE = "https://vault.azure.net"  # without a trailing slash: Key Vault refuses one with it


@dataclass(frozen=True)
class Caller:
    """Who sent a request; `client_id` is None where any token counts, and then everything is allowed."""

    client_id: str | None
    object_id: str = ""


class Tokens:
    """Makes tokens and recognizes its own. With `any_token` whatever is sent as a bearer token will do."""

    def __init__(self, *, any_token: bool = False) -> None:
        self._any_token = any_token
        self._secret = secrets.token_bytes(32)
        self._claims = lru_cache(maxsize=64)(self._read)  # a client sends the same token with every request

    def issue(self, audience: str, client_id: str, lifetime: int) -> tuple[str, int]:
        """A token and when it expires. Azurite reads `iss`, `aud` and the times, and checks no signature."""
        now = int(time.time())
        identity = object_id(client_id)
        claims = {
            "aud": audience,
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": client_id,
            "oid": identity,
            "sub": identity,
            "tid": TENANT_ID,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        signed = f"{_segment({'typ': 'JWT', 'alg': 'HS256'})}.{_segment(claims)}"
        return f"{signed}.{self._signature(signed)}", now + lifetime

    def caller(self, authorization: str, audiences: Collection[str]) -> Caller:
        """Who sent this `Authorization` header; raises KeyVaultError (401)."""
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise errors.unauthorized()
        if self._any_token:
            return Caller(None)
        claims = self._claims(token)
        if claims["exp"] <= time.time():
            raise errors.token_expired()
        if claims["aud"] not in audiences:
            raise errors.invalid_audience(claims["aud"], AUDIENCE)
        return Caller(claims["appid"], claims["oid"])

    def _read(self, token: str) -> dict[str, Any]:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            raise errors.unknown_signing_key()
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        return claims

    def _signature(self, signed: str) -> str:
        return _encode(hmac.digest(self._secret, signed.encode(), hashlib.sha256))


def object_id(client_id: str) -> str:
    """The object id of an identity: the same for the same client id, as in a directory."""
    return str(uuid.uuid5(uuid.UUID(TENANT_ID), client_id))


def _segment(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
