"""Key identifiers of CA certificates, by which a certificate says whose key signed it (RFC 5280
§4.2.1.1, §4.2.1.2).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from functions.x509.certificate import Certificate


def own_key_ids(certificate: Certificate) -> frozenset[str]:
    """The key identifiers (hex) by which others may name its key: the one that it states, and the
    SHA-1 of its key, which is usual where it states none.
    """
    stated = certificate.extension(x509.SubjectKeyIdentifier)
    found = {stated.digest.hex()} if stated else set[str]()
    try:
        key = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return frozenset(found)
    return frozenset(found | {key.digest.hex()})


def key_id_above(certificate: Certificate) -> str:
    """The key identifier (hex) of the CA that signed it; "" if it does not state one."""
    above = certificate.extension(x509.AuthorityKeyIdentifier)
    return above.key_identifier.hex() if above and above.key_identifier else ""
