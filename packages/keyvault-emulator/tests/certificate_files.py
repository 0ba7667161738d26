"""Certificate files as people import them into Key Vault, made on the spot."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from testkit.certificates import SERVER, Ca, Wish, csr_of
from testkit.clock import real_now

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
YEAR = timedelta(days=366)  # twelve months, or a day more
LASTS = Wish(start=-YEAR / 2, end=YEAR / 2 + timedelta(minutes=10))
LEAF = replace(
    LASTS,
    names=["web.example.com", x509.RFC822Name("a@example.com")],
    usages={"digital_signature", "key_encipherment"},
    ekus=[SERVER],
)


def name(common: str) -> x509.Name:
    """In DER order: a country before the name."""
    attributes = [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Ex, Inc."), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


class Family:
    """A root, an intermediate CA and a leaf with its key, valid for twelve months and ten minutes."""

    def __init__(self, key: Key | None = None) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        root = Ca.root(name("root"), LASTS, at=real_now)
        ca = root.ca(name("ca"), LASTS)
        self.root, self.ca = root.certificate, ca.certificate
        self.leaf = ca.signs(csr_of(self.key, "web.example.com"), LEAF, subject=name("web.example.com"))

    def pfx(self, encryption: KeySerializationEncryption | None = None) -> str:
        content = pkcs12.serialize_key_and_certificates(
            b"web", self.key, self.leaf, [self.root, self.ca], encryption or NoEncryption()
        )
        return base64.b64encode(content).decode()

    def pem(self, *certificates: x509.Certificate, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
        key = self.key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
        return key + "".join(pem(certificate) for certificate in certificates or (self.leaf,))


def legacy(password: bytes) -> KeySerializationEncryption:
    """What Windows wrote until 2019."""
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2000)
    return (
        builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(SHA1()).build(password)  # noqa: S303 what is read here is old
    )


def modern(password: bytes) -> KeySerializationEncryption:
    return BestAvailableEncryption(password)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
