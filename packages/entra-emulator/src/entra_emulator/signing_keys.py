"""The keys that tokens are signed with, as the service has them: several are published, one signs, they roll over."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_LIFETIME = timedelta(days=5 * 365)  # of the certificates in x5c, as the service's own


class SigningKey:
    """An RSA key with the certificate whose thumbprint names it (`kid`, `x5t`)."""

    def __init__(self, now: float) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _certificate(self.private, datetime.fromtimestamp(now, UTC))
        self.kid = _text(hashlib.sha1(self._certificate, usedforsecurity=False).digest())

    def jwk(self, issuer: str) -> dict[str, Any]:
        """The public half as the JWKS has it: no `alg`, and the issuer that it signs for."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
            "x5c": [base64.b64encode(self._certificate).decode()],
            "cloud_instance_name": "microsoftonline.com",
            "issuer": issuer,
        }


class SigningKeys:
    """The published keys. The last is announced and signs nothing yet; the one before it signs."""

    def __init__(self, now: float) -> None:
        self._published = [SigningKey(now), SigningKey(now)]

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self._published[-2]

    def kids(self) -> list[str]:
        """What is published, oldest first."""
        return [key.kid for key in self._published]

    def jwks(self, issuer: str) -> dict[str, Any]:
        """The JSON Web Key Set."""
        return {"keys": [key.jwk(issuer) for key in self._published]}

    def roll(self, now: float, *, unannounced: bool = False) -> None:
        """The announced key signs from now on and another is announced; those of before stay published.

        `unannounced`: a key signs that nobody has seen, as after an emergency.
        """
        if unannounced:
            self._published[-1] = SigningKey(now)
        self._published.append(SigningKey(now))

    def withdraw(self) -> None:
        """Publishes no key any more that only signed before: what it signed is worth nothing to whoever asks anew."""
        del self._published[:-2]

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        """A token of the current key: RS256, `typ` JWT."""
        return jwt.encode(claims, self.current.private, "RS256", headers={"kid": self.current.kid, **(header or {})})


def _certificate(key: rsa.RSAPrivateKey, now: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
