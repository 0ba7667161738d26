"""The port to TLS servers, to the file that names them, and to the store of what they showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.model.events.event import Event
from functions.model.inventory.endpoints import EndpointRows
from functions.model.live.look import Look
from functions.model.live.state import EndpointCheck


class TlsServers(Protocol):
    """TLS servers, and the resolver of their names. What a server does is a look, and no error."""

    async def resolve(self, host: str) -> tuple[str, ...]:
        """The addresses of a host, IPv4 and IPv6, each once; empty if there are none. Raises
        Unavailable if the resolver does not know now, or does not answer in time.
        """
        ...

    async def look(self, address: str, port: int, host: str) -> Look:
        """What the server at an address shows for a host (SNI) in a TLS handshake. Only this
        address is connected to.
        """
        ...


class EndpointFile(Protocol):
    """The file that names endpoints by vault and certificate."""

    async def rows(self) -> EndpointRows:
        """Its rows; empty if there is no such file. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class DueChecks:
    """Checks that are due, the longest due first, and whether there may be `more` of them."""

    checks: tuple[EndpointCheck, ...]
    more: bool = False


class EndpointChecks(Protocol):
    """The store of endpoint checks, one for each certificate that has endpoints. Vaults are
    aliases, lower-case. All methods raise Unavailable.
    """

    async def get(self, vault: str, name: str) -> EndpointCheck | None:
        """The check of a certificate; None if there is none."""
        ...

    async def of_vault(self, vault: str) -> list[EndpointCheck]:
        """All checks of a vault, by name."""
        ...

    async def due(self, vault: str, now: datetime, limit: int) -> DueChecks:
        """The checks of a vault that are due, about `limit` at most."""
        ...

    async def save(
        self, check: EndpointCheck, before: EndpointCheck | None, events: Sequence[Event] = ()
    ) -> None:
        """Writes a check in place of the one that was read before (None: there was none), with its
        due mark and its events, in one transaction. Raises ConcurrentChange.
        """
        ...

    async def remove(self, check: EndpointCheck) -> None:
        """Deletes a check as it was read, and its due mark. Raises ConcurrentChange."""
        ...


@dataclass(frozen=True, slots=True)
class LivePorts:
    """What is needed to see whether certificates are live."""

    servers: TlsServers
    file: EndpointFile
    checks: EndpointChecks
