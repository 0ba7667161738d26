"""What the inventory of 5,000 certificates takes in the storage and on the network."""

from __future__ import annotations

import sys

from benchmarks.inventory import CERTIFICATES, snapshot
from functions.adapters.inventory_json import packed, snapshot_in

MAX_SNAPSHOT = 800_000  # bytes


def test_a_snapshot_of_5000_takes_800_kb_at_most() -> None:
    stored = packed(snapshot())
    sys.stdout.write(f"5,000 certificates, stored: {len(stored):,} bytes\n")
    assert len(snapshot_in(stored).certificates) == CERTIFICATES == 5000
    assert len(stored) <= MAX_SNAPSHOT
