"""Live on real TLS servers: every state, what people hear of it, and what is never connected to.

The clock, the vault and the tables are fakes. Servers are on this machine, whose network is listed for that; what is
to be refused has a listener on this machine as well, which counts.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.endpoints.tls_servers import TlsServerLooks
from functions.live.check_endpoints import check_endpoints
from functions.model.live.look import Look
from functions.model.live.state import LiveState
from functions.model.options import LiveOptions
from functions.ports.endpoints import LivePorts
from tests.certificates import DAY, Ca, Key, Wish, make_csr
from tests.clock import fixed_now
from tests.tls_servers import Listener, listening, server_context, with_alerts
from tests.unit.fakes import version_of
from tests.unit.live.live_world import GRACE, HOST, LiveWorld

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
ROOT = Ca.root("Root", at=fixed_now)
ISSUING = ROOT.ca("Issuing")
type Pair = tuple[Key, x509.Certificate]


def issued(wish: Wish | None = None, by: Ca = ISSUING) -> Pair:
    key, csr = make_csr(HOST)
    return key, by.signs(csr, wish or Wish())


OLD, NEW = issued(), issued()
STRANGER = issued(by=Ca.root("Proxy", at=fixed_now))
ENDED = issued(Wish(start=-90 * DAY, end=-DAY))


@dataclass
class RealServers:
    """The product's looks, with names that this test resolves. `answers` are given one after the other."""

    looks: TlsServerLooks = field(default_factory=TlsServerLooks)
    answers: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    connected: list[str] = field(default_factory=list)

    async def resolve(self, host: str) -> tuple[str, ...]:
        given = self.answers.get(host)
        if not given:
            return await self.looks.resolve(host)
        return given.pop(0) if len(given) > 1 else given[0]

    async def look(self, address: str, port: int, host: str) -> Look:
        self.connected.append(address)
        return await self.looks.look(address, port, host)


class RealWorld(LiveWorld):
    """A vault with an old and a new version of `web`, whose servers are real."""

    def __init__(self, tag: str, ports: tuple[int, ...], *answers: tuple[str, ...]) -> None:
        super().__init__(tag)
        self.real = RealServers(answers={HOST: list(answers) or [("127.0.0.1",)]})
        self.live = LivePorts(self.real, self.file, self.checks)
        here = (ip_network("127.0.0.0/8"),)
        self.options = replace(self.options, live=LiveOptions((HOST,), ports, here, grace=GRACE))
        for _, leaf in (ENDED, OLD, NEW):
            if "web" in self.vault.certificates:
                self.vault.older.setdefault("web", []).append(self.vault.certificates["web"])
            self.vault.certificates["web"] = version_of(leaf.public_bytes(Encoding.DER))

    async def minute(self) -> LiveState:
        """A minute of the timer, five minutes after the new version came."""
        await self.heard()
        return await self.look(minutes=5)


@pytest.fixture
def world_of() -> Iterator[list[RealWorld]]:
    worlds = list[RealWorld]()
    yield worlds
    for world in worlds:
        world.real.looks.close()


def made(worlds: list[RealWorld], tag: str, ports: tuple[int, ...], *answers: tuple[str, ...]) -> RealWorld:
    worlds.append(RealWorld(tag, ports, *answers))
    return worlds[-1]


def shows(pair: Pair, *above: Ca, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    return server_context(pair[0], [pair[1], *(ca.certificate for ca in above)], version)


def wants_certificate(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ROOT.certificate.public_bytes(Encoding.PEM).decode())
    return context


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("pair", "above", "state"),
    [
        (NEW, (ISSUING,), LiveState.LIVE),
        (OLD, (ISSUING,), LiveState.OLD),
        (STRANGER, (), LiveState.OTHER),
        (NEW, (), LiveState.WRONG_CHAIN),
        (NEW, (ROOT, ISSUING), LiveState.WRONG_CHAIN),
        (ENDED, (ISSUING,), LiveState.EXPIRED),
    ],
)
async def test_each_state_is_seen_within_a_minute(
    world_of: list[RealWorld], version: ssl.TLSVersion, pair: Pair, above: tuple[Ca, ...], state: LiveState
) -> None:
    async with listening(context=shows(pair, *above, version=version)) as server:
        world = made(world_of, f"{HOST}:{server.port}", (server.port,))
        assert await world.minute() is state
        assert server.connections == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_client_certificate_that_is_wanted_is_seen(world_of: list[RealWorld], version: ssl.TLSVersion) -> None:
    context = wants_certificate(shows(NEW, ISSUING, version=version))
    async with listening(with_alerts(context)) as server:
        world = made(world_of, f"{HOST}:{server.port}", (server.port,))
        assert await world.minute() is LiveState.CLIENT_CERTIFICATE


