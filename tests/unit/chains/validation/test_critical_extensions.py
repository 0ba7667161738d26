"""Which critical extensions clients know: `unknown_critical` says it in words, OpenSSL decides."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from functions.chains.validation.openssl import PRECERTIFICATE_POISON, UNKNOWN_CRITICAL, refusal_of, unknown_critical
from tests.certificates import DAY, SERVER, Ca, Wish, as_read, csr_of, ec_key
from tests.clock import fixed_now

HOST = "web.example.com"
ROOT = Ca.root("Test Root", Wish(start=-400 * DAY, end=3650 * DAY), at=fixed_now)
KEY = ec_key()
CSR = csr_of(KEY, HOST, [HOST])
PLACE = x509.UniformResourceIdentifier("http://ca.example.com/x")
LISTS = [x509.DistributionPoint([PLACE], None, None, None)]


def other(oid: str, value: str) -> x509.UnrecognizedExtension:
    """An extension that `cryptography` cannot write (its value in hexadecimal digits)."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))


EXTENSIONS: list[x509.ExtensionType] = [
    x509.SubjectKeyIdentifier.from_public_key(KEY.public_key()),
    x509.AuthorityKeyIdentifier.from_issuer_public_key(ROOT.key.public_key()),
    x509.KeyUsage(True, *[False] * 8),
    x509.SubjectAlternativeName([x509.DNSName(HOST)]),
    x509.IssuerAlternativeName([x509.DNSName(HOST)]),
    x509.BasicConstraints(ca=False, path_length=None),
    x509.NameConstraints([x509.DNSName("example.com")], None),
    x509.CRLDistributionPoints(LISTS),
    x509.FreshestCRL(LISTS),
    x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]),
    other("2.5.29.33", "300a300806022a0306022a04"),  # policy mappings
    x509.PolicyConstraints(0, None),
    x509.InhibitAnyPolicy(0),
    x509.ExtendedKeyUsage([SERVER]),
    x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, PLACE)]),
    x509.TLSFeature([x509.TLSFeatureType.status_request]),
    x509.OCSPNoCheck(),
    x509.PrecertPoison(),
    other("1.3.6.1.5.5.7.1.8", "3007a0053003020164"),  # AS numbers
    other("2.16.840.1.113730.1.1", "03020640"),  # Netscape's certificate type: a server's
    other("2.16.840.1.113730.1.13", "160161"),  # Netscape's comment
    other("2.5.29.9", "3000"),  # subject directory attributes
    other("1.3.6.1.4.1.311.20.2", "1e020041"),  # Microsoft's certificate template
    other("1.2.3.4", "0500"),
]


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda one: one.oid.dotted_string)
def test_what_is_told_of_a_critical_extension_is_what_openssl_does(extension: x509.ExtensionType) -> None:
    leaf, root = as_read(ROOT.signs(CSR, Wish(more=[(extension, True)])), ROOT.certificate)
    refusal = refusal_of((leaf, root))
    refused = refusal is not None and refusal.code in UNKNOWN_CRITICAL
    assert unknown_critical(leaf) == ([extension.oid.dotted_string] if refused else [])


def test_poison_is_the_one_of_certificate_transparency() -> None:
    assert x509.PrecertPoison.oid.dotted_string == PRECERTIFICATE_POISON
