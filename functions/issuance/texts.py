"""Bytes as text: whatever they are encoded in, with the dashes and blanks of ASCII where a program made others."""

from __future__ import annotations

import re

BYTE_ORDER_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"\xef\xbb\xbf": "utf-8-sig",
}
PAIRS = re.compile("[\u2a00-\u7fff]{20}")  # letters of ASCII that were taken for UTF-16, two for one
LEAST_LETTERS = 8
SAMPLE = 40  # bytes that show whether every second one is zero
CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # without tab, line ends, form feed, and colours' ESC
# What word processors and mail programs make of dashes and blanks. U+0096, U+0097 are those of Windows-1252.
DASH = "\u0096\u0097\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
BLANK = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"  # soft hyphens among them
DASHES = re.compile(f"[{DASH}]")
BLANKS = re.compile(f"[{BLANK}]")
INVISIBLE = re.compile(f"[{UNSEEN}]")
OTHERS = re.compile(f"[{DASH}{BLANK}{UNSEEN}]")


def as_text(data: bytes) -> str:
    """The text that the data is, or has in it: its lines end with a line feed, and no letter is a NUL.

    UTF-8, UTF-16, UTF-32; what is none of these as Windows-1252. Two encodings one after the other, as the `>>` of
    PowerShell leaves them, are read as far as their letters are those of ASCII.
    """
    return plain(_decoded(data))


def plain(text: str) -> str:
    """The text with dashes, blanks and line ends as ASCII and Unix have them, and without what nobody sees."""
    if not text.isascii() and OTHERS.search(text):
        text = INVISIBLE.sub("", BLANKS.sub(" ", DASHES.sub("-", text)))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_text(data: bytes, text: str) -> bool:
    """Whether data is the text that it was read as. A letter or two between zeros are none."""
    return CONTROL.search(text) is None and (b"\0" not in data or len(text) > LEAST_LETTERS)


def _decoded(data: bytes) -> str:
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
    """The encoding that the beginning of the data shows; empty if it shows none."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    even, odd = data[0:SAMPLE:2], data[1:SAMPLE:2]
    if len(data) < 8 or any(even) == any(odd):
        return ""
    return ("utf-16-le" if all(even) else "") if any(even) else ("utf-16-be" if all(odd) else "")
