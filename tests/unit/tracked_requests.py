"""Requests that are tracked and due in a world of fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.ports.monitoring_store import InventoryScan
from tests.certificates import make_csr
from tests.clock import NOW
from tests.unit.fakes import World

CSR = make_csr("web.example.com")[1]


def tracked(world: World, count: int, issuer: str = "DigiCert") -> None:
    """So many requests that were started hours ago and are due, without the cost of a key each."""
    for index in range(count):
        name = f"web-{index}"
        operation = Operation(f"{index:032x}", Status.IN_PROGRESS, issuer, CSR)
        world.vault.operations[name] = operation
        request = TrackedRequest("main", name, operation.request_id, issuer, "CN=web", "k", NOW - timedelta(hours=12))
        request = replace(request, next_check=NOW - timedelta(seconds=count - index), etag="0")
        world.ledger.tracked["main", name, operation.request_id] = request
    world.monitoring_store.surveys["main"] = InventoryScan("main", began=NOW, finished=NOW)  # its baseline is through
