"""How the Key Vault adapter calls: tokens, proxies and logs, servers that are overrun, fail or make no sense."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken

from functions import __version__
from functions.adapters.key_vault.client import KeyVault
from functions.model.errors import Refused, Unavailable
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.unkindness import Unkindness
from keyvault_emulator.web import LOOPBACK, serving
from testkit.tokens import AnyToken
from tests.clock import real_now
from tests.integration.key_vault.servers import (
    BODY,
    OPERATION,
    challenge,
    one_handler,
    vault_at,
    vault_in_front_of,
    vault_that_answers,
)


async def test_a_list_that_fails_in_passing_is_unavailable(trusted_ca: LocalCa) -> None:
    tls = trusted_ca.server_context()
    for status, text in ((429, ""), (503, ""), (401, ""), (200, "<html>")):
        headers = {"Retry-After": "0", "Content-Type": "application/json"}
        async with vault_that_answers(tls, status, headers, text) as (vault, _):
            with pytest.raises(Unavailable, match="Key Vault 'main'"):
                await vault.page()


@pytest.mark.parametrize(
    ("status", "headers", "retry_after", "maybe_done"),
    [(429, {"Retry-After": "1"}, 1, False), (503, {}, 10, True), (500, {"Retry-After": "x"}, 10, True)],
)
async def test_a_passing_fault_says_when_to_try_again_and_a_start_is_never_repeated(
    trusted_ca: LocalCa, status: int, headers: dict[str, str], retry_after: int, maybe_done: bool
) -> None:
    tls = trusted_ca.server_context()
    async with vault_that_answers(tls, status, headers, "") as (vault, asked):
        with pytest.raises(Unavailable) as caught:
            await vault.create("web", BODY)
        assert (caught.value.retry_after, caught.value.maybe_done) == (retry_after, maybe_done)
        assert asked == ["POST /certificates/web/create"]


async def test_a_throttled_vault_says_so_whatever_the_call(trusted_ca: LocalCa) -> None:
    limits = Unkindness(throttle=True, other_calls=0, key_creations=0, retry_after=3)
    async with (
        running_emulator(trusted_ca, any_token=True, unkindness=limits) as emulator,
        vault_at(emulator.port) as vault,
    ):
        calls = (
            vault.page,
            vault.issuers,
            lambda: vault.versions("web"),
            lambda: vault.pending("web"),
            lambda: vault.tags("web"),
            lambda: vault.cancel("web"),
            lambda: vault.create("web", BODY),
        )
        for call in calls:
            with pytest.raises(Unavailable, match="HTTP 429") as caught:
                await call()
            assert (caught.value.throttled, caught.value.retry_after, caught.value.maybe_done) == (True, 3, False)


@pytest.mark.parametrize(
    ("status", "headers", "times"),
    [
        (429, {}, 1),
        (429, {"Retry-After": "1"}, 1),
        (503, {}, 3),
        (503, {"Retry-After": "60"}, 1),
        (503, {"Retry-After": "x"}, 1),
    ],
)
async def test_other_passing_faults_are_tried_again_a_few_times_unless_a_longer_pause_is_asked_for(
    trusted_ca: LocalCa, status: int, headers: dict[str, str], times: int
) -> None:
    async with vault_that_answers(trusted_ca.server_context(), status, headers, "") as (vault, asked):
        for call in (vault.page, lambda: vault.pending("web"), lambda: vault.cancel("web")):
            asked.clear()
            with pytest.raises(Unavailable) as caught:
                await call()
            assert len(asked) == times
            assert caught.value.throttled is (status == 429)


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "{}", '{"status": "new"}', OPERATION.replace("inProgress", "new")]
)
async def test_an_answer_that_cannot_be_read_is_unavailable_and_may_have_started_something(
    trusted_ca: LocalCa, text: str
) -> None:
    headers = {"Content-Type": "application/json"}
    async with vault_that_answers(trusted_ca.server_context(), 202, headers, text) as (vault, _):
        with pytest.raises(Unavailable, match="an answer that cannot be read") as caught:
            await vault.create("web", BODY)
        assert caught.value.maybe_done is True


async def test_an_answer_in_another_encoding_than_key_vaults_is_one_that_cannot_be_read(trusted_ca: LocalCa) -> None:
    async def answer(request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            return challenge("")
        return web.Response(body="{'a': 'ü'}".encode("latin-1"), content_type="application/json")

    async with vault_in_front_of(trusted_ca.server_context(), answer) as vault:
        for ask in (vault.page, lambda: vault.pending("web")):
            with pytest.raises(Unavailable, match="an answer that cannot be read"):
                await ask()


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"error": {}}'])
async def test_an_error_that_cannot_be_read_is_still_a_refusal(trusted_ca: LocalCa, text: str) -> None:
    async with vault_that_answers(trusted_ca.server_context(), 403, {}, text) as (vault, _):
        with pytest.raises(Refused, match="HTTP 403") as caught:
            await vault.pending("web")
        assert caught.value.code == "UnexpectedAnswer"


async def test_a_vault_that_nobody_answers_for_is_unavailable_and_surely_started_nothing() -> None:
    async with vault_at(9) as vault:
        with pytest.raises(Unavailable, match="Key Vault 'main'") as caught:
            await vault.create("web", BODY)
        assert caught.value.maybe_done is False


async def test_key_vaults_logs_can_tell_our_calls_and_nothing_here_logs_where_they_go(
    trusted_ca: LocalCa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    agents: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        agents.append(request.headers["User-Agent"])
        return challenge("") if "Authorization" not in request.headers else web.Response(text=OPERATION)

    async with vault_in_front_of(trusted_ca.server_context(), answer) as vault:
        await vault.pending("web")
    assert all(agent.startswith(f"certflow/{__version__} azsdk-python-keyvault-certificates/") for agent in agents)
    assert "certificates/web" not in caplog.text


async def test_a_token_that_was_revoked_is_replaced_by_one_with_the_claims_that_key_vault_asks_for(
    trusted_ca: LocalCa,
) -> None:
    """Continuous access evaluation, right after the first challenge."""
    asked: list[str | None] = []
    claims = base64.b64encode(b'{"access_token": {"nbf": {"essential": true}}}').decode()

    class Identity(AnyToken):
        async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            asked.append(options.get("claims"))
            return AccessToken(f"token-{len(asked)}", int(real_now().timestamp()) + 3600)

    async def answer(request: web.Request) -> web.Response:
        answers = {
            None: challenge(""),
            "Bearer token-1": challenge(f', error="insufficient_claims", claims="{claims}"'),
            "Bearer token-2": web.Response(text=OPERATION),
        }
        return answers[request.headers.get("Authorization")]

    async with vault_in_front_of(trusted_ca.server_context(), answer, Identity()) as vault:
        assert (await vault.pending("web")).operation.request_id == "0" * 32
    assert asked == [None, base64.b64decode(claims).decode()]


async def test_a_vault_whose_challenge_is_for_another_resource_gets_no_token(trusted_ca: LocalCa) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return challenge("")

    async with serving(one_handler(answer), tls=trusted_ca.server_context()) as port:
        vault = KeyVault("main", f"https://localhost:{port}", AnyToken())
        with pytest.raises(ValueError, match="does not match the requested domain"):
            await vault.pending("web")
        await vault.close()


@pytest.fixture
async def proxied(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[KeyVault, list[str]]]:
    """A vault behind the environment's proxy, which lets nobody through; and what the proxy is asked."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().rstrip())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, LOOPBACK, 0) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "localhost")
        vault = KeyVault("main", "https://main.vault.example", AnyToken())
        yield vault, asked
        await vault.close()


async def test_calls_go_through_the_proxy_of_the_environment_but_not_to_hosts_that_it_leaves_out(
    proxied: tuple[KeyVault, list[str]],
) -> None:
    vault, asked = proxied
    async with vault_at(9) as near:
        with pytest.raises(Unavailable, match="no connection"):
            await near.create("web", BODY)
    assert asked == []
    with pytest.raises(Unavailable):
        await vault.create("web", BODY)
    assert asked == ["CONNECT main.vault.example:443 HTTP/1.1"]


async def test_a_token_leads_to_the_vault_although_key_vault_writes_the_port_into_its_links(
    proxied: tuple[KeyVault, list[str]],
) -> None:
    vault, asked = proxied
    with pytest.raises(Unavailable):
        await vault.page("https://main.vault.example:443/certificates?api-version=7.4&$skiptoken=x&maxresults=25")
    assert set(asked) == {"CONNECT main.vault.example:443 HTTP/1.1"}
