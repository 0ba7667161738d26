"""Looks at the certificates that a TLS server shows: one handshake, and nothing of HTTP.

The handshake is Python's `ssl` over memory (SSLObject, MemoryBIO), with the bytes carried by
asyncio: so bytes can be counted, and since Python 3.13 `get_unverified_chain` has the chain also
of a handshake that the server refuses. pyOpenSSL has the same for sockets alone, and `cryptography`
speaks no TLS. Nothing is verified: what is shown is compared with the vault's, not trusted.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from functions.model.errors import Unavailable
from functions.model.live.look import Look, Trouble

HANDSHAKE_SECONDS = 5.0  # of the look at one address, connection included; and of resolving a name
# After the handshake a server that refuses us says so in its next record (TLS 1.3), one that takes
# us ends the connection. Few do neither; they are not waited for longer than this (seconds).
LAST_WORD_SECONDS = 1.0
MAX_TLS_BYTES = 64 * 1024  # that are read of a server
MAX_CERTIFICATES = 32  # of a chain that are kept
A_READ = 16 * 1024  # bytes
# Resolvers block a thread, for half a minute if nothing answers; these threads are for them alone.
RESOLVER_THREADS = 16
THREAD_SECONDS = 10.0  # that a name waits for one of them, before HANDSHAKE_SECONDS begin
RESOLVER = "The resolver"
# Errors that say of a name that it has no address; all others are of the resolver.
NO_ADDRESS = {socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY}
NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL}
# Alerts by which servers refuse who shows no certificate. Before TLS 1.3 most send
# handshake_failure (RFC 5246 §7.4.6); the certificate of the server has come by then.
REFUSALS = (
    "CERTIFICATE_REQUIRED",
    "ALERT_HANDSHAKE_FAILURE",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_NO_CERTIFICATE",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_UNKNOWN_CA",
    "ALERT_ACCESS_DENIED",
)


class TooMuch(Exception):
    """The server sends more than a handshake needs."""


class TlsServerLooks:
    """Implements the port `TlsServers`. One context serves all looks."""

    def __init__(self) -> None:
        self._context = _context()
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, "resolve")

    async def resolve(self, host: str) -> tuple[str, ...]:
        """Returns the addresses of a host; empty if there are none. An IP address is its own.
        Raises Unavailable if the resolver does not know now, or does not say in time.
        """
        with suppress(ValueError):
            return (str(ipaddress.ip_address(host)),)
        try:
            return tuple(dict.fromkeys(await self._asked(host)))
        except TimeoutError:
            raise Unavailable(RESOLVER, f"no answer about {host} in time") from None
        except UnicodeError:
            return ()  # no name that DNS can carry
        except OSError as error:
            if error.errno in NO_ADDRESS:
                return ()
            raise Unavailable(RESOLVER, f"{host}: {error.strerror or error!r}") from None

    async def _asked(self, host: str) -> list[str]:
        """Asks the resolver in a thread, whose time counts from when there is one. Raises
        TimeoutError, OSError, UnicodeError.
        """
        loop, began = asyncio.get_running_loop(), asyncio.Event()

        def addresses() -> list[str]:
            loop.call_soon_threadsafe(began.set)
            return _addresses(host)

        answer = loop.run_in_executor(self._threads, addresses)
        try:
            async with asyncio.timeout(THREAD_SECONDS):
                await began.wait()
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                return await answer
        finally:
            answer.cancel()

    async def look(self, address: str, port: int, host: str) -> Look:
        """Returns what the server at an address shows. Nothing is raised."""
        handshake = Handshake(self._context, host)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                trouble, said = await _look(handshake, address, port)
        except TimeoutError:
            trouble, said = Trouble.TIMEOUT, f"it did not end within {HANDSHAKE_SECONDS:.0f} s"
        except TooMuch:
            trouble, said = Trouble.TOO_MUCH, f"it sent more than {MAX_TLS_BYTES // 1024} KB"
        except OSError as error:
            trouble, said = _trouble_of(error), error.strerror or type(error).__name__
        return Look(address, handshake.chain, trouble, said)

    def close(self) -> None:
        """Ends the threads that resolve names."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Handshake:
    """A TLS handshake in memory. `chain` is what the server has shown so far."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)
        except ValueError:  # no name that SNI can carry (RFC 6066 §3), and IDNA's UnicodeError
            self._tls = context.wrap_bio(self.incoming, self.outgoing)
        self.chain: tuple[bytes, ...] = ()

    def shake(self) -> bool:
        """Goes on with what has come; returns whether the handshake is done. Raises SSLError."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            shown = self._tls.get_unverified_chain() or ()
            self.chain = tuple(shown[:MAX_CERTIFICATES]) or self.chain
        return True

    def say_end(self) -> None:
        """Says that nothing more will be sent (close_notify)."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()

    def has_ended(self) -> bool:
        """Whether the server has ended, too, or has begun to talk. Raises SSLError with its alert,
        if it refuses. (`unwrap` would drop that alert.)
        """
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLZeroReturnError:
            return True
        return True


async def _look(handshake: Handshake, address: str, port: int) -> tuple[Trouble, str]:
    reader, writer = await asyncio.open_connection(address, port, limit=A_READ)
    try:
        return await _exchange(handshake, reader, writer)
    finally:
        writer.transport.abort()  # a server that does not end would keep the connection


async def _exchange(
    handshake: Handshake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[Trouble, str]:
    wire = Wire(handshake, reader, writer)
    try:
        while not handshake.shake():
            if not await wire.more():
                return Trouble.RESET, "it ended the connection within the handshake"
    except ssl.SSLError as error:
        if handshake.chain and any(one in (error.reason or "") for one in REFUSALS):
            return Trouble.CLIENT_CERTIFICATE, _words(error)
        if "EXCESSIVE_MESSAGE_SIZE" in (error.reason or ""):  # it is announced, and not read
            raise TooMuch from None
        return Trouble.NO_TLS, _words(error)
    return await _last_word(handshake, wire)


async def _last_word(handshake: Handshake, wire: Wire) -> tuple[Trouble, str]:
    """Whether the server refuses whoever shows no certificate: in TLS 1.3 it says so only after the
    handshake is done for us (RFC 8446 §4.4.2.4).
    """
    handshake.say_end()
    try:
        async with asyncio.timeout(LAST_WORD_SECONDS):
            while not handshake.has_ended() and await wire.more():
                pass
    except ssl.SSLError as error:
        if any(one in (error.reason or "") for one in REFUSALS):
            return Trouble.CLIENT_CERTIFICATE, _words(error)
    except (TimeoutError, OSError, TooMuch):
        pass  # all was seen
    return Trouble.NONE, ""


class Wire:
    """Carries the bytes of a handshake, MAX_TLS_BYTES of the server's at most."""

    def __init__(
        self, handshake: Handshake, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._handshake, self._reader, self._writer = handshake, reader, writer
        self._read = 0

    async def more(self) -> bool:
        """Sends what is to be sent and reads once; returns False at the end of the connection.
        Raises TooMuch, OSError.
        """
        self._writer.write(self._handshake.outgoing.read())
        await self._writer.drain()
        came = await self._reader.read(A_READ)
        self._read += len(came)
        if self._read > MAX_TLS_BYTES:
            raise TooMuch
        self._handshake.incoming.write(came)
        return bool(came)


def _context() -> ssl.SSLContext:
    """Takes whatever a server has in TLS 1.2 and 1.3, also what is too weak to be trusted: it is
    seen, and the audit may say so.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT
    return context


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _trouble_of(error: OSError) -> Trouble:
    if isinstance(error, ConnectionRefusedError):
        return Trouble.CLOSED
    return Trouble.NO_WAY if error.errno in NO_WAY else Trouble.RESET


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "").replace("_", " ").lower() or type(error).__name__
