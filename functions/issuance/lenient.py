"""Certificates that break a rule of RFC 5280 which others do not hold them to, written anew so that they can be read.

`cryptography` refuses a whole certificate for one value out of order, and its declarative ASN.1 is as strict; OpenSSL,
Windows and Java read most of them. Here tags and lengths alone are read (X.690 §8.1): what stands between them is
copied, or written as RFC 5280 has it (`mending`), and it is `cryptography` again that reads the copy. The copy's
signature verifies nothing; the certificate itself is what is judged and merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from functions.issuance import mending
from functions.issuance.der import (
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

# What cryptography raises for content that is not as it should be.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
NO_SENSE = (ValueError, IndexError)  # what mending raises
# Those of a certificate that are parsed on first use, and that a report or a check may use.
PARTS = ("extensions", "subject", "issuer", "serial_number", "not_valid_before_utc", "not_valid_after_utc")
MAX_EXTENSIONS = 100  # each is read by itself; a certificate of a public CA has about ten
VERSION, EXTENSIONS = 0xA0, 0xA3  # in TBSCertificate (RFC 5280 §4.1)
TIMES = {0x17, 0x18}  # UTCTime, GeneralizedTime
SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, PUBLIC_KEY = range(6)  # what stands behind the version, in this order
# What they are called, and what can stand there instead without being looked at.
FIELDS = {
    SERIAL: ("serial number", bytes.fromhex("020101")),
    ALGORITHM: ("signature algorithm", bytes.fromhex("300a06082a8648ce3d040302")),
    ISSUER: ("issuer's name", bytes.fromhex("3000")),
    VALIDITY: ("validity", bytes.fromhex("301e170d3030303130313030303030305a170d3030303130313030303030305a")),
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
# Extensions without which nobody can tell what a certificate is for: key usage, basic constraints, extended key usage.
DECISIVE = {"2.5.29.15", "2.5.29.19", "2.5.29.37"}


class Unreadable(ValueError):
    """A certificate, and not to be read: the message says whose it is, and what of it cannot be read."""


def attempt[T](read: Callable[[], T], *, but: type[Exception] = Unreadable) -> T:
    """What reading comes to. Raises ValueError for whatever goes wrong, and `but` as it is.

    `cryptography` has many ways to say that it cannot read something. If its Rust panics, that is no Exception at all.
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
    """An extension that cannot be read."""

    oid: str
    critical: bool

    @property
    def name(self) -> str:
        """What RFC 5280 calls it, or its OID."""
        return _name_of(self.oid)


@dataclass(frozen=True, slots=True)
class Lenient:
    """A certificate's copy for reading, the bytes of the certificate that are signed, and what of it is not read."""

    view: x509.Certificate
    tbs: bytes
    unread: tuple[UnreadExtension, ...]


@dataclass
class _Copy:
    """A certificate that is written anew: the version (as a whole item), six fields, the signature."""

    version: bytes
    fields: list[bytes]
    algorithm: bytes
    signature: bytes

    def read(self, *extensions: bytes) -> x509.Certificate:
        """The copy with these extensions. Raises one of UNREADABLE."""
        written = [joined(EXTENSIONS, joined(SEQUENCE, *extensions))] if extensions else []
        tbs = joined(SEQUENCE, self.version, *self.fields, *written)
        certificate = x509.load_der_x509_certificate(joined(SEQUENCE, tbs, self.algorithm, self.signature))
        for part in PARTS:
            getattr(certificate, part)
        return certificate

    def can_be_read(self, *extensions: bytes) -> bool:
        """Whether it can."""
        try:
            self.read(*extensions)
        except UNREADABLE:
            return False
        return True

    def nameless(self) -> _Copy:
        """The copy without its names, which take long to read again and again if they are long."""
        fields = list(self.fields)
        for field in (ISSUER, SUBJECT):
            fields[field] = FIELDS[field][1]
        return _Copy(self.version, fields, self.algorithm, self.signature)

    def mend(self) -> bool:
        """Mends one field after the other until the copy can be read; False if it cannot."""
        return any(step() is None and self.can_be_read() for step in (self._names, self._others, self._all))

    def _names(self) -> None:
        self._mend(ISSUER, mending.name)
        self._mend(SUBJECT, mending.name)

    def _others(self) -> None:
        self._mend(ALGORITHM, mending.algorithm)
        self.algorithm = _mended(mending.algorithm, self.algorithm)

    def _all(self) -> None:
        for field in FIELDS:
            self._mend(field, mending.as_der)

    def _mend(self, field: int, mend: Callable[[bytes], bytes]) -> None:
        self.fields[field] = _mended(mend, self.fields[field])

    def unreadable(self) -> Unreadable:
        """Which fields it is: those that cannot be read although all others are left out."""
        instead = [other for _, other in FIELDS.values()]
        algorithm = instead[ALGORITHM]
        bad = []
        for field, (name, _) in FIELDS.items():
            fields = [*instead[:field], self.fields[field], *instead[field + 1 :]]
            outer = self.algorithm if field == ALGORITHM else algorithm
            if not _Copy(self.version, fields, outer, self.signature).can_be_read():
                bad.append(name)
        whose = "a certificate"
        if "subject" not in bad:
            instead[SUBJECT] = self.fields[SUBJECT]
            whose = _whose(_Copy(self.version, instead, algorithm, self.signature).read())
        return Unreadable(f"{whose}, whose {' and '.join(bad) or 'signature'} cannot be read")


