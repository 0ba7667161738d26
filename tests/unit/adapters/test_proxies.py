"""Where the environment names a proxy, the clients of the storage services follow it; else they do not look for one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from functions.adapters.azure_tables.service import Tables
from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.proxies import follows_environment
from functions.adapters.work_queues import WorkQueues

GET_PROXIES = "functions.adapters.proxies.getproxies"
FAR_AHEAD = 2**40


class Token:
    """A credential that always has a token."""

    async def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
        return AccessToken("a-token", FAR_AHEAD)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Token:
        return self

    async def __aexit__(self, *_: object) -> None: ...


async def tables(url: str) -> None:
    client = Tables(url, Token())
    await _closing(client.table("certflow"), client.close)


async def blobs(url: str) -> None:
    client = Blobs(url, Token())
    await _closing(client.container("chains").get_container_properties(), client.close)


async def queues(url: str) -> None:
    client = WorkQueues(url, Token())
    await _closing(client.put("certflow-events", {}), client.close)


CLIENTS = (tables, blobs, queues)


async def _closing(call: Awaitable[object], close: Callable[[], Awaitable[None]]) -> None:
    try:
        await call
    finally:
        await close()


async def first_bytes_of(client: Callable[[str], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What a client sends first to one port that is the storage service's and the proxy's of the environment."""
    came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = await reader.read(7)
        if not came.done():
            came.set_result(sent)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        calling = asyncio.ensure_future(client(f"https://127.0.0.1:{port}/account"))
        sent = await came
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        return sent


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_proxy_of_the_environment_is_followed(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await first_bytes_of(client, monkeypatch) == b"CONNECT"


@pytest.mark.parametrize("client", CLIENTS)
async def test_where_there_was_none_no_call_looks_for_one(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GET_PROXIES, dict)
    assert (await first_bytes_of(client, monkeypatch))[:1] == b"\x16"  # TLS itself (RFC 8446 §5.1, handshake)


def test_a_proxy_is_looked_for_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GET_PROXIES, lambda: {"https": "http://proxy.example.com:3128"})
    assert follows_environment()
    monkeypatch.setattr(GET_PROXIES, dict)
    assert not follows_environment()
