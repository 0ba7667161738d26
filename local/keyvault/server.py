"""The stand-in as a whole: HTTPS for the vaults, HTTP for identity and control, and the passing of time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from local.keyvault.control import Control, Outcomes
from local.keyvault.events import Events, OnEvent
from local.keyvault.identity import PATH, Identity
from local.keyvault.routes import answer
from local.keyvault.vault import Certificate, Vault, Version
from local.keyvault.wire import add_headers, vault_name
from local.tls import LocalCa
from local.web import LOOPBACK, serving


@dataclass(frozen=True)
class StandIn:
    """Where a running stand-in is found."""

    port: int
    identity_port: int
    identity_header: str

    @property
    def identity_endpoint(self) -> str:
        """The value of IDENTITY_ENDPOINT; `identity_header` is that of IDENTITY_HEADER."""
        return f"http://{LOOPBACK}:{self.identity_port}{PATH}"

    @property
    def control_url(self) -> str:
        """Where the control door is (see `control.py`)."""
        return f"http://{LOOPBACK}:{self.identity_port}/control"


class Vaults:
    """Every vault that somebody has called, by host name, and the clock that moves them all."""

    def __init__(self, *, issuing_delay: float, events: Events, now: Callable[[], float] = time.time) -> None:
        self.by_host: dict[str, Vault] = {}
        self.outcomes = Outcomes()
        self.now = now
        self._issuing_delay = issuing_delay
        self._events = events
        self._changed = asyncio.Event()

    def called(self, host: str) -> Vault:
        """The vault of a host name; the first call makes it."""
        if host not in self.by_host:

            def announce(certificate: Certificate, version: Version, url: str) -> None:
                self._events.new_version(host, certificate, version, url)

            self.by_host[host] = Vault(
                host,
                issuing_delay=self._issuing_delay,
                outcome_for=self.outcomes.outcome_for,
                announce=announce,
            )
        return self.by_host[host]

    def changed(self) -> None:
        """Says that something may be due earlier than before."""
        self._changed.set()

    async def pass_time(self) -> None:
        """Lets issuers decide on time, also if nobody asks: their events must not wait for a reader."""
        while True:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_due()):
                    await self._changed.wait()
            for vault in self.by_host.values():
                vault.settle(self.now())

    def _until_due(self) -> float | None:
        dues = [due for vault in self.by_host.values() if (due := vault.next_due()) is not None]
        return max(0.0, min(dues) - self.now()) if dues else None


@asynccontextmanager
async def running_standin(
    ca: LocalCa,
    *,
    port: int = 0,
    identity_port: int = 0,
    issuing_delay: float = 2.0,
    identity_header: str | None = None,
    on_event: OnEvent | None = None,
) -> AsyncIterator[StandIn]:
    """Runs a stand-in while the block runs. Raises OSError if a port is taken; 0 takes a free one.

    `on_event` is awaited with each vault event; if it raises, that is logged and nothing else happens.
    """
    events = Events(on_event)
    vaults = Vaults(issuing_delay=issuing_delay, events=events)
    identity = Identity(identity_header)
    beside = web.Application()
    identity.add_routes(beside)
    Control(vaults.outcomes, vaults.by_host, vaults.now, vaults.changed).add_routes(beside)
    clock = asyncio.create_task(vaults.pass_time())
    try:
        async with (
            serving(_vault_app(vaults), port=port, tls=ca.server_context()) as vault_port,
            serving(beside, port=identity_port) as beside_port,
        ):
            yield StandIn(vault_port, beside_port, identity.header)
    finally:
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
        await events.close()


def _vault_app(vaults: Vaults) -> web.Application:
    async def handle(request: web.Request) -> web.Response:
        try:
            return await answer(request, vaults.called(vault_name(request.host)), vaults.now)
        finally:
            vaults.changed()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    app.on_response_prepare.append(add_headers)
    return app
