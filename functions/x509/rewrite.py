"""Reads certificates that break RFC 5280 in ways that other TLS software tolerates.

`cryptography` refuses a whole certificate for one wrong value, and its declarative ASN.1 is as
strict; OpenSSL, Windows and Java read most such certificates. This module parses only tags and
lengths (X.690 §8.1). It copies what is between them or rewrites it as RFC 5280 requires
(`mending`), and lets `cryptography` read that copy. The signature of the copy cannot be verified;
validation and merging use the original certificate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from functions.x509 import rewrite_values
from functions.x509.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    Item,
    dotted,
    items,
    joined,
)

# What cryptography raises for content that it cannot read.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
NO_SENSE = (ValueError, IndexError)  # what mending raises for a value that it cannot rewrite
# Attributes that cryptography parses on first use, and that reports and checks use.
PARTS = (
    "extensions",
    "subject",
    "issuer",
    "serial_number",
    "not_valid_before_utc",
    "not_valid_after_utc",
)
MAX_EXTENSIONS = 100  # each is read separately; a certificate of a public CA has about ten
VERSION_TAG, EXTENSIONS_TAG = 0xA0, 0xA3  # tags in TBSCertificate (RFC 5280 §4.1)
TIMES = {0x17, 0x18}  # tags of UTCTime and GeneralizedTime
# The fields behind the version, in their order.
SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, PUBLIC_KEY = range(6)
# The name of each field, and a valid value that can replace it while other fields are read.
FIELDS = {
    SERIAL: ("serial number", bytes.fromhex("020101")),
    ALGORITHM: ("signature algorithm", bytes.fromhex("300a06082a8648ce3d040302")),
    ISSUER: ("issuer's name", bytes.fromhex("3000")),
    VALIDITY: (
        "validity",
        bytes.fromhex("301e170d3030303130313030303030305a170d3030303130313030303030305a"),
    ),
    SUBJECT: ("subject", bytes.fromhex("3000")),
    PUBLIC_KEY: ("public key", bytes.fromhex("3012300d06092a864886f70d0101010500030100")),
}
NAMES = {
    "2.5.29.14": "subject key identifier",
    "2.5.29.15": "key usage",
    "2.5.29.17": "subject alternative name",
    "2.5.29.18": "issuer alternative name",
    "2.5.29.19": "basic constraints",
    "2.5.29.30": "name constraints",
    "2.5.29.31": "CRL distribution points",
    "2.5.29.32": "certificate policies",
    "2.5.29.33": "policy mappings",
    "2.5.29.35": "authority key identifier",
    "2.5.29.36": "policy constraints",
    "2.5.29.37": "extended key usage",
    "2.5.29.46": "freshest CRL",
    "2.5.29.54": "inhibit anyPolicy",
    "1.3.6.1.5.5.7.1.1": "authority information access",
    "1.3.6.1.5.5.7.1.11": "subject information access",
    "1.3.6.1.5.5.7.1.24": "TLS feature",
    "1.3.6.1.4.1.11129.2.4.2": "signed certificate timestamps",
    "1.3.6.1.4.1.11129.2.4.3": "precertificate poison",
}
# Extensions that decide what a certificate may be used for: key usage, basic constraints, extended
# key usage.
DECISIVE = {"2.5.29.15", "2.5.29.19", "2.5.29.37"}


class Unreadable(ValueError):
    """A certificate that cannot be read. The message names its subject and the unreadable parts."""


def attempt[T](read: Callable[[], T], *, but: type[Exception] = Unreadable) -> T:
    """Returns what `read` returns. Turns every error of it into ValueError, except `but`, which
    passes unchanged.

    `cryptography` raises many kinds of errors for data that it cannot read. A panic in its Rust
    code arrives as a PanicException, which is not a subclass of Exception.
    """
    try:
        return read()
    except but:
        raise
    except Exception as error:
        raise ValueError("it cannot be read") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("it cannot be read") from error


@dataclass(frozen=True, slots=True)
class UnreadExtension:
    """An extension that cannot be read; `oid` is in dotted notation."""

    oid: str
    critical: bool

    @property
    def name(self) -> str:
        """Its name, mostly that in RFC 5280, or else its OID."""
        return _name_of(self.oid)


@dataclass(frozen=True, slots=True)
class Lenient:
    """The readable copy of a certificate, the bytes of the original that are signed (`tbs`), and
    the extensions that were left out of the copy.
    """

    view: x509.Certificate
    tbs: bytes
    unread: tuple[UnreadExtension, ...]


@dataclass
class _Copy:
    """A rewritten certificate without extensions: the version (as a whole item, or empty), the six
    fields of FIELDS, the algorithm and the value of the signature.
    """

    version: bytes
    fields: list[bytes]
    algorithm: bytes
    signature: bytes

    def read(self, *extensions: bytes) -> x509.Certificate:
        """Reads the copy with these extensions. Raises one of UNREADABLE."""
        written = [joined(EXTENSIONS_TAG, joined(SEQUENCE, *extensions))] if extensions else []
        tbs = joined(SEQUENCE, self.version, *self.fields, *written)
        certificate = x509.load_der_x509_certificate(
            joined(SEQUENCE, tbs, self.algorithm, self.signature)
        )
        for part in PARTS:
            getattr(certificate, part)
        return certificate

    def can_be_read(self, *extensions: bytes) -> bool:
        """Whether `read` succeeds."""
        try:
            self.read(*extensions)
        except UNREADABLE:
            return False
        return True

    def nameless(self) -> _Copy:
        """Returns the copy without its names: long names are slow to read, and the copy is read
        once or more for each extension.
        """
        fields = list(self.fields)
        for field in (ISSUER, SUBJECT):
            fields[field] = FIELDS[field][1]
        return _Copy(self.version, fields, self.algorithm, self.signature)

    def mend(self) -> bool:
        """Rewrites more and more fields until the copy can be read; False if it never can."""
        for rewrite in (self._mend_names, self._mend_algorithms, self._mend_encoding):
            rewrite()
            if self.can_be_read():
                return True
        return False

    def _mend_names(self) -> None:
        self._mend(ISSUER, rewrite_values.name)
        self._mend(SUBJECT, rewrite_values.name)

    def _mend_algorithms(self) -> None:
        self._mend(ALGORITHM, rewrite_values.algorithm)
        self.algorithm = _mended(rewrite_values.algorithm, self.algorithm)

    def _mend_encoding(self) -> None:
        for field in FIELDS:
            self._mend(field, rewrite_values.as_der)

    def _mend(self, field: int, mend: Callable[[bytes], bytes]) -> None:
        self.fields[field] = _mended(mend, self.fields[field])

    def unreadable(self) -> Unreadable:
        """Returns the error that names the fields that cannot be read."""
        bad = [
            name for field, (name, _) in FIELDS.items() if not self._with_only(field).can_be_read()
        ]
        whose = "a certificate"
        if "subject" not in bad:
            whose = _whose(self._with_only(SUBJECT).read())
        return Unreadable(f"{whose}, whose {' and '.join(bad) or 'signature'} cannot be read")

    def _with_only(self, field: int) -> _Copy:
        """Returns the copy with all fields but one replaced by valid values."""
        fields = [replacement for _, replacement in FIELDS.values()]
        outer = self.algorithm if field == ALGORITHM else fields[ALGORITHM]
        fields[field] = self.fields[field]
        return _Copy(self.version, fields, outer, self.signature)


@dataclass(frozen=True, slots=True)
class _Extension:
    oid: bytes  # the whole item
    critical: bool
    value: bytes

    def der(self, value: bytes) -> bytes:
        """Writes the extension with this value (DER)."""
        critical = [joined(BOOLEAN, b"\xff")] if self.critical else []
        return joined(SEQUENCE, self.oid, *critical, joined(OCTET_STRING, value))

    def written(self) -> Iterator[bytes]:
        """Yields the extension as it is, then rewritten in ways that might be readable."""
        yield self.der(self.value)
        normal = _mended(rewrite_values.as_der, self.value)
        yield self.der(normal)
        mend = rewrite_values.REWRITES.get(self.oid)
        if mend:
            yield self.der(_mended(mend, normal))


def serial_of(tbs: bytes) -> int:
    """Returns the serial number in the signed bytes of a certificate (RFC 5280 §4.1.2.2).

    It can be zero or negative; `cryptography` warns that it will refuse such numbers. Raises
    ValueError if the bytes are not those of a certificate.
    """
    (whole,) = items(tbs)
    found = [one for one in items(whole.content)[:2] if one.tag == INTEGER]
    if not found:
        raise ValueError("not a certificate")
    return int.from_bytes(found[0].content, signed=True)


def read_leniently(der: bytes) -> Lenient:
    """Reads a certificate (DER) part by part.

    Raises ValueError if the data is no certificate, and Unreadable if it is a certificate that
    cannot be read.
    """
    tbs, algorithm, signature = _outer(der)
    version, fields, more = _fields(items(tbs.content))
    if serial_of(tbs.whole) <= 0:
        fields[SERIAL] = FIELDS[SERIAL][1]
    copy = _Copy(version, fields, algorithm.whole, signature.whole)
    if not copy.mend():
        raise copy.unreadable()
    readable: list[bytes] = []
    unread: list[UnreadExtension] = []
    trial = copy.nameless()
    for extension in _extensions_of(copy, more):
        written = next(filter(trial.can_be_read, extension.written()), None)
        if written is None:
            unread.append(UnreadExtension(dotted(extension.oid), extension.critical))
        else:
            readable.append(written)
    return Lenient(copy.read(*readable), tbs.whole, tuple(unread))


def _outer(der: bytes) -> tuple[Item, Item, Item]:
    """Returns the three parts of a Certificate (RFC 5280 §4.1): TBSCertificate, signature algorithm
    and signature. Raises ValueError if the data is no certificate.
    """
    (whole,) = items(der)
    tbs, algorithm, signature = items(whole.content)
    tags = [one.tag for one in (whole, tbs, algorithm, signature)]
    if tags != [SEQUENCE, SEQUENCE, SEQUENCE, BIT_STRING]:
        raise ValueError("not a certificate")
    return tbs, algorithm, signature


def _fields(found: Sequence[Item]) -> tuple[bytes, list[bytes], Sequence[Item]]:
    """Splits a TBSCertificate into the version (a whole item, or empty), the six fields that every
    certificate has, and the items that follow. Raises ValueError if it is no TBSCertificate.
    """
    version, rest = (
        (found[0], found[1:]) if found and found[0].tag == VERSION_TAG else (None, found)
    )
    fields = rest[: len(FIELDS)]
    if [one.tag for one in fields] != [INTEGER, *[SEQUENCE] * 5]:
        raise ValueError("not a certificate")
    # A CSR or a CRL has something else in this place.
    if not {one.tag for one in items(fields[VALIDITY].content)} <= TIMES:
        raise ValueError("not a certificate")
    written = rewrite_values.version(version.content) if version else b""
    return (
        written and joined(VERSION_TAG, written),
        [one.whole for one in fields],
        rest[len(FIELDS) :],
    )


def _extensions_of(copy: _Copy, more: Sequence[Item]) -> list[_Extension]:
    """Parses the extensions. Raises Unreadable if that fails or if one of them is there twice."""
    whose = _whose(copy.read())
    try:
        extensions = [_extension(one) for one in _listed(more)]
    except ValueError as error:
        raise Unreadable(f"{whose}, whose extensions cannot be read") from error
    twice = [oid for oid, count in Counter(one.oid for one in extensions).items() if count > 1]
    if twice:
        raise Unreadable(f"{whose}, which has this extension twice: {_name_of(dotted(twice[0]))}")
    return extensions


def _listed(more: Sequence[Item]) -> list[Item]:
    for one in more:
        if one.tag == EXTENSIONS_TAG:
            (listed,) = items(one.content)
            found = items(listed.content)
            if len(found) > MAX_EXTENSIONS:
                raise ValueError("too many extensions")
            return found
    return []


def _extension(one: Item) -> _Extension:
    oid, *flag, value = items(one.content)
    if value.tag != OCTET_STRING or [part.tag for part in flag] not in ([], [BOOLEAN]):
        raise ValueError("not an extension")
    return _Extension(oid.whole, bool(flag) and rewrite_values.is_true(flag[0]), value.content)


def _mended(mend: Callable[[bytes], bytes], value: bytes) -> bytes:
    try:
        return mend(value)
    except NO_SENSE:
        return value


def _whose(certificate: x509.Certificate) -> str:
    subject = certificate.subject.rfc4514_string()
    return f"the certificate of {subject or f'serial {certificate.serial_number:x}'}"


def _name_of(oid: str) -> str:
    return NAMES.get(oid, oid or "one without an OID")
