"""A request that waits in a world of fakes, and the chain that a CA makes of its CSR."""

from __future__ import annotations

from functions.model.request.operation import Operation
from functions.requests.create import CreateCommand, create_request
from tests.certificates import Ca, pem
from tests.clock import fixed_now
from tests.unit.fakes import World

ROOT = Ca.root("Test Root", at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA")


async def started(world: World, issuer: str = "Unknown") -> Operation:
    order = CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}, "me@example.com")
    await create_request(world.certflow, order)
    return world.vault.operations["web"]


def chain_for(operation: Operation) -> bytes:
    return pem(ROOT.certificate, ISSUING.certificate, ISSUING.signs(operation.csr))
