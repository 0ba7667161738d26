"""Values of a certificate that break a rule which others do not hold them to, written as DER and RFC 5280 have them.

What OpenSSL refuses (letters that are no UTF-8, a number with zeros in front, a time in another zone) is no such value:
no client would take the certificate. Each function takes a value as it is, and raises ValueError or IndexError for one
that it cannot make sense of.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from functions.issuance.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    SEQUENCE,
    SET,
    Item,
    items,
    joined,
    oid,
)

CONSTRUCTED = 0x20  # the bit in a tag
DEEPEST = 30
UTF8 = 0x0C
STRINGS = {0x12, 0x13, 0x14, 0x16, 0x1A}  # of one byte a letter: Numeric, Printable, Teletex, IA5, Visible
NULL = b"\x05\x00"
MINIMUM = 0x80  # of a name constraint
MAIL, DNS, X400, DIRECTORY, EDI, ADDRESS = 0x81, 0x82, 0xA3, 0xA4, 0xA5, 0x87  # GeneralName (RFC 5280 §4.2.1.6)
URI = 0x86


def as_der(data: bytes, deep: int = 0) -> bytes:
    """Items with lengths as short as they can be, and TRUE as 255 (X.690 §10.1, §11.1)."""
    return b"".join(_as_der(one, deep) for one in items(data))


def _as_der(one: Item, deep: int) -> bytes:
    if one.tag & CONSTRUCTED and deep < DEEPEST:
        return joined(one.tag, as_der(one.content, deep + 1))
    if one.tag == BOOLEAN:
        return joined(BOOLEAN, b"\xff" if is_true(one) else b"\0")
    return joined(one.tag, one.content)


def is_true(one: Item) -> bool:
    """BER takes each byte but zero (X.690 §8.2.2), DER 255 alone."""
    return any(one.content)


def name(value: bytes) -> bytes:
    """A name: letters that a kind of string has not (`*` in a PrintableString); parts in no order, or twice."""
    (sequence,) = items(value)
    written: list[bytes] = []
    for part in items(sequence.content):
        attributes = [items(one.content) for one in items(part.content)]
        rows: dict[bytes, list[bytes]] = {}
        for kind, text in attributes:
            rows.setdefault(kind.whole, []).append(joined(SEQUENCE, kind.whole, _string(text)))
        while any(rows.values()):
            written.append(joined(SET, *sorted(some.pop(0) for some in rows.values() if some)))
    return joined(SEQUENCE, *written)


def _string(text: Item) -> bytes:
    if text.tag not in STRINGS:
        return text.whole
    try:
        content = text.content.decode()
    except UnicodeDecodeError:
        content = text.content.decode("latin-1")
    return joined(UTF8, content.encode())


def algorithm(value: bytes) -> bytes:
    """A signature's algorithm with parameters that it does not have (RFC 5758 §3.2, RFC 8410 §3)."""
    (sequence,) = items(value)
    kind, *parameters = items(sequence.content)
    if [one.whole for one in parameters] != [NULL]:
        return value
    return joined(SEQUENCE, kind.whole)


def version(value: bytes) -> bytes:
    """The version: 3 for any that there is not, and nothing for 1, which DER leaves out."""
    (number,) = items(value)
    return joined(INTEGER, b"\x02") if any(number.content) else b""


def basic_constraints(value: bytes) -> bytes:
    """`cA FALSE` written out, TRUE as another byte than 255, a path length that is none of a CA's."""
    (sequence,) = items(value)
    parts = items(sequence.content)
    if not any(one.tag == BOOLEAN and is_true(one) for one in parts):
        return joined(SEQUENCE)
    lengths = [one.whole for one in parts if one.tag == INTEGER]
    return joined(SEQUENCE, joined(BOOLEAN, b"\xff"), *lengths)


def name_constraints(value: bytes) -> bytes:
    """A minimum of 0 written out, and networks in which bits of a host are set."""
    (sequence,) = items(value)
    written = []
    for trees in items(sequence.content):
        bases = [_base(items(tree.content)) for tree in items(trees.content)]
        written.append(joined(trees.tag, *(joined(SEQUENCE, base) for base in bases)))
    return joined(SEQUENCE, *written)


def _base(tree: list[Item]) -> bytes:
    base, *distances = tree
    if any(one.tag != MINIMUM or any(one.content) for one in distances):
        raise ValueError("a constraint of some levels alone")  # RFC 5280 §4.2.1.10 has none
    if base.tag != ADDRESS:
        return _directory(base)
    half = len(base.content) // 2
    address, mask = base.content[:half], base.content[half:]
    return joined(ADDRESS, bytes(one & other for one, other in zip(address, mask, strict=True)), mask)


def _directory(one: Item) -> bytes:
    return joined(DIRECTORY, name(one.content)) if one.tag == DIRECTORY else one.whole


def alternative_names(value: bytes) -> bytes:
    """Names of kinds that nobody reads (X.400, EDI), with letters or of a size that none has, left out."""
    (sequence,) = items(value)
    return joined(SEQUENCE, *(_directory(one) for one in items(sequence.content) if _is_name(one)))


def _is_name(one: Item) -> bool:
    if one.tag in {MAIL, DNS, URI}:
        return one.content.isascii()
    if one.tag != ADDRESS:
        return one.tag not in {X400, EDI}
    try:
        ipaddress.ip_address(one.content)
    except ValueError:
        return False
    return True


def authority_key_id(value: bytes) -> bytes:
    """An issuer without a serial number, or the other way round: of the two the key identifier alone is needed."""
    (sequence,) = items(value)
    return joined(SEQUENCE, *(one.whole for one in items(sequence.content) if one.tag == 0x80))


def key_usage(value: bytes) -> bytes:
    """Bits that are set among those that are not used, and encipherOnly and decipherOnly (bits 7 and 8) without
    keyAgreement, which mean nothing then (RFC 5280 §4.2.1.3).
    """
    (bits,) = items(value)
    unused, *content = bits.content
    content[-1] &= 0xFF << unused & 0xFF
    if not content[0] & KEY_AGREEMENT:
        unused, content = 0, [content[0] & ~ENCIPHER_ONLY]
    return joined(BIT_STRING, bytes([unused, *content]))


KEY_AGREEMENT, ENCIPHER_ONLY = 0x08, 0x01


def policies(value: bytes) -> bytes:
    """The policies without their qualifiers, which are texts for people."""
    (sequence,) = items(value)
    return joined(SEQUENCE, *(joined(SEQUENCE, items(one.content)[0].whole) for one in items(sequence.content)))


EXTENSIONS: dict[bytes, Callable[[bytes], bytes]] = {
    oid("2.5.29.15"): key_usage,
    oid("2.5.29.17"): alternative_names,
    oid("2.5.29.18"): alternative_names,
    oid("2.5.29.19"): basic_constraints,
    oid("2.5.29.30"): name_constraints,
    oid("2.5.29.32"): policies,
    oid("2.5.29.35"): authority_key_id,
}
