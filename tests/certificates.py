"""Certificates as CAs make them (`testkit.certificates`), as the product reads them, and as no library writes them."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import testkit.certificates
from functions.x509.certificate import Certificate, load
from functions.x509.der import BIT_STRING, INTEGER, SEQUENCE, items, joined
from functions.x509.rewrite import EXTENSIONS_TAG, VERSION_TAG
from testkit.certificates import (
    CLIENT,
    DAY,
    SERVER,
    Ca,
    Key,
    Wish,
    csr_of,
    damaged,
    ec_key,
    ed_key,
    ip,
    make_csr,
    make_name,
    resigned,
    rsa_key,
)

__all__ = [
    "CLIENT",
    "DAY",
    "SERVER",
    "Ca",
    "Key",
    "Wish",
    "as_read",
    "csr_of",
    "damaged",
    "ec_key",
    "ed_key",
    "ip",
    "make_csr",
    "make_name",
    "pem",
    "resigned",
    "rsa_key",
    "version_1",
    "with_serial",
]


def pem(*certificates: x509.Certificate | Certificate) -> bytes:
    return testkit.certificates.pem(*(one.view if isinstance(one, Certificate) else one for one in certificates))


def as_read(*certificates: x509.Certificate) -> tuple[Certificate, ...]:
    """What the product reads these certificates as."""
    return tuple(load(certificate.public_bytes(Encoding.DER)) for certificate in certificates)


def version_1(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The certificate as one of X.509 version 1, which has no extensions, signed anew with its issuer's key."""
    tbs, algorithm, _ = items(items(certificate.public_bytes(Encoding.DER))[0].content)
    fields = [one.whole for one in items(tbs.content) if one.tag not in {VERSION_TAG, EXTENSIONS_TAG}]
    unsigned = joined(SEQUENCE, *fields)
    signature = joined(BIT_STRING, b"\0", key.sign(unsigned, ec.ECDSA(hashes.SHA256())))
    return x509.load_der_x509_certificate(joined(SEQUENCE, unsigned, algorithm.whole, signature))


def with_serial(certificate: x509.Certificate, serial: int, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The certificate (DER) with a serial number (of a byte) that `cryptography` makes none with, signed anew."""
    tbs, algorithm, _ = items(items(certificate.public_bytes(Encoding.DER))[0].content)
    version, _, *rest = items(tbs.content)
    number = joined(INTEGER, serial.to_bytes(1, signed=True))
    unsigned = joined(SEQUENCE, version.whole, number, *(one.whole for one in rest))
    signature = joined(BIT_STRING, b"\0", key.sign(unsigned, ec.ECDSA(hashes.SHA256())))
    return joined(SEQUENCE, unsigned, algorithm.whole, signature)
