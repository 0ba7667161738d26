"""The certificates in whatever the CA sent, by content and never by name."""

from __future__ import annotations

import json
import quopri
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from functions.issuance.archives import is_zip, members
from functions.issuance.describe import printed, several, subject_of
from functions.issuance.encodings import as_utf8, der_items, from_base64, from_loose_base64, looks_like
from functions.issuance.findings import ChainProblem, Finding
from functions.issuance.key_material import private_key, refuse_private_key

MAX_BYTES = 1024 * 1024
MAX_CERTIFICATES = 100
# A hundred names are 3 KiB. Names are slow to parse, and each is held against each name constraint.
MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES_BYTES = 64 * 1024, 400 * 1024
LEAST_TEXT = 50  # in JSON; neither a certificate nor a key is shorter
MAX_PARTS = 1000  # that are no certificates; what is beyond them is looked through for private keys alone
MAX_NOTES = 20  # what is said of single parts; a file of nothing but broken parts has thousands
# What cryptography raises for content that is not as it should be.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
# Those of a certificate that are parsed on first use, and that a report or a check may use.
PARTS = ("extensions", "subject", "issuer", "serial_number", "not_valid_before_utc", "not_valid_after_utc")
LAYERS = 4  # base64 of PEM in a JSON in a zip, and no further
BOUNDARY = re.compile(rb"-----(BEGIN|END) ([^-\r\n]{1,64})-----")
CERTIFICATES = {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}
CHAINS = {"PKCS7", "CMS", "PKCS #7 SIGNED DATA"}


@dataclass(frozen=True, slots=True)
class Contents:
    """The certificates of a file, each once, in the file's order, and what there is to say of the rest."""

    certificates: tuple[x509.Certificate, ...]
    findings: tuple[Finding, ...]


@dataclass
class _Reading:
    """What has been read so far. `others` names what is no certificate."""

    certificates: dict[x509.Certificate, int] = field(default_factory=dict)
    others: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    more: int = 0
    size: int = 0  # of the certificates

    @property
    def full(self) -> bool:
        return len(self.certificates) > MAX_CERTIFICATES or self.size > MAX_CERTIFICATES_BYTES

    def other(self, where: str, what: str) -> None:
        if len(self.others) < MAX_NOTES:
            self.others.append((where, printed(what)))
        else:
            self.more += 1

    def breaks(self, sentence: str) -> None:
        if len(self.broken) < MAX_NOTES:
            self.broken.append(sentence)
        else:
            self.more += 1

    def contents(self) -> Contents:
        """What has been read, to its end: a private key can come last. Raises ChainProblem."""
        if self.full:
            raise ChainProblem(
                "too-many-certificates",
                f"The file holds more than {MAX_CERTIFICATES} certificates, or {MAX_CERTIFICATES_BYTES:,} bytes "
                "of them.",
                "Drop the certificate and its own chain alone, not a CA bundle.",
            )
        if self.more > MAX_PARTS:
            raise ChainProblem(
                "too-large",
                f"The file has more than {MAX_PARTS:,} parts that are no certificates.",
                "Drop the certificate chain alone.",
            )
        if not self.certificates:
            raise _nothing(self)
        return Contents(tuple(self.certificates), tuple(_notes(self)))


def read(content: bytes) -> Contents:
    """Reads PEM (any order, prose, CRLF, BOM, UTF-16), DER, PKCS#7, bare base64, base64 of these, JSON, and zips.

    Raises ChainProblem: the file is empty or too large, holds a private key, or nothing that is a certificate.
    """
    if not content.strip():
        raise ChainProblem("empty-file", "The file is empty.", "Drop the file that the CA sent once more.")
    if len(content) > MAX_BYTES or is_zip(content):
        refuse_private_key(content)  # first: what is rejected goes where more people can read it
    if len(content) > MAX_BYTES:
        raise ChainProblem(
            "too-large",
            f"The file has more than {MAX_BYTES:,} bytes, which no chain has.",
            "Drop the certificate chain alone.",
        )
    reading = _Reading()
    if is_zip(content):
        for name, member in members(content):
            _read(reading, member, name)
    else:
        _read(reading, content, "the file")
    return reading.contents()


def read_items(items: list[bytes]) -> Contents:
    """The certificates of an x5c list: one DER item each, or whatever else `read` can read. Raises ChainProblem."""
    reading = _Reading()
    for index, item in enumerate(items):
        _read(reading, item, f"x5c[{index}]")
    return reading.contents()


def _read(reading: _Reading, data: bytes, where: str, layer: int = 0) -> None:
    text = as_utf8(data)
    refuse_private_key(data)
    if text is not data:
        refuse_private_key(text)
    stripped = text.strip()
    if not stripped or layer > LAYERS:
        return
    if stripped[:1] in {b"{", b"["} and _read_json(reading, stripped, where, layer):
        return
    if b"-----BEGIN " in text:
        _read_pem(reading, text, where)
    elif text[:1] == b"\x30" and _read_der(reading, text, where):
        return
    elif decoded := from_base64(stripped):
        _read(reading, decoded, where, layer + 1)
    elif layer == 0:
        reading.other(where, looks_like(stripped))


def _read_pem(reading: _Reading, text: bytes, where: str) -> None:
    begun: re.Match[bytes] | None = None
    outside = 0
    for boundary in BOUNDARY.finditer(text):
        if boundary[1] == b"BEGIN":
            if begun:
                _cut_off(reading, begun, where)
            else:
                _refuse_between(text[outside : boundary.start()])
            begun = boundary
        elif begun and begun[2] == boundary[2]:
            _read_block(reading, begun[2].decode(errors="replace"), text[begun.end() : boundary.start()], where)
            begun, outside = None, boundary.end()
    if begun:
        _cut_off(reading, begun, where)
    else:
        _refuse_between(text[outside:])


