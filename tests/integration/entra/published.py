"""What a tenant publishes, served over TLS: its discovery document and its key set, and how often each is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from functions.ports.sign_in import Registration
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from tests.entra_tokens import REGISTRATION, TENANT, public_jwk, signing_key

type Answer = Callable[[], web.StreamResponse]


@dataclass
class Published:
    """A tenant's two documents. `keys` are what its key set has; `answers` stand in for a document, by its name
    (`discovery`, `keys`); `gate` holds the key set back while it is not set.
    """

    registration: Registration = REGISTRATION
    keys: list[Any] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, **keys: RSAPrivateKey) -> None:
        """Publishes these keys, by their ids, and no others."""
        self.keys = [
            public_jwk(key, kid.replace("_", "-"), issuer=self.registration.issuer) for kid, key in keys.items()
        ]

    def fails(self, status: int = 503) -> None:
        """Both documents are answered with this status from now on."""
        self.answers = dict.fromkeys(("discovery", "keys"), lambda: web.Response(status=status))

    def works(self) -> None:
        """Both documents are answered again."""
        self.answers = {}

    @property
    def fetches(self) -> int:
        """How often somebody began to read the keys."""
        return self.asked.count("discovery")

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(f"/{TENANT}/v2.0/.well-known/openid-configuration", self._discovery)
        app.router.add_get(f"/{TENANT}/discovery/v2.0/keys", self._keys)
        return app

    async def _discovery(self, _: web.Request) -> web.StreamResponse:
        self.asked.append("discovery")
        address = f"{self.registration.authority}/{TENANT}/discovery/v2.0/keys"
        described = {"issuer": self.registration.issuer, "jwks_uri": address}
        return self.answers.get("discovery", lambda: web.json_response(described))()

    async def _keys(self, _: web.Request) -> web.StreamResponse:
        self.asked.append("keys")
        self.reached.set()
        await self.gate.wait()
        return self.answers.get("keys", lambda: web.json_response({"keys": self.keys}))()


@asynccontextmanager
async def publishing(ca: LocalCa) -> AsyncIterator[Published]:
    """A tenant that publishes the key `key-1` under an address that the product's client trusts."""
    published = Published()
    published.gate.set()
    published.publish(key_1=signing_key())
    async with serving(published.app(), tls=ca.server_context()) as port:
        published.registration = replace(REGISTRATION, authority=f"https://localhost:{port}")
        published.publish(key_1=signing_key())
        yield published
