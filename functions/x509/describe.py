"""Describes certificates in words, for reports, findings and messages."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from functions.x509.certificate import Certificate


def describe(certificate: Certificate) -> dict[str, str]:
    """Describes a certificate for a report: subject and issuer (RFC 4514), serial and SHA-256
    fingerprint (hex), validity (ISO 8601).
    """
    return {
        "subject": words(certificate.subject),
        "issuer": words(certificate.issuer),
        "serial": printed(f"{certificate.serial_number:x}"),
        "sha256": sha256_of(certificate),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
    }


def sha256_of(certificate: Certificate) -> str:
    """Returns the SHA-256 fingerprint (hex)."""
    return certificate.sha256


def subject_of(certificate: Certificate) -> str:
    """Returns a certificate's subject (RFC 4514), or its serial where the subject is empty because
    all names are alternative names.
    """
    return words(certificate.subject) or printed(f"serial {certificate.serial_number:x}")


def issuer_of(certificate: Certificate) -> str:
    """Returns a certificate's issuer (RFC 4514), or words that say that the issuer has no name."""
    return words(certificate.issuer) or "an issuer without a name"


def several(names: Iterable[str]) -> str:
    """Joins names for a sentence, in at most 300 characters."""
    return printed("; ".join(names), 300)


def words(name: x509.Name) -> str:
    """Returns a name (RFC 4514) that is safe to print."""
    return printed(name.rfc4514_string())


def printed(text: str, limit: int = 200) -> str:
    """Makes text from outside safe for a terminal, a mail or a log: escapes characters that are not
    printable (control characters, line breaks, marks of text direction), and cuts the text to
    `limit` characters.
    """
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in text[: limit + 1]
    )
    return shown if len(shown) <= limit else f"{shown[: limit - 2].rstrip()} …"
