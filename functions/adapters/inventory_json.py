"""How records of the inventory are stored: JSON, and in gzip where there are many."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

import msgspec

from functions.model.errors import UnreadSnapshot
from functions.model.inventory.record import CertificateRecord, VaultSnapshot

SERVICE = "The inventory"
LEVEL = 6  # of gzip; 9 takes three times as long and saves two percent
# Bytes of one file when decompressed: 100,000 certificates. A file that somebody else has written
# must not fill the memory.
MAX_JSON = 200 * 1024 * 1024
# What reading a broken file raises.
BROKEN_JSON = (OSError, EOFError, ValueError, zlib.error, msgspec.MsgspecError)

_RECORDS = msgspec.json.Decoder(tuple[CertificateRecord, ...])
_SNAPSHOT = msgspec.json.Decoder(VaultSnapshot)
_RECORD = msgspec.json.Decoder(CertificateRecord)


def packed(content: VaultSnapshot | Sequence[CertificateRecord]) -> bytes:
    """Returns a snapshot, or the records of a part, as they are stored. The same content gives the
    same bytes.
    """
    return gzip.compress(msgspec.json.encode(content), LEVEL, mtime=0)


def snapshot_in(content: bytes) -> VaultSnapshot:
    """Reads a snapshot. Raises UnreadSnapshot."""
    try:
        return _SNAPSHOT.decode(_unpacked(content))
    except BROKEN_JSON as error:
        raise UnreadSnapshot(SERVICE, f"a snapshot cannot be read: {error}") from error


def records_in(content: bytes) -> tuple[CertificateRecord, ...] | None:
    """Reads a part of a scan; None if it cannot be read."""
    try:
        return _RECORDS.decode(_unpacked(content))
    except BROKEN_JSON:
        return None


def line_of(record: CertificateRecord) -> str:
    """Returns one record as it is stored."""
    return msgspec.json.encode(record).decode()


def record_in(line: str) -> CertificateRecord | None:
    """Reads one record; None if it cannot be read."""
    try:
        return _RECORD.decode(line)
    except msgspec.MsgspecError:
        return None


def _unpacked(content: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)  # gzip
    data = unzip.decompress(content, MAX_JSON)
    if not unzip.eof:
        raise ValueError("it is cut off, or too large")
    return data
