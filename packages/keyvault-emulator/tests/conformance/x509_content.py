"""What a CSR or a certificate says, but for what is another one in each run: key, signature, serial number, dates."""

from __future__ import annotations

import base64
import warnings
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.utils import CryptographyDeprecationWarning

type Content = dict[str, Any]


def csr_content(text: str) -> Content:
    """Of base64 of a PKCS#10's DER."""
    csr = x509.load_der_x509_csr(base64.b64decode(text))
    return {
        "subject": _name(csr.subject),
        "key": _key(csr.public_key()),
        "signature algorithm": csr.signature_algorithm_oid.dotted_string,
        "attributes": [attribute.oid.dotted_string for attribute in csr.attributes],
        "extensions": _extensions(csr.extensions),
    }


def certificate_content(text: str) -> Content:
    """Of base64 of a certificate's DER."""
    certificate = parse_certificate(text)
    return {
        "version": certificate.version.name,
        "subject": _name(certificate.subject),
        "issuer": "itself" if certificate.issuer == certificate.subject else "another",
        "key": _key(certificate.public_key()),
        "signature algorithm": certificate.signature_algorithm_oid.dotted_string,
        "extensions": _extensions(certificate.extensions),
    }


def parse_certificate(text: str) -> x509.Certificate:
    """A certificate from base64 of its DER."""
    with warnings.catch_warnings():
        # Microsoft's test certificate has a negative serial number.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return x509.load_der_x509_certificate(base64.b64decode(text))


def _name(name: x509.Name) -> list[tuple[str, str, str]]:
    """In the order of the DER, with the string types: Key Vault has habits of its own in both."""
    return [(part.oid.dotted_string, part._type.name, str(part.value)) for part in name]


def _key(key: Any) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.curve.name


def _extensions(extensions: x509.Extensions) -> list[tuple[str, bool, str]]:
    """In order. Key identifiers are other ones in each run; that they are there is compared."""
    identifiers = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    return [
        (one.oid.dotted_string, one.critical, "" if isinstance(one.value, identifiers) else repr(one.value))
        for one in extensions
    ]
