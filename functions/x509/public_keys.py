"""Fingerprints of public keys, by which a certificate is matched to the CSR that it answers."""

from __future__ import annotations

import hashlib
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Holder(Protocol):
    """A certificate or a CSR: something with a public key."""

    def public_key(self) -> CertificatePublicKeyTypes:
        """Returns the key."""


def key_sha256(holder: Holder) -> str:
    """Returns the SHA-256 (hex) of the DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of a
    certificate or a CSR.

    Raises ValueError if the key cannot be read.
    """
    try:
        spki = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    # cryptography raises ValueError, UnsupportedAlgorithm, and others for broken keys.
    except Exception as error:
        raise ValueError("the public key cannot be read") from error
    return hashlib.sha256(spki).hexdigest()


def type_and_size(key: object) -> tuple[str, int]:
    """Returns Key Vault's word for the type of a key, and its size in bits; another type's name,
    and 0 for what cannot be measured.
    """
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "EC", key.curve.key_size
    return ("" if key is None else type(key).__name__.removesuffix("PublicKey")), 0


def sha1_of(der: bytes) -> str:
    """Returns the SHA-1 (hex) of the DER, by which Key Vault's lists name a certificate (x5t,
    protocol §3).
    """
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def read_csr(der: bytes) -> tuple[str, str]:
    """Returns the subject (RFC 4514) and the key's SHA-256 (hex) of a PKCS#10 request (DER), the
    format of Key Vault's `csr` field.

    Raises ValueError if the request or its key cannot be read.
    """
    csr = x509.load_der_x509_csr(der)
    return csr.subject.rfc4514_string(), key_sha256(csr)
