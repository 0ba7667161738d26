"""The Teams channel against the inbox's flows: both envelopes, both ways in, and everything that a flow may answer."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import ManagedIdentityCredential

from functions.adapters.teams.card import Envelope
from functions.adapters.teams.channel import Auth, Teams
from functions.model.errors import Unavailable
from functions.model.messages import Severity
from functions.ports.notifications import DeliveryRefused, Notice
from inbox import Inbox, Message, running_inbox
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.tokens import AnyToken
from tests.integration.identity import use_identity

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web_1",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: *.example.com is not validated.",
    facts=(("Subject", "CN=*.example.com"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
    severity=Severity.WARNING,
    links=(("Certificate", "https://portal.example.com/#@/web_1"),),
)
EXPIRED = replace(NOTICE, event_id="e2", type="Certflow.Certificate.Expired", title="Certificate expired: old")
EXPIRED = replace(EXPIRED, severity=Severity.CRITICAL)


@pytest.fixture
async def inbox(trusted_ca: LocalCa) -> AsyncIterator[Inbox]:
    async with running_inbox(trusted_ca) as inbox:
        yield inbox


@pytest.fixture
async def identity(trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ManagedIdentityCredential]:
    """The credential of the app on Azure, which asks the identity endpoint of the local stack."""
    async with running_emulator(trusted_ca) as emulator:
        use_identity(monkeypatch, emulator)
        async with ManagedIdentityCredential() as credential:
            yield credential


def teams(
    url: str,
    auth: Auth = "sas",
    envelope: Envelope = "message",
    credential: AsyncTokenCredential | None = None,
    name: str = "teams",
) -> Teams:
    return Teams(name, url, auth=auth, envelope=envelope, credential=credential or AnyToken())


async def faults(inbox: Inbox, **asked: object) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status < 300, await response.text()


async def arrived(inbox: Inbox, count: int = 1) -> list[Message]:
    """The messages, of which Teams refuses none."""
    messages = await posted(inbox, count)
    assert [message.refused for message in messages] == [None] * count
    return messages


async def posted(inbox: Inbox, count: int = 1) -> list[Message]:
    """The messages and refusals, once there are so many: the flow answers before it posts."""
    for _ in range(250):
        if len(inbox.messages) >= count:
            break
        await asyncio.sleep(0.02)
    return inbox.messages


async def refusal(channel: Teams) -> str:
    """What the channel says for good of a notice."""
    with pytest.raises(DeliveryRefused) as caught:
        await channel.send([NOTICE], ())
    return str(caught.value)


async def put_off(channel: Teams) -> str:
    """What the channel says of a notice that waits until somebody mends this."""
    with pytest.raises(Unavailable) as caught:
        await channel.send([NOTICE], ())
    return str(caught.value)


async def test_a_card_arrives_with_its_button_and_is_not_refused(inbox: Inbox) -> None:
    await teams(inbox.teams_url).send([NOTICE], ["someone@example.com"])
    (message,) = await arrived(inbox)
    assert message.subject == NOTICE.title
    assert "Subject: CN=*.example.com" in message.text
    assert "Next step: Correct the request." in message.text
    assert "Certificate: https://portal.example.com/#@/web_1" in message.text
    assert "someone@example.com" not in message.raw


async def test_several_notices_are_one_message(inbox: Inbox) -> None:
    await teams(inbox.teams_url).send([NOTICE, EXPIRED], ())
    (message,) = await arrived(inbox)
    assert message.subject == "2 certificate messages: 1 critical, 1 warning"
    assert message.text.index(EXPIRED.title) < message.text.index(NOTICE.title)
    assert "me@example.com" in message.text


async def test_as_many_notices_as_it_takes_at_their_longest_arrive(inbox: Inbox) -> None:
    channel = teams(inbox.teams_url)
    long = replace(NOTICE, sentence="*é😀" * 2000, next_step="x" * 2000, facts=(("Vault", "v" * 900),) * 30)
    await channel.send([replace(long, event_id=str(n), name=f"name-{n}") for n in range(channel.max_notices)], ())
    (message,) = await arrived(inbox)
    assert len(message.raw.encode()) <= 20 * 1024
    assert all(f"name-{number}" in message.text for number in range(channel.max_notices))


async def test_a_flow_that_wants_the_bare_card_gets_it(inbox: Inbox) -> None:
    await teams(inbox.teams_card_url, envelope="card").send([NOTICE, EXPIRED], ())
    (message,) = await arrived(inbox)
    assert NOTICE.title in message.text


@pytest.mark.parametrize("envelope", ["message", "card"])
async def test_the_other_envelope_is_taken_and_refused_out_of_sight(inbox: Inbox, envelope: Envelope) -> None:
    """Why there is a setting: a sender cannot see that it is wrong."""
    url = inbox.teams_url if envelope == "card" else inbox.teams_card_url
    await teams(url, envelope=envelope).send([NOTICE], ())
    (message,) = await posted(inbox)
    assert "Property 'type'" in str(message.refused)


async def test_a_flow_for_the_tenant_is_started_with_the_managed_identity(
    inbox: Inbox, identity: ManagedIdentityCredential
) -> None:
    await teams(inbox.teams_entra_url, "entra", credential=identity).send([NOTICE], ())
    (message,) = await arrived(inbox)
    assert message.subject == NOTICE.title


async def test_without_a_token_a_card_for_a_flow_of_the_tenant_waits_and_the_reason_names_the_setting(
    inbox: Inbox,
) -> None:
    said = await put_off(teams(inbox.teams_entra_url))
    assert "HTTP 401" in said
    assert "CERTFLOW_TEAMS_AUTH to entra" in said
    assert inbox.messages == []


async def test_with_a_token_a_card_for_a_flow_for_anyone_waits_and_the_reason_names_the_setting(inbox: Inbox) -> None:
    for url in (inbox.teams_url, inbox.teams_url.split("?")[0]):
        said = await put_off(teams(url, "entra"))
        assert "HTTP 401" in said
        assert "CERTFLOW_TEAMS_AUTH to sas" in said
    assert inbox.messages == []


class WrongToken(AnyToken):
    """A token for another service."""

    async def get_token(self, *_scopes: str, **options: Any) -> Any:
        return await super().get_token("https://vault.azure.net/.default", **options)


async def test_with_a_token_that_the_flow_does_not_take_the_card_waits(inbox: Inbox) -> None:
    said = await put_off(teams(inbox.teams_entra_url, "entra", credential=WrongToken()))
    assert "HTTP 403" in said
    assert "Any user in my tenant" in said


async def test_an_identity_that_gets_no_token_is_unavailable(
    inbox: Inbox, identity: ManagedIdentityCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody at the endpoint, the wrong header, an identity that there is not."""
    async with ManagedIdentityCredential(client_id="11111111-2222-4333-8444-555555555555") as stranger:
        with pytest.raises(Unavailable, match="no token"):
            await teams(inbox.teams_entra_url, "entra", credential=stranger).send([NOTICE], ())
    for variable, value in (("IDENTITY_HEADER", "wrong"), ("IDENTITY_ENDPOINT", "http://127.0.0.1:9/msi/token")):
        monkeypatch.setenv(variable, value)
        async with ManagedIdentityCredential() as credential:
            with pytest.raises(Unavailable):
                await teams(inbox.teams_entra_url, "entra", credential=credential).send([NOTICE], ())
    assert inbox.messages == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_fault_of_the_workflow_is_tried_again_later(inbox: Inbox, status: int) -> None:
    await faults(inbox, teams={"status": status, "times": 1, "retry_after": 7})
    with pytest.raises(Unavailable) as caught:
        await teams(inbox.teams_url).send([NOTICE], ())
    assert caught.value.retry_after == 7
    assert caught.value.throttled == (status == 429)
    await teams(inbox.teams_url).send([NOTICE], ())
    await arrived(inbox)


