"""Describes a CSR for people: what it asks for, and its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from functions.x509.describe import printed
from functions.x509.key_usages import ekus_of, usages_of
from functions.x509.public_keys import key_sha256, type_and_size
from functions.x509.san import names_of
from functions.x509.usages import eku_words

MAX_CSR_LETTERS = 1000  # of a subject or a name


@dataclass(frozen=True, slots=True)
class CsrDescription:
    """What a CSR says. `names` are by kind, as in Key Vault's `sans`, without the kinds that have
    none; `key` is such as `RSA 2048`; `ekus` are names as in RFC 5280, or OIDs; `key_sha256` is the
    SHA-256 (hex) of its SubjectPublicKeyInfo.
    """

    pem: str
    subject: str
    names: Mapping[str, tuple[str, ...]]
    key: str
    ekus: tuple[str, ...]
    key_usage: tuple[str, ...]
    key_sha256: str


def describe_csr(der: bytes) -> CsrDescription:
    """Describes a CSR (DER). Raises ValueError if it cannot be read."""
    csr = x509.load_der_x509_csr(der)
    try:
        kind, size = type_and_size(csr.public_key())
    except UnsupportedAlgorithm:
        kind, size = "", 0
    return CsrDescription(
        pem=csr.public_bytes(Encoding.PEM).decode(),
        subject=printed(csr.subject.rfc4514_string(), MAX_CSR_LETTERS),
        names={of: _shown(some) for of, some in names_of(csr).items() if some},
        key=f"{kind} {size}" if size else kind,
        ekus=tuple(sorted(eku_words(ekus_of(csr) or ()))),
        key_usage=tuple(sorted(usages_of(csr) or ())),
        key_sha256=key_sha256(csr),
    )


def _shown(names: set[str]) -> tuple[str, ...]:
    return tuple(printed(name, MAX_CSR_LETTERS) for name in sorted(names))
