"""The emulator of one run: where it answers, and what it knows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from entra_emulator.addresses import Addresses
from entra_emulator.authorize import Authorize
from entra_emulator.claims import Claims
from entra_emulator.codes import Codes
from entra_emulator.control import Control
from entra_emulator.directory import Directory
from entra_emulator.metadata import Metadata
from entra_emulator.signing_keys import SigningKeys
from entra_emulator.token_endpoint import TokenEndpoint
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving


@dataclass(frozen=True)
class Entra:
    """Addresses for clients, and the parts that tests of the same process reach into."""

    at: Addresses
    directory: Directory
    keys: SigningKeys = field(repr=False)
    metadata: Metadata = field(repr=False)
    tokens: TokenEndpoint = field(repr=False)
    control: Control = field(repr=False)

    @property
    def authority(self) -> str:
        """What stands in place of https://login.microsoftonline.com."""
        return self.at.base

    @property
    def control_url(self) -> str:
        """The control door."""
        return f"{self.at.base}/control"


@asynccontextmanager
async def running_entra(
    ca: LocalCa, directory: Directory, *, port: int = 0, now: Callable[[], float] = time.time
) -> AsyncIterator[Entra]:
    """Answers on https://localhost while the block runs; 0 takes a free port. `now` is the clock of all that it writes.

    Raises OSError if the port is taken.
    """
    at = Addresses(directory.tenant)
    keys, codes, claims = SigningKeys(now()), Codes(), Claims(at, directory)
    metadata = Metadata(directory, keys, at)
    tokens = TokenEndpoint(directory, keys, claims, codes, at, now)
    control = Control(directory, keys, claims, metadata, tokens, now)
    app = web.Application()
    for part in (metadata, Authorize(directory, codes, now), tokens, control):
        part.add_routes(app)
    async with serving(app, port=port, tls=ca.server_context()) as bound:
        at.base = f"https://localhost:{bound}"
        yield Entra(at, directory, keys, metadata, tokens, control)
