"""How a machine proves who it is: a secret, or an assertion that one of its certificates has signed (RFC 7523).

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from entra_emulator.claims import BY_ASSERTION, BY_SECRET
from entra_emulator.directory import Machine
from entra_emulator.errors import EntraError, invalid_client

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]
_SKEW = 300  # seconds


def proof(machine: Machine, form: Mapping[str, str], audiences: Sequence[str], now: float) -> str:
    """Which way the machine has proven itself, as `azpacr` says it. Raises EntraError."""
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if assertion:
        if form.get("client_assertion_type") != TYPE:
            raise EntraError("invalid_request", 90023, "The value of 'client_assertion_type' is not valid.")
        _check_assertion(machine, assertion, audiences, now)
        return BY_ASSERTION
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise invalid_client(7000218, text)
    if machine.secret is None or not hmac.compare_digest(secret.encode(), machine.secret.encode()):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{machine.client_id}'."
        )
        raise invalid_client(7000215, text)
    return BY_SECRET


def _check_assertion(machine: Machine, assertion: str, audiences: Sequence[str], now: float) -> None:
    try:
        header = jwt.get_unverified_header(assertion)
        key = _key(machine, header)
        claims = jwt.decode(
            assertion,
            key,
            algorithms=_ALGORITHMS,
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidSignatureError:
        raise invalid_client(
            700027, "The certificate with identifier used to sign the client assertion did not match."
        ) from None
    except jwt.InvalidTokenError:
        text = "Client assertion failed signature validation: it is not a token that can be read."
        raise invalid_client(50027, text) from None
    _check_claims(machine, claims, audiences, now)


def _check_claims(machine: Machine, claims: Mapping[str, Any], audiences: Sequence[str], now: float) -> None:
    if claims.get("iss") != machine.client_id or claims.get("sub") != machine.client_id:
        text = "The issuer and the subject of the client assertion must be the application that asks."
        raise invalid_client(700021, text)
    if claims.get("aud") not in audiences:
        text = f"Client assertion audience claim does not match Realm issuer. Expected: {audiences[0]}."
        raise invalid_client(700023, text)
    start, end = claims.get("nbf", 0), claims.get("exp")
    in_time = isinstance(end, int | float) and isinstance(start, int | float) and start - _SKEW <= now < end + _SKEW
    if not in_time or not claims.get("jti"):
        raise invalid_client(700024, "Client assertion is not within its valid time range, or has no identifier.")


def _key(machine: Machine, header: Mapping[str, Any]) -> RSAPublicKey:
    for pem in machine.certificates:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        if isinstance(key, RSAPublicKey) and _names(header, certificate):
            return key
    text = "Client assertion contains an invalid signature: the key was not found by its thumbprint (x5t, x5t#S256)."
    raise invalid_client(700027, text)


def _names(header: Mapping[str, Any], certificate: x509.Certificate) -> bool:
    sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303  a name, as the service's own x5t
    sha256 = certificate.fingerprint(hashes.SHA256())
    return header.get("x5t") == _text(sha1) or header.get("x5t#S256") == _text(sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
