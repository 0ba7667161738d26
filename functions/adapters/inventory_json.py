"""How records of the inventory are stored: JSON, and in gzip where there are many.

A record's times are Unix seconds, as Key Vault's are, and what is empty is left out: of 5,000
certificates they were a tenth of the gzip (benchmarks/inventory.py).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

import msgspec

from functions.model.errors import UnreadSnapshot
from functions.model.inventory.record import (
    CertificateRecord,
    IssuedCertificate,
    PendingRequest,
    VaultSnapshot,
)

SERVICE = "The inventory"
LEVEL = 6  # of gzip; 9 takes twice as long and saves three percent
WBITS = 31  # gzip with a window of 32 KB (zlib's manual, deflateInit2)
# Two fifths of a snapshot are hashes. By chance three or four digits of one are in another, and to
# refer to those takes more bits than they do; Z_FILTERED refers to longer ones alone (zlib's
# manual). That saves seven percent.
STRATEGY = zlib.Z_FILTERED
# Bytes of one file when decompressed: 100,000 certificates. A file that somebody else has written
# must not fill the memory.
MAX_JSON = 200 * 1024 * 1024
# What reading a broken file raises.
BROKEN_JSON = (OSError, EOFError, ValueError, zlib.error, msgspec.MsgspecError)

# Without strict a time may be a number.
EMPTY: tuple[object, ...] = ("", (), [], {})
REQUIRED = {
    field.name
    for kind in (CertificateRecord, IssuedCertificate, PendingRequest)
    for field in fields(kind)
    if field.default is MISSING and field.default_factory is MISSING
}

_RECORDS = msgspec.json.Decoder(tuple[CertificateRecord, ...], strict=False)
_SNAPSHOT = msgspec.json.Decoder(VaultSnapshot, strict=False)
_RECORD = msgspec.json.Decoder(CertificateRecord, strict=False)


def packed(content: VaultSnapshot | Sequence[CertificateRecord]) -> bytes:
    """Returns a snapshot, or the records of a part, as they are stored. The same content gives the
    same bytes.
    """
    if isinstance(content, VaultSnapshot):
        plain: object = {one.name: getattr(content, one.name) for one in fields(content)} | {
            "certificates": [_short(record) for record in content.certificates]
        }
    else:
        plain = [_short(record) for record in content]
    zipped = zlib.compressobj(LEVEL, wbits=WBITS, strategy=STRATEGY)
    return zipped.compress(msgspec.json.encode(plain)) + zipped.flush()


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
    return msgspec.json.encode(_short(record)).decode()


def record_in(line: str) -> CertificateRecord | None:
    """Reads one record; None if it cannot be read."""
    try:
        return _RECORD.decode(line)
    except msgspec.MsgspecError:
        return None


def _short(record: CertificateRecord) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(datetime,))
    return _without_empty(plain)


def _without_empty(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not what they are by default."""
    found = dict[str, Any]()
    for name, value in given.items():
        if isinstance(value, datetime):
            found[name] = int(value.timestamp())
        elif isinstance(value, dict) and value and name != "tags":
            found[name] = _without_empty(value)
        elif name in REQUIRED or not _is_default(name, value):
            found[name] = value
    return found


def _is_default(name: str, value: object) -> bool:
    """Whether a field without this value is the same: one that is empty, or false. A zero may say
    more than none.
    """
    return value is None or value in EMPTY or (value is False and name != "enabled")


def _unpacked(content: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=WBITS)
    data = unzip.decompress(content, MAX_JSON)
    if not unzip.eof:
        raise ValueError("it is cut off, or too large")
    return data
