"""A certificate as it came, and as it can be read: what one reader refuses, others take (RFC 5280 apart)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from functions.issuance.der import items
from functions.issuance.keys import key_sha256, sha1_of
from functions.issuance.lenient import PARTS, UnreadExtension, attempt, read_leniently, serial_of

if TYPE_CHECKING:
    import OpenSSL.crypto

type CanonicalName = bytes
type Identity = tuple[CanonicalName, str]


@dataclass(frozen=True, eq=False)
class Certificate:
    """One X.509 certificate. `der` is what came and what is merged; two are equal if that is.

    `view` is what `cryptography` reads of it: the certificate itself, or a copy whose odd parts are written as RFC 5280
    has them, or left out; the latter are `unread`. A copy's signature verifies nothing: `tbs` are the signed bytes.
    """

    der: bytes
    view: x509.Certificate
    tbs: bytes
    unread: tuple[UnreadExtension, ...] = ()

    def __repr__(self) -> str:
        return f"<Certificate {self.subject.rfc4514_string()} {self.sha256[:16]}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    @property
    def subject(self) -> x509.Name:
        """Whose certificate it is."""
        return self.view.subject

    @property
    def issuer(self) -> x509.Name:
        """Who signed it."""
        return self.view.issuer

    @cached_property
    def subject_key(self) -> CanonicalName:
        """The subject as it is compared (RFC 5280 §7.1)."""
        return canonical(self.view.subject)

    @cached_property
    def issuer_key(self) -> CanonicalName:
        """The issuer as it is compared (RFC 5280 §7.1)."""
        return canonical(self.view.issuer)

    @property
    def not_valid_before_utc(self) -> datetime:
        """The first second of its validity."""
        return self.view.not_valid_before_utc

    @property
    def not_valid_after_utc(self) -> datetime:
        """The last second of its validity."""
        return self.view.not_valid_after_utc

    @cached_property
    def serial_number(self) -> int:
        """The serial number that its issuer gave it."""
        return serial_of(self.tbs)

    @property
    def version(self) -> x509.Version:
        """1 or 3."""
        return self.view.version

    @property
    def extensions(self) -> x509.Extensions:
        """Those that can be read."""
        return self.view.extensions

    def public_key(self) -> CertificatePublicKeyTypes:
        """Its public key. Raises ValueError or UnsupportedAlgorithm if that cannot be read."""
        return self.view.public_key()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 fingerprint (hex)."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def sha1(self) -> str:
        """How Key Vault names it in its lists."""
        return sha1_of(self.der)

    @cached_property
    def key_sha256(self) -> str | None:
        """SHA-256 (hex) of its SubjectPublicKeyInfo; None if the key is of a kind that cannot be read."""
        try:
            return key_sha256(self.view)
        except ValueError:
            return None

    @cached_property
    def identity(self) -> Identity:
        """Which CA it is of: its name and key (RFC 5280 §6.1.1 d), however often that was renewed or cross-certified.

        A key that cannot be read is nobody else's.
        """
        return self.subject_key, self.key_sha256 or self.sha256

    @cached_property
    def opened(self) -> OpenSSL.crypto.X509:
        """The certificate as OpenSSL has it. Raises OpenSSL.crypto.Error if it takes it for none."""
        from OpenSSL import crypto  # 45 ms, and needed for judging chains alone

        return crypto.load_certificate(crypto.FILETYPE_ASN1, self.der)

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are one name (RFC 5280 §3.2)."""
        return self.subject_key == self.issuer_key

    def extension[E: x509.ExtensionType](self, kind: type[E]) -> E | None:
        """The value of an extension; None if it is not there, or is one of `unread`."""
        return self._values.get(kind.oid)  # type: ignore[return-value]  # the OID says the type

    @cached_property
    def _values(self) -> dict[x509.ObjectIdentifier, x509.ExtensionType]:
        return {one.oid: one.value for one in self.view.extensions}


def extension_of[E: x509.ExtensionType](
    holder: Certificate | x509.CertificateSigningRequest, kind: type[E]
) -> E | None:
    """The value of an extension of a certificate or a CSR; None if it is not there."""
    if isinstance(holder, Certificate):
        return holder.extension(kind)
    try:
        return holder.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def load(der: bytes) -> Certificate:
    """Reads one certificate (DER): strictly, and if that fails, part by part.

    Raises ValueError if it is none, and Unreadable (a ValueError that says whose it is and what of it) if it is one
    that cannot be read all the same.
    """
    try:
        return attempt(lambda: _strictly(der))
    except ValueError:
        found = attempt(lambda: read_leniently(der))
    return Certificate(der, found.view, found.tbs, found.unread)


def _strictly(der: bytes) -> Certificate:
    (whole,) = items(der)
    if serial_of(items(whole.content)[0].whole) <= 0:
        raise ValueError("a serial number that cryptography warns of, and will refuse")
    certificate = x509.load_der_x509_certificate(der)
    for part in PARTS:
        getattr(certificate, part)
    return Certificate(der, certificate, certificate.tbs_certificate_bytes)


def canonical(name: x509.Name) -> CanonicalName:
    """A name as names are compared: neither the kind of a string nor case nor blanks count (RFC 5280 §7.1).

    Case is that of ASCII alone, as OpenSSL has it (X509_NAME_cmp). Told by a SHA-256, since names can be long.
    """
    parts = [sorted((one.oid.dotted_string, _folded(one.value)) for one in part) for part in name.rdns]
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).digest()


def _folded(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return " ".join(value.split()).translate(_LOWER)


_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def readable_key(certificate: Certificate) -> object:
    """The public key; None if it is of a kind that cannot be read."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
