"""What is told of a CSR."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from functions.x509.csr import MAX_CSR_LETTERS, describe_csr
from functions.x509.public_keys import key_sha256

KEY = ec.generate_private_key(ec.SECP384R1())
USAGE = x509.KeyUsage(True, False, True, False, False, False, False, False, False)


def csr(*extensions: x509.ExtensionType, name: str = "web.example.com", key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_csr_is_told_in_full() -> None:
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("b.example.com"),
            x509.DNSName("a.example.com"),
            x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
            x509.RFC822Name("ann@example.com"),
            x509.UniformResourceIdentifier("spiffe://example.com/web"),
        ]
    )
    ekus = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.2.3")])
    der = csr(names, ekus, USAGE)
    found = describe_csr(der)
    read = x509.load_der_x509_csr(der)
    assert x509.load_pem_x509_csr(found.pem.encode()) == read
    assert found.subject == "CN=web.example.com"
    assert found.names == {
        "dns_names": ("a.example.com", "b.example.com"),
        "ipAddresses": ("10.0.0.1",),
        "emails": ("ann@example.com",),
        "uris": ("spiffe://example.com/web",),
    }
    assert (found.key, found.key_sha256) == ("EC 384", key_sha256(read))
    assert (found.ekus, found.key_usage) == (("1.2.3", "serverAuth"), ("digitalSignature", "keyEncipherment"))


def test_what_it_does_not_say_is_empty() -> None:
    found = describe_csr(csr())
    assert (found.names, found.ekus, found.key_usage) == ({}, (), ())


def test_an_rsa_key_has_its_size() -> None:
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    found = describe_csr(made.public_bytes(Encoding.DER))
    assert (found.key, found.subject) == ("RSA 2048", "")


def test_text_that_could_deceive_is_shown_escaped_and_cut() -> None:
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://x/" + "y" * 5000)])
    found = describe_csr(csr(names, name="a\u202egro.elpmaxe"))
    assert "\u202e" not in found.subject
    assert len(found.names["uris"][0]) == MAX_CSR_LETTERS


def test_what_is_no_csr_is_a_value_error() -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any: it says nothing else
        describe_csr(b"no CSR")
