"""Reads DER item by item: certificates, PKCS#7, key stores, CSRs and revocation lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509

from functions.chains.parsing.contents import (
    ANOTHER,
    MAX_CERTIFICATE_BYTES,
    MAX_PARTS,
    Collected,
    begun,
)
from functions.chains.parsing.encodings import begins_as_certificate
from functions.chains.parsing.file_kinds import CRL, CSR, DECRYPT, EMPTY_PKCS7
from functions.chains.parsing.key_stores import read_key_store
from functions.chains.parsing.private_key_scan import may_hold_key, refuse_private_key
from functions.chains.parsing.signed_data import read_signed_data
from functions.model.findings import private_key_error
from functions.x509.certificate import Certificate, load
from functions.x509.der import item_at, size_of
from functions.x509.rewrite import Unreadable, attempt

# The beginning of a certificate within other data (RFC 5280 §4.1): its SEQUENCE, that of its
# TBSCertificate, and version 3.
CERTIFICATE_START = re.compile(
    rb"\x30(?:\x81.|\x82..)\x30(?:\x81.|\x82..)\xa0\x03\x02\x01\x02", re.DOTALL
)
PADDING = b" \t\r\n\0"  # bytes that mail programs and disks leave behind DER
PKCS7 = re.compile(
    rb"\x30(?:\x80|\x81.|\x82..|\x83...)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", re.DOTALL
)
OPEN_STORE = (
    "Drop the certificates in it alone: openssl pkcs12 -nokeys, or keytool -exportcert, writes "
    "them."
)


class ReadAny(Protocol):
    """The reader of data of any kind."""

    def __call__(
        self, found: Collected, data: bytes, where: str, layer: int, /, *, piece: bool
    ) -> None:
        """Adds what the data holds to `found`. A `piece` that holds nothing is not reported."""


@dataclass
class DerReader:
    """Reads DER. `look` reads signed content, which may be of any kind."""

    look: ReadAny
    loaded: dict[bytes, Certificate | Unreadable | None] = field(default_factory=dict)

    def read(
        self, found: Collected, data: bytes, where: str, layer: int, *, whole: bool = False
    ) -> int:
        """Reads consecutive DER items; returns their size in bytes, 0 if the first one is unknown.

        An item that cannot be read and that follows others, precedes a certificate or begins as one
        is reported as lost; reading goes on at the next certificate. `whole`: returns 0 instead.
        """
        at = end = 0
        ahead = _Ahead(data)
        while data[at : at + 1] == b"\x30" and not found.enough:
            item, following = _next(data, at)
            if not self._item(found, item, where, layer):
                another = ahead.start_behind(at)
                if whole or not (end or another or begins_as_certificate(item)):
                    return 0
                found.loses(where, f"a certificate that {certificate_error(item)}")
                following = another or following
            end = following
            at = _behind_blanks(data, end)
        return end

    def certificate(self, found: Collected, der: bytes, where: str) -> bool:
        """Adds a certificate, or reports which part of it cannot be read; False if the data is no
        certificate.
        """
        if len(der) > MAX_CERTIFICATE_BYTES and CERTIFICATE_START.match(der):
            found.loses(
                where, f"a certificate of more than {MAX_CERTIFICATE_BYTES:,} bytes", ANOTHER
            )
            return True
        if der not in self.loaded:
            self.loaded[der] = _loaded(der)
        certificate = self.loaded[der]
        if isinstance(certificate, Unreadable):
            found.loses(where, str(certificate), ANOTHER)
        elif certificate:
            found.add(certificate, where)
        return certificate is not None

    def salvage(self, found: Collected, data: bytes, where: str) -> bool:
        """Adds the certificates that are somewhere within damaged or unknown data; False if there
        is none.
        """
        at, inside = 0, Collected(limits=found.limits)
        for _ in range(MAX_PARTS):
            start = CERTIFICATE_START.search(data, at)
            if not start:
                break
            der = data[start.start() : start.start() + (size_of(start[0]) or 0)]
            at = start.start() + (len(der) if self.certificate(inside, der, where) else 1)
        for certificate in inside.certificates:
            if certificate not in found.certificates:
                found.add(certificate, where)
        return bool(inside.certificates)

    def key_store(self, found: Collected, data: bytes, where: str) -> bool:
        """Adds the certificates of a key store (PFX, JKS); False if the data is none. Raises
        ChainProblem if the store holds a key.
        """
        store = read_key_store(data)
        if store is None:
            return False
        if store.has_key:
            raise private_key_error()
        self._add_all(found, store.certificates, where)
        if store.closed:
            what = f"{begun(where)} is a key store (PFX, JKS) that asks for a password"
            found.closes(may_hold_key(what, OPEN_STORE))
        return True

    def _item(self, found: Collected, der: bytes, where: str, layer: int) -> bool:
        refuse_private_key(der)
        if self.certificate(found, der, where):
            return True
        if _is(der, x509.load_der_x509_csr):
            found.other(where, CSR)
        elif _is(der, x509.load_der_x509_crl):
            found.other(where, CRL)
        else:
            return self._signed_data(found, der, where, layer) or self.key_store(found, der, where)
        return True

    def _signed_data(self, found: Collected, der: bytes, where: str, layer: int) -> bool:
        signed = read_signed_data(der)
        if signed is None:
            return False
        if signed.closed:
            what = f"{begun(where)} is a message (S/MIME) that is {signed.closed}"
            found.closes(may_hold_key(what, DECRYPT))
        self._add_all(found, signed.certificates, where)
        listed_nothing = not (signed.certificates or signed.closed)
        damaged = listed_nothing and self.salvage(found, der, where)
        if damaged or not signed.whole:
            found.loses(where, "a PKCS#7 that is damaged or cut off")
            self.salvage(found, der, where)
        if signed.content:
            self.look(found, signed.content, f"what is signed in {where}", layer + 1, piece=True)
        elif listed_nothing and not damaged:
            found.other(where, EMPTY_PKCS7)
        return True

    def _add_all(self, found: Collected, certificates: Iterable[bytes], where: str) -> None:
        """Adds items of a PKCS#7 or a key store that can only be certificates."""
        for der in certificates:
            if found.enough:
                break
            if not self.certificate(found, der, where):
                what = f"a certificate of a PKCS#7 or a key store that {certificate_error(der)}"
                found.loses(where, what)