def _refuse_between(text: bytes) -> None:
    """What stands between blocks can be a key all the same, in DER or in bare base64."""
    stripped = text.strip()
    if stripped:
        refuse_private_key(stripped)
        refuse_private_key(from_base64(stripped))


def _cut_off(reading: _Reading, begun: re.Match[bytes], where: str) -> None:
    label = begun[2].decode(errors="replace")
    if label in CERTIFICATES | CHAINS:
        reading.breaks(f"{where}: a {label} block that has no end")


def _read_block(reading: _Reading, label: str, body: bytes, where: str) -> None:
    for text in (body, quopri.decodestring(body)) if b"=" in body else (body,):  # as it is, or as in a mail's source
        der = from_loose_base64(text)
        refuse_private_key(der)
        if label == "TRUSTED CERTIFICATE":  # OpenSSL's; its trust settings follow the certificate
            der, *settings = [*der_items(der)] or [b""]
            for one in settings:
                refuse_private_key(one)
        if _read_der(reading, der, where):
            return
    if label in CERTIFICATES | CHAINS:
        reading.breaks(f"{where}: a {label} block that cannot be read")
    else:
        reading.other(where, f"a block of {label.lower()}")


def _read_der(reading: _Reading, der: bytes, where: str) -> bool:
    """Reads DER items after one another; False if the first of them is nothing that is known here.

    `der` as a whole is known to be no private key; what stands behind the first item is not.
    """
    found = False
    for item in der_items(der):
        if found:
            refuse_private_key(item)
        if not _read_item(reading, item, where):
            if found:
                reading.breaks(f"{where}: something after a certificate that is none")
            return found
        found = True
    return found


def _read_item(reading: _Reading, der: bytes, where: str) -> bool:
    if reading.more > MAX_PARTS:
        return False
    if certificate := _tried(lambda: x509.load_der_x509_certificate(der)):
        _add(reading, certificate, where)
    elif _tried(lambda: x509.load_der_x509_csr(der)):
        reading.other(where, "a certificate request (CSR)")
    elif _tried(lambda: x509.load_der_x509_crl(der)):
        reading.other(where, "a revocation list (CRL)")
    elif found := _tried(lambda: _signed_data(der)):  # last, because it goes by way of OpenSSL
        for certificate in found:
            _add(reading, certificate, where)
    else:
        return False
    return True


def _signed_data(der: bytes) -> list[x509.Certificate]:
    """The certificates of PKCS#7 (RFC 2315 §9). OpenSSL writes its sets in the order of the file, which is no DER:
    `cryptography` reads that, with a warning that nobody here needs.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return pkcs7.load_der_pkcs7_certificates(der)


def _add(reading: _Reading, certificate: x509.Certificate, where: str) -> None:
    """Adds a certificate all of whose parts can be read: cryptography parses most of it on first use."""
    if reading.full:
        return
    if certificate in reading.certificates:
        reading.certificates[certificate] += 1
        return
    size = len(certificate.public_bytes(Encoding.DER))
    reading.size += size
    if size > MAX_CERTIFICATE_BYTES:
        reading.breaks(f"{where}: a certificate of more than {MAX_CERTIFICATE_BYTES:,} bytes")
    elif _tried(lambda: [getattr(certificate, part) for part in PARTS]):
        reading.certificates[certificate] = 1
    else:
        reading.breaks(f"{where}: a certificate that breaks the rules of X.509")


def _tried(load: Callable[[], Any]) -> Any:
    try:
        return load()
    except UNREADABLE:
        return None


def _read_json(reading: _Reading, text: bytes, where: str, layer: int) -> bool:
    """Reads every text in a JSON document that holds certificates (x5c, or whatever a CA's API calls them)."""
    if len(text) > MAX_BYTES:  # a zip's; as objects it needs thirty times the memory
        return False
    try:
        waiting: deque[Any] = deque([json.loads(text)])
    except (ValueError, RecursionError):
        return False
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            if "kty" in value and "d" in value:  # a private JWK (RFC 7518 §6)
                raise private_key()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str) and len(value) >= LEAST_TEXT:
            _read(reading, value.encode(errors="replace"), where, layer + 1)
    return True


def _nothing(reading: _Reading) -> ChainProblem:
    seen = sorted({what for _, what in reading.others})
    what = f" It holds {printed(', '.join(seen))}." if seen else ""
    if reading.broken:
        what = f" There is in {printed('; '.join(reading.broken))}."
    step = "Drop the certificate and its chain as PEM, DER, PKCS#7 (.p7b) or a zip of these."
    if "a certificate request (CSR)" in seen:
        step = "Send the CSR to the CA, and drop the certificate that the CA returns."
    return ChainProblem("not-a-certificate", f"No certificate could be read from the file.{what}", step)


def _notes(reading: _Reading) -> Iterator[Finding]:
    for sentence in reading.broken:
        yield Finding("unreadable-part", f"{sentence[:1].upper()}{sentence[1:]}.", "Ask the CA for the file again.")
    for where, what in reading.others:
        yield Finding("part-ignored", f"{where[:1].upper()}{where[1:]} holds {what}; it is not needed.")
    if reading.more:
        yield Finding("part-ignored", f"{reading.more:,} more parts of the file are no certificates.")
    twice = [subject_of(one) for one, count in reading.certificates.items() if count > 1]
    if twice:
        yield Finding("duplicate-dropped", f"More than once in the file: {several(twice)}.")
