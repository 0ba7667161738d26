"""A certificate: its original bytes, and a view of them that `cryptography` can read.

Certificates that deviate from RFC 5280 are read too, as other TLS software reads them (`lenient`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from functions.x509.der import items
from functions.x509.public_keys import key_sha256, sha1_of
from functions.x509.rewrite import PARTS, UnreadExtension, attempt, read_leniently, serial_of

if TYPE_CHECKING:
    import OpenSSL.crypto

type CanonicalName = bytes
type Identity = tuple[CanonicalName, str]


@dataclass(frozen=True, eq=False)
class Certificate:
    """One X.509 certificate. Two are equal if their `der` is equal.

    `der` are the bytes that were received and that are merged. `view` is what `cryptography` reads:
    the certificate itself, or a copy in which parts that deviate from RFC 5280 are rewritten or
    left out. Extensions that were left out are in `unread`. The signature of a copy cannot be
    verified: use `tbs`, the bytes that were signed.
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
        """The name of the certificate's holder."""
        return self.view.subject

    @property
    def issuer(self) -> x509.Name:
        """The name of the CA that signed it."""
        return self.view.issuer

    @cached_property
    def subject_key(self) -> CanonicalName:
        """The subject in a form that can be compared (RFC 5280 §7.1)."""
        return canonical(self.view.subject)

    @cached_property
    def issuer_key(self) -> CanonicalName:
        """The issuer in a form that can be compared (RFC 5280 §7.1)."""
        return canonical(self.view.issuer)

    @property
    def not_valid_before_utc(self) -> datetime:
        """The first second of its validity (UTC)."""
        return self.view.not_valid_before_utc

    @property
    def not_valid_after_utc(self) -> datetime:
        """The last second of its validity (UTC)."""
        return self.view.not_valid_after_utc

    @cached_property
    def serial_number(self) -> int:
        """The serial number, which may be zero or negative."""
        return serial_of(self.tbs)

    @property
    def version(self) -> x509.Version:
        """The version of X.509: v1 or v3."""
        return self.view.version

    @property
    def extensions(self) -> x509.Extensions:
        """The extensions that can be read."""
        return self.view.extensions

    def public_key(self) -> CertificatePublicKeyTypes:
        """Returns the public key. Raises ValueError or UnsupportedAlgorithm if it cannot be
        read.
        """
        return self.view.public_key()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 fingerprint (hex)."""
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def sha1(self) -> str:
        """The SHA-1 fingerprint (hex), by which Key Vault's lists name a certificate."""
        return sha1_of(self.der)

    @cached_property
    def key_sha256(self) -> str | None:
        """SHA-256 (hex) of its SubjectPublicKeyInfo; None if the key cannot be read."""
        try:
            return key_sha256(self.view)
        except ValueError:
            return None

    @cached_property
    def identity(self) -> Identity:
        """Identifies the CA by name and key (RFC 5280 §6.1.1 d): all certificates of one CA have
        the same identity, also renewed ones and cross-certificates.

        A certificate whose key cannot be read is identified by its own fingerprint.
        """
        return self.subject_key, self.key_sha256 or self.sha256

    @cached_property
    def opened(self) -> OpenSSL.crypto.X509:
        """The certificate as OpenSSL reads it. Raises OpenSSL.crypto.Error if OpenSSL cannot."""
        from OpenSSL import crypto  # takes 45 ms, and only the validation of chains needs it

        return crypto.load_certificate(crypto.FILETYPE_ASN1, self.der)

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name (RFC 5280 §3.2)."""
        return self.subject_key == self.issuer_key

    def extension[E: x509.ExtensionType](self, kind: type[E]) -> E | None:
        """Returns the value of an extension; None if it is absent, or is one of `unread`."""
        return self._values.get(kind.oid)  # type: ignore[return-value]  # the OID says the type

    @cached_property
    def _values(self) -> dict[x509.ObjectIdentifier, x509.ExtensionType]:
        return {one.oid: one.value for one in self.view.extensions}


def extension_of[E: x509.ExtensionType](
    holder: Certificate | x509.CertificateSigningRequest, kind: type[E]
) -> E | None:
    """Returns the value of an extension of a certificate or a CSR; None if it is absent."""
    if isinstance(holder, Certificate):
        return holder.extension(kind)
    try:
        return holder.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def load(der: bytes) -> Certificate:
    """Reads one certificate (DER): strictly first, and if that fails, part by part (`lenient`).

    Raises ValueError if the data is no certificate. Raises Unreadable, a ValueError that names the
    certificate and the parts in question, if it is a certificate that cannot be read.
    """
    try:
        return attempt(lambda: _strictly(der))
    except ValueError:
        found = attempt(lambda: read_leniently(der))
    return Certificate(der, found.view, found.tbs, found.unread)


def _strictly(der: bytes) -> Certificate:
    (whole,) = items(der)
    if serial_of(items(whole.content)[0].whole) <= 0:
        raise ValueError("cryptography warns that it will refuse this serial number")
    certificate = x509.load_der_x509_certificate(der)
    for part in PARTS:
        getattr(certificate, part)
    return Certificate(der, certificate, certificate.tbs_certificate_bytes)


def canonical(name: x509.Name) -> CanonicalName:
    """Returns a name in a form that can be compared: the type of strings, case and the number of
    blanks do not count (RFC 5280 §7.1).

    Only ASCII letters are folded, as OpenSSL does it (X509_NAME_cmp). The result is a SHA-256,
    because names can be long.
    """
    parts = [
        sorted((one.oid.dotted_string, _folded(one.value)) for one in part) for part in name.rdns
    ]
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).digest()


def _folded(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return " ".join(value.split()).translate(_LOWER)


_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def readable_key(certificate: Certificate) -> object:
    """Returns the public key; None if it cannot be read."""
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
