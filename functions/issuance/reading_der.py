"""DER, item by item: certificates, PKCS#7, and what else CAs and people put beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509

from functions.issuance.certificate import Certificate, load
from functions.issuance.contents import ANOTHER, MAX_CERTIFICATE_BYTES, MAX_PARTS, Found, begun
from functions.issuance.der import item_at, size_of
from functions.issuance.encodings import begins_as_certificate
from functions.issuance.file_kinds import CRL, CSR, DECRYPT, EMPTY_PKCS7
from functions.issuance.key_material import may_hold_key, private_key, refuse_private_key
from functions.issuance.key_stores import read_key_store
from functions.issuance.lenient import Unreadable, attempt
from functions.issuance.signed_data import read_signed_data

# A certificate within other data (RFC 5280 §4.1): the sequence, its TBSCertificate, the version 3.
CERTIFICATE = re.compile(rb"\x30(?:\x81.|\x82..)\x30(?:\x81.|\x82..)\xa0\x03\x02\x01\x02", re.DOTALL)
BLANK = b" \t\r\n\0"  # what mail programs and disks leave behind DER
PKCS7 = re.compile(rb"\x30(?:\x80|\x81.|\x82..|\x83...)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", re.DOTALL)
OPEN_STORE = "Drop the certificates in it alone: openssl pkcs12 -nokeys, or keytool -exportcert, writes them."


class Look(Protocol):
    """Looks at data of any kind."""

    def __call__(self, found: Found, data: bytes, where: str, layer: int, /, *, piece: bool) -> None:
        """Adds what it holds to what has been found. A piece need not be anything."""


@dataclass
class DerReader:
    """Reads DER. `look` takes what is within it and behind it and is something else."""

    look: Look
    loaded: dict[bytes, Certificate | Unreadable | None] = field(default_factory=dict)

    def read(self, found: Found, data: bytes, where: str, layer: int, *, whole: bool = False) -> int:
        """Reads DER items after one another; returns how many bytes they are, 0 if the first is nothing known here.

        `whole`: nothing counts that is not whole.
        """
        at = end = 0
        another = CERTIFICATE.search(data, 1)
        while data[at : at + 1] == b"\x30" and not found.enough:
            item, following = _next(data, at)
            if not self._item(found, item, where, layer):
                while another and another.start() <= at:
                    another = CERTIFICATE.search(data, another.start() + 1)
                if whole or not (end or another or begins_as_certificate(item)):
                    return 0
                found.loses(where, f"a certificate that {trouble_with(item)}")
                following = another.start() if another else following
            at = end = following
            while at < len(data) and data[at] in BLANK:
                at += 1
        return end

    def certificate(self, found: Found, der: bytes, where: str) -> bool:
        """Adds a certificate, or says what of it cannot be read; False if it is none."""
        if len(der) > MAX_CERTIFICATE_BYTES and CERTIFICATE.match(der):
            found.loses(where, f"a certificate of more than {MAX_CERTIFICATE_BYTES:,} bytes", ANOTHER)
            return True
        if der not in self.loaded:
            self.loaded[der] = _loaded(der)
        certificate = self.loaded[der]
        if isinstance(certificate, Unreadable):
            found.loses(where, str(certificate), ANOTHER)
        elif certificate:
            found.add(certificate, where)
        return certificate is not None

    def salvage(self, found: Found, data: bytes, where: str) -> bool:
        """Adds the certificates that stand within data of another kind, or what is damaged; False if there is none."""
        at, inside = 0, Found(limits=found.limits)
        for _ in range(MAX_PARTS):
            start = CERTIFICATE.search(data, at)
            if not start:
                break
            der = data[start.start() : start.start() + (size_of(start[0]) or 0)]
            at = start.start() + (len(der) if self.certificate(inside, der, where) else 1)
        for certificate in inside.certificates:
            if certificate not in found.certificates:
                found.add(certificate, where)
        return bool(inside.certificates)

    def key_store(self, found: Found, data: bytes, where: str) -> bool:
        """Adds the certificates of a key store; False if it is none. Raises ChainProblem if it has a key."""
        store = read_key_store(data)
        if store is None:
            return False
        if store.has_key:
            raise private_key()
        for der in store.certificates:
            if found.enough:
                break
            self._certificate_of(found, der, where)
        if store.closed:
            what = f"{begun(where)} is a key store (PFX, JKS) that asks for a password"
            found.closes(may_hold_key(what, OPEN_STORE))
        return True

    def _item(self, found: Found, der: bytes, where: str, layer: int) -> bool:
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

    def _signed_data(self, found: Found, der: bytes, where: str, layer: int) -> bool:
        signed = read_signed_data(der)
        if signed is None:
            return False
        if signed.closed:
            what = f"{begun(where)} is a message (S/MIME) that is {signed.closed}"
            found.closes(may_hold_key(what, DECRYPT))
        for one in signed.certificates:
            if found.enough:
                break
            self._certificate_of(found, one, where)
        damaged = not (signed.certificates or signed.closed) and self.salvage(found, der, where)
        if damaged or not signed.whole:
            found.loses(where, "a PKCS#7 that is damaged or cut off")
            self.salvage(found, der, where)
        if signed.content:
            self.look(found, signed.content, f"what is signed in {where}", layer + 1, piece=True)
        elif not (signed.certificates or signed.closed or damaged):
            found.other(where, EMPTY_PKCS7)
        return True

    def _certificate_of(self, found: Found, der: bytes, where: str) -> None:
        """A certificate that stands where nothing else can stand."""
        if not self.certificate(found, der, where):
            found.loses(where, f"a certificate of a PKCS#7 or a key store that {trouble_with(der)}")


def trouble_with(item: bytes) -> str:
    """Why DER that begins as a certificate is none."""
    size = size_of(item)
    return f"is cut off: {len(item):,} of {size:,} bytes are there" if size and size > len(item) else "is damaged"


def without_trust_settings(data: bytes) -> bytes:
    """What stands in OpenSSL's TRUSTED CERTIFICATE before the item that says what it is trusted for."""
    size = size_of(data)
    return data[:size] if size and data[size : size + 1] == b"\x30" else data


def _next(data: bytes, at: int) -> tuple[bytes, int]:
    """The item that begins there, as far as it goes, and where the next one does."""
    size = size_of(data[at : at + 6])
    if size is None:
        try:
            item, following = item_at(data, at)
        except ValueError:
            return data[at:], len(data)
        return item.whole, following
    return data[at : at + size], min(at + size, len(data))


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