@pytest.mark.parametrize(
    ("status", "advice", "heard"),
    [
        (400, "takes Teams webhook requests", refusal),
        (404, "turn the flow on", put_off),
        (410, "turn the flow on", put_off),
    ],
)
async def test_other_answers_say_what_to_change(
    inbox: Inbox, status: int, advice: str, heard: Callable[[Teams], Awaitable[str]]
) -> None:
    await faults(inbox, teams={"status": status, "times": 1})
    said = await heard(teams(inbox.teams_url, name="teams:payments"))
    assert "channel teams:payments" in said
    assert f"HTTP {status}" in said
    assert advice in said
    assert "CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS" in said


async def test_a_redirect_is_no_delivery() -> None:
    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/sign-in")

    app = web.Application()
    app.router.add_post("/", elsewhere)
    async with serving(app) as port:
        assert "HTTP 302" in await refusal(teams(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize("port", ["inbox", "nobody"])
async def test_an_address_that_was_switched_off_is_named_as_one(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    """The old host's name leads to this machine."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *more, **named: look_up("127.0.0.1", *more, **named))
    place = inbox.url.removeprefix("http://127.0.0.1:") if port == "inbox" else "9"
    channel = teams(f"http://prod-01.westeurope.logic.azure.com:{place}/workflows/abc/invoke?sig=secret")
    with pytest.raises(
        (DeliveryRefused, Unavailable), match=r"no address at logic\.azure\.com since 2025-11-30"
    ) as caught:
        await channel.send([NOTICE], ())
    assert "set CERTFLOW_TEAMS_WEBHOOK_URL to" in str(caught.value)
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_workflow_that_nobody_answers_for_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        await teams("http://127.0.0.1:9/x").send([NOTICE], ())
    assert not caught.value.maybe_done


class Secret(AnyToken):
    """A token that can be looked for."""

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        return (await super().get_token(*scopes, **options))._replace(token="secret.token.x")


@pytest.mark.parametrize("auth", ["sas", "entra"])
@pytest.mark.parametrize("place", ["inbox", "http://127.0.0.1:9/workflows/x", "http://[x/workflows/x", "not a url"])
async def test_no_secret_is_in_a_log_an_error_or_the_repr(
    inbox: Inbox, caplog: pytest.LogCaptureFixture, auth: Auth, place: str
) -> None:
    caplog.set_level(logging.DEBUG)
    url = f"{inbox.teams_url.split('?')[0] if place == 'inbox' else place}?api-version=1&sig=secret-signature"
    channel = teams(url, auth, credential=Secret())
    with pytest.raises((DeliveryRefused, Unavailable)) as caught:
        await channel.send([NOTICE], ())
    error = caught.value
    for text in (caplog.text, str(error), repr(error), repr(error.__cause__), repr(channel), repr(error.args)):
        assert "secret" not in text
        assert "workflows/" not in text
