"""Puts the seeds into the emulator, by its control door and as clients do. Nothing of the product is in here."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import batched
from typing import Any

import aiohttp
from azure.keyvault.certificates.aio import CertificateClient
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keyvault_emulator import Emulator
from testkit.certificates import Key
from testkit.tokens import AnyToken
from tests.audit_seeds import Seed, SeededVault

A_CALL = 300  # certificates: the emulator takes 1 MiB


@dataclass
class SeededEmulator:
    """The emulator, to be filled."""

    emulator: Emulator
    session: aiohttp.ClientSession

    def url(self, vault: str) -> str:
        return f"https://{vault}.localhost:{self.emulator.port}"

    async def put(self, vault: str, seeds: Iterable[Seed]) -> None:
        """Puts certificates as they are; of one that nothing is known of but a half-made version, the request is
        deleted.
        """
        seeds = list(seeds)
        for some in batched(seeds, A_CALL, strict=False):
            body = {"vault": f"{vault}.localhost", "certificates": [put_of(one) for one in some]}
            async with self.session.post(f"{self.emulator.control_url}/certificates", json=body) as response:
                assert response.status == 200, await response.text()
        async with client_of(self.url(vault)) as client:
            for one in filter(is_remnant, seeds):
                await client.delete_certificate_operation(one.name)

    async def set_issuers(self, vault: SeededVault) -> None:
        async with client_of(self.url(vault.name)) as client:
            for name, provider in vault.providers.items():
                await client.create_issuer(name, provider, organization_id="1")


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[CertificateClient]:
    async with CertificateClient(url, AnyToken()) as client:
        yield client


def is_remnant(seed: Seed) -> bool:
    """Whether its request was deleted before anything came of it."""
    return seed.pending is None and "cer" not in json.loads(seed.body)


def put_of(seed: Seed) -> dict[str, Any]:
    """What the control door wants."""
    body = json.loads(seed.body)
    request = seed.pending[0] if seed.pending else "completed" if "pending" in body else None
    whole = "cer" in body
    return {
        "name": seed.name,
        "key": pem_of(seed.key),
        "policy": body["policy"],
        "x5c": [body["cer"]] if whole else [],
        "tags": body.get("tags"),
        "enabled": body["attributes"]["enabled"],
        "created": body["attributes"]["created"],
        "request": request if whole or seed.pending else "inProgress",
    }


@cache
def pem_of(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
