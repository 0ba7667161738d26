"""What certificates are wrapped in: UTF-16, base64 of all kinds, DER items one after another."""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Iterator

BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
PIECE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/="))
LINE_ENDS = re.compile(rb"\\[rn]")
BLANKS = re.compile(rb"\s+")
BLANK = {b" ", b"\t", b"\r", b"\n", b"\0"}  # what mail programs and disks leave after a DER item
# What people drop by mistake, known by its first bytes.
LOOKS_LIKE = (
    (b"%PDF", "a PDF"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<", "HTML or XML"),
)


def as_utf8(data: bytes) -> bytes:
    """Text as UTF-8 without a BOM; UTF-16 is known by its BOM or by its zeros. Anything else as it is."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif len(data) >= 8 and not any(data[1:40:2]) and all(data[0:40:2]):
        encoding = "utf-16-le"
    elif len(data) >= 8 and not any(data[0:40:2]) and all(data[1:40:2]):
        encoding = "utf-16-be"
    else:
        return data.removeprefix(b"\xef\xbb\xbf")
    return data.decode(encoding, errors="replace").encode(errors="replace")


def der_items(data: bytes) -> Iterator[bytes]:
    """DER items that stand after one another. Only their outer length is read here (X.690 §8.1.3): cryptography takes
    one whole item, and does not say where it ends.
    """
    start = 0
    while data[start : start + 1] == b"\x30":
        length, header = data[start + 1 : start + 2], 2
        if not length or length == b"\x80":  # cut off, or BER of indefinite length: all the rest
            yield data[start:]
            return
        size = length[0]
        if size > 0x80:
            header = 2 + (size & 0x7F)
            size = int.from_bytes(data[start + 2 : start + header])
        yield data[start : start + header + size]
        start += header + size
        while data[start : start + 1] in BLANK:
            start += 1
    if start < len(data):
        yield data[start:]


def from_base64(text: bytes) -> bytes:
    """What a text of nothing but base64 stands for, in one piece or several; empty if it is not base64."""
    if not BASE64.fullmatch(text):
        return b""
    return b"".join(from_loose_base64(piece[0]) for piece in PIECE.finditer(BLANKS.sub(b"", text)))


def from_loose_base64(text: bytes) -> bytes:
    """Base64 as mail programs leave it: blanks, quote marks and missing padding do not matter, nor line ends that were
    written as `\\n`. Empty if it is none.
    """
    if b"\\" in text:
        text = LINE_ENDS.sub(b"", text)
    pieces = text.translate(None, NOT_BASE64).rstrip(b"=")
    try:
        return base64.b64decode(pieces + b"=" * (-len(pieces) % 4))
    except binascii.Error:
        return b""


def looks_like(data: bytes) -> str:
    """What data that holds no certificate looks like, in words."""
    for start, name in LOOKS_LIKE:
        if data.startswith(start):
            return name
    text = data[:1000].decode(errors="replace").rstrip("\N{REPLACEMENT CHARACTER}")  # a letter may be cut
    readable = text.replace("\N{REPLACEMENT CHARACTER}", "\0")
    return "text" if all(one.isprintable() or one.isspace() for one in readable) else "data that is not known here"
