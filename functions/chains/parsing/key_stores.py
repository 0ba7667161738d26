"""Reads the certificates of key stores, PKCS#12 (PFX; RFC 7292) and Java's JKS and JCEKS, and says
whether they hold a key. CAs call stores without a key trust stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.chains.parsing.empty_password import decrypted
from functions.x509.der import OID, SEQUENCE, Item, items_until_broken, octets, oid

DATA = oid("1.2.840.113549.1.7.1")
CERTIFICATE_BAG, NESTED_BAG = oid("1.2.840.113549.1.12.10.1.3"), oid("1.2.840.113549.1.12.10.1.6")
# Bags that hold a plain key, an encrypted key, a secret.
KEY_BAGS = {oid(f"1.2.840.113549.1.12.10.1.{number}") for number in (1, 2, 5)}
MAX_NESTED = 3
# Encrypted parts. Programs write one; decrypting each with an empty password takes some time.
MAX_ENCRYPTED = 3
JAVA = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # the first bytes of JKS and JCEKS
TRUSTED_ENTRY = 2  # the tag of an entry of a Java store that is a certificate


@dataclass(frozen=True, slots=True)
class KeyStore:
    """What can be read of a key store without a password: certificates (DER), and whether it holds
    a key. `closed`: a part of it cannot be read.
    """

    certificates: tuple[bytes, ...] = ()
    has_key: bool = False
    closed: bool = False


def read_key_store(data: bytes) -> KeyStore | None:
    """Reads a PFX or a Java key store; None if the data is neither."""
    if data.startswith(JAVA):
        return _java(data)
    fields = _children_of_first(data)
    if len(fields) < 2 or fields[0].whole != b"\x02\x01\x03" or fields[1].tag != SEQUENCE:
        return None
    safes = list(_safes(fields[1]))
    tried = sum(_kind_and_content(info)[0] != DATA for info in safes) <= MAX_ENCRYPTED
    found = _together(_shown(info, tried=tried) for info in safes)
    return found if found.certificates or found.has_key else KeyStore(closed=True)


def _safes(outermost: Item) -> Iterator[Item]:
    """Returns the ContentInfos of the AuthenticatedSafe (RFC 7292 §4.1), or the outermost
    ContentInfo itself if that is of another type.
    """
    kind, content = _kind_and_content(outermost)
    safes = [one for text in content for one in _children_of_first(text)]
    return iter(safes if kind == DATA else [outermost])


def _shown(info: Item, *, tried: bool) -> KeyStore:
    """Reads one ContentInfo. `tried`: decrypts it with an empty password if it is encrypted."""
    kind, content = _kind_and_content(info)
    if kind != DATA:
        opened = decrypted(info) if tried else None
        if opened is None:
            return KeyStore(closed=True)
        content = [opened]
    return _together(_bags(_children_of_first(text), 0) for text in content)


def _bags(bags: Iterable[Item], deep: int) -> KeyStore:
    return _together(_bag(bag, deep) for bag in bags)


def _bag(bag: Item, deep: int) -> KeyStore:
    kind, *values = items_until_broken(bag.content)[0] or [bag]
    if kind.whole in KEY_BAGS:
        return KeyStore(has_key=True)
    value = items_until_broken(values[0].content)[0] if values else []
    if kind.whole == CERTIFICATE_BAG and value:
        return KeyStore(tuple(_kind_and_content(value[0])[1]))
    if kind.whole == NESTED_BAG and value and deep < MAX_NESTED:
        return _bags(items_until_broken(value[0].content)[0], deep + 1)
    return KeyStore(closed=kind.whole == NESTED_BAG)


def _together(some: Iterable[KeyStore]) -> KeyStore:
    stores = list(some)
    certificates = tuple(certificate for one in stores for certificate in one.certificates)
    return KeyStore(
        certificates, any(one.has_key for one in stores), any(one.closed for one in stores)
    )


def _kind_and_content(info: Item) -> tuple[bytes, list[bytes]]:
    """Returns an OID (as a whole item), and the contents of the OCTET STRINGs in the item behind
    it.
    """
    parts = items_until_broken(info.content)[0]
    if len(parts) < 2 or parts[0].tag != OID:
        return b"", []
    try:
        return parts[0].whole, [octets(one) for one in items_until_broken(parts[1].content)[0]]
    except ValueError:
        return parts[0].whole, []


def _children_of_first(data: bytes) -> Sequence[Item]:
    found = items_until_broken(data)[0]
    return items_until_broken(found[0].content)[0] if found and found[0].tag == SEQUENCE else []


def _java(data: bytes) -> KeyStore:
    """Reads JKS or JCEKS: consecutive entries, whose certificates are not encrypted, and a digest
    at the end. Any entry that is no certificate holds a key.
    """
    reader = _JavaReader(data, len(JAVA[0]))
    certificates: list[bytes] = []
    try:
        version, count = reader.number(4), reader.number(4)
        for _ in range(count):
            if reader.number(4) != TRUSTED_ENTRY:
                return KeyStore(tuple(certificates), has_key=True)
            reader.text(2)  # the alias
            reader.number(8)  # the time at which it was added
            if version > 1:
                reader.text(2)  # the type of the certificate, which is X.509
            certificates.append(reader.text(4))
    except ValueError:
        return KeyStore(tuple(certificates), closed=True)
    return KeyStore(tuple(certificates))


@dataclass
class _JavaReader:
    data: bytes
    at: int

    def number(self, size: int) -> int:
        """Reads a number of `size` bytes. Raises ValueError if the data ends before."""
        return int.from_bytes(self._next(size))

    def text(self, size: int) -> bytes:
        """Reads bytes behind their length, which is a number of `size` bytes. Raises ValueError if
        the data ends before.
        """
        return self._next(self.number(size))

    def _next(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise ValueError("cut off")
        return self.data[start : self.at]
