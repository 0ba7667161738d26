"""Three TLS servers on this machine, each of which shows what it was given last: what certificates are made for.

Each has a port of its own, and shows one certificate under every name. At the start that is one of the stack's own CA,
so a stranger's to every vault. The routes, on loopback and without sign-in, as what they show is gone with the stack:

    GET    /servers         each server by name: {"endpoint": what a tag says of it, "sha256": of what it shows}
    PUT    /servers/{name}  a certificate with its chain and key, as PEM or PKCS#12 without a password: what
                            `az keyvault secret download` writes, or the value of the secret as it is
    DELETE /servers/{name}  back to what it showed at the start
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from keyvault_emulator.chains import leaf_to_root
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import LOOPBACK, serving

NAMES = ("first", "second", "third")
DOMAIN = "servers.localhost"
PEM_BEGINS = b"-----BEGIN"


@dataclass
class TlsServer:
    """A server. `port` is known once it listens; `at_start` is what it shows until it is given something else."""

    name: str
    at_start: Shown
    shows: Shown = field(init=False)
    port: int = 0

    def __post_init__(self) -> None:
        self.shows = self.at_start

    @property
    def endpoint(self) -> str:
        """What the tag `certflow-endpoints` says of it. The address is written, because not every system resolves names
        under `.localhost`.
        """
        return f"{self.name}.{DOMAIN}:{self.port}@{LOOPBACK}"

    def context(self) -> ssl.SSLContext:
        """Has each handshake show what the server shows then, and none resume an earlier one."""
        first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        first.options |= ssl.OP_NO_TICKET
        first.num_tickets = 0

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self.shows.context

        first.sni_callback = choose
        return first


@dataclass(frozen=True)
class Shown:
    """What a server shows: a context with a chain and its key, and the SHA-256 (hex) of its first certificate."""

    context: ssl.SSLContext = field(repr=False)
    sha256: str


@dataclass(frozen=True)
class TlsServers:
    """The running servers, and the address of their routes."""

    servers: Sequence[TlsServer]
    control_url: str

    def describe(self) -> dict[str, Any]:
        """What `.local/stack.json` holds."""
        return {"control": self.control_url, "endpoints": {one.name: one.endpoint for one in self.servers}}

    def settings(self) -> dict[str, str]:
        """The app settings that let Certflow look at these servers, and at nothing else."""
        return {
            "CERTFLOW_LIVE_HOSTS": f"*.{DOMAIN}",
            "CERTFLOW_LIVE_PORTS": ",".join(str(one.port) for one in self.servers),
            "CERTFLOW_LIVE_NETWORKS": "127.0.0.0/8",
        }


@asynccontextmanager
async def running_tls_servers(ca: LocalCa, ports: Sequence[int]) -> AsyncIterator[TlsServers]:
    """Serves while the block runs; `ports` has one for each of NAMES, 0 for a free one. Raises OSError for one that is
    taken.
    """
    servers = [TlsServer(name, _own(ca)) for name in NAMES]
    async with AsyncExitStack() as running:
        for server, port in zip(servers, ports, strict=True):
            server.port = await running.enter_async_context(serving(_page(server), port=port, tls=server.context()))
        control = await running.enter_async_context(serving(_control(servers)))
        yield TlsServers(servers, f"http://{LOOPBACK}:{control}/servers")


def shown(given: bytes) -> Shown:
    """What a server shows that is given a certificate with its chain and key: as PEM, leaf first, which stays in its
    order; or as PKCS#12, as such or in base64. Raises ValueError with what is wrong.
    """
    pem = given if PEM_BEGINS in given else _pem_of(given)
    try:
        leaf, *_ = x509.load_pem_x509_certificates(pem)
        return Shown(_loaded(pem), hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest())
    except (ValueError, ssl.SSLError) as error:
        raise ValueError(f"This is no certificate with its chain and key ({error}).") from None


def _pem_of(pkcs12: bytes) -> bytes:
    """A PKCS#12 file as PEM, its certificates in order: it has none of its own, and Key Vault puts the root first."""
    with suppress(binascii.Error):
        pkcs12 = base64.b64decode(pkcs12.strip(), validate=True)
    try:
        found = load_pkcs12(pkcs12, None)
    except ValueError:
        raise ValueError("This is neither PEM nor PKCS#12 without a password.") from None
    if found.key is None or found.cert is None:
        raise ValueError("This holds no private key with its certificate.")
    key = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = leaf_to_root((found.cert.certificate, *(one.certificate for one in found.additional_certs)))
    return key + b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def _loaded(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # ssl reads keys from files alone; this folder is ours alone
        file = Path(folder, "served.pem")
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context


def _own(ca: LocalCa) -> Shown:
    with tempfile.TemporaryDirectory() as folder:
        chain, key = ca.write_server_pair(Path(folder))
        return shown(key.read_bytes() + chain.read_bytes())


def _page(server: TlsServer) -> web.Application:
    """For whoever opens it in a browser, or with curl."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=f"The TLS server '{server.name}' shows {server.shows.sha256}.\n")

    app = web.Application()
    app.router.add_get("/", answer)
    return app


def _control(servers: Sequence[TlsServer]) -> web.Application:
    by_name = {one.name: one for one in servers}

    async def all_of_them(_request: web.Request) -> web.Response:
        return web.json_response({one.name: _described(one) for one in servers})

    async def give(request: web.Request) -> web.Response:
        server = by_name[request.match_info["name"]]
        try:
            server.shows = shown(await request.read())
        except ValueError as error:
            return web.json_response({"error": {"code": "BadRequest", "message": str(error)}}, status=400)
        return web.json_response(_described(server))

    async def reset(request: web.Request) -> web.Response:
        server = by_name[request.match_info["name"]]
        server.shows = server.at_start
        return web.json_response(_described(server))

    app = web.Application()
    named = f"/servers/{{name:{'|'.join(by_name)}}}"
    app.router.add_get("/servers", all_of_them)
    app.router.add_put(named, give)
    app.router.add_delete(named, reset)
    return app


def _described(server: TlsServer) -> dict[str, str]:
    return {"endpoint": server.endpoint, "sha256": server.shows.sha256}
