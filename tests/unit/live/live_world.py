"""A world with TLS servers: fakes of the ports of live, and certificates in its vault that servers show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network

from cryptography.hazmat.primitives.serialization import Encoding

from functions.live.check_endpoints import check_endpoints
from functions.live.expected import expect_version
from functions.model.errors import ConcurrentChange, Unavailable
from functions.model.events.event import Event
from functions.model.inventory.endpoints import EndpointRows
from functions.model.live.look import Look, Trouble
from functions.model.live.state import EndpointCheck, EndpointState, LiveState
from functions.model.options import LiveOptions, Options
from functions.ports.endpoints import DueChecks, LivePorts
from tests.certificates import Ca, Wish, make_csr
from tests.clock import fixed_now
from tests.unit.fakes import FakeLedger, World, version_of

HOST, ADDRESS = "www.example.com", "203.1.2.3"
GRACE = timedelta(hours=6)
CA = Ca.root("Issuing", at=fixed_now)


def leaf(wish: Wish | None = None, by: Ca = CA) -> bytes:
    return by.signs(make_csr(HOST)[1], wish or Wish()).public_bytes(Encoding.DER)


@dataclass
class FakeTlsServers:
    """Hosts with addresses, and what is shown there; `looked` are the connections."""

    hosts: dict[str, tuple[str, ...]] = field(default_factory=lambda: {HOST: (ADDRESS,)})
    shown: dict[str, Look] = field(default_factory=dict)  # by address
    looked: list[tuple[str, int, str]] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)  # names of which the resolver says nothing

    async def resolve(self, host: str) -> tuple[str, ...]:
        self.resolved.append(host)
        if host in self.unanswered:
            raise Unavailable("The resolver", f"no answer about {host} in time")
        return self.hosts.get(host, ())

    async def look(self, address: str, port: int, host: str) -> Look:
        self.looked.append((address, port, host))
        return replace(self.shown.get(address, Look(trouble=Trouble.CLOSED, said="closed")), address=address)


@dataclass
class FakeEndpointFile:
    kept: EndpointRows = field(default_factory=EndpointRows)

    async def rows(self) -> EndpointRows:
        return self.kept


@dataclass
class FakeEndpointChecks:
    """Rows with ETags, and events in the ledger's outbox; `fails` makes so many writes fail, before or after."""

    ledger: FakeLedger
    rows: dict[tuple[str, str], EndpointCheck] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)  # "before" or "after": what the next writes meet
    writes: int = 0
    asked: int = 0  # how often for what is due

    async def get(self, vault: str, name: str) -> EndpointCheck | None:
        return self.rows.get((vault, name.lower()))

    async def of_vault(self, vault: str) -> list[EndpointCheck]:
        return sorted((one for one in self.rows.values() if one.vault == vault), key=lambda one: one.name)

    async def due(self, vault: str, now: object, limit: int) -> DueChecks:
        self.asked += 1
        found = [one for one in await self.of_vault(vault) if one.next_look <= now]  # type: ignore[operator]
        return DueChecks(tuple(sorted(found, key=lambda one: one.next_look)[:limit]), len(found) > limit)

    async def save(self, check: EndpointCheck, before: EndpointCheck | None, events: Sequence[Event] = ()) -> None:
        key, kill = (check.vault, check.name.lower()), self.kills.pop(0) if self.kills else ""
        if kill == "before":
            raise Unavailable("The table storage", "killed")
        if (known := self.rows.get(key)) is not None and (before is None or known.etag != before.etag):
            raise ConcurrentChange("changed")
        if known is None and before is not None:
            raise ConcurrentChange("gone")
        self.writes += 1
        self.rows[key] = replace(check, etag=str(self.writes))
        for event in events:
            await self.ledger.add_event(event)
        if kill == "after":
            raise Unavailable("The table storage", "killed")

    async def remove(self, check: EndpointCheck) -> None:
        known = self.rows.get((check.vault, check.name.lower()))
        if known is None or known.etag != check.etag:
            raise ConcurrentChange("changed")
        del self.rows[check.vault, check.name.lower()]


class LiveWorld(World):
    """A world whose vault has the certificate `web`, served at HOST, for which the service may take GRACE."""

    def __init__(self, tag: str = HOST) -> None:
        super().__init__()
        self.servers, self.file = FakeTlsServers(), FakeEndpointFile()
        self.checks = FakeEndpointChecks(self.ledger)
        self.live = LivePorts(self.servers, self.file, self.checks)
        networks = (ip_network("10.0.0.0/8"),)
        allowed = LiveOptions((HOST, "*.apps.example.com"), networks=networks, grace=GRACE)
        self.options = Options(live=allowed)
        self.vault.tagged["web"] = {"certflow-endpoints": tag, "certflow-owner": "owner@example.com"}

    def serve(self, *chain: bytes, at: str = ADDRESS, trouble: Trouble = Trouble.NONE) -> None:
        self.servers.shown[at] = Look(at, chain, trouble, "so" if trouble else "")

    def serve_version(self, der: bytes, at: str = ADDRESS) -> None:
        self.serve(der, CA.certificate.public_bytes(Encoding.DER), at=at)

    def new_version(self, wish: Wish | None = None) -> bytes:
        """Another version becomes the current one, and the one before is among the older ones."""
        der = leaf(wish)
        if "web" in self.vault.certificates:
            self.vault.older.setdefault("web", []).append(self.vault.certificates["web"])
        self.vault.certificates["web"] = version_of(der)
        return der

    async def heard(self) -> None:
        bundle = await self.vault.certificate("web")
        if bundle is not None:
            await expect_version(self.certflow, "main", "web", bundle, self.now)

    async def look(self, **later: float) -> LiveState:
        """A run over the vault some time later; returns what the endpoint is then."""
        self.later(**later)
        await check_endpoints(self.certflow, "main")
        return self.state.state

    @property
    def state(self) -> EndpointState:
        return self.checks.rows["main", "web"].states[0]

    @property
    def told(self) -> list[str]:
        return [event.type.removeprefix("Certflow.") for event in self.topic.published]