@dataclass(frozen=True, slots=True)
class _Extension:
    oid: bytes  # the whole item
    critical: bool
    value: bytes

    def der(self, value: bytes) -> bytes:
        critical = [joined(BOOLEAN, b"\xff")] if self.critical else []
        return joined(SEQUENCE, self.oid, *critical, joined(OCTET_STRING, value))

    def written(self) -> Iterator[bytes]:
        """The extension as it is, and as it might be read."""
        yield self.der(self.value)
        normal = _mended(mending.as_der, self.value)
        yield self.der(normal)
        mend = mending.EXTENSIONS.get(self.oid)
        if mend:
            yield self.der(_mended(mend, normal))


def serial_of(tbs: bytes) -> int:
    """The serial number in the bytes of a certificate that are signed (RFC 5280 §4.1.2.2), which can be zero or less:
    `cryptography` warns that it will refuse these. Raises ValueError if they are not a certificate's.
    """
    (whole,) = items(tbs)
    found = [one for one in items(whole.content)[:2] if one.tag == INTEGER]
    if not found:
        raise ValueError("no certificate")
    return int.from_bytes(found[0].content, signed=True)


def read_leniently(der: bytes) -> Lenient:
    """Reads a certificate part by part. Raises ValueError if it is none, Unreadable if one that cannot be read."""
    (whole,) = items(der)
    tbs, algorithm, signature = items(whole.content)
    if [one.tag for one in (whole, tbs, algorithm, signature)] != [SEQUENCE, SEQUENCE, SEQUENCE, BIT_STRING]:
        raise ValueError("no certificate")
    version, fields, more = _fields(items(tbs.content))
    if serial_of(tbs.whole) <= 0:
        fields[SERIAL] = FIELDS[SERIAL][1]
    copy = _Copy(version, fields, algorithm.whole, signature.whole)
    if not copy.mend():
        raise copy.unreadable()
    whose = _whose(copy.read())
    try:
        extensions = [_extension(one) for one in _extensions(more)]
    except ValueError as error:
        raise Unreadable(f"{whose}, whose extensions cannot be read") from error
    twice = [oid for oid, count in Counter(one.oid for one in extensions).items() if count > 1]
    if twice:
        raise Unreadable(f"{whose}, which has this extension twice: {_name_of(dotted(twice[0]))}")
    trial = copy.nameless()
    read = [(one, next(filter(trial.can_be_read, one.written()), None)) for one in extensions]
    unread = [UnreadExtension(dotted(one.oid), one.critical) for one, written in read if written is None]
    return Lenient(copy.read(*(written for _, written in read if written)), tbs.whole, tuple(unread))


def _fields(found: Sequence[Item]) -> tuple[bytes, list[bytes], Sequence[Item]]:
    """Version, the six fields that every certificate has, and what follows. Raises ValueError if it is none."""
    version, rest = (found[0], found[1:]) if found and found[0].tag == VERSION else (None, found)
    fields = rest[: len(FIELDS)]
    if [one.tag for one in fields] != [INTEGER, *[SEQUENCE] * 5]:
        raise ValueError("no certificate")
    if not {one.tag for one in items(fields[VALIDITY].content)} <= TIMES:  # a CSR or a CRL has something else there
        raise ValueError("no certificate")
    written = mending.version(version.content) if version else b""
    return written and joined(VERSION, written), [one.whole for one in fields], rest[len(FIELDS) :]


def _extensions(more: Sequence[Item]) -> list[Item]:
    for one in more:
        if one.tag == EXTENSIONS:
            (listed,) = items(one.content)
            found = items(listed.content)
            if len(found) > MAX_EXTENSIONS:
                raise ValueError("too many extensions")
            return found
    return []


def _extension(one: Item) -> _Extension:
    oid, *flag, value = items(one.content)
    if value.tag != OCTET_STRING or [part.tag for part in flag] not in ([], [BOOLEAN]):
        raise ValueError("no extension")
    return _Extension(oid.whole, bool(flag) and mending.is_true(flag[0]), value.content)


def _mended(mend: Callable[[bytes], bytes], value: bytes) -> bytes:
    try:
        return mend(value)
    except NO_SENSE:
        return value


def _whose(certificate: x509.Certificate) -> str:
    return f"the certificate of {certificate.subject.rfc4514_string() or f'serial {certificate.serial_number:x}'}"


def _name_of(oid: str) -> str:
    return NAMES.get(oid, oid or "one without a name")
