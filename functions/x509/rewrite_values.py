"""Rewrites values of a certificate that break DER or RFC 5280 in ways that other TLS software
tolerates.

Values that OpenSSL refuses (bytes that are not UTF-8, a number with leading zeros, a time in
another zone) are not rewritten: no client would accept the certificate. Each function takes and
returns DER, and raises ValueError or IndexError for a value that it cannot rewrite.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from functions.x509.der import (
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

CONSTRUCTED = 0x20  # the bit in a tag that says that the content is items
MAX_DEPTH = 30  # levels of nesting
UTF8 = 0x0C
# String types with one byte a character: Numeric, Printable, Teletex, IA5, Visible.
STRINGS = {0x12, 0x13, 0x14, 0x16, 0x1A}
NULL = b"\x05\x00"
MINIMUM = 0x80  # the tag of the minimum distance in a name constraint (RFC 5280 §4.2.1.10)
# Tags of GeneralName (RFC 5280 §4.2.1.6).
MAIL_TAG, DNS, X400, DIRECTORY, EDI, URI, ADDRESS_TAG = 0x81, 0x82, 0xA3, 0xA4, 0xA5, 0x86, 0x87
KEY_AGREEMENT, ENCIPHER_ONLY = 0x08, 0x01  # bits 4 and 7 of a key usage (RFC 5280 §4.2.1.3)


def as_der(data: bytes, deep: int = 0) -> bytes:
    """Writes items with the shortest form of their lengths, and TRUE as 255 (X.690 §10.1,
    §11.1).
    """
    return b"".join(_as_der(one, deep) for one in items(data))


def _as_der(one: Item, deep: int) -> bytes:
    if one.tag & CONSTRUCTED and deep < MAX_DEPTH:
        return joined(one.tag, as_der(one.content, deep + 1))
    if one.tag == BOOLEAN:
        return joined(BOOLEAN, b"\xff" if is_true(one) else b"\0")
    return joined(one.tag, one.content)


def is_true(one: Item) -> bool:
    """Whether a BOOLEAN is true: any byte but zero in BER (X.690 §8.2.2), only 255 in DER."""
    return any(one.content)


def name(value: bytes) -> bytes:
    """Rewrites a Name that has characters which its string type does not allow (`*` in a
    PrintableString), or an RDN whose attributes are unsorted or repeat a type.

    All strings of one byte a character become UTF8String. Attributes of one type in an RDN are
    spread over several RDNs.
    """
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
    """Removes NULL parameters from the identifier of a signature's algorithm: ECDSA and EdDSA have
    none (RFC 5758 §3.2, RFC 8410 §3).
    """
    (sequence,) = items(value)
    kind, *parameters = items(sequence.content)
    if [one.whole for one in parameters] != [NULL]:
        return value
    return joined(SEQUENCE, kind.whole)


def version(value: bytes) -> bytes:
    """Writes any version but v1 as v3; returns nothing for v1, the default, which DER omits."""
    (number,) = items(value)
    return joined(INTEGER, b"\x02") if any(number.content) else b""


def basic_constraints(value: bytes) -> bytes:
    """Rewrites basic constraints that state `cA FALSE`, write TRUE as another byte than 255, or
    have a path length although the certificate is not a CA's.
    """
    (sequence,) = items(value)
    parts = items(sequence.content)
    if not any(one.tag == BOOLEAN and is_true(one) for one in parts):
        return joined(SEQUENCE)
    lengths = [one.whole for one in parts if one.tag == INTEGER]
    return joined(SEQUENCE, joined(BOOLEAN, b"\xff"), *lengths)


def name_constraints(value: bytes) -> bytes:
    """Rewrites name constraints that state a minimum of 0, or have networks with host bits set."""
    (sequence,) = items(value)
    written = []
    for trees in items(sequence.content):
        bases = [_base(items(tree.content)) for tree in items(trees.content)]
        written.append(joined(trees.tag, *(joined(SEQUENCE, base) for base in bases)))
    return joined(SEQUENCE, *written)


def _base(tree: list[Item]) -> bytes:
    base, *distances = tree
    if any(one.tag != MINIMUM or any(one.content) for one in distances):
        # RFC 5280 §4.2.1.10: the minimum is 0, and there is no maximum.
        raise ValueError("a name constraint with a minimum or a maximum")
    if base.tag != ADDRESS_TAG:
        return _directory(base)
    half = len(base.content) // 2
    address, mask = base.content[:half], base.content[half:]
    network = bytes(one & other for one, other in zip(address, mask, strict=True))
    return joined(ADDRESS_TAG, network, mask)


def _directory(one: Item) -> bytes:
    return joined(DIRECTORY, name(one.content)) if one.tag == DIRECTORY else one.whole


def alternative_names(value: bytes) -> bytes:
    """Leaves out names of obsolete types (X.400, EDI), names that are not ASCII but must be, and IP
    addresses of a wrong size.
    """
    (sequence,) = items(value)
    return joined(SEQUENCE, *(_directory(one) for one in items(sequence.content) if _is_name(one)))


def _is_name(one: Item) -> bool:
    if one.tag in {MAIL_TAG, DNS, URI}:
        return one.content.isascii()
    if one.tag != ADDRESS_TAG:
        return one.tag not in {X400, EDI}
    try:
        ipaddress.ip_address(one.content)
    except ValueError:
        return False
    return True


def authority_key_id(value: bytes) -> bytes:
    """Keeps the key identifier alone, for an authority key identifier that has an issuer without a
    serial number, or the reverse.
    """
    (sequence,) = items(value)
    return joined(SEQUENCE, *(one.whole for one in items(sequence.content) if one.tag == 0x80))


def key_usage(value: bytes) -> bytes:
    """Clears unused bits that are set, and encipherOnly and decipherOnly (bits 7 and 8) where
    keyAgreement is not set, without which they mean nothing (RFC 5280 §4.2.1.3).
    """
    (bits,) = items(value)
    unused, *content = bits.content
    content[-1] &= 0xFF << unused & 0xFF
    if not content[0] & KEY_AGREEMENT:
        unused, content = 0, [content[0] & ~ENCIPHER_ONLY]
    return joined(BIT_STRING, bytes([unused, *content]))


def policies(value: bytes) -> bytes:
    """Keeps the OIDs of the policies, without their qualifiers, which are texts for people."""
    (sequence,) = items(value)
    oids = [items(one.content)[0].whole for one in items(sequence.content)]
    return joined(SEQUENCE, *(joined(SEQUENCE, one) for one in oids))


REWRITES: dict[bytes, Callable[[bytes], bytes]] = {
    oid("2.5.29.15"): key_usage,
    oid("2.5.29.17"): alternative_names,
    oid("2.5.29.18"): alternative_names,
    oid("2.5.29.19"): basic_constraints,
    oid("2.5.29.30"): name_constraints,
    oid("2.5.29.32"): policies,
    oid("2.5.29.35"): authority_key_id,
}
