"""Access tokens as Entra ID writes them, and as anybody else might: signed here, by a key of the test.

Nothing of the product and nothing of PyJWT makes them, so that a fault of either is not in both.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.ports.sign_in import Registration

TENANT = "0b5a2c6e-5d0c-4b8e-9c55-0c6f6f2f7a01"
API = "5f0c1c1e-7a55-4c35-8a0e-6a4b0c1d2e03"
PAGE = "6a1d2d2f-8b66-4d46-9b1f-7b5c1d2e3f04"
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
ANN = "7b2e3e30-9c77-4e57-8c20-8c6d2e3f4a05"
PIPELINE, PIPELINE_APP = "8c3f4f41-0d88-4f68-9d31-9d7e3f4a5b06", "9d405052-1e99-4079-8e42-0e8f4a5b6c07"
STRANGER = "ae516163-2faa-418a-9f53-1f905b6c7d08"
AUTHORITY = "https://login.example.com"

REGISTRATION = Registration(TENANT, API, frozenset({PAGE, CLI}), AUTHORITY)
type Claims = Mapping[str, Any]


@functools.cache
def _keys() -> list[RSAPrivateKey]:
    return [generate_private_key(65537, 2048) for _ in range(2)]


def signing_key(number: int = 0) -> RSAPrivateKey:
    """One of two keys of this process."""
    return _keys()[number]


@dataclass(frozen=True)
class Forge:
    """Makes tokens for `registration` at the time `now` with a key that the tenant publishes as `kid`. `clients` are
    the page and another application with which people may call.
    """

    now: datetime
    registration: Registration = REGISTRATION
    key: RSAPrivateKey = field(default_factory=signing_key)
    kid: str = "key-1"
    page: str = PAGE

    def person(self, **changed: Any) -> dict[str, Any]:
        """The claims of a person who uses the page. A claim that is changed to None is left out."""
        about = {
            "azp": self.page,
            "azpacr": "0",
            "idtyp": "user",
            "name": "Ann Example",
            "oid": ANN,
            "preferred_username": "ann@example.com",
            "roles": ["Certflow.Reader", "team-pay"],
            "scp": "access_as_user",
            "sub": "pairwise-subject-of-ann",
        }
        return self._claims(about, changed)

    def machine(self, **changed: Any) -> dict[str, Any]:
        """The claims of a pipeline with a managed identity."""
        about = {
            "azp": PIPELINE_APP,
            "azpacr": "2",
            "idtyp": "app",
            "oid": PIPELINE,
            "roles": ["Certflow.Requester"],
            "sub": PIPELINE,
        }
        return self._claims(about, changed)

    def id_token(self, **changed: Any) -> dict[str, Any]:
        """The claims of the ID token that the page gets at a sign-in."""
        about = {
            "aud": self.page,
            "name": "Ann Example",
            "nonce": "of the page",
            "oid": ANN,
            "preferred_username": "ann@example.com",
            "roles": ["Certflow.Reader"],
            "sub": "pairwise-subject-of-ann",
        }
        return self._claims(about, changed)

    def version_1(self) -> dict[str, Any]:
        """The claims of a v1.0 token, as an API gets them whose registration does not ask for v2.0."""
        return self.person(
            aud=f"api://{self.registration.api}",
            iss=f"https://sts.windows.net/{self.registration.tenant}/",
            ver="1.0",
            appid=self.page,
            azp=None,
            upn="ann@example.com",
        )

    def at(self, **shift: float) -> int:
        """Seconds since 1970 at a time from now on: `minutes=-5`."""
        return int((self.now + timedelta(**shift)).timestamp())

    def signed(self, claims: Claims | bytes, *, key: RSAPrivateKey | None = None, **header: Any) -> str:
        """A token with these claims. `header` changes its header as `person` changes claims."""
        first = {"typ": "JWT", "alg": "RS256", "kid": self.kid, **header}
        signed = _signed_part({name: one for name, one in first.items() if one is not None}, claims)
        return f"{signed}.{encoded(_signature(first['alg'], key or self.key, signed.encode()))}"

    def bearer(self, claims: Claims | bytes, **header: Any) -> str:
        """The value of the header Authorization with such a token."""
        return f"Bearer {self.signed(claims, **header)}"

    def json_serialization(self, claims: Claims) -> str:
        """The same token twice signed, the second time by a stranger (RFC 7515 §7.2.1)."""
        first, payload, signature = self.signed(claims).split(".")
        _, _, other = self.signed(claims, key=signing_key(1)).split(".")
        signatures = [{"protected": first, "signature": one} for one in (signature, other)]
        return json.dumps({"payload": payload, "signatures": signatures})

    def _claims(self, about: Claims, changed: Claims) -> dict[str, Any]:
        found = {
            "aud": self.registration.api,
            "iss": self.registration.issuer,
            "iat": self.at(minutes=-5),
            "nbf": self.at(minutes=-5),
            "exp": self.at(minutes=65),
            "rh": "0.AAAA",
            "tid": self.registration.tenant,
            "uti": "an-id-of-the-token",
            "ver": "2.0",
            **about,
            **changed,
        }
        return {name: one for name, one in found.items() if one is not None}


def encoded(data: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_jwk(key: RSAPrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """A key as a tenant publishes it (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    modulus, exponent = (encoded(one.to_bytes((one.bit_length() + 7) // 8)) for one in (numbers.n, numbers.e))
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": modulus, "e": exponent} | more


def public_pem(key: RSAPrivateKey) -> bytes:
    """The public key, which anybody can have."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _signed_part(header: Claims, claims: Claims | bytes) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"{encoded(json.dumps(header).encode())}.{encoded(payload)}"


@functools.lru_cache(maxsize=2000)
def _signature(algorithm: Any, key: RSAPrivateKey, data: bytes) -> bytes:
    """By a way that is named; RS256 for any other. Kept: tables of mutants bring the same tokens again and again."""
    ways: dict[str, tuple[AsymmetricPadding, HashAlgorithm]] = {
        "RS384": (PKCS1v15(), SHA384()),
        "RS512": (PKCS1v15(), SHA512()),
        "PS256": (PSS(MGF1(SHA256()), 32), SHA256()),
    }
    if algorithm == "none":
        return b""
    if algorithm == "HS256":  # with the public key as its secret, for who takes any algorithm with it
        return hmac.digest(public_pem(key), data, hashlib.sha256)
    return key.sign(data, *ways.get(str(algorithm), (PKCS1v15(), SHA256())))
