"""What the board of 5,000 requests takes on the network: ids, keys and times that cannot be compressed."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import replace

from benchmarks.board import PLACES, REQUESTS, requests
from functions.model.request.request_state import RequestState
from tests.unit.fakes import FakeVault, World
from tests.unit.signed_in import ROUTE, Api

MAX_ANSWER = 250_000  # bytes


async def test_the_board_of_5000_takes_250_kb_at_most_in_gzip() -> None:
    world = World()
    for one in requests():
        world.ledger.tracked[one.vault, one.name, one.request_id] = replace(one, etag="0")
    api = Api(world, {f"prod-{place}": FakeVault() for place in PLACES})
    answer = await api.call(ROUTE["get_board"], ["Certflow.Operator"], **{"accept-encoding": "gzip"})
    sent = answer.get_body()
    sys.stdout.write(f"5,000 requests, answered: {len(sent):,} bytes\n")
    columns = json.loads(gzip.decompress(sent))["columns"]
    assert {name: len(values) for name, values in columns.items()} == dict.fromkeys(columns, REQUESTS)
    assert set(columns["state"]) == set(RequestState) - {RequestState.ASKED}
    assert len(sent) <= MAX_ANSWER
