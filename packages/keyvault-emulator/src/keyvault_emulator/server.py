"""The emulator as a whole: HTTPS for the vaults, HTTP for identity and control, and the passing of time."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from keyvault_emulator.certificate import Certificate, Version
from keyvault_emulator.chance import Chance
from keyvault_emulator.control import Control
from keyvault_emulator.events import Events, OnEvent
from keyvault_emulator.front_door import FrontDoor
from keyvault_emulator.grants import Grants
from keyvault_emulator.identity import PATH, Identity
from keyvault_emulator.keeper import NOTHING, Found, Keeper
from keyvault_emulator.outcomes import OutcomeBody, Outcomes
from keyvault_emulator.profile import OBSERVED, ProfileName
from keyvault_emulator.received import Received
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.tokens import Tokens
from keyvault_emulator.unkindness import KIND, Unkindness, changed
from keyvault_emulator.vault import Vault
from keyvault_emulator.web import LOOPBACK, serving
from keyvault_emulator.wire import Names, add_headers

READING = ("GET", "HEAD", "OPTIONS")
SAVING_PAUSE = 1.0  # seconds from a try to save that failed to the next
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Emulator:
    """Where a running emulator is found. Vaults are on `port`, and others under the same names on `further_ports`."""

    port: int
    identity_port: int
    identity_header: str = field(repr=False)
    further_ports: tuple[int, ...] = ()
    found: Found = NOTHING  # what was there at the start
    host: str = LOOPBACK  # the address on which it listens

    @property
    def identity_endpoint(self) -> str:
        """The value of IDENTITY_ENDPOINT; `identity_header` is that of IDENTITY_HEADER."""
        return f"http://{self._address}:{self.identity_port}{PATH}"

    @property
    def control_url(self) -> str:
        """Where the control door is (see `control.py`)."""
        return f"http://{self._address}:{self.identity_port}/control"

    @property
    def _address(self) -> str:
        """As a URL has it, and seen from this machine: who listens on all addresses is on loopback, too."""
        address = ipaddress.ip_address(self.host)
        if address.is_unspecified:
            return LOOPBACK if address.version == 4 else "[::1]"
        return self.host if address.version == 4 else f"[{self.host}]"


class Vaults:
    """Every vault that somebody has called, by name, and the clock that moves them all."""

    def __init__(
        self,
        switches: Unkindness,
        outcomes: Outcomes,
        grants: Grants,
        events: Events,
        clock: Callable[[], float] = time.time,
        keeper: Keeper | None = None,
    ) -> None:
        self.by_host: dict[str, Vault] = {}
        self.outcomes = outcomes
        self.grants = grants
        self.chance = Chance(switches)
        self.received = Received()
        self._events = events
        self._clock = clock
        self._changed = asyncio.Event()
        self._awaited: float | None = None  # what the clock waits for; None: nothing
        self.ahead = 0.0  # by how much the clock was moved
        self._moved = False  # since it was saved
        self._keeper = keeper

    @property
    def switches(self) -> Unkindness:
        """The switches as they are now."""
        return self.chance.switches

    def switch(self, switches: Unkindness, *, reseed: bool) -> None:
        """Takes other switches, for what comes from now on."""
        self.chance.switch(switches, reseed=reseed)
        for vault in self.by_host.values():
            self._set_up(vault)

    def now(self) -> float:
        """The time as the vaults see it."""
        return self._clock() + self.ahead

    def advance(self, seconds: float) -> None:
        """Moves the clock forward."""
        self.ahead += seconds
        self._moved = True
        self._changed.set()

    def called(self, host: str) -> Vault:
        """The vault of a name; the first call makes it."""
        if host not in self.by_host:

            def announce(certificate: Certificate, version: Version, url: str) -> None:
                self._events.new_version(host, certificate, version, url)

            vault = Vault(
                host,
                issuing_delay=self.switches.issuing_delay,
                outcome_for=self.outcomes.outcome_for,
                announce=announce,
            )
            self._set_up(vault)
            self.by_host[host] = vault
        return self.by_host[host]

    def _set_up(self, vault: Vault) -> None:
        vault.issuing_delay = self.switches.issuing_delay
        vault.deleted.delay = vault.keys.deleted.delay = self.switches.deletion_delay
        vault.recovery_delay = vault.keys.recovery_delay = self.switches.recovery_delay
        vault.recovery.days = self.switches.retention_days
        vault.recovery.purge_protection = self.switches.purge_protection
        vault.ignores_cancellation = self.switches.cancellation == "ignored"

    def changed(self) -> None:
        """Says that something may be due earlier than before, or is to be saved; wakes the clock only if it is so."""
        due = self._next_due()
        if self._unsaved() or (due is not None and (self._awaited is None or due < self._awaited)):
            self._changed.set()

    def moved_to(self, port: int) -> None:
        """Says on which port the vaults are now: operations that were kept name the one of before in what they tell."""
        for host, vault in self.by_host.items():
            for certificate in (*vault.certificates.values(), *(one.item for one in vault.deleted.all())):
                if certificate.operation:
                    certificate.operation.vault_url = f"https://{host}:{port}"

    async def save(self) -> None:
        """Returns when all that has changed is kept, where vaults are kept at all. Raises OSError."""
        if self._keeper is None:
            return
        if not self._unsaved():
            await self._keeper.written()
            return
        self._moved = False
        for vault in self.by_host.values():
            vault.unsaved = False
        try:
            await self._keeper.save(self)
        except BaseException:
            self._moved = True  # so that the next one tries again
            raise

    def _unsaved(self) -> bool:
        return self._keeper is not None and (self._moved or any(vault.unsaved for vault in self.by_host.values()))

    async def pass_time(self) -> None:
        """Lets issuers decide on time, also if nobody asks: their events must not wait for a reader."""
        while True:
            self._changed.clear()
            self._awaited = self._next_due()
            left = None if self._awaited is None else max(0.0, self._awaited - self.now())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._changed.wait()
            for vault in self.by_host.values():
                vault.settle(self.now())
            try:
                await self.save()
            except OSError:
                log.exception("what the vaults hold could not be kept")
                await asyncio.sleep(SAVING_PAUSE)

    def _next_due(self) -> float | None:
        return min((due for vault in self.by_host.values() if (due := vault.next_due()) is not None), default=None)


@asynccontextmanager
async def running_emulator(
    ca: LocalCa,
    *,
    port: int = 0,
    further_ports: Iterable[int] = (),
    identity_port: int = 0,
    identity_header: str | None = None,
    identities: Mapping[str, Iterable[str]] | None = None,
    any_token: bool = False,
    issuing_delay: float | None = None,
    unkindness: Unkindness = KIND,
    outcomes: Iterable[OutcomeBody] = (),
    profile: ProfileName = OBSERVED,
    on_event: OnEvent | None = None,
    clock: Callable[[], float] = time.time,
    kept_in: Path | None = None,
    host: str = LOOPBACK,
) -> AsyncIterator[Emulator]:
    """Runs an emulator while the block runs. Raises OSError if a port is taken; 0 takes a free one.

    Every host name is a vault; where there are not enough names, the same ones on `further_ports` are vaults, too.
    `identities` are user-assigned ones, each with its data actions; the default identity may do everything. `any_token`
    takes any bearer token, with every grant. `issuing_delay` is short for that switch of `unkindness`. `on_event` is
    awaited with each vault event; if it raises, that is logged and nothing else happens. `clock` says what time it is
    for the vaults (Unix seconds), but not for tokens. `kept_in` is a file in which the vaults are kept (keeper.py), and
    from which they come. `host` is the IP address to listen on, for everything. Raises ValueError for an action or a
    switch that does not exist, KeptUnreadable.
    """
    switches = unkindness if issuing_delay is None else changed(unkindness, {"issuing_delay": float(issuing_delay)})
    events = Events(on_event)
    grants, tokens = Grants(identities), Tokens(any_token=any_token)
    names = Names()
    keeper = Keeper(kept_in) if kept_in else None
    vaults = Vaults(switches, Outcomes(outcomes, names), grants, events, clock, keeper)
    found = keeper.load(vaults) if keeper else NOTHING
    identity = Identity(tokens, grants, lambda: vaults.switches.token_lifetime, identity_header)
    beside = web.Application()
    identity.add_routes(beside)
    Control(vaults).add_routes(beside)
    door = FrontDoor(tokens, grants, vaults.chance, profile, vaults.now)
    time_passes = asyncio.create_task(vaults.pass_time())
    tls = ca.server_context(host)
    try:
        async with AsyncExitStack() as served:
            ports = [
                await served.enter_async_context(
                    serving(_vault_app(vaults, names, door), port=each, tls=tls, host=host)
                )
                for each in (port, *further_ports)
            ]
            beside_port = await served.enter_async_context(serving(beside, port=identity_port, host=host))
            names.further_ports = tuple(ports[1:])
            vaults.moved_to(ports[0])
            yield Emulator(ports[0], beside_port, identity.header, names.further_ports, found, host)
    finally:
        time_passes.cancel()
        await asyncio.gather(time_passes, return_exceptions=True)
        await events.close()


def _vault_app(vaults: Vaults, names: Names, door: FrontDoor) -> web.Application:
    async def handle(request: web.Request) -> web.Response:
        vault, at = vaults.called(names.of(request.host)), vaults.now()
        try:
            response = await door.answer(request, vault)
            vaults.received.note(at, vault.host, request, response.status)
            return response
        finally:
            vault.unsaved |= request.method not in READING
            vaults.changed()
            await vaults.save()  # before the answer: what the service has confirmed it does not forget

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    app.on_response_prepare.append(add_headers)
    return app
