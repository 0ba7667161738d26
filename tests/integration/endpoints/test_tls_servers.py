"""What a look at a TLS server sees, of servers that work and of servers that do not."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.endpoints import tls_servers
from functions.adapters.endpoints.tls_servers import MAX_TLS_BYTES, TlsServerLooks
from functions.model.errors import Unavailable
from functions.model.live.look import Look, Trouble
from tests.certificates import Ca, csr_of, make_csr, rsa_key
from tests.clock import real_now
from tests.tls_servers import Serve, listening, server_context, with_alerts

HOST, HERE = "www.example.com", "127.0.0.1"
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
CA = Ca.root("Test Root", at=real_now)
KEY, CSR = make_csr(HOST)
LEAF = CA.signs(CSR)


def ders(*chain: x509.Certificate) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in chain)


@pytest.fixture
def looks() -> Iterator[TlsServerLooks]:
    looks = TlsServerLooks()
    yield looks
    looks.close()


async def seen(looks: TlsServerLooks, serve: Serve | None = None, context: ssl.SSLContext | None = None) -> Look:
    async with listening(serve, context) as server:
        return await looks.look(HERE, server.port, HOST)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_chain_is_seen_in_the_order_in_which_it_is_sent(
    looks: TlsServerLooks, version: ssl.TLSVersion
) -> None:
    for chain in ((LEAF,), (LEAF, CA.certificate), (LEAF, CA.certificate, LEAF)):
        look = await seen(looks, context=server_context(KEY, chain, version))
        assert look == Look(HERE, ders(*chain))


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_host_is_asked_for_by_its_name_and_no_protocol_and_no_byte_of_http_is_sent(
    looks: TlsServerLooks, version: ssl.TLSVersion
) -> None:
    context, asked, said = server_context(KEY, (LEAF,), version), list[str | None](), list[tuple[str | None, bytes]]()
    context.sni_callback = lambda _tls, name, _context: asked.append(name)
    context.set_alpn_protocols(["h2", "http/1.1"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tls = writer.get_extra_info("ssl_object")
        said.append((tls.selected_alpn_protocol(), await reader.read()))

    assert (await seen(looks, serve, context)).trouble is Trouble.NONE
    assert asked == [HOST]
    assert said == [(None, b"")]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_that_wants_a_client_certificate_is_told_apart_and_its_own_is_seen(
    looks: TlsServerLooks, version: ssl.TLSVersion
) -> None:
    context = server_context(KEY, (LEAF,), version)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CA.certificate.public_bytes(Encoding.PEM).decode())
    look = await seen(looks, with_alerts(context))
    assert (look.trouble, look.chain[:1]) == (Trouble.CLIENT_CERTIFICATE, ders(LEAF))


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_that_would_like_a_client_certificate_and_needs_none_is_like_any_other(
    looks: TlsServerLooks, version: ssl.TLSVersion
) -> None:
    context = server_context(KEY, (LEAF,), version)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=CA.certificate.public_bytes(Encoding.PEM).decode())
    look = await seen(looks, context=context)
    assert (look.trouble, look.chain[:1]) == (Trouble.NONE, ders(LEAF))


async def test_a_weak_certificate_is_seen_as_well(looks: TlsServerLooks) -> None:
    weak = rsa_key(1024)
    leaf = CA.signs(csr_of(weak, HOST))
    assert await seen(looks, context=server_context(weak, (leaf,))) == Look(HERE, ders(leaf))


async def test_a_closed_port_is_told_apart(looks: TlsServerLooks) -> None:
    async with listening() as server:
        port = server.port
    assert (await looks.look(HERE, port, HOST)).trouble is Trouble.CLOSED


@pytest.mark.parametrize("code", [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES])
async def test_a_network_without_a_way_there_is_told_apart(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    async def no_way(*_: object, **__: object) -> None:
        raise OSError(code, "no way")

    monkeypatch.setattr(asyncio, "open_connection", no_way)
    assert await looks.look("10.1.2.3", 443, HOST) == Look("10.1.2.3", (), Trouble.NO_WAY, "no way")


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x03\x40\x00")
    while True:
        writer.write(b"\x0b")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write_eof()
    await reader.read()


async def _speaks_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize(
    ("serve", "trouble"),
    [
        (_silent, Trouble.TIMEOUT),
        (_drips, Trouble.TIMEOUT),
        (_resets, Trouble.RESET),
        (_ends, Trouble.RESET),
        (_speaks_http, Trouble.NO_TLS),
    ],
)
async def test_whatever_a_server_does_is_a_look(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch, serve: Serve, trouble: Trouble
) -> None:
    monkeypatch.setattr(tls_servers, "HANDSHAKE_SECONDS", 0.3)
    look = await seen(looks, serve)
    assert (look.trouble, look.chain) == (trouble, ())
    assert look.said


async def test_no_more_than_64_kb_are_read_of_a_server_that_never_ends(looks: TlsServerLooks) -> None:
    sent = 0

    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        # A handshake message that is announced as 16 MB, in records of 16 KB.
        record = b"\x16\x03\x03\x40\x00" + bytes([2, 0xFF, 0xFF, 0xFF]) + bytes(0x4000 - 4)
        while sent < 1 << 30:
            writer.write(record)
            await writer.drain()
            sent += len(record)

    look = await seen(looks, floods)
    assert look.trouble is Trouble.TOO_MUCH
    assert sent < 1 << 24  # what the sockets hold besides


async def test_one_gigabyte_after_the_handshake_is_not_waited_for(looks: TlsServerLooks) -> None:
    sent = 0

    async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < 1 << 30:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16

    look = await seen(looks, floods, server_context(KEY, (LEAF,)))
    assert look == Look(HERE, ders(LEAF))
    assert sent < 1 << 26


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_hundred_certificates_are_a_look(looks: TlsServerLooks, version: ssl.TLSVersion) -> None:
    look = await seen(looks, context=server_context(KEY, (LEAF, *[CA.certificate] * 99), version))
    assert look.trouble is Trouble.NONE
    assert look.chain[:2] == ders(LEAF, CA.certificate)
    assert len(look.chain) == tls_servers.MAX_CERTIFICATES
    big = CA.signs(csr_of(KEY, HOST, [f"{number:060}.example.com" for number in range(20)]))
    look = await seen(looks, context=server_context(KEY, (LEAF, *[big] * 99), version))
    assert look.trouble is Trouble.TOO_MUCH
    assert look.said == f"it sent more than {MAX_TLS_BYTES // 1024} KB"


async def test_only_the_given_address_is_connected_to(looks: TlsServerLooks) -> None:
    async with listening(context=server_context(KEY, (LEAF,))) as server:
        await looks.look("127.0.0.2", server.port, HOST)
        assert server.connections == 0


async def test_names_are_resolved_and_addresses_are_their_own(looks: TlsServerLooks) -> None:
    assert HERE in await looks.resolve("localhost")
    assert await looks.resolve("192.0.2.1") == ("192.0.2.1",)
    assert await looks.resolve("a" * 64 + ".example.com") == ()


def resolver_fails(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fails(_host: str) -> list[str]:
        raise socket.gaierror(code, "no luck")

    monkeypatch.setattr(tls_servers, "_addresses", fails)


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY])
async def test_a_name_without_an_address_is_told_apart(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    resolver_fails(monkeypatch, code)
    assert await looks.resolve(HOST) == ()


async def test_a_resolver_that_does_not_answer_is_not_waited_for_and_says_nothing_of_the_name(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_servers, "HANDSHAKE_SECONDS", 0.05)
    answers = threading.Event()
    monkeypatch.setattr(tls_servers, "_addresses", lambda _host: [HERE] if answers.wait() else [])
    with pytest.raises(Unavailable, match=f"The resolver is not available .no answer about {HOST}"):
        await looks.resolve(HOST)
    answers.set()


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM])
async def test_trouble_of_the_resolver_is_not_a_name_without_an_address(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    resolver_fails(monkeypatch, code)
    with pytest.raises(Unavailable, match="no luck"):
        await looks.resolve(HOST)


async def test_a_name_that_waits_for_a_thread_has_its_whole_time_for_the_answer(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_servers, "HANDSHAKE_SECONDS", 0.05)
    monkeypatch.setattr(tls_servers, "THREAD_SECONDS", 60)
    answers = threading.Event()
    monkeypatch.setattr(tls_servers, "_addresses", lambda host: [HERE] if host == HOST or answers.wait() else [])
    dead = [asyncio.ensure_future(looks.resolve(f"dead{one}")) for one in range(tls_servers.RESOLVER_THREADS)]
    await asyncio.wait(dead)  # their threads are still busy
    good = asyncio.ensure_future(looks.resolve(HOST))
    await asyncio.wait([good], timeout=0.1)
    assert not good.done()
    answers.set()
    assert await good == (HERE,)
    assert all(isinstance(one.exception(), Unavailable) for one in dead)


async def test_a_name_for_which_there_is_no_thread_in_time_is_put_off(
    looks: TlsServerLooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_servers, "HANDSHAKE_SECONDS", 0.05)
    monkeypatch.setattr(tls_servers, "THREAD_SECONDS", 0.05)
    answers = threading.Event()
    monkeypatch.setattr(tls_servers, "_addresses", lambda _host: [HERE] if answers.wait() else [])
    some = [looks.resolve(f"dead{one}") for one in range(tls_servers.RESOLVER_THREADS + 1)]
    found = await asyncio.gather(*some, return_exceptions=True)
    answers.set()
    assert all(isinstance(one, Unavailable) for one in found)