async def test_a_closed_port_is_unreachable(world_of: list[RealWorld]) -> None:
    async with listening() as server:
        port = server.port
    world = made(world_of, f"{HOST}:{port}", (port,))
    assert await world.minute() is LiveState.UNREACHABLE


async def test_after_the_grace_comes_one_message_and_one_when_the_server_is_switched(world_of: list[RealWorld]) -> None:
    async with listening(context=shows(OLD, ISSUING)) as server:
        port = server.port
        world = made(world_of, f"{HOST}:{port}", (port,))
        assert await world.minute() is LiveState.OLD
        await world.look(hours=1)
        assert world.told == []
        assert await world.look(hours=5) is LiveState.NOT_LIVE
        for _ in range(5):
            await world.look(hours=1)
        assert world.told == ["Endpoint.NotLive"]
    async with listening(context=shows(NEW, ISSUING), port=port):
        assert await world.look(hours=1) is LiveState.LIVE
        await world.look(days=1)
        assert world.told == ["Endpoint.NotLive", "Endpoint.Live"]


async def test_two_nodes_behind_a_name_of_which_one_is_old_are_old(world_of: list[RealWorld]) -> None:
    async with (
        listening(context=shows(NEW, ISSUING)) as new,
        listening(context=shows(OLD, ISSUING), address="127.0.0.2", port=new.port) as old,
    ):
        world = made(world_of, f"{HOST}:{new.port}", (new.port,), ("127.0.0.1", "127.0.0.2"))
        assert await world.minute() is LiveState.OLD
        assert (new.connections, old.connections) == (1, 1)
        assert world.state.address == "127.0.0.2"


@contextlib.asynccontextmanager
async def counting() -> AsyncIterator[Listener]:
    """A listener to which nothing may come."""
    async with listening(context=shows(NEW, ISSUING)) as server:
        yield server


REFUSED = (
    "169.254.169.254",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "::a9fe:a9fe",
    "168.63.129.16",
    "224.0.0.1",
    "0.0.0.0",  # noqa: S104  nothing is bound to it
    "127.0.0.1",
)


@pytest.mark.parametrize("address", REFUSED)
@pytest.mark.parametrize("written", [False, True])
async def test_what_is_not_allowed_gets_no_packet(world_of: list[RealWorld], address: str, written: bool) -> None:
    async with counting() as server:
        tag = f"{HOST}:{server.port}" + (f"@[{address}]" if written else "")
        world = made(world_of, tag, (server.port,), (address,))
        world.options = replace(world.options, live=replace(world.options.live, networks=()))
        assert await world.minute() is LiveState.REFUSED
        assert (server.connections, world.real.connected) == (0, [])


async def test_a_resolver_that_rebinds_gets_no_packet_to_where_it_rebinds(world_of: list[RealWorld]) -> None:
    async with counting() as server:
        world = made(world_of, f"{HOST}:{server.port}", (server.port,), ("203.0.113.9", "127.0.0.1"), ("127.0.0.1",))
        world.options = replace(world.options, live=replace(world.options.live, networks=()))
        assert await world.minute() is LiveState.REFUSED
        world.later(days=1)
        await check_endpoints(world.certflow, "main")
        assert (server.connections, world.real.connected) == (0, [])


@pytest.mark.parametrize("tag", ["localhost", "127.0.0.1", "a.example.net", f"{HOST}.example.net"])
async def test_a_host_that_is_not_listed_and_a_port_outside_the_list_get_no_packet(
    world_of: list[RealWorld], tag: str
) -> None:
    async with counting() as server:
        world = made(world_of, f"{tag}:{server.port}", (server.port,))
        assert await world.minute() is LiveState.REFUSED
        other = made(world_of, f"{HOST}:{server.port}", (443,))
        assert await other.minute() is LiveState.REFUSED
        assert server.connections == 0
        assert "CERTFLOW_LIVE_PORTS" in other.state.sentence
