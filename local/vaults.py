"""The vaults of the local stack: their aliases, their addresses, and what an administrator sets up in each."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path

import aiohttp

from keyvault_emulator import Emulator
from keyvault_emulator.web import LOOPBACK

ISSUERS = ("DigiCert", "GlobalSign", "Test")  # registered in every vault, under the names of their providers
ALIASES = ("main", "staging")  # of the two that a stack has if nothing else is asked for
# The two names that lead to this machine everywhere, so every port of the emulator is two vaults.
NAMES = ("localhost", LOOPBACK)


def further_ports(vaults: int) -> int:
    """How many ports the emulator needs beside its first for so many vaults."""
    return (vaults - 1) // len(NAMES)


def vault_urls(ports: Sequence[int], count: int) -> dict[str, str]:
    """Addresses by alias of so many vaults: `main`, `staging`, `vault-3`, `vault-4` and so on."""
    addresses = [f"https://{name}:{port}" for port in ports for name in NAMES]
    aliases = [*ALIASES, *(f"vault-{number}" for number in range(len(ALIASES) + 1, count + 1))]
    return dict(zip(aliases[:count], addresses, strict=False))


async def register_issuers(emulator: Emulator, urls: Iterable[str], ca_file: Path) -> None:
    """Registers the issuers, as an administrator does once in a real vault: by the default identity."""
    context = ssl.create_default_context(cafile=str(ca_file))
    issuer = {"credentials": {"account_id": "local", "pwd": "local"}, "org_details": {"id": "1"}}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        asked = {"resource": "https://vault.azure.net", "api-version": "2019-08-01"}
        identity = {"X-IDENTITY-HEADER": emulator.identity_header}
        async with session.get(emulator.identity_endpoint, params=asked, headers=identity) as response:
            token = {"Authorization": f"Bearer {(await response.json())['access_token']}"}
        for vault in urls:
            for name in ISSUERS:
                url = f"{vault}/certificates/issuers/{name}?api-version=7.4"
                async with session.put(url, json=issuer | {"provider": name}, headers=token, ssl=context):
                    pass
