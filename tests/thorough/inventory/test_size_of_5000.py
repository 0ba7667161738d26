"""What the inventory of 5,000 certificates takes in the storage and on the network."""

from __future__ import annotations

import gzip
import json
import sys

from benchmarks.inventory import CERTIFICATES, snapshot
from functions.adapters.inventory_json import packed, snapshot_in
from tests.unit.fakes import World
from tests.unit.signed_in import ROUTE, Api

MAX_SNAPSHOT, MAX_ANSWER = 800_000, 100_000  # bytes


def test_a_snapshot_of_5000_takes_800_kb_at_most() -> None:
    stored = packed(snapshot())
    sys.stdout.write(f"5,000 certificates, stored: {len(stored):,} bytes\n")
    assert len(snapshot_in(stored).certificates) == CERTIFICATES == 5000
    assert len(stored) <= MAX_SNAPSHOT


async def test_the_list_of_5000_takes_100_kb_at_most_in_gzip() -> None:
    world = World()
    await world.inventory_files.save_snapshot(snapshot())
    answer = await Api(world).call(ROUTE["list_certificates"], ["Certflow.Reader"], **{"accept-encoding": "gzip"})
    sent = answer.get_body()
    sys.stdout.write(f"5,000 certificates, answered: {len(sent):,} bytes\n")
    columns = json.loads(gzip.decompress(sent))["columns"]
    assert {name: len(values) for name, values in columns.items()} == dict.fromkeys(columns, CERTIFICATES)
    assert sum(map(bool, columns["findings"])) > CERTIFICATES / 2, "so these count in the size"
    assert len(sent) <= MAX_ANSWER
