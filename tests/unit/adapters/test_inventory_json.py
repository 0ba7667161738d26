"""Snapshots are stored as they were, and what is broken is refused."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from functions.adapters import inventory_json
from functions.adapters.inventory_json import line_of, packed, record_in, records_in, snapshot_in
from functions.inventory.read import by_name
from functions.model.errors import UnreadSnapshot
from functions.model.inventory.record import (
    AskedFor,
    CertificateRecord,
    IssuedCertificate,
    PendingRequest,
    VaultSnapshot,
)
from tests.clock import NOW

RECORD = CertificateRecord(
    "Web",
    enabled=False,
    tags={"certflow-owner": "ann@example.com", "x": "\u202e"},
    updated=NOW,
    current=IssuedCertificate("v1", "aa" * 20, "bb" * 32, names=("a.example.com",), not_after=NOW, self_signed=True),
    policy=AskedFor("DigiCert", months=12, days_before=30),
    pending=PendingRequest("r1", "failed", "DigiCert", NOW),
    read=NOW,
    asked=NOW,
    seen=NOW,
)
SNAPSHOT = VaultSnapshot("main", NOW, NOW, (RECORD, CertificateRecord("x")), ("DigiCert",))


def test_what_is_stored_is_read_again_as_it_was() -> None:
    assert snapshot_in(packed(SNAPSHOT)) == SNAPSHOT
    assert records_in(packed([RECORD])) == (RECORD,)


def test_what_is_as_by_default_is_left_out_and_times_are_whole_seconds() -> None:
    policy = AskedFor(days_before=0)
    record = CertificateRecord("x", enabled=False, policy=policy, seen=NOW + timedelta(microseconds=7))
    written = msgspec.json.decode(line_of(record))
    assert written == {
        "name": "x",
        "enabled": False,
        "policy": {"months": 0, "days_before": 0, "key_size": 0},
        "seen": int(NOW.timestamp()),
    }
    assert record_in(line_of(record)) == replace(record, seen=NOW)


def test_what_must_be_there_is_written_even_if_it_is_empty() -> None:
    unread = CertificateRecord("x", current=IssuedCertificate("", "", unread=True), tags={"a": ""})
    assert record_in(line_of(unread)) == unread
    assert record_in(line_of(RECORD)) == RECORD
    assert packed(SNAPSHOT) == packed(SNAPSHOT)


def test_fields_of_a_later_version_are_ignored() -> None:
    fields = msgspec.json.decode(gzip.decompress(packed(SNAPSHOT)))
    fields["more"] = 1
    fields["certificates"][0]["current"]["more"] = {"a": []}
    assert snapshot_in(gzip.compress(msgspec.json.encode(fields))) == SNAPSHOT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        packed(SNAPSHOT)[:-1],
        packed(SNAPSHOT)[:20] + b"\x00" * 30 + packed(SNAPSHOT)[50:],
        gzip.compress(b'{"vault": "main"}', mtime=0),
        gzip.compress(b"\xff", mtime=0),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadSnapshot, match="a snapshot cannot be read"):
        snapshot_in(content)
    assert records_in(content) is None


def test_a_part_is_no_snapshot() -> None:
    with pytest.raises(UnreadSnapshot, match="a snapshot cannot be read"):
        snapshot_in(packed([RECORD]))


def test_a_file_that_grows_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory_json, "MAX_JSON", 1000)
    with pytest.raises(UnreadSnapshot, match="too large"):
        snapshot_in(gzip.compress(b" " * 1001))


def test_a_record_that_cannot_be_read_is_none() -> None:
    assert record_in("{") is None
    assert record_in('{"enabled": true}') is None


def test_of_two_records_of_one_name_the_later_stays() -> None:
    older, newer = CertificateRecord("web"), CertificateRecord("WEB", enabled=False)
    assert by_name([older, newer]) == {"web": newer}
