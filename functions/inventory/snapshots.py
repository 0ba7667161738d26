"""Snapshots and parts of scans as they are stored: JSON in gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence

import msgspec

from functions.model.errors import Unavailable
from functions.model.inventory.record import CertificateRecord, VaultSnapshot

SERVICE = "The inventory"
LEVEL = 6  # of gzip; 9 takes three times as long and saves two percent
# Bytes of one file when decompressed: 100,000 certificates. A file that somebody else has written
# must not fill the memory.
MAX_JSON = 200 * 1024 * 1024

_RECORDS = msgspec.json.Decoder(tuple[CertificateRecord, ...])
_SNAPSHOT = msgspec.json.Decoder(VaultSnapshot)
_RECORD = msgspec.json.Decoder(CertificateRecord)


def packed(content: VaultSnapshot | Sequence[CertificateRecord]) -> bytes:
    """Returns a snapshot, or the records of a part, as they are stored. The same content gives the
    same bytes.
    """
    return gzip.compress(msgspec.json.encode(content), LEVEL, mtime=0)


def snapshot_in(content: bytes) -> VaultSnapshot:
    """Reads a snapshot. Raises Unavailable for one that cannot be read."""
    try:
        return _SNAPSHOT.decode(_unpacked(content))
    except (OSError, EOFError, ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise Unavailable(SERVICE, f"a snapshot cannot be read: {error}") from error


def records_in(content: bytes) -> tuple[CertificateRecord, ...]:
    """Reads a part of a scan. Raises Unavailable for one that cannot be read."""
    try:
        return _RECORDS.decode(_unpacked(content))
    except (OSError, EOFError, ValueError, zlib.error, msgspec.MsgspecError) as error:
        raise Unavailable(SERVICE, f"a part of a scan cannot be read: {error}") from error


def record_in(content: bytes) -> CertificateRecord | None:
    """Reads one record (JSON); None if it cannot be read."""
    try:
        return _RECORD.decode(content)
    except msgspec.MsgspecError:
        return None


def by_name(records: Iterable[CertificateRecord]) -> dict[str, CertificateRecord]:
    """The records by name in lower case, as Key Vault compares names. Of two of one name the later
    stays: a list that changes while its pages are read can have a certificate twice.
    """
    return {one.name.lower(): one for one in records}


def _unpacked(content: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)  # gzip
    data = unzip.decompress(content, MAX_JSON)
    if not unzip.eof:
        raise ValueError("it is cut off, or too large")
    return data
