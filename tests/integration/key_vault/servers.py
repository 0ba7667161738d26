"""Vaults for the tests of the Key Vault adapter: at a port, and in front of servers that say what a test wants."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from azure.core.credentials_async import AsyncTokenCredential

from functions.adapters.key_vault.client import KeyVault
from keyvault_emulator.web import serving
from testkit.tokens import AnyToken

BODY = {
    "policy": {
        "key_props": {"kty": "EC", "crv": "P-256"},
        "x509_props": {"subject": "CN=web.example.com"},
        "issuer": {"name": "Unknown"},
    }
}
OPERATION = json.dumps(
    {"issuer": {"name": "Unknown"}, "csr": "", "status": "inProgress", "request_id": "0" * 32},
)


@asynccontextmanager
async def vault_at(port: int, credential: AsyncTokenCredential | None = None) -> AsyncIterator[KeyVault]:
    vault = KeyVault("main", f"https://localhost:{port}", credential or AnyToken(), verify_challenge=False)
    try:
        yield vault
    finally:
        await vault.close()


def challenge(more: str) -> web.Response:
    """Key Vault's answer to a caller without a token that it takes."""
    resource = 'Bearer authorization="https://login.windows.net/t", resource="https://vault.azure.net"'
    return web.Response(status=401, headers={"WWW-Authenticate": resource + more})


def one_handler(answer: Callable[[web.Request], Awaitable[web.Response]]) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@asynccontextmanager
async def vault_in_front_of(
    tls: ssl.SSLContext,
    answer: Callable[[web.Request], Awaitable[web.Response]],
    credential: AsyncTokenCredential | None = None,
) -> AsyncIterator[KeyVault]:
    async with serving(one_handler(answer), tls=tls) as port, vault_at(port, credential) as vault:
        yield vault


@asynccontextmanager
async def vault_that_answers(
    tls: ssl.SSLContext, status: int, headers: dict[str, str], text: str
) -> AsyncIterator[tuple[KeyVault, list[str]]]:
    """A server that challenges as Key Vault does, and then always says this. Yields also what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            return challenge("")
        asked.append(f"{request.method} {request.path}")
        return web.Response(status=status, headers=headers, text=text)

    async with vault_in_front_of(tls, answer) as vault:
        yield vault, asked
