"""What chance does to a request: drawn from the switches of `unkindness.py`, the same for the same seed."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from keyvault_emulator.errors import KeyVaultError
from keyvault_emulator.unkindness import Unkindness
from keyvault_emulator.wire import error_reply


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one request, before or after the operation has taken effect."""

    kind: Literal["error", "silence", "cut", "reset"]
    after: bool
    status: int

    async def strike(self, request: web.Request) -> web.Response:
        """Does it. Only an `error` leads to a reply; what is returned otherwise reaches nobody."""
        if self.kind == "error":
            message = "The emulator was told to fail at times (error_rate)."
            return error_reply(KeyVaultError(self.status, _ERROR_CODES.get(self.status, "ServerError"), message))
        if self.kind == "silence":
            await _until_gone(request)
        elif request.transport and self.kind == "reset":
            _reset_when_closed(request.transport)
            request.transport.abort()
        elif request.transport:
            request.transport.close()
        return web.Response()


_ERROR_CODES = {500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"}


async def _until_gone(request: web.Request) -> None:
    # aiohttp tells a handler of a lost connection in no other way
    while request.transport and not request.transport.is_closing():  # noqa: ASYNC110  see above
        await asyncio.sleep(0.1)


def _reset_when_closed(transport: asyncio.Transport) -> None:
    """A socket that lingers for no time sends RST instead of FIN."""
    if plug := transport.get_extra_info("socket"):  # None once the other side has gone
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Chance:
    """Draws what happens to a request. The same seed and the same requests in the same order: the same faults."""

    def __init__(self, switches: Unkindness) -> None:
        self.switches = switches
        self._random = _generator(switches.seed)

    def switch(self, switches: Unkindness, *, reseed: bool) -> None:
        """Takes other switches; `reseed` begins the sequence anew."""
        self.switches = switches
        if reseed:
            self._random = _generator(switches.seed)

    def latency(self) -> float:
        """How long to wait before an answer."""
        jitter = self.switches.latency_jitter
        return self.switches.latency + (self._random.uniform(0, jitter) if jitter else 0)

    def conflict(self) -> bool:
        """Whether the service itself is just changing the pending certificate."""
        return self._happens(self.switches.conflict_rate)

    def fault(self) -> Fault | None:
        """What goes wrong with a request, if anything."""
        rates: tuple[tuple[Literal["error", "silence", "cut", "reset"], float], ...] = (
            ("error", self.switches.error_rate),
            ("silence", self.switches.silence_rate),
            ("cut", self.switches.cut_rate),
            ("reset", self.switches.reset_rate),
        )
        for kind, rate in rates:
            if self._happens(rate):
                when = self.switches.strike
                after = self._happens(0.5) if when == "either" else when == "after"
                return Fault(kind, after, self.switches.error_status)
        return None

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self._random.random() < rate


def _generator(seed: int | None) -> random.Random:
    return random.Random(seed)  # noqa: S311  decides which requests fail; nothing secret
