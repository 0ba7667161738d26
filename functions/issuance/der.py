"""Tags and lengths of ASN.1 (BER and DER, X.690 §8.1): where an item ends and the next begins, and no more.

What certificates and their containers mean is read by `cryptography`. It takes one whole item, and does not say where
that ends; and its reading of PKCS#7 in BER is one that it has announced may go (pyca/cryptography#12936).
"""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, BOOLEAN, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x01, 0x03, 0x04, 0x06, 0x30, 0x31
CONSTRUCTED_OCTET_STRING = 0x24  # BER: in pieces (X.690 §8.7.3)
END_OF_CONTENTS = b"\0\0"  # of an item of indefinite length (X.690 §8.1.5)
MAX_LENGTH_BYTES = 4
MAX_PIECES_DEEP = 4
MAX_ITEMS = 10_000  # after one another; a PKCS#7 of as many certificates is larger than a file may be
MAX_OPEN = 64  # items of indefinite length within one another


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its tag (one byte), its content, and both with the length between them."""

    tag: int
    content: bytes
    whole: bytes


def items(data: bytes) -> list[Item]:
    """The DER items that stand after one another, to the last byte. Raises ValueError if that is not what they do."""
    found: list[Item] = []
    start = 0
    while start < len(data):
        item, start = item_at(data, start)
        if item.whole[1] == 0x80:
            raise ValueError("a length that is none in DER")
        if len(found) == MAX_ITEMS:
            raise ValueError("more items than anybody writes")
        found.append(item)
    return found


def items_until_broken(data: bytes) -> tuple[list[Item], bool]:
    """The items (BER) as far as they can be told apart, and whether that is to the last byte.

    One that is cut off is the last, and has what there is of it.
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
    """The item (BER) that begins there, and where the next one does. Raises ValueError if it is none, or is cut off."""
    content, size = _header(data, start)
    if size is None:
        end = _end_of_contents(data, content)
        following = end + len(END_OF_CONTENTS)
    else:
        end = following = content + size
    if end > len(data):
        raise ValueError("an item that is cut off")
    return Item(data[start], data[content:end], data[start:following]), following


def size_of(data: bytes) -> int | None:
    """How many bytes the item has that begins here, by its own account; None if it does not say, or is no item.

    The first six bytes are enough.
    """
    try:
        content, size = _header(data, 0)
    except ValueError:
        return None
    return None if size is None else content + size


def after_items(data: bytes) -> bytes:
    """What stands behind the DER items with which data begins."""
    at = 0
    while data[at : at + 1] == b"\x30":
        size = size_of(data[at : at + 6])
        if size is None or at + size > len(data):
            break
        at += size
    return data[at:]


def octets(item: Item, deep: int = 0) -> bytes:
    """The content of an OCTET STRING, in one piece or in several. Raises ValueError if it is none."""
    if item.tag == OCTET_STRING:
        return item.content
    if item.tag != CONSTRUCTED_OCTET_STRING or deep > MAX_PIECES_DEEP:
        raise ValueError("no OCTET STRING")
    return b"".join(octets(piece, deep + 1) for piece in items_until_broken(item.content)[0])


def joined(tag: int, *parts: bytes) -> bytes:
    """A DER item of this tag and content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(length)]) + length + content


def oid(dotted: str) -> bytes:
    """An OID (X.690 §8.19) as a whole item."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        content += bytes(reversed(digits))
    return joined(OID, bytes(content))


def dotted(whole: bytes) -> str:
    """The text of an OID that is given as a whole item; empty if it is none."""
    numbers, value = [], 0
    for byte in whole[2:]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def _header(data: bytes, start: int) -> tuple[int, int | None]:
    """Where the content begins, and its size; None for an indefinite one. Raises ValueError."""
    if len(data) < start + 2 or data[start] & 0x1F == 0x1F:
        raise ValueError("no item")
    size, content = data[start + 1], start + 2
    if size < 0x80:
        return content, size
    if size == 0x80:
        return content, None
    following = content + (size & 0x7F)
    if following > content + MAX_LENGTH_BYTES or following > len(data):
        raise ValueError("a length that none has")
    return following, int.from_bytes(data[content:following])


def _end_of_contents(data: bytes, at: int) -> int:
    """Where the content of an item of indefinite length ends. Raises ValueError if it does not."""
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
    raise ValueError("more items than anybody writes")


def _cut_off(data: bytes, start: int) -> tuple[list[Item], bool]:
    """What there is of an item that is cut off; and whether nothing is, but zeros stand there, as disks leave them."""
    if not data[start:].strip(b"\0"):
        return [], True
    try:
        content, _size = _header(data, start)
    except ValueError:
        return [], False
    return [Item(data[start], data[content:], data[start:])], False
