"""Finds and decodes base64 and hexadecimal digits in a text, also damaged and surrounded by
words.
"""

from __future__ import annotations

import binascii
import bisect
import itertools
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from functions.x509.der import size_of

ALPHABET = string.ascii_letters.encode() + string.digits.encode() + b"+/"
NOT_BASE64 = bytes(set(range(256)) - set(ALPHABET))
NOT_URL_SAFE = bytes(set(NOT_BASE64) - set(b"-_"))
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")  # RFC 4648 §5
LONG_WORD = re.compile(r"[A-Za-z0-9+/]{16,}+")
NO_WORD = 40  # letters in a row that are no word, even without a digit among them
PATH = 8  # letters between two slashes in a file path; in base64 there are 64 on average
NO_LETTER = re.compile(r"[0-9+/]")
# A line of nothing but base64, with marks of a quotation, a comment or a string around it.
ONLY_BASE64 = re.compile(r"[ \t>|*#\"']*+[A-Za-z0-9+/]*+={0,2}[ \t\"'\\,;]*+")
# Words in the alphabet of base64, the first a long one, with blanks or a line end between them.
# Which of them are base64 is decided by what they decode to.
RUN = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{20,}+(?:(?:[ \t]++\n?|\n)[ \t]*+[A-Za-z0-9+/]++)*+={0,2}",
)
DER = re.compile(r"M[A-P]")  # a SEQUENCE (0x30) in base64
# The first bytes in base64 of zip, gzip, bzip2, xz, 7-Zip, RAR; of dashes; of a byte order mark.
STARTS = ("UEsD", "H4sI", "Qlpo", "/Td6", "N3q8", "UmFy", "LS0t", "77u/")
# 40 and more bytes in hexadecimal digits, of which the first is that of a SEQUENCE, a dash or
# `openssh-key-v1`: 3082…, 30:82:…, 0x30, 0x82, …
HEX_RUN = re.compile(
    r"(?:30|2[dD]|6[fF])(?<![A-WYZa-wyz0-9+/]..)"
    r"(?:[:;, \t\n]{0,8}+(?:0[xX]|\\x)?[0-9A-Fa-f]{2}){39,}+(?![A-Za-z+/=])"
)
HEX_PREFIX = re.compile(r"0[xX]|\\x|[^0-9A-Fa-f]")
# A line of a hex dump: an offset, up to sixteen bytes, and the same bytes as text.
DUMP_LINE = re.compile(
    r"^[ \t]*+[0-9A-Fa-f]{4,16}+:?[ \t]++((?:[0-9A-Fa-f]{2} {0,2}){1,16}+)[^\n]*+$", re.MULTILINE
)
DER_LENGTH = rb"(?:\x81.|\x82..|\x83...)"
LIKE_A_CERTIFICATE = re.compile(
    rb"\x30(?:\x80|%b)(?:\x30%b|\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07)"
    % (DER_LENGTH, DER_LENGTH),
    re.DOTALL,
)
# An attribute of a name (RFC 5280 §4.1.2.4), of which a certificate has two and more.
NAME_ATTRIBUTE = re.compile(rb"\x31.\x30.\x06\x03\x55\x04", re.DOTALL)
LINE_ENDS = {b"", b"\n", b"\r\n"}  # what may follow DER in the same base64
MIN_BYTES = 40  # certificates and keys are longer


def from_loose_base64(text: str) -> bytes:
    """Decodes base64, with or without padding, and ignores all other characters; empty if the
    number of letters shows that one is missing.
    """
    letters = _only_base64(text)
    return _decoded(letters) if len(letters) % 4 != 1 else b""


def from_damaged_base64(text: str) -> bytes:
    """Decodes base64 and ignores all other characters, also if a letter is missing."""
    return _decoded(_only_base64(text))


def four_ways(text: str) -> Iterator[bytes]:
    """Decodes all letters of a text as base64 (RFC 4648 §4, §5) in the four possible alignments, so
    that base64 is found wherever in the text it begins.
    """
    letters = text.encode("ascii", "ignore").translate(FROM_URL_SAFE, NOT_URL_SAFE)
    for start in range(min(4, len(letters))):
        yield _decoded(letters[start:])


def has_base64(text: str) -> bool:
    """Whether a text contains something that looks like base64 and not like words."""
    return any(is_random(word[0]) for word in LONG_WORD.finditer(text))


def is_random(word: str) -> bool:
    """Whether a word looks like base64: it has letters in both cases, it has a digit, + or / too or
    is longer than words are (NO_WORD), and it is no file path.
    """
    mixed = word.upper() != word != word.lower() and (
        len(word) >= NO_WORD or NO_LETTER.search(word) is not None
    )
    return mixed and word.count("/") * PATH <= len(word)


def bodies(body: str) -> Iterator[bytes]:
    """Decodes the body of a PEM block in several ways: all of it; without lines that are not
    base64; so without the first line, too; and without headers.
    """
    yield from_loose_base64(body)
    lines = body.split("\n")
    for some in (lines, lines[1:]):
        only = "".join(line for line in some if ONLY_BASE64.fullmatch(line))
        yield from_loose_base64(only)
    yield from_loose_base64(body.partition("\n\n")[2])


