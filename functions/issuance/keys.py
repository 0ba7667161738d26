"""Public keys, named by the SHA-256 of their SubjectPublicKeyInfo: what ties a certificate to the CSR it answers.

`cryptography` is imported on first use: this module is, while functions are being indexed (a cold start).
"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Holder(Protocol):
    """What has a public key: a certificate or a CSR."""

    def public_key(self) -> Any:
        """The key."""


def key_sha256(holder: Holder) -> str:
    """SHA-256 (hex) of the DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of a certificate or CSR.

    Raises ValueError if the key is of a kind that cannot be read.
    """
    try:
        spki = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except Exception as error:  # cryptography raises ValueError, UnsupportedAlgorithm, and others for broken keys
        raise ValueError("the public key cannot be read") from error
    return hashlib.sha256(spki).hexdigest()


def sha1_of(der: bytes) -> str:
    """How Key Vault names a certificate in its lists: SHA-1 (hex) of the DER (x5t, protocol §3)."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def read_csr(der: bytes) -> tuple[str, str]:
    """Subject (RFC 4514) and key hash of a PKCS#10 request (DER), as Key Vault's `csr` field holds it."""
    csr = x509.load_der_x509_csr(der)
    return csr.subject.rfc4514_string(), key_sha256(csr)
