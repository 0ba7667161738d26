"""Serving an aiohttp application, on loopback: the one way every part of the local stack does it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serving(
    app: web.Application, *, port: int = 0, tls: ssl.SSLContext | None = None, host: str = LOOPBACK
) -> AsyncIterator[int]:
    """Serves `app` on 127.0.0.1, or another address, while the block runs and yields the port; 0 takes a free one.

    Raises OSError if the port is taken. Open requests get a second to finish at the end.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=tls).start()
        yield int(runner.addresses[0][1])
    finally:
        still_open = [each.transport for each in (runner.server.connections if runner.server else []) if each.transport]
        await runner.cleanup()
        for transport in still_open:
            transport.abort()  # TLS would wait for the other side to say goodbye
        await asyncio.sleep(0)  # until they are closed
