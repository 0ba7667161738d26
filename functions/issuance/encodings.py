"""Base64 and hexadecimal digits in a text, as programs write them and as people leave them."""

from __future__ import annotations

import binascii
import bisect
import itertools
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from functions.issuance.der import size_of

ALPHABET = string.ascii_letters.encode() + string.digits.encode() + b"+/"
NOT_BASE64 = bytes(set(range(256)) - set(ALPHABET))
NOT_URL_SAFE = bytes(set(NOT_BASE64) - set(b"-_"))
URL_SAFE = bytes.maketrans(b"-_", b"+/")  # RFC 4648 §5
LONG_WORD = re.compile(r"[A-Za-z0-9+/]{16,}+")
NO_WORD = 40  # letters in a row, even without a digit among them
PATH = 8  # letters between two slashes; in base64 there are 64
NO_LETTER = re.compile(r"[0-9+/]")
# A line of nothing but base64, which may be quoted.
ONLY_BASE64 = re.compile(r"[ \t>|*#\"']*+[A-Za-z0-9+/]*+={0,2}[ \t\"'\\,;]*+")
# Words in the alphabet of base64, the first a long one, with blanks or a line end between them. What in it is base64 is
# told by what it comes to.
RUN = re.compile(
    r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{20,}+(?:(?:[ \t]++\n?|\n)[ \t]*+[A-Za-z0-9+/]++)*+={0,2}",
)
DER = re.compile(r"M[A-P]")  # a SEQUENCE
# A zip, gzip, bzip2, xz, 7-Zip, RAR; dashes; a byte order mark.
STARTS = ("UEsD", "H4sI", "Qlpo", "/Td6", "N3q8", "UmFy", "LS0t", "77u/")
# 40 and more bytes in hexadecimal digits, the first that of a SEQUENCE, a dash or `openssh-key-v1`: 3082…, 30:82:…,
# 0x30, 0x82, …
HEX_RUN = re.compile(
    r"(?:30|2[dD]|6[fF])(?<![A-WYZa-wyz0-9+/]..)(?:[:;, \t\n]{0,8}+(?:0[xX]|\\x)?[0-9A-Fa-f]{2}){39,}+(?![A-Za-z+/=])"
)
HEX_PREFIX = re.compile(r"0[xX]|\\x|[^0-9A-Fa-f]")
# A line of a dump: an offset, sixteen bytes, and what they look like as text.
DUMP_LINE = re.compile(r"^[ \t]*+[0-9A-Fa-f]{4,16}+:?[ \t]++((?:[0-9A-Fa-f]{2} {0,2}){1,16}+)[^\n]*+$", re.MULTILINE)
LENGTH = rb"(?:\x81.|\x82..|\x83...)"
LIKE_A_CERTIFICATE = re.compile(
    rb"\x30(?:\x80|%b)(?:\x30%b|\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07)" % (LENGTH, LENGTH), re.DOTALL
)
# An attribute of a name (RFC 5280 §4.1.2.4), of which a certificate has two and more.
NAME_ATTRIBUTE = re.compile(rb"\x31.\x30.\x06\x03\x55\x04", re.DOTALL)
LINE_ENDS = {b"", b"\n", b"\r\n"}  # behind DER in base64
LEAST_BYTES = 40  # neither a certificate nor a key is shorter


def from_loose_base64(text: str) -> bytes:
    """Base64 whatever stands between its letters, with or without padding; empty if these cannot be all of it."""
    letters = _only_base64(text)
    return _decoded(letters) if len(letters) % 4 != 1 else b""


def from_damaged_base64(text: str) -> bytes:
    """Base64 whatever stands between its letters, as far as there is any."""
    return _decoded(_only_base64(text))


def four_ways(text: str) -> Iterator[bytes]:
    """What all of a text's letters come to as base64 (RFC 4648 §4, §5), wherever in them a piece of it begins."""
    letters = text.encode("ascii", "ignore").translate(URL_SAFE, NOT_URL_SAFE)
    for start in range(min(4, len(letters))):
        yield _decoded(letters[start:])


def has_base64(text: str) -> bool:
    """Whether there is anything in a text that looks like base64, and not like words."""
    return any(is_random(word[0]) for word in LONG_WORD.finditer(text))


def is_random(word: str) -> bool:
    """Whether a word has small letters, capitals and digits, or is too long for one; and is no path of files."""
    mixed = word.upper() != word != word.lower() and (len(word) >= NO_WORD or NO_LETTER.search(word) is not None)
    return mixed and word.count("/") * PATH <= len(word)


def bodies(body: str) -> Iterator[bytes]:
    """What the body of a block may stand for: all of it, without lines that are no base64, without headers."""
    yield from_loose_base64(body)
    lines = body.split("\n")
    for some in (lines, lines[1:]):
        only = "".join(line for line in some if ONLY_BASE64.fullmatch(line))
        yield from_loose_base64(only)
    yield from_loose_base64(body.partition("\n\n")[2])


