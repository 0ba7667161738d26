"""Certificates, keys and chains of which findings are made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.chains.parsing.parse import parse
from tests.certificates import CLIENT, DAY, SERVER, Ca, Wish, as_read, csr_of, ec_key, ip, pem, resigned, rsa_key
from tests.clock import fixed_now

LONG = Wish(start=-400 * DAY, end=3650 * DAY)
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
ROOT_SHA256 = as_read(ROOT.certificate)[0].sha256
ISSUING = ROOT.ca("Test Issuing CA", LONG)
RSA_ROOT = Ca.root("RSA Root", LONG, rsa_key(), at=fixed_now)
RSA_ISSUING = RSA_ROOT.ca("RSA Issuing CA", LONG, rsa_key())
STRANGER = Ca.root("Stranger", at=fixed_now)
HOST = "web.example.com"
KEY = ec_key()
CSR = csr_of(KEY, HOST, [HOST])
GOOD = Wish(names=[HOST])
CHAIN = pem(ISSUING.certificate)
# Key Vault's default policy (protocol §3).
DEFAULT: Mapping[str, Any] = MappingProxyType(
    {
        "x509_props": {
            "ekus": [SERVER.dotted_string, CLIENT.dotted_string],
            "key_usage": ["digitalSignature", "keyEncipherment"],
            "validity_months": 12,
        }
    }
)
# As every certificate of a public CA says of itself: CA/Browser Forum, domain validated.
PUBLIC = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)])
MAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
MAIL_CA = Ca.root("Mail CA", replace(LONG, more=[(x509.ExtendedKeyUsage([MAIL]), False)]), at=fixed_now)


def leaf(wish: Wish = GOOD, by: Ca = ISSUING, csr: bytes = CSR, **more: Any) -> bytes:
    return pem(by.signs(csr, wish, **more))


def signed(wish: Wish = GOOD, by: Ca = ISSUING, csr: bytes = CSR) -> bytes:
    """A leaf and its issuer."""
    return leaf(wish, by, csr) + pem(by.certificate)


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in files.items():
            archive.writestr(name, member)
    return content.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The zip with the flag of an encrypted one set (APPNOTE 4.4.4), as `zipfile` makes none."""
    changed = bytearray(archive)
    changed[archive.index(b"PK\x03\x04") + 6] |= 1
    changed[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def many_of_one_name() -> bytes:
    """CAs of one name, each by the next, without key identifiers: any of them could have issued any other."""
    names = replace(LONG, key_ids=False)
    authorities = [Ca.root("One Name", names, at=fixed_now)]
    for _ in range(29):
        authorities.append(authorities[-1].ca("One Name", names))
    return pem(authorities[-1].signs(CSR, replace(GOOD, key_ids=False)), *(one.certificate for one in authorities))


def non_ca_signs() -> bytes:
    key = ec_key()
    server = ISSUING.signs(csr_of(key, "other.example.com"), Wish(names=["other.example.com"]))
    return pem(Ca(server, key, fixed_now).signs(CSR, GOOD), server, ISSUING.certificate)


def signed_as_a_ca(by: Ca) -> bytes:
    return leaf(Wish(names=[HOST], usages={"key_cert_sign"}), by, ca=True) + pem(by.certificate)


def too_deep() -> bytes:
    top = ROOT.ca("Short CA", replace(LONG, path_length=0))
    below = top.ca("Deep CA", LONG)
    return signed(by=below) + pem(top.certificate)


def renewed_below() -> bytes:
    """Below a CA that allows none below it is another one, which allows none either, and has renewed itself."""
    upper = ROOT.ca("Upper CA", replace(LONG, path_length=0))
    lower = upper.ca("Lower CA", replace(LONG, path_length=0))
    newer = lower.ca("Lower CA", LONG)
    return signed(by=newer) + pem(lower.certificate, upper.certificate)


def renewed_for_all() -> bytes:
    """The trusted CA is for e-mail alone; another root has given it a certificate that is for everything."""
    return signed(by=ROOT.ca("Mail CA", LONG, MAIL_CA.key))


def limited(wish: Wish = GOOD, csr: bytes = CSR, **limits: Any) -> bytes:
    given = x509.NameConstraints(limits.get("permitted"), limits.get("excluded"))
    return signed(wish, ROOT.ca("Limited CA", replace(LONG, limits=given)), csr)


def another_generation(*, key_ids: bool = True) -> bytes:
    """A leaf beside a CA that has its issuer's name and another key."""
    wish = replace(LONG, key_ids=key_ids)
    return pem(ISSUING.signs(CSR, replace(GOOD, key_ids=key_ids)), ROOT.ca("Test Issuing CA", wish).certificate)


def old_ca(**changes: Any) -> bytes:
    return signed(by=ROOT.ca("Old CA", replace(LONG, **changes)))


SECRET = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
LEAF = parse(signed()).certificates[0]
SHORT_RSA = RSA_ROOT.ca("Short Key CA", LONG, rsa_key(1024))
SHORT_KEY = rsa_key(1024)
SHA1_ISSUING = Ca(resigned(RSA_ISSUING.certificate, RSA_ROOT, hashes.SHA1()), RSA_ISSUING.key, fixed_now)  # noqa: S303
URL = "http://pki.example.com/issuing.crt"
CSR_PEM = x509.load_der_x509_csr(CSR).public_bytes(Encoding.PEM)
TWO_NAMES = csr_of(KEY, HOST, [HOST, "www.example.com", ip("10.0.0.7")])
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
SUBJECT = f"CN={HOST}"

# A user principal name, UTF-8 (Microsoft's, in constraints of AD CS).
USER = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x0d@corp.example")
NO_NAME = frozenset({"no-alternative-name"})
OWN = Ca.root(HOST, GOOD, KEY, at=fixed_now)  # the CSR's own key
GONE = Wish(start=-4000 * DAY, end=-DAY)
OLD_ROOT = Ca.root("Old Root", GONE, at=fixed_now)
OF_OLD_ROOT = OLD_ROOT.ca("CA of an old root", LONG)
SHORT_ROOT = Ca.root("Short Root", replace(LONG, path_length=0), at=fixed_now)
BELOW_SHORT = SHORT_ROOT.ca("CA below it", LONG)
CROSS = OLD_ROOT.ca("Test Root", GONE, ROOT.key)  # as an old root has cross-signed a new one, long ago
# RFC 3820 §3.8: a policy language "inherit all", and no limit of length.
PROXY = ("1.3.6.1.5.5.7.1.14", "300c300a06082b06010505071501")

ANOTHER_SERIAL = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(ROOT.subject)], 7)


def odd(oid: str, value: str) -> x509.UnrecognizedExtension:
    """An extension with this value (DER, hex), whatever the OID's own would be."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))


def with_more(extension: tuple[str, str], wish: Wish = GOOD) -> Wish:
    return replace(wish, more=[(odd(*extension), False)])
