"""Certificates in words: for reports, findings and messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cryptography import x509

from functions.issuance.certificate import Certificate


def describe(certificate: Certificate) -> dict[str, Any]:
    """A certificate for a report: subject and issuer (RFC 4514), serial and SHA-256 fingerprint (hex), validity."""
    return {
        "subject": words(certificate.subject),
        "issuer": words(certificate.issuer),
        "serial": printed(f"{certificate.serial_number:x}"),
        "sha256": sha256_of(certificate),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }


def sha256_of(certificate: Certificate) -> str:
    """The SHA-256 fingerprint (hex)."""
    return certificate.sha256


def subject_of(certificate: Certificate) -> str:
    """A certificate's subject (RFC 4514), or its serial where that is empty (its names are all alternative ones)."""
    return words(certificate.subject) or printed(f"serial {certificate.serial_number:x}")


def issuer_of(certificate: Certificate) -> str:
    """A certificate's issuer (RFC 4514), or that it has no name."""
    return words(certificate.issuer) or "an issuer without a name"


def several(names: Iterable[str]) -> str:
    """Several names in a sentence, no longer than a sentence can be."""
    return printed("; ".join(names), 300)


def words(name: x509.Name) -> str:
    """A name (RFC 4514), as it can be printed."""
    return printed(name.rfc4514_string())


def printed(text: str, most: int = 200) -> str:
    """What somebody else wrote, cut to a length, and harmless in a terminal, a mail or a log: what is not printed
    (control characters, line breaks, marks that turn the text around) is spelled out.
    """
    if len(text) <= most and text.isprintable():
        return text
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 2].rstrip()} …"
