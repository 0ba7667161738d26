"""Unpacks archives (zip, tar) and compressed files (gzip, bzip2, xz), within limits that hold while
expanding, because the size is not known before.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import error as struct_error
from typing import Protocol

from functions.model.findings import too_large_error

MAX_EXPANDED = 4 * 1024 * 1024  # bytes
MAX_MEMBERS = 1000
MAX_STREAMS = 50  # consecutive streams of a gzip file; each one copies the rest of the file
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the first bytes of a zip, and of an empty one
PLAIN_METHODS = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
}  # other methods can need any amount of memory
XZ_MEMORY = 80 * 1024 * 1024  # the limit that files of `xz -9` need; only what is used is allocated
DAMAGED, CUT_OFF = "is damaged", "is cut off"
TAR_BLOCK = 512  # bytes of a tar's block
TAR_FILES, TAR_LONG_NAME = {b"0", b"\0", b"7"}, b"L"
# Links, devices, folders, and headers with more about the next file.
TAR_NO_FILES = {b"1", b"2", b"3", b"4", b"5", b"6", b"K", b"g", b"x"}
BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct_error,
)


@dataclass
class ExpansionBudget:
    """What is left of the limits, for all archives in a file together: bytes, and files."""

    expanded: int = MAX_EXPANDED
    members: int = MAX_MEMBERS

    def takes(self, kind: str, content: bytes, expanded: int | None = None) -> bytes:
        """Counts one more file, and returns its content. `expanded` is what counts in place of its
        size, in bytes. Raises ChainProblem if that exceeds the limits.
        """
        self.expanded -= len(content) if expanded is None else expanded
        self.members -= 1
        if self.expanded < 0:
            raise too_large_error(f"The {kind} expands to more than {MAX_EXPANDED:,} bytes")
        if self.members < 0:
            raise too_large_error(f"The {kind} holds more than {MAX_MEMBERS:,} files")
        return content


class Closed(Exception):
    """An archive, or a file in one, that cannot be read. `kind` says what it is, `broken` whether
    it is damaged or cut off.
    """

    def __init__(self, kind: str, how: str) -> None:
        super().__init__(f"The {kind} {how}.")
        self.kind = kind
        self.broken = how in {DAMAGED, CUT_OFF}


class Decompressor(Protocol):
    """The interface that the decompressors of zlib, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream has been reached."""

    @property
    def unused_data(self) -> bytes:
        """The bytes behind that end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Returns at most `max_length` decompressed bytes."""


STREAMS: tuple[tuple[bytes, str, Callable[[], Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip file", lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)),
    (b"BZh", "bzip2 file", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz file", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY)),
)
type Members = Iterator[tuple[str, bytes | Closed]]


def members(content: bytes, room: ExpansionBudget) -> Members | None:
    """Returns an iterator over name and content of each file in a zip, tar, gzip, bzip2 or xz; None
    if `content` is none of them. A file in a gzip, bzip2 or xz has the name "".

    The content of a file that cannot be read is a Closed. The iterator raises Closed if the archive
    as a whole cannot be read, and ChainProblem beyond the limits.
    """
    if content.startswith(ZIP):
        return _zip(content, room)
    for start, kind, new in STREAMS:
        if content.startswith(start):
            return _stream(content, room, kind, new)
    return _tar(content, room) if _is_tar_header(content[:TAR_BLOCK]) else None


def _zip(content: bytes, room: ExpansionBudget) -> Members:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        files = [one for one in archive.infolist() if not one.is_dir()]
    except BROKEN as error:
        raise Closed("zip", DAMAGED) from error
    if len(files) > room.members:
        raise too_large_error(f"The zip holds {len(files):,} files")
    for one in files:
        name = printable(one.filename)
        try:
            member = _expand(archive, one, room.expanded)
        except Closed as closed:
            yield name, closed
        else:
            yield name, room.takes("zip", member)


def _expand(archive: zipfile.ZipFile, one: zipfile.ZipInfo, limit: int) -> bytes:
    if one.flag_bits & 1:
        raise Closed("zip", "is encrypted")
    if one.compress_type not in PLAIN_METHODS:
        raise Closed("zip", "is compressed in a way that is not read here")
    try:
        with archive.open(one) as file:
            return file.read(limit + 1)
    except BROKEN as error:
        raise Closed("zip", DAMAGED) from error


def _stream(
    content: bytes, room: ExpansionBudget, kind: str, new: Callable[[], Decompressor]
) -> Members:
    """Decompresses a file. Consecutive streams are one file, which `cat` makes of several."""
    pieces: list[bytes] = []
    left = room.expanded + 1
    while content.strip(b"\0") and left > 0:
        if len(pieces) == MAX_STREAMS:
            raise Closed(kind, "is in more pieces than are read here")
        decompressor = new()
        try:
            pieces.append(decompressor.decompress(content, left))
        except BROKEN as error:
            if pieces:
                break  # what follows the stream is no stream
            raise Closed(kind, DAMAGED) from error
        left -= len(pieces[-1])
        if not decompressor.eof and left > 0:
            raise Closed(kind, CUT_OFF)
        content = decompressor.unused_data
    yield "", room.takes(kind, b"".join(pieces))


def _tar(content: bytes, room: ExpansionBudget) -> Members:
    """Reads a tar without `tarfile`, which never ends on some damaged files in Python 3.13.0
    (CVE-2025-8194).
    """
    at, long_name = 0, ""
    while content[at : at + TAR_BLOCK].strip(b"\0"):
        header = content[at : at + TAR_BLOCK]
        if not _is_tar_header(header):
            raise Closed("tar", DAMAGED)
        size, kind = _number(header[124:136]), header[156:157]
        member = content[at + TAR_BLOCK : at + TAR_BLOCK + size]
        name = long_name or printable(header[:100].partition(b"\0")[0].decode(errors="replace"))
        at += TAR_BLOCK + -(-size // TAR_BLOCK) * TAR_BLOCK
        if kind == TAR_LONG_NAME:
            long_name = printable(member.partition(b"\0")[0].decode(errors="replace"))
            continue
        long_name = ""
        if len(member) < size:
            yield name, Closed("tar", CUT_OFF)
        elif kind in TAR_FILES:
            yield name, room.takes("tar", member, expanded=0)
        elif kind not in TAR_NO_FILES:
            yield name, Closed("tar", "is written in a way that is not read here")


def _is_tar_header(header: bytes) -> bool:
    """Whether a block is a tar header: its checksum is right, for which the field of the checksum
    itself counts as blanks (POSIX, ustar).
    """
    if len(header) < TAR_BLOCK or not header[148:154].strip(b" \0").isdigit():
        return False
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    return _number(header[148:156]) == total and _number(header[124:136]) >= 0


def _number(field: bytes) -> int:
    """Reads an octal number, or a large one in binary (GNU); -1 if the field is neither."""
    if field[0] & 0x80:
        return int.from_bytes(field) & (1 << (8 * len(field) - 1)) - 1
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return -1


def printable(name: str) -> str:
    """Returns the name of a file in a form that is safe in a sentence, at most 80 characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]
