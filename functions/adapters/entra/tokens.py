"""Reads an access token out of the header `Authorization`, and checks its signature.

A token is three parts of base64url, separated by dots: header, claims, signature (RFC 7515 §7.1).
Nothing in its header chooses a key or an algorithm: the algorithm is RS256, the only one of Entra's
v2.0 tokens, and `kid` is looked up among the keys that the tenant publishes (RFC 8725 §3.1, §3.10).
All functions raise Unauthenticated, with a sentence that never holds the token.
"""

from __future__ import annotations

import json

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from functions.model.errors import Unauthenticated

SIGNED_WITH = "RS256"
# The longest part of a token may be its groups: 200 of them, after which Entra writes a link in
# their place (platform §11), take 10,400 characters. A token is decoded before it is known whose.
MAX_TOKEN = 16_384

_signatures = jwt.PyJWS(algorithms=[SIGNED_WITH])


def token_of(authorization: str | None) -> str:
    """Returns the token in the value of the header (RFC 6750 §2.1). The host joins several headers
    of one name with commas, which no token has (platform §11).
    """
    if authorization is None or not authorization.strip():
        raise Unauthenticated(
            "The call has no Authorization header: send 'Bearer' and an access token for this API."
        )
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header does not begin with 'Bearer'.")
    if len(token) > MAX_TOKEN:
        raise Unauthenticated(f"The token is longer than {MAX_TOKEN:,} characters.")
    if fault := _shape_fault(token):
        raise Unauthenticated(fault)
    return token


def _shape_fault(token: str) -> str:
    """Says why a text cannot be a signed token; empty if it can be."""
    if not token:
        return "After 'Bearer' there is no token."
    if token.startswith("{"):
        return "The token is in the JSON serialization, which may have several signatures."
    if "," in token or " " in token:
        return "The Authorization header holds more than one token."
    if not token.isascii():
        return "The token has characters that no token has."
    parts = token.count(".") + 1
    if parts == 5:
        return "The token is encrypted; send one that is signed."
    return "" if parts == 3 else "The token does not have the three parts of a signed token."


def key_id_of(token: str) -> str:
    """Returns the id of the key that is said to have signed the token. Nothing of it is proven."""
    # Without the other two parts, which would be decoded here and once more in claims_of.
    first, _, _ = token.partition(".")
    try:
        header = jwt.get_unverified_header(f"{first}..")
    except jwt.PyJWTError:
        raise Unauthenticated("The token cannot be decoded.") from None
    if header.get("alg") != SIGNED_WITH:
        raise Unauthenticated(f"The token is not signed with {SIGNED_WITH}.")
    kid: str = header.get("kid", "")  # PyJWT refuses one that is no text
    if not kid:
        raise Unauthenticated("The token does not name the key that signed it (kid).")
    return kid


def claims_of(token: str, key: RSAPublicKey) -> dict[str, object]:
    """Returns the claims of a token that this key has signed."""
    try:
        claims = json.loads(_signatures.decode(token, key, algorithms=[SIGNED_WITH]))
    except jwt.InvalidSignatureError:
        raise Unauthenticated("The signature of the token is wrong.") from None
    # RecursionError: for brackets within brackets.
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated("The token cannot be decoded.") from None
    if not isinstance(claims, dict):
        raise Unauthenticated("The claims of the token are no JSON object.")
    return claims
