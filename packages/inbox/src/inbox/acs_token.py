"""What Communication Services look at in a token. The signature is not checked: its key is the identity endpoint's."""

from __future__ import annotations

import base64
import time

import msgspec

AUDIENCES = ("https://communication.azure.com", "https://communication.azure.com/")  # the SDK asks for the latter


class _Claims(msgspec.Struct):
    aud: str
    exp: int


def refusal_of(authorization: str) -> str | None:
    """Why this `Authorization` header opens nothing; None if it does."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token.count(".") != 2:
        return "A bearer token is needed."
    try:
        part = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=_Claims)
    except ValueError:  # DecodeError of msgspec is one, and binascii's error
        return "The token cannot be read."
    if claims.aud not in AUDIENCES:
        return f"The token is for {claims.aud}, not for {AUDIENCES[0]}."
    return "The token has expired." if claims.exp <= time.time() else None
