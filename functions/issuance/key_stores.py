"""Key stores: PKCS#12 (PFX; RFC 7292) and Java's JKS and JCEKS. Those without a key are what CAs call trust stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.issuance.der import OID, SEQUENCE, Item, items_until_broken, octets, oid
from functions.issuance.empty_password import decrypted

DATA = oid("1.2.840.113549.1.7.1")
CERTIFICATE_BAG, NESTED_BAG = oid("1.2.840.113549.1.12.10.1.3"), oid("1.2.840.113549.1.12.10.1.6")
KEY_BAGS = {oid(f"1.2.840.113549.1.12.10.1.{number}") for number in (1, 2, 5)}  # plain, encrypted, a secret
MAX_NESTED = 3
MAX_ENCRYPTED = 3  # parts that are tried with an empty password: programs write one, and each takes some time
JAVA = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # JKS, JCEKS
TRUSTED = 2  # the tag of a Java store's entry that is a certificate


@dataclass(frozen=True, slots=True)
class KeyStore:
    """What a key store shows without a password. `closed`: it has a part that it does not show."""

    certificates: tuple[bytes, ...] = ()
    has_key: bool = False
    closed: bool = False


def read_key_store(data: bytes) -> KeyStore | None:
    """A PFX or a Java key store; None if it is neither."""
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
    """The ContentInfos of the AuthenticatedSafe (RFC 7292 §4.1); the outermost itself, if it is something else."""
    kind, content = _kind_and_content(outermost)
    safes = [one for text in content for one in _children_of_first(text)]
    return iter(safes if kind == DATA else [outermost])


def _shown(info: Item, *, tried: bool) -> KeyStore:
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
    return KeyStore(certificates, any(one.has_key for one in stores), any(one.closed for one in stores))


def _kind_and_content(info: Item) -> tuple[bytes, list[bytes]]:
    """An OID (as a whole item), and the OCTET STRINGs in the tag that follows it."""
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
    """JKS and JCEKS: entries one after another, whose certificates are not encrypted; a digest at the end."""
    reader = _Reader(data, len(JAVA[0]))
    certificates: list[bytes] = []
    try:
        version, count = reader.number(4), reader.number(4)
        for _ in range(count):
            if reader.number(4) != TRUSTED:
                return KeyStore(tuple(certificates), has_key=True)
            reader.text(2)  # the alias
            reader.number(8)  # when it was put in
            if version > 1:
                reader.text(2)  # the kind of certificate, which is X.509
            certificates.append(reader.text(4))
    except ValueError:
        return KeyStore(tuple(certificates), closed=True)
    return KeyStore(tuple(certificates))


@dataclass
class _Reader:
    data: bytes
    at: int

    def number(self, size: int) -> int:
        """A number of as many bytes. Raises ValueError at the end of the data."""
        return int.from_bytes(self._next(size))

    def text(self, size: int) -> bytes:
        """What stands behind its length, which has as many bytes. Raises ValueError at the end of the data."""
        return self._next(self.number(size))

    def _next(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.data):
            raise ValueError("cut off")
        return self.data[start : self.at]
