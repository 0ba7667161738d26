"""The stack's TLS servers show what they were given last, whatever form it came in, and nothing that cannot be read."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from functions.adapters.endpoints.tls_servers import TlsServerLooks
from keyvault_emulator.tls import LocalCa
from local.tls_servers import NAMES, TlsServers, running_tls_servers
from tests.certificates import Ca, Key, Wish, make_csr
from tests.clock import fixed_now

ROOT = Ca.root("Root", at=fixed_now)
ISSUING = ROOT.ca("Issuing")
CHAIN = (ISSUING.certificate, ROOT.certificate)


class Served:
    """The servers, what they show, and their routes."""

    def __init__(self, servers: TlsServers, session: aiohttp.ClientSession, looks: TlsServerLooks) -> None:
        self.servers, self._session, self._looks = servers, session, looks

    async def shown(self, number: int, host: str | None = None) -> list[bytes]:
        """The chain (DER) that a server shows for a host."""
        server = self.servers.servers[number]
        look = await self._looks.look("127.0.0.1", server.port, host or f"{server.name}.servers.localhost")
        return list(look.chain)

    async def call(self, method: str, name: str = "", data: bytes | None = None) -> tuple[int, Any]:
        url = f"{self.servers.control_url}/{name}".removesuffix("/")
        async with self._session.request(method, url, data=data) as answer:
            return answer.status, await answer.json(content_type=None) if answer.status != 404 else None


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    looks = TlsServerLooks()
    async with running_tls_servers(LocalCa(), (0, 0, 0)) as servers, aiohttp.ClientSession() as session:
        yield Served(servers, session, looks)
    looks.close()


def issued() -> tuple[Key, x509.Certificate]:
    key, csr = make_csr("www.example.com")
    return key, ISSUING.signs(csr, Wish())


def pem(key: Key, *chain: x509.Certificate) -> bytes:
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return written + b"".join(one.public_bytes(Encoding.PEM) for one in chain)


def pkcs12(key: Key, leaf: x509.Certificate, password: bytes = b"") -> bytes:
    kept = BestAvailableEncryption(password) if password else NoEncryption()
    return serialize_key_and_certificates(None, key, leaf, CHAIN[::-1], kept)  # root first, as Key Vault has it


def der(*chain: x509.Certificate) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in chain]


@pytest.mark.parametrize("form", ["pem", "pkcs12", "base64"])
async def test_a_server_shows_the_chain_that_it_was_given_in_any_form_and_the_others_their_own(
    served: Served, form: str
) -> None:
    before = [await served.shown(number) for number in range(len(NAMES))]
    assert len({one[0] for one in before}) == len(NAMES)
    key, leaf = issued()
    given = pem(key, leaf, *CHAIN) if form == "pem" else pkcs12(key, leaf)
    given = base64.b64encode(given) + b"\n" if form == "base64" else given
    status, answer = await served.call("PUT", "second", given)
    assert (status, answer["sha256"]) == (200, sha256(der(leaf)[0]).hexdigest())
    assert await served.shown(1) == der(leaf, *CHAIN)
    assert await served.shown(1, "any.example.net") == await served.shown(1, "127.0.0.1") == der(leaf, *CHAIN)
    assert [await served.shown(0), await served.shown(2)] == [before[0], before[2]]
    assert (await served.call("DELETE", "second"))[0] == 200
    assert await served.shown(1) == before[1]


async def test_a_pem_file_is_shown_in_its_order_also_in_a_wrong_one(served: Served) -> None:
    key, leaf = issued()
    assert (await served.call("PUT", "first", pem(key, leaf, *CHAIN[::-1])))[0] == 200
    assert await served.shown(0) == der(leaf, *CHAIN[::-1])


async def test_what_cannot_be_served_is_refused_with_the_reason_and_changes_nothing(served: Served) -> None:
    before, (key, leaf), (other_key, _) = await served.shown(0), issued(), issued()
    for given, why in (
        (b"", "neither PEM nor PKCS#12"),
        (pkcs12(key, leaf, b"secret"), "neither PEM nor PKCS#12 without a password"),
        (pem(other_key, leaf), "no certificate with its chain and key"),
        (pem(key), "no certificate with its chain and key"),
        (leaf.public_bytes(Encoding.PEM), "no certificate with its chain and key"),
    ):
        status, answer = await served.call("PUT", "first", given)
        assert (status, why in answer["error"]["message"]) == (400, True), answer
    assert await served.call("PUT", "fourth", pem(key, leaf)) == (404, None)
    assert await served.shown(0) == before


async def test_the_list_says_what_a_tag_would_say_and_what_is_shown(served: Served) -> None:
    _, listed = await served.call("GET")
    assert list(listed) == list(NAMES)
    for number, (name, one) in enumerate(listed.items()):
        port = served.servers.servers[number].port
        assert one["endpoint"] == f"{name}.servers.localhost:{port}@127.0.0.1"
        assert one["sha256"] == sha256((await served.shown(number))[0]).hexdigest()
    assert served.servers.describe()["endpoints"] == {name: one["endpoint"] for name, one in listed.items()}


async def test_the_page_of_a_server_says_what_it_shows(served: Served) -> None:
    server = served.servers.servers[2]
    url = f"https://127.0.0.1:{server.port}/"
    async with aiohttp.ClientSession() as session, session.get(url, ssl=False) as answer:
        assert sha256((await served.shown(2))[0]).hexdigest() in await answer.text()
