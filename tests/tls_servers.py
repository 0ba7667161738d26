"""TLS servers of tests, each on a free port of this machine, that show what a test gives them, or misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates import Key

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def server_context(
    key: Key, chain: Sequence[x509.Certificate], version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """A server's side of TLS with this key and chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pem")
        written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(written + b"".join(one.public_bytes(Encoding.PEM) for one in chain))
        context.load_cert_chain(file)
    return context


async def _until_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(4096):
            pass
        writer.close()


def with_alerts(context: ssl.SSLContext) -> Serve:
    """A server that sends its alert to whom it refuses, as servers do, and asyncio's own does not."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        shaken = ended = False
        while not ended:
            try:
                if shaken:
                    ended = not tls.read()  # until the client ends
                else:
                    tls.do_handshake()
                    shaken = True
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                came = await reader.read(4096)
                incoming.write(came) if came else incoming.write_eof()
            except ssl.SSLError:
                ended = True
        writer.write(outgoing.read())
        writer.write_eof()
        await reader.read()

    return serve


class Listener:
    """What a test knows of a server: its port, and how many connections came."""

    def __init__(self, serve: Serve) -> None:
        self.serve, self.connections, self.port, self.sent = serve, 0, 0, b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self.serve(reader, writer)
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def listening(
    serve: Serve | None = None, context: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Listener]:
    """A server while it is needed."""
    listener = Listener(serve or _until_the_end)
    server = await asyncio.start_server(listener, address, port, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()
        server.close_clients()
