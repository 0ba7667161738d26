"""Certificates as CAs make them, good and bad, on the spot: whatever a test wants to be wrong is one argument.

The only file of the tests that builds certificates. Each CA has a clock (`testkit.clock`), and what it signs is dated
by that clock; a test says how long before and after. No keys in the repository.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from testkit.clock import Clock

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
type PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

DAY = timedelta(days=1)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

# OIDs of RSA signatures (RFC 8017 §C), as DER has them.
RSA_WITH = {
    name: bytes.fromhex(f"06092a864886f70d0101{last}")
    for name, last in (("md5", "04"), ("sha1", "05"), ("sha256", "0b"))
}


def make_name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Wish:
    """What a certificate says. The defaults are a good one of its kind; times are counted from the CA's now."""

    names: Sequence[str | x509.GeneralName] | None = None  # None: those of the CSR, or its common name; empty: none
    usages: Iterable[str] | None = None  # None: a CA's or a server's; empty: no extension
    ekus: Sequence[x509.ObjectIdentifier] = (SERVER, CLIENT)  # of a leaf; empty: no extension
    start: timedelta = -DAY
    end: timedelta = 89 * DAY
    path_length: int | None = None
    limits: x509.NameConstraints | None = None
    url: str | None = None  # where the issuer's certificate is published
    key_ids: bool = True
    more: Sequence[tuple[x509.ExtensionType, bool]] = ()  # in place of those of their kind, and whether critical
    without: Collection[x509.ObjectIdentifier] = ()  # extensions that are left out
    flipped: Collection[x509.ObjectIdentifier] = ()  # extensions that are critical if they should not be, or not


@dataclass(frozen=True)
class Ca:
    """A CA's certificate and key, and the clock by which it dates what it signs."""

    certificate: x509.Certificate
    key: Key
    at: Clock

    @classmethod
    def root(cls, name: str | x509.Name, wish: Wish = Wish(), key: Key | None = None, *, at: Clock) -> Ca:
        key, subject = key or ec_key(), make_name(name) if isinstance(name, str) else name
        return cls(_made(subject, key.public_key(), subject, key, wish, at, ca=True), key, at)

    @property
    def subject(self) -> x509.Name:
        return self.certificate.subject

    def ca(
        self,
        name: str | x509.Name,
        wish: Wish = Wish(),
        key: Key | None = None,
        *,
        issuer: x509.Name | None = None,
    ) -> Ca:
        """A CA below this one, or another CA's name and key with a certificate by this one (`key`).

        `issuer` is this CA's name as it is to be written there.
        """
        key, subject = key or ec_key(), make_name(name) if isinstance(name, str) else name
        made = _made(subject, key.public_key(), issuer or self.subject, self.key, wish, self.at, ca=True)
        return Ca(made, key, self.at)

    def signs(
        self,
        csr: bytes,
        wish: Wish = Wish(),
        *,
        ca: bool = False,
        subject: x509.Name | None = None,
        issuer: x509.Name | None = None,
    ) -> x509.Certificate:
        """A leaf for a CSR (DER); `issuer` is this CA's name as it is to be written there."""
        request = x509.load_der_x509_csr(csr)
        wish = wish if wish.names is not None else replace(wish, names=_asked(request))
        by, key = issuer or self.subject, request.public_key()
        return _made(subject or request.subject, key, by, self.key, wish, self.at, ca=ca)


