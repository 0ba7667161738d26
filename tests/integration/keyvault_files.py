"""Certificate files as people import them into Key Vault, made on the spot."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def name(common: str) -> x509.Name:
    """In DER order: a country before the name."""
    attributes = [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Ex, Inc."), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


class Family:
    """A root, an intermediate CA and a leaf with its key, valid for twelve months and ten minutes."""

    def __init__(self, key: Key | None = None) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        root_key, ca_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = _sign(name("root"), root_key.public_key(), name("root"), root_key)
        self.ca = _sign(name("ca"), ca_key.public_key(), name("root"), root_key)
        self.leaf = _sign(name("web.example.com"), self.key.public_key(), name("ca"), ca_key, leaf=True)

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


def _sign(subject: x509.Name, key: Any, issuer: x509.Name, issuer_key: Any, *, leaf: bool = False) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START.replace(year=2027) + timedelta(minutes=10))
    )
    if leaf:
        rest = ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
        usage = dict.fromkeys((*rest, "encipher_only", "decipher_only"), False)
        names: list[x509.GeneralName] = [x509.DNSName("web.example.com"), x509.RFC822Name("a@example.com")]
        builder = (
            builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.KeyUsage(digital_signature=True, key_encipherment=True, **usage), critical=True)
        )
    return builder.sign(issuer_key, SHA256())
