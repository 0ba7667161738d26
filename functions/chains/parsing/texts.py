"""Decodes bytes as text in any common encoding, and replaces typographic dashes and blanks by those
of ASCII.
"""

from __future__ import annotations

import re

BYTE_ORDER_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
# ASCII that was decoded as UTF-16, which makes one character of two letters.
PAIRS = re.compile("[\u2a00-\u7fff]{20}")
MIN_LETTERS = 8
TEXT_SAMPLE = 40  # bytes that show whether every second one is zero
# Control characters except tab, line ends, form feed, and the ESC of colours.
CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# What word processors and mail programs put in place of dashes and blanks. U+0096 and U+0097 are
# the dashes of Windows-1252.
DASH = "\u0096\u0097\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
BLANK = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"  # soft hyphens among them
DASHES = re.compile(f"[{DASH}]")
BLANKS = re.compile(f"[{BLANK}]")
INVISIBLE = re.compile(f"[{UNSEEN}]")
UNUSUAL = re.compile(f"[{DASH}{BLANK}{UNSEEN}]")


def as_text(data: bytes) -> str:
    """Decodes data as text, with line feeds as line ends and without NUL.

    The encoding is UTF-8, UTF-16 or UTF-32, or else ISO 8859-1. Of data in two encodings, which the
    `>>` of PowerShell leaves, the ASCII characters are read correctly.
    """
    return plain(_decoded_text(data))


def plain(text: str) -> str:
    """Replaces typographic dashes and blanks by those of ASCII, and line ends by line feeds;
    removes invisible characters.
    """
    if not text.isascii() and UNUSUAL.search(text):
        text = INVISIBLE.sub("", BLANKS.sub(" ", DASHES.sub("-", text)))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_text(data: bytes, text: str) -> bool:
    """Whether data really is the text that it was decoded to: it has no control characters, and if
    it has NUL bytes, more than a few characters.
    """
    return CONTROL.search(text) is None and (b"\0" not in data or len(text) > MIN_LETTERS)


def _decoded_text(data: bytes) -> str:
    kept = data.replace(b"\0", b"") if b"\0" in data else data
    encoding = _encoding(data)
    if encoding:
        text = data.decode(encoding, errors="replace").replace("\0", "")
        return text if encoding == "utf-8-sig" or not PAIRS.search(text) else kept.decode("latin-1")
    try:
        return kept.decode()
    except UnicodeDecodeError:
        return kept.decode("latin-1")


def _encoding(data: bytes) -> str:
    """Returns the encoding that the beginning of the data shows; empty if it shows none.

    Without a byte order mark, UTF-16 of ASCII shows by every second byte, which is zero.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    even, odd = data[0:TEXT_SAMPLE:2], data[1:TEXT_SAMPLE:2]
    if len(data) < 8:
        return ""
    if all(even) and not any(odd):
        return "utf-16-le"
    if all(odd) and not any(even):
        return "utf-16-be"
    return ""