def exactly(
    subject: x509.Name,
    key: object,
    issuer: x509.Name,
    issuer_key: Key,
    start: datetime,
    end: datetime,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    """A certificate of these parts, to replay a recorded one; its key identifiers are those of the keys given."""
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey)
    builder = (
        x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for value, critical in extensions:
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(key)
        elif isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(value, critical)
    return builder.sign(issuer_key, _digest(issuer_key))


def csr_of(
    key: Key,
    common_name: str,
    names: Sequence[str | x509.GeneralName] = (),
    usages: Iterable[str] = (),
    ekus: Sequence[x509.ObjectIdentifier] = (),
) -> bytes:
    """A CSR (DER)."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(make_name(common_name))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general(names)), critical=False)
    if usages:
        builder = builder.add_extension(_usage(usages), critical=True)
    if ekus:
        builder = builder.add_extension(x509.ExtendedKeyUsage(ekus), critical=False)
    return builder.sign(key, _digest(key)).public_bytes(Encoding.DER)


def make_csr(common_name: str) -> tuple[Key, bytes]:
    """A key and its CSR (DER)."""
    key = ec_key()
    return key, csr_of(key, common_name)


def general(names: Sequence[str | x509.GeneralName]) -> list[x509.GeneralName]:
    return [x509.DNSName(name) if isinstance(name, str) else name for name in names]


def ip(address: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_address(address))


def resigned(certificate: x509.Certificate, by: Ca, digest: hashes.HashAlgorithm) -> x509.Certificate:
    """The certificate signed anew with an RSA key and SHA-1 or MD5, in which `cryptography` makes none."""
    assert isinstance(by.key, rsa.RSAPrivateKey)
    old, new = RSA_WITH["sha256"], RSA_WITH[digest.name]  # of one length, so that the DER stays as it is
    signature = by.key.sign(certificate.tbs_certificate_bytes.replace(old, new), padding.PKCS1v15(), digest)
    unsigned = certificate.public_bytes(Encoding.DER).replace(old, new)[: -len(signature)]
    return x509.load_der_x509_certificate(unsigned + signature)


def damaged(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate with one bit of its signature flipped."""
    der = bytearray(certificate.public_bytes(Encoding.DER))
    der[-3] ^= 1
    return x509.load_der_x509_certificate(bytes(der))


def _made(
    subject: x509.Name, key: object, issuer: x509.Name, issuer_key: Key, wish: Wish, at: Clock, *, ca: bool
) -> x509.Certificate:
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey)
    now = at()
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    builder = builder.not_valid_before(now + wish.start).not_valid_after(now + wish.end)
    for extension, critical in _extensions(wish, key, issuer_key, ca=ca):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, _digest(issuer_key))


def _extensions(wish: Wish, key: PublicKey, issuer_key: Key, *, ca: bool) -> list[tuple[x509.ExtensionType, bool]]:
    usages = wish.usages if wish.usages is not None else {"key_cert_sign", "crl_sign"} if ca else _server_usages(key)
    extensions: list[tuple[x509.ExtensionType | None, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=wish.path_length), True),
        (x509.SubjectAlternativeName(general(wish.names)) if wish.names else None, False),
        (_usage(usages) if usages else None, True),
        (x509.ExtendedKeyUsage(wish.ekus) if wish.ekus and not ca else None, False),
        (wish.limits, True),
        (_access(wish.url) if wish.url else None, False),
        *wish.more,
    ]
    if wish.key_ids:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        extensions += [(x509.SubjectKeyIdentifier.from_public_key(key), False), (authority, False)]
    written = {one.oid: (one, critical) for one, critical in (*extensions, *wish.more) if one is not None}
    return [
        (extension, critical != (oid in wish.flipped))
        for oid, (extension, critical) in written.items()
        if oid not in wish.without
    ]


def _digest(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _asked(request: x509.CertificateSigningRequest) -> Sequence[str | x509.GeneralName]:
    try:
        return list(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return [str(one.value) for one in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _server_usages(key: object) -> set[str]:
    """What public CAs write: no keyEncipherment for a key that cannot encipher."""
    return {"digital_signature", "key_encipherment"} if isinstance(key, rsa.RSAPublicKey) else {"digital_signature"}


def _usage(usages: Iterable[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in set(usages) for usage in USAGES})


def _access(url: str) -> x509.AuthorityInformationAccess:
    place = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)])
