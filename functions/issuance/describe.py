"""Certificates in words: for reports, findings and messages."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes


def describe(certificate: x509.Certificate) -> dict[str, Any]:
    """A certificate for a report: subject and issuer (RFC 4514), serial and SHA-256 fingerprint (hex), validity."""
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "sha256": sha256_of(certificate),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }


def sha256_of(certificate: x509.Certificate) -> str:
    """The SHA-256 fingerprint (hex)."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def subject_of(certificate: x509.Certificate) -> str:
    """A certificate's subject (RFC 4514), or its serial where that is empty (its names are all alternative ones)."""
    return certificate.subject.rfc4514_string() or f"serial {certificate.serial_number:x}"


def several(names: Iterable[str]) -> str:
    """Several names in a sentence, no longer than a sentence can be."""
    return shorten("; ".join(names), 300, placeholder=" …")
