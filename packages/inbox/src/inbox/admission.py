"""Who may start a flow, with the answers of Logic Apps, on which these triggers run (platform §6.3)."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

AUDIENCE = "https://service.flow.microsoft.com/"  # to the letter, with its slash

# The answer to a request that may not start the flow; None for one that may.
type Admission = Callable[[web.Request], web.Response | None]


class _Claims(msgspec.Struct):
    """What a flow reads of a token, as far as it is the same for every tenant."""

    aud: str
    iss: str
    exp: int


def whoever_has_the_url(sig: str) -> Admission:
    """The trigger is set to "Anyone": `sig` in its URL is the credential."""

    def admit(request: web.Request) -> web.Response | None:
        given = request.query.get("sig")
        if given is None:
            return _required("The request must be authenticated only by Shared Access scheme.")
        if "Authorization" in request.headers:
            return _more_than_one()
        if not hmac.compare_digest(given.encode(), sig.encode()):
            return _error("AuthorizationFailed", "The authentication credentials are not valid.")
        return None

    return admit


def any_user_in_my_tenant(request: web.Request) -> web.Response | None:
    """The trigger is set to "Any user in my tenant": a token for the flow service is the credential.

    Audience and time are looked at; the signature is not, so any endpoint for identities will do.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _required("The OAuth authorization scheme is required.")
    if "sig" in request.query:
        return _more_than_one()
    claims = _claims_of(token.strip())
    if claims is None or claims.exp <= time.time():
        return _error("AuthorizationFailed", "The authentication credentials are not valid.")
    if claims.aud != AUDIENCE:
        message = (
            "One or more claims either missing or does not match with the open authentication access control policy."
        )
        return _error("MisMatchingOAuthClaims", message, HTTPStatus.FORBIDDEN)
    return None


def _claims_of(token: str) -> _Claims | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=_Claims)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None


def _required(message: str) -> web.Response:
    return _error("DirectApiAuthorizationRequired", message)


def _more_than_one() -> web.Response:
    message = (
        "The request has SAS authentication scheme, 'Bearer' authorization scheme or internal token scheme. "
        "Only one scheme should be used."
    )
    return _error("DirectApiRequestHasMoreThanOneAuthorization", message)


def _error(code: str, message: str, status: HTTPStatus = HTTPStatus.UNAUTHORIZED) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
