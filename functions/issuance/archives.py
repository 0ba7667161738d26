"""The files in a zip, within limits: what it expands to is known only while it is being expanded."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from struct import error as struct_error

from functions.issuance.findings import ChainProblem

MAX_EXPANDED = 4 * 1024 * 1024
MAX_MEMBERS = 1000
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")  # of a zip, and of an empty one
PLAIN = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others can ask for any amount of memory
BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    struct_error,
)


def is_zip(content: bytes) -> bool:
    """Whether content begins as a zip does."""
    return content.startswith(SIGNATURES)


def members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a zip, those in folders too.

    Raises ChainProblem: damaged, encrypted, another zip inside, or more than 4 MiB when expanded.
    """
    room = MAX_EXPANDED
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        files = [one for one in archive.infolist() if not one.is_dir()]
    except BROKEN as error:
        raise _unreadable("is damaged") from error
    if len(files) > MAX_MEMBERS:
        raise _too_large(f"holds {len(files):,} files")
    # Those that can be read come first: one of them may hold a private key.
    nested = False
    for one in sorted(files, key=lambda file: bool(file.flag_bits & 1) or file.compress_type not in PLAIN):
        member = _expand(archive, one, room)
        room -= len(member)
        if room < 0:
            raise _too_large(f"expands to more than {MAX_EXPANDED:,} bytes")
        if is_zip(member):
            nested = True
            continue
        yield _printable(one.filename), member
    if nested:
        raise _unreadable("holds another zip")


def _expand(archive: zipfile.ZipFile, one: zipfile.ZipInfo, room: int) -> bytes:
    if one.flag_bits & 1:
        raise _unreadable("is encrypted")
    if one.compress_type not in PLAIN:
        raise _unreadable("is compressed in a way that is not read here")
    try:
        with archive.open(one) as file:
            return file.read(room + 1)
    except BROKEN as error:
        raise _unreadable("is damaged") from error


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]


def _unreadable(how: str) -> ChainProblem:
    return ChainProblem("unreadable-zip", f"The zip {how}.", "Unpack it, and drop the certificates that were in it.")


def _too_large(how: str) -> ChainProblem:
    return ChainProblem("too-large", f"The zip {how}, which no chain does.", "Drop the certificate chain alone.")