@dataclass(frozen=True)
class Run:
    """Base64 that stands in a text: its letters, where among them words begin and the last one ends, and whether the
    last one is `padded`.
    """

    letters: str
    words: tuple[int, ...]
    padded: bool

    def decoded(self, start: int = 0) -> bytes:
        """What it comes to from one of its letters on."""
        return _decoded(self.letters[start:].encode())

    def items(self) -> Iterator[tuple[bytes, bool]]:
        """DER that begins with a word, or behind DER; and whether each item is whole, and ends with a word.

        One that ends within a word has something in it that is no base64, such as the number of a line.
        """
        for start, size, found in self._streams:
            fits = self._fits(start, size)
            yield from ((one, fits or one is not found[-1]) for one in found)

    def whole(self) -> bytes:
        """What all of it comes to; empty if it cannot be all."""
        return from_loose_base64(self.letters)

    def starts(self) -> Iterator[int]:
        """The words that are known by their first letters."""
        return (word for word in self.words if self.letters.startswith(STARTS, word))

    def beside(self) -> Iterator[str]:
        """The letters before, between and behind the items."""
        at = 0
        for start, size, _ in self._streams:
            yield self.letters[at:start]
            at = start + _letters(size)
        yield self.letters[at:]

    @cached_property
    def _streams(self) -> list[tuple[int, int, list[bytes]]]:
        """Where DER begins in it, with a word or behind DER, how many bytes it should be, and its items."""
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

    def _stream(self, start: int) -> tuple[list[bytes], int]:
        """The DER items of the base64 that begins there, and how many bytes they should be."""
        found: list[bytes] = []
        at = 0
        while (header := self._bytes(start, at, 6))[:1] == b"\x30":
            size = size_of(header)
            item = self._bytes(start, at, len(self.letters) if size is None else size)
            if len(item) < LEAST_BYTES or (size and len(item) < size and not begins_as_certificate(item)):
                break
            found.append(item)
            at += size or len(item)
        return found, at

    def _bytes(self, start: int, at: int, size: int) -> bytes:
        """As many bytes as that from byte `at` on of the base64 that begins there: three in four letters."""
        quad, skipped = divmod(at, 3)
        first = start + 4 * quad
        return _decoded(self.letters[first : first + _letters(skipped + size)].encode())[skipped : skipped + size]

    def _fits(self, start: int, size: int) -> bool:
        end = start + _letters(size)
        if end > self.words[-1] or DER.match(self.letters, end):
            return end <= self.words[-1]
        if self.padded and 0 < self.words[-1] - end < _letters(LEAST_BYTES):  # where its own last letters may stand
            return self._bytes(start, size, (self.words[-1] - start) * 3 // 4 - size) in LINE_ENDS
        letters = self.words[bisect.bisect_left(self.words, end)] - start
        behind = self._bytes(start, size, letters * 3 // 4 - size)
        return behind in LINE_ENDS and letters == _letters(size + len(behind))


def runs(text: str) -> Iterator[Run]:
    """The base64 in a text, wherever it stands."""
    for run in RUN.finditer(text):
        words = run[0].rstrip("=").split()
        yield Run("".join(words), tuple(itertools.accumulate(map(len, words), initial=0)), run[0].endswith("="))


def hexadecimal(text: str) -> Iterator[bytes]:
    """What is written in hexadecimal digits: one after another, or as a dump."""
    for run in HEX_RUN.finditer(text):
        yield bytes.fromhex(HEX_PREFIX.sub("", run[0]))
    dump = "".join(line[1] for line in DUMP_LINE.finditer(text))
    digits = dump.replace(" ", "")
    if len(digits) >= 2 * LEAST_BYTES:
        yield bytes.fromhex(digits)


def has_names(letters: str) -> bool:
    """Whether base64 holds a name as certificates do, be a letter missing or too many before it."""
    return any(NAME_ATTRIBUTE.search(data) for data in four_ways(letters))


def names_in(data: bytes) -> bool:
    """The same, of base64 that has been decoded from a letter on that may have been the wrong one."""
    return has_names(binascii.b2a_base64(data).decode())


def _only_base64(text: str) -> bytes:
    return text.encode("ascii", "ignore").translate(None, NOT_BASE64)


def _letters(size: int) -> int:
    """How many letters of base64 stand for as many bytes."""
    return -(-size * 4 // 3)


def begins_as_certificate(data: bytes) -> bool:
    """Whether DER that is cut off, or cannot be read, is likely to be that of a certificate or a PKCS#7."""
    return LIKE_A_CERTIFICATE.match(data) is not None


def _decoded(letters: bytes) -> bytes:
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]  # one letter alone stands for no byte
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
