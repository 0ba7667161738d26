"""A run over a vault ends in time, however many servers do not answer, and opens no more connections than it may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from functions.live.check_endpoints import (
    LIVE_RUN_TIME,
    MAX_PARALLEL_ENDPOINTS,
    MAX_PARALLEL_LOOKS,
    check_endpoints,
)
from functions.model.inventory.endpoints import MAX_ENDPOINTS, Endpoint
from functions.model.live.look import Look, Trouble
from tests.unit.live.live_world import FakeTlsServers, LiveWorld


@dataclass
class SlowServers(FakeTlsServers):
    """Servers that do not answer: each look takes a second of the world's time. `most` is how many went on at once."""

    world: LiveWorld | None = None
    going_on: int = 0
    most: int = 0
    names: set[str] = field(default_factory=set)  # whose looks have ended

    async def look(self, address: str, port: int, host: str) -> Look:
        self.going_on += 1
        self.most = max(self.most, self.going_on)
        for _ in range(3):
            await asyncio.sleep(0)
        if self.world is not None:
            self.world.later(seconds=1)
        self.going_on -= 1
        self.names.add(host)
        return Look(address, (), Trouble.TIMEOUT, "it did not end within 5 s")


async def slow(certificates: int, endpoints: int, addresses: int) -> tuple[LiveWorld, SlowServers]:
    world, servers = LiveWorld(), SlowServers()
    world.live = replace(world.live, servers=servers)  # type: ignore[type-var]
    world.new_version()
    await world.heard()
    check = world.checks.rows.pop(("main", "web"))
    for number in range(certificates):
        hosts = [f"h{number}-{one}.apps.example.com" for one in range(endpoints)]
        for host in hosts:
            servers.hosts[host] = tuple(f"203.1.2.{one}" for one in range(addresses))
        named = tuple(map(Endpoint, hosts))
        await world.checks.save(replace(check, name=f"web-{number}", endpoints=named, etag=""), None)
    world.later(minutes=5)
    return world, servers


async def test_a_run_begins_with_nothing_after_its_time_and_the_next_one_does_the_rest() -> None:
    world, servers = await slow(certificates=400, endpoints=1, addresses=1)
    servers.world = world
    await check_endpoints(world.certflow, "main")
    first = len(servers.names)
    assert LIVE_RUN_TIME.total_seconds() <= first <= LIVE_RUN_TIME.total_seconds() + MAX_PARALLEL_ENDPOINTS
    left = [one for one in world.checks.rows.values() if not one.states]
    assert len(left) == 400 - first
    servers.world = None
    await check_endpoints(world.certflow, "main")
    assert len(servers.names) == 400


async def test_the_addresses_of_a_host_are_looked_at_side_by_side() -> None:
    world, servers = await slow(certificates=1, endpoints=1, addresses=8)
    await check_endpoints(world.certflow, "main")
    assert servers.most == 8


async def test_no_more_connections_are_open_at_once_than_the_run_may_have() -> None:
    world, servers = await slow(certificates=12, endpoints=MAX_ENDPOINTS, addresses=8)
    await check_endpoints(world.certflow, "main")
    assert servers.most == MAX_PARALLEL_LOOKS
    assert all(len(one.states) == MAX_ENDPOINTS for one in world.checks.rows.values())


async def test_what_has_begun_at_the_end_of_a_run_is_no_more_than_fits_at_once() -> None:
    world, servers = await slow(certificates=12, endpoints=MAX_ENDPOINTS, addresses=1)
    servers.world = world
    await check_endpoints(world.certflow, "main")
    assert len(servers.names) <= LIVE_RUN_TIME.total_seconds() + MAX_PARALLEL_ENDPOINTS
    assert MAX_PARALLEL_ENDPOINTS >= MAX_ENDPOINTS
