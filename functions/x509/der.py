"""Splits ASN.1 data into items by tag and length (BER and DER, X.690 §8.1), and writes DER items.

`cryptography` interprets certificates and their containers. It needs one whole item and does not
say where an item ends, and it has announced that it may stop reading PKCS#7 in BER
(pyca/cryptography#12936). This module only finds where an item ends and the next one begins.
"""

from __future__ import annotations

from dataclasses import dataclass

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
CONSTRUCTED_OCTET_STRING = 0x24  # an OCTET STRING in segments, in BER (X.690 §8.7.3)
END_OF_CONTENTS = b"\0\0"  # ends an item of indefinite length (X.690 §8.1.5)
MAX_LENGTH_BYTES = 4
MAX_PIECES_DEEP = 4
# Consecutive items. A PKCS#7 with this many certificates would exceed the limit for a file.
MAX_ITEMS = 10_000
# Far more than any OID in use. A number of an OID may have as many bytes, and Python writes none of
# more than 4,300 digits (docs.python.org, "Integer string conversion length limitation").
MAX_OID_BYTES = 1000
MAX_OPEN = 64  # nested items of indefinite length


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its tag (one byte), its content, and the whole of it (tag, length, content)."""

    tag: int
    content: bytes
    whole: bytes


def items(data: bytes) -> list[Item]:
    """Splits data into consecutive DER items.

    Raises ValueError if an item is cut off, has an indefinite length (which DER does not allow), or
    if there are more than MAX_ITEMS.
    """
    found: list[Item] = []
    start = 0
    while start < len(data):
        item, start = item_at(data, start)
        if item.whole[1] == 0x80:
            raise ValueError("DER does not allow an indefinite length")
        if len(found) == MAX_ITEMS:
            raise ValueError(f"more than {MAX_ITEMS:,} items")
        found.append(item)
    return found


def items_until_broken(data: bytes) -> tuple[list[Item], bool]:
    """Splits data into BER items as far as possible, and says whether that was to the last byte.

    An item that is cut off is returned as the last one, with the bytes that are there.
    """
    found: list[Item] = []
    start = 0
    while start < len(data):
        if len(found) == MAX_ITEMS:
            return found, False
        try:
            item, start = item_at(data, start)
        except ValueError:
            rest, whole = _cut_off(data, start)
            return [*found, *rest], whole
        found.append(item)
    return found, True


def item_at(data: bytes, start: int) -> tuple[Item, int]:
    """Returns the BER item at offset `start`, and the offset behind it.

    Raises ValueError if no item begins there, or if it is cut off.
    """
    content, size = _header(data, start)
    if size is None:
        end = _end_of_contents(data, content)
        following = end + len(END_OF_CONTENTS)
    else:
        end = following = content + size
    if end > len(data):
        raise ValueError("the item is cut off")
    return Item(data[start], data[content:end], data[start:following]), following


def size_of(data: bytes) -> int | None:
    """Returns the size in bytes that the item at the beginning of `data` declares, header included.

    None if its length is indefinite, or if no item begins there. The first six bytes of the item
    are enough.
    """
    try:
        content, size = _header(data, 0)
    except ValueError:
        return None
    return None if size is None else content + size


def after_items(data: bytes) -> bytes:
    """Returns the bytes behind the SEQUENCEs (DER) at the beginning of data."""
    at = 0
    while data[at : at + 1] == b"\x30":
        size = size_of(data[at : at + 6])
        if size is None or at + size > len(data):
            break
        at += size
    return data[at:]


def octets(item: Item, deep: int = 0) -> bytes:
    """Returns the content of an OCTET STRING, which BER may write in segments (X.690 §8.7.3).

    `deep` is the level of nesting. Raises ValueError if the item is no OCTET STRING.
    """
    if item.tag == OCTET_STRING:
        return item.content
    if item.tag != CONSTRUCTED_OCTET_STRING or deep > MAX_PIECES_DEEP:
        raise ValueError("not an OCTET STRING")
    return b"".join(octets(piece, deep + 1) for piece in items_until_broken(item.content)[0])


def joined(tag: int, *parts: bytes) -> bytes:
    """Writes a DER item with this tag, whose content is all parts in order."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(length)]) + length + content


def oid(dotted: str) -> bytes:
    """Writes an OID, given in dotted notation, as a whole DER item (X.690 §8.19)."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        content += bytes(reversed(digits))
    return joined(OID, bytes(content))


def dotted(whole: bytes) -> str:
    """Returns the dotted notation of an OID that is given as a whole item; "" if it has no content,
    and how long it is if that is more than MAX_OID_BYTES.
    """
    content = item_at(whole, 0)[0].content
    if len(content) > MAX_OID_BYTES:
        return f"an OID of {len(content):,} bytes"
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def _header(data: bytes, start: int) -> tuple[int, int | None]:
    """Returns where the content begins, and its size in bytes (None: indefinite length).

    Raises ValueError if no item begins at `start`, or if its tag has more than one byte.
    """
    if len(data) < start + 2 or data[start] & 0x1F == 0x1F:
        raise ValueError("no item begins here")
    size, content = data[start + 1], start + 2
    if size < 0x80:
        return content, size
    if size == 0x80:
        return content, None
    following = content + (size & 0x7F)
    if following > content + MAX_LENGTH_BYTES or following > len(data):
        raise ValueError("the length is cut off or too large")
    return following, int.from_bytes(data[content:following])


def _end_of_contents(data: bytes, at: int) -> int:
    """Returns where the content of an item of indefinite length ends; `at` is where it begins.

    Raises ValueError if the end is not there, or if there are too many items in it.
    """
    open_items = 1
    for _ in range(MAX_ITEMS):
        if data[at : at + 2] == END_OF_CONTENTS:
            open_items -= 1
            if not open_items:
                return at
            at += 2
            continue
        at, size = _header(data, at)
        if size is None:
            open_items += 1
            if open_items > MAX_OPEN:
                break
        else:
            at += size
    raise ValueError("too many items in one of indefinite length")


def _cut_off(data: bytes, start: int) -> tuple[list[Item], bool]:
    """Returns what is there of an item that is cut off, and whether the data is complete after all:
    it is if only zeros follow, with which disks fill their last block.
    """
    if not data[start:].strip(b"\0"):
        return [], True
    try:
        content, _size = _header(data, start)
    except ValueError:
        return [], False
    return [Item(data[start], data[content:], data[start:])], False
