"""What a dropped file holds, and which way round it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7

from functions.issuance.keys import key_sha256

MAX_BYTES = 1024 * 1024
MAX_CERTIFICATES = 100
PRIVATE_KEY = "contains-private-key"
# How every PFX begins (RFC 7292 §4): a SEQUENCE with version 3 and, right after, content of type pkcs7-data. Whether a
# key is inside an encrypted one cannot be told without its password.
PFX_VERSION, PKCS7_DATA = b"\x02\x01\x03", bytes.fromhex("06092a864886f70d0107")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a dropped file. `severity` is error, warning or note."""

    code: str
    severity: str
    sentence: str
    next_step: str


class ChainProblem(Exception):
    """The file cannot be merged; `finding` says why and what to do."""

    def __init__(self, code: str, sentence: str, next_step: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(code, "error", sentence, next_step)


@dataclass(frozen=True, slots=True)
class Chain:
    """What goes to Key Vault: `path` from the leaf up to the last CA below the root; `strangers` belong to no chain."""

    path: tuple[x509.Certificate, ...]
    root: x509.Certificate | None
    strangers: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that was asked for."""
        return self.path[0]

    def der(self) -> list[bytes]:
        """One DER item per certificate, leaf first: what Key Vault's merge takes (protocol §4.6)."""
        return [certificate.public_bytes(Encoding.DER) for certificate in self.path]


def parse(content: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates in a file, by content: PEM in any order with prose and CRLF, DER, or PKCS#7 as PEM or DER.

    Each certificate once, in the order of the file. Raises ChainProblem.
    """
    if not content.strip():
        raise ChainProblem("empty-file", "The file is empty.", "Drop the file that the CA sent once more.")
    if len(content) > MAX_BYTES:
        raise ChainProblem(
            "too-large",
            f"The file has {len(content):,} bytes; a chain has at most {MAX_BYTES:,}.",
            "Drop the certificate chain alone.",
        )
    if _holds_private_key(content):
        raise ChainProblem(
            PRIVATE_KEY,
            "The file holds a private key, or is a PFX that can hold one. Key Vault made the key of this certificate "
            "itself, and no other is wanted.",
            "Treat that key as exposed and replace it wherever it is used. Delete every copy of the file, soft-deleted "
            "ones and earlier versions too, and drop the certificates alone.",
        )
    certificates = _unique(_load(content))
    if len(certificates) > MAX_CERTIFICATES:
        raise ChainProblem(
            "too-many-certificates",
            f"The file holds {len(certificates)} certificates; a chain has at most {MAX_CERTIFICATES}.",
            "Drop the certificate and its own chain alone.",
        )
    return certificates


def certificates_of(items: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Certificates that come as DER, one an item; each once. Raises ChainProblem."""
    try:
        return _unique(x509.load_der_x509_certificate(item) for item in items)
    except ValueError:
        raise ChainProblem(
            "not-a-certificate", "An item of x5c is no certificate.", "Send base64 of DER, one certificate an item."
        ) from None


def build(leaf: x509.Certificate, certificates: Sequence[x509.Certificate]) -> Chain:
    """The chain from `leaf` up, by verified signatures. The root is kept apart: TLS servers do not send it."""
    path, rest = [leaf], [certificate for certificate in certificates if certificate != leaf]
    while not _issued_by(path[-1], path[-1]):
        issuer = next((candidate for candidate in rest if _issued_by(path[-1], candidate)), None)
        if issuer is None:
            break
        path.append(issuer)
        rest.remove(issuer)
    root = path.pop() if len(path) > 1 and _issued_by(path[-1], path[-1]) else None
    return Chain(tuple(path), root, tuple(rest))


def by_key(certificates: Iterable[x509.Certificate]) -> dict[str, list[x509.Certificate]]:
    """The certificates under their key hash, the newest first. One whose key cannot be read is left out."""
    found: dict[str, list[x509.Certificate]] = {}
    for certificate in sorted(certificates, key=lambda one: one.not_valid_before_utc, reverse=True):
        try:
            found.setdefault(key_sha256(certificate), []).append(certificate)
        except ValueError:
            continue
    return found


def check_leaf(leaf: x509.Certificate, now: datetime) -> None:
    """Refuses what no server could use: a certificate that has expired. Raises ChainProblem."""
    if leaf.not_valid_after_utc <= now:
        raise ChainProblem(
            "expired",
            f"The certificate for {describe(leaf)['subject']} expired at {leaf.not_valid_after_utc:%Y-%m-%d %H:%MZ}.",
            "Ask the CA for a new certificate for the same CSR.",
        )


def describe(certificate: x509.Certificate) -> dict[str, Any]:
    """A certificate for a report: subject and issuer (RFC 4514), serial and SHA-256 fingerprint (hex), validity."""
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }


def _holds_private_key(content: bytes) -> bool:
    """PEM of any kind; DER of PKCS#8 (encrypted or not), PKCS#1 or SEC 1; PFX."""
    if b"PRIVATE KEY-----" in content:
        return True
    if content[:1] == b"\x30" and PFX_VERSION in content[:9] and PKCS7_DATA in content[:40]:
        return True
    try:
        load_der_private_key(content, password=None)
    except TypeError:  # encrypted
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _load(content: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN PKCS7-----" in content:
            return pkcs7.load_pem_pkcs7_certificates(content)
        if b"-----BEGIN " in content:
            return x509.load_pem_x509_certificates(content)
        return _load_der(content)
    except (ValueError, UnsupportedAlgorithm):
        raise ChainProblem(
            "not-a-certificate",
            "No certificate could be read from the file.",
            "Drop the certificate and its chain as PEM, DER or PKCS#7 (.p7b).",
        ) from None


def _load_der(content: bytes) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(content)


def _unique(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    return tuple(dict.fromkeys(certificates))


def _issued_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False  # other name, a key that cannot sign, or another key
    return True
