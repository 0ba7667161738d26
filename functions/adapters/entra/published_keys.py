"""Reads the signing keys that Entra ID publishes for a tenant: its discovery document names the
address of its key set (OpenID Connect Discovery 1.0; RFC 7517).
"""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from functions.adapters.entra.tokens import SIGNED_WITH
from functions.model.errors import Unavailable
from functions.ports.sign_in import Registration

FETCH_TIMEOUT = aiohttp.ClientTimeout(total=10)  # seconds, for each of the two documents
MAX_DOCUMENT = 1_048_576  # bytes; Entra's have less than 20,000
MIN_KEY_BITS = 2048


async def fetch_keys(registration: Registration) -> dict[str, RSAPublicKey]:
    """Returns the keys by their ids. Raises Unavailable if they cannot be had, or are none that can
    be used. Entra ID is known by its certificate alone, as every client of it does.
    """
    discovery = f"{registration.issuer}/.well-known/openid-configuration"
    try:
        async with aiohttp.ClientSession(timeout=FETCH_TIMEOUT) as session:
            described = await _document(session, discovery)
            if described.get("issuer") != registration.issuer:
                raise _unavailable("its discovery document is of another issuer")
            address = described.get("jwks_uri")
            if not isinstance(address, str) or not address.startswith("https://"):
                raise _unavailable("its discovery document names no key set")
            published = (await _document(session, address)).get("keys")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _unavailable(type(error).__name__) from None
    keys = _usable(published, registration)
    if not keys:
        raise _unavailable("its key set has no key that can be used")
    return keys


async def _document(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """Returns a JSON object. A redirect is not followed: Entra's addresses have none."""
    async with session.get(url, allow_redirects=False) as response:
        if response.status != 200:
            raise _unavailable(f"HTTP {response.status}")
        content = bytearray()
        async for some in response.content.iter_any():
            content += some
            if len(content) > MAX_DOCUMENT:
                raise _unavailable("a document is too long")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _unavailable("a document is no JSON object")
    return document


def _usable(published: object, registration: Registration) -> dict[str, RSAPublicKey]:
    """Returns the keys with which a token of this issuer may be signed; others may stand beside
    them in a set, and newer kinds of keys may come.
    """
    found: dict[str, RSAPublicKey] = {}
    for one in published if isinstance(published, list) else []:
        if isinstance(one, dict) and _may_sign(one, registration):
            try:
                key = jwt.PyJWK(one, SIGNED_WITH).key
            except jwt.PyJWTError:
                continue
            if isinstance(key, RSAPublicKey) and key.key_size >= MIN_KEY_BITS:
                found[one["kid"]] = key
    return found


def _may_sign(key: dict[str, Any], registration: Registration) -> bool:
    """Whether a key is for signatures, of RS256, and of this tenant. Entra writes beside a key
    whose tokens it signs, maybe with a placeholder for the tenant: others are those of personal
    accounts (platform §11).
    """
    issuer = str(key.get("issuer", registration.issuer)).replace("{tenantid}", registration.tenant)
    return (
        isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("alg", SIGNED_WITH) == SIGNED_WITH
        and issuer == registration.issuer
    )


def _unavailable(reason: str) -> Unavailable:
    return Unavailable("Entra ID", f"its signing keys cannot be had: {reason}")