class _Ahead:
    """Finds the next certificate in data, for offsets that only grow: each byte is searched
    once.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.match = CERTIFICATE_START.search(data, 1)

    def start_behind(self, at: int) -> int:
        """Returns where the first certificate behind `at` begins; 0 if there is none."""
        while self.match and self.match.start() <= at:
            self.match = CERTIFICATE_START.search(self.data, self.match.start() + 1)
        return self.match.start() if self.match else 0


def certificate_error(item: bytes) -> str:
    """Returns why DER that begins as a certificate cannot be read, as the end of a sentence."""
    size = size_of(item)
    if size and size > len(item):
        return f"is cut off: {len(item):,} of {size:,} bytes are there"
    return "is damaged"


def without_trust_settings(data: bytes) -> bytes:
    """Returns the certificate of an OpenSSL TRUSTED CERTIFICATE, without the item behind it that
    says what it is trusted for.
    """
    size = size_of(data)
    return data[:size] if size and data[size : size + 1] == b"\x30" else data


def _next(data: bytes, at: int) -> tuple[bytes, int]:
    """Returns the item at offset `at`, as much of it as is there, and where the next one begins."""
    size = size_of(data[at : at + 6])
    if size is None:
        try:
            item, following = item_at(data, at)
        except ValueError:
            return data[at:], len(data)
        return item.whole, following
    return data[at : at + size], min(at + size, len(data))


def _behind_blanks(data: bytes, at: int) -> int:
    """Returns the offset of the first byte from `at` on that is not BLANK."""
    while at < len(data) and data[at] in PADDING:
        at += 1
    return at


def _loaded(der: bytes) -> Certificate | Unreadable | None:
    try:
        return load(der)
    except Unreadable as error:
        return error
    except ValueError:
        return None


def _is(der: bytes, read: Callable[[bytes], object]) -> bool:
    try:
        attempt(lambda: read(der))
    except ValueError:
        return False
    return True
