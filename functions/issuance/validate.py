"""Whether a TLS client takes a path of certificates: OpenSSL's answer, which is that of most of them.

Signatures, who is a CA, path length, name constraints of all kinds, critical extensions (RFC 5280 §6) are OpenSSL's to
judge. It is not asked about time, where clocks may differ by some minutes, and pyOpenSSL cannot ask it about a purpose:
`checks` has both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.issuance.certificate import Certificate

# X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h), for which pyOpenSSL has no name.
NO_CHECK_TIME = 0x200000
# X509_V_ERR_… (x509_vfy.h) that have a sentence of their own; each other one is told in OpenSSL's words.
INVALID_CA, PATH_LENGTH, NOT_A_SIGNER, UNKNOWN_CRITICAL, INVALID_EXTENSION = {24, 79}, {25}, {32}, {34}, {41}
NAME_CONSTRAINTS = {47, 48, 49, 51, 52, 53}
NO_ISSUER = {2, 20, 21, 29, 30, 31}
# Those that OpenSSL knows (X509_supported_extension), and so takes if they are critical. The two key identifiers are
# not among them: RFC 5280 has them not critical (§4.2.1.1, §4.2.1.2).
KNOWN = {
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
POISON = "1.3.6.1.4.1.11129.2.4.3"  # of a precertificate (RFC 6962 §3.1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why OpenSSL refuses a path: its error (X509_V_ERR_…), in its words, and of which certificate."""

    code: int
    words: str
    certificate: Certificate
    depth: int


def refusal_of(path: Sequence[Certificate]) -> Refusal | None:
    """Why OpenSSL refuses a path (leaf first), with its last certificate as what is trusted; None if it takes it."""
    from OpenSSL import crypto  # 45 ms, and needed for judging chains alone

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
    """The OIDs of critical extensions that clients do not know, and so refuse (RFC 5280 §4.2)."""
    return [oid for oid in _critical(certificate) if oid not in KNOWN]


def _critical(certificate: Certificate) -> Iterator[str]:
    yield from (one.oid.dotted_string for one in certificate.extensions if one.critical)
    yield from (one.oid for one in certificate.unread if one.critical)


def _first_words(error: Exception) -> str:
    """OpenSSL's errors are a list of (library, function, reason)."""
    reasons = error.args[0] if error.args else ()
    return next((reason for _, _, reason in reasons), "a certificate that it cannot read")
