"""A run of live over 1,000 certificates, each with an endpoint of its own: time, and CPU time for each endpoint, from
what is due to the states that are written. The handshakes are real (TLS 1.3, ECDSA, a chain of two); the servers are in
another process. The tables are in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.own_process import main_of, rows_of
from benchmarks.table import Row
from functions.adapters.endpoints.tls_servers import TlsServerLooks
from functions.live.check_endpoints import check_endpoints
from functions.model.inventory.endpoints import Endpoint
from functions.model.live.state import EndpointCheck, ExpectedVersion, LiveState
from functions.model.options import LiveOptions
from functions.ports.endpoints import LivePorts
from functions.x509.certificate import load
from tests.certificates import Ca, make_csr
from tests.clock import NOW, fixed_now
from tests.tls_servers import listening, server_context, with_alerts
from tests.unit.live.live_world import GRACE, HOST, LiveWorld

ENDPOINTS = 1000


def measure() -> list[Row]:
    """Starts a server, and has it looked at under a thousand names."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ca = Ca.root("Issuing", at=fixed_now)
    key, csr = make_csr(HOST)
    leaf = ca.signs(csr)
    context = server_context(key, (leaf, ca.certificate))
    async with listening(with_alerts(context)) as server:
        given = {"port": server.port, "leaf": leaf.public_bytes(Encoding.DER).hex()}
        return await rows_of("benchmarks.live_looks", given)


async def _rows(given: Mapping[str, Any]) -> list[Row]:
    world, port, leaf = LiveWorld(), int(given["port"]), load(bytes.fromhex(given["leaf"]))
    world.live = LivePorts(TlsServerLooks(), world.file, world.checks)
    allowed = LiveOptions((HOST,), (port,), (ip_network("127.0.0.0/8"),))
    world.options = replace(world.options, live=allowed)
    expected = ExpectedVersion(leaf.sha1, leaf.sha256, NOW - timedelta(minutes=5))
    endpoints = (Endpoint(HOST, port, "127.0.0.1"),)
    for number in range(ENDPOINTS):
        check = EndpointCheck("main", f"web-{number}", expected, NOW, endpoints, GRACE.total_seconds())
        await world.checks.save(check, None)
    began, cpu = time.perf_counter(), time.process_time()
    await check_endpoints(world.certflow, "main")
    took, used = time.perf_counter() - began, time.process_time() - cpu
    states = {one.state for check in world.checks.rows.values() for one in check.states}
    if states != {LiveState.LIVE} or any(not check.states for check in world.checks.rows.values()):
        raise SystemExit(f"these were not all live: {sorted(states)}")
    return [
        Row(f"a run of live over {ENDPOINTS:,} endpoints, s", took, "≤ 60"),
        Row("CPU of one endpoint, ms", used / ENDPOINTS * 1e3, "≤ 5"),
    ]


if __name__ == "__main__":
    main_of(measure, _rows)