@dataclass(frozen=True)
class Run:
    """Base64 within a text: its letters without blanks, the offsets at which words begin and the
    last one ends (`words`), and whether the last word is `padded`.
    """

    letters: str
    words: tuple[int, ...]
    padded: bool

    def decoded(self, start: int = 0) -> bytes:
        """Decodes the letters from offset `start` on."""
        return _decoded(self.letters[start:].encode())

    def items(self) -> Iterator[tuple[bytes, bool]]:
        """Yields the DER items that begin with a word or directly behind other DER, and whether
        each one is whole and ends with a word.

        An item that ends within a word includes something that is not base64, such as the number of
        a line.
        """
        for start, size, found in self._streams:
            fits = self._fits(start, size)
            yield from ((one, fits or one is not found[-1]) for one in found)

    def whole(self) -> bytes:
        """Decodes all letters; empty if their number shows that one is missing."""
        return from_loose_base64(self.letters)

    def starts(self) -> Iterator[int]:
        """Yields the offsets of words that begin as a file of a known format (STARTS)."""
        return (word for word in self.words if self.letters.startswith(STARTS, word))

    def beside(self) -> Iterator[str]:
        """Yields the letters before, between and behind the DER."""
        at = 0
        for start, size, _ in self._streams:
            yield self.letters[at:start]
            at = start + _letters(size)
        yield self.letters[at:]

    @cached_property
    def _streams(self) -> list[tuple[int, int, list[bytes]]]:
        """The places at which DER begins with a word or behind other DER: the offset among the
        letters, the size in bytes that the DER declares, and its items.
        """
        streams, at = [], 0
        for word in self.words:
            at = max(at, word)
            while DER.match(self.letters, at):
                found, size = self._stream(at)
                if not found:
                    break
                streams.append((at, size, found))
                at += _letters(size)
        return streams

    @cached_property
    def _starts(self) -> frozenset[int]:
        """The offsets among the letters at which DER begins."""
        return frozenset(start for start, _, _ in self._streams)

    def _stream(self, start: int) -> tuple[list[bytes], int]:
        """Returns the consecutive DER items of the base64 that begins at letter `start`, and the
        size in bytes that they declare, all together.
        """
        found: list[bytes] = []
        at = 0
        while (header := self._bytes(start, at, 6))[:1] == b"\x30":
            size = size_of(header)
            item = self._bytes(start, at, len(self.letters) if size is None else size)
            cut_off = size and len(item) < size
            if len(item) < MIN_BYTES or (cut_off and not begins_as_certificate(item)):
                break
            found.append(item)
            at += size or len(item)
        return found, at

    def _bytes(self, start: int, at: int, size: int) -> bytes:
        """Decodes `size` bytes, from byte `at` on, of the base64 that begins at letter `start`.
        Four letters are three bytes.
        """
        quad, skipped = divmod(at, 3)
        first = start + 4 * quad
        letters = self.letters[first : first + _letters(skipped + size)]
        return _decoded(letters.encode())[skipped : skipped + size]

    def _fits(self, start: int, size: int) -> bool:
        """Whether DER of `size` bytes that begins at letter `start` ends with a word: nothing but
        more DER or a line end may follow it in its last word.
        """
        end = start + _letters(size)
        if end > self.words[-1] or end in self._starts:
            return end <= self.words[-1]
        # With padding, the last word may hold only the last letters of this DER.
        if self.padded and 0 < self.words[-1] - end < _letters(MIN_BYTES):
            return self._bytes(start, size, (self.words[-1] - start) * 3 // 4 - size) in LINE_ENDS
        letters = self.words[bisect.bisect_left(self.words, end)] - start
        behind = self._bytes(start, size, letters * 3 // 4 - size)
        return behind in LINE_ENDS and letters == _letters(size + len(behind))


def runs(text: str) -> Iterator[Run]:
    """Yields everything in a text that may be base64."""
    for run in RUN.finditer(text):
        words = run[0].rstrip("=").split()
        offsets = tuple(itertools.accumulate(map(len, words), initial=0))
        yield Run("".join(words), offsets, run[0].endswith("="))


def hexadecimal(text: str) -> Iterator[bytes]:
    """Decodes what is written in hexadecimal digits, one after another or as a hex dump."""
    for run in HEX_RUN.finditer(text):
        yield bytes.fromhex(HEX_PREFIX.sub("", run[0]))
    dump = "".join(line[1] for line in DUMP_LINE.finditer(text))
    digits = dump.replace(" ", "")
    if len(digits) >= 2 * MIN_BYTES:
        yield bytes.fromhex(digits)


def has_names(letters: str) -> bool:
    """Whether base64 contains a name like those of certificates, also if letters before it are
    missing or added.
    """
    return any(NAME_ATTRIBUTE.search(data) for data in four_ways(letters))


def names_in(data: bytes) -> bool:
    """Whether data that was decoded from base64, perhaps from the wrong letter on, contains a name
    like those of certificates.
    """
    return has_names(binascii.b2a_base64(data).decode())


def _only_base64(text: str) -> bytes:
    return text.encode("ascii", "ignore").translate(None, NOT_BASE64)


def _letters(size: int) -> int:
    """Returns how many letters of base64 encode `size` bytes, without padding."""
    return -(-size * 4 // 3)


def begins_as_certificate(data: bytes) -> bool:
    """Whether data that is cut off or cannot be read begins as a certificate or a PKCS#7 does."""
    return LIKE_A_CERTIFICATE.match(data) is not None


def _decoded(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]  # a single letter encodes no byte
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
