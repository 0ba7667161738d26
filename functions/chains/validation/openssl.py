"""Asks OpenSSL whether it accepts a path of certificates: most TLS clients decide as it does.

OpenSSL checks signatures, who is a CA, path lengths, all kinds of name constraints, and critical
extensions (RFC 5280 §6). `checks` and `issuer_checks` check validity, where clocks may differ by
some minutes, and purpose, which pyOpenSSL cannot have checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.x509.certificate import Certificate

# X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h), for which pyOpenSSL has no name.
NO_CHECK_TIME = 0x200000
# X509_V_ERR_… (x509_vfy.h) for which a finding has its own sentence; for all others it quotes
# OpenSSL's words.
INVALID_CA, PATH_LENGTH, NOT_A_SIGNER = {24, 79}, {25}, {32}
UNKNOWN_CRITICAL, INVALID_EXTENSION = {34}, {41}
NAME_CONSTRAINTS = {47, 48, 49, 51, 52, 53}
NO_ISSUER = {2, 20, 21, 29, 30, 31}
# The extensions that OpenSSL knows (X509_supported_extension), and therefore accepts if they are
# critical. The two key identifiers are not among them: RFC 5280 §4.2.1.1 and §4.2.1.2 require that
# they are not critical.
KNOWN_EXTENSIONS = {
    "2.5.29.15",  # key usage
    "2.5.29.17",  # subject alternative name
    "2.5.29.19",  # basic constraints
    "2.5.29.30",  # name constraints
    "2.5.29.31",  # CRL distribution points
    "2.5.29.32",  # certificate policies
    "2.5.29.33",  # policy mappings
    "2.5.29.36",  # policy constraints
    "2.5.29.37",  # extended key usage
    "2.5.29.54",  # inhibit anyPolicy
    "1.3.6.1.5.5.7.1.7",  # IP addresses (RFC 3779)
    "1.3.6.1.5.5.7.1.8",  # AS numbers
    "1.3.6.1.5.5.7.1.14",  # proxy certificates
    "1.3.6.1.5.5.7.48.1.5",  # no revocation check of an OCSP responder
    "2.16.840.1.113730.1.1",  # Netscape's certificate type
}
PRECERTIFICATE_POISON = "1.3.6.1.4.1.11129.2.4.3"  # marks a precertificate (RFC 6962 §3.1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why OpenSSL refuses a path: its error (X509_V_ERR_…; 0 if it cannot read a certificate), its
    words for it, the certificate in question, and the index of that in the path (`depth`).
    """

    code: int
    words: str
    certificate: Certificate
    depth: int


def refusal_of(path: Sequence[Certificate]) -> Refusal | None:
    """Returns why OpenSSL refuses a path (leaf first) whose last certificate it is told to trust;
    None if it accepts the path.
    """
    from OpenSSL import crypto  # takes 45 ms, and only the validation of chains needs it

    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | NO_CHECK_TIME)
    try:
        store.add_cert(path[-1].opened)
        context = crypto.X509StoreContext(store, path[0].opened, [one.opened for one in path[1:-1]])
        context.verify_certificate()
    except crypto.X509StoreContextError as error:
        code, depth, words = error.errors
        depth = min(depth, len(path) - 1)
        return Refusal(code, words, path[depth], depth)
    except crypto.Error as error:
        return Refusal(0, _first_words(error), path[0], 0)
    return None


def unknown_critical(certificate: Certificate) -> list[str]:
    """Returns the OIDs of critical extensions that clients do not know, for which they refuse the
    certificate (RFC 5280 §4.2).
    """
    return [oid for oid in _critical(certificate) if oid not in KNOWN_EXTENSIONS]


def _critical(certificate: Certificate) -> Iterator[str]:
    yield from (one.oid.dotted_string for one in certificate.extensions if one.critical)
    yield from (one.oid for one in certificate.unread if one.critical)


def _first_words(error: Exception) -> str:
    """Returns the reason of the first of OpenSSL's errors, a list of (library, function,
    reason).
    """
    reasons = error.args[0] if error.args else ()
    return next((reason for _, _, reason in reasons), "a certificate that it cannot read")
