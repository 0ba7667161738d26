"""The inbox over HTTP: list, filters, single messages, the switch for faults, the page's files."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit.clock import HANG


class Client:
    """Sends to the inbox and asks it."""

    def __init__(self, inbox: Inbox, session: aiohttp.ClientSession, tls: ssl.SSLContext) -> None:
        self.inbox, self._session, self._tls = inbox, session, tls

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self._session.request(method, self.inbox.url + path, **options) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await (answer.json() if is_json else answer.text())

    async def card(self, title: str) -> aiohttp.ClientResponse:
        content = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": title}]}
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
        body = {"type": "message", "attachments": [attachment]}
        async with self._session.post(self.inbox.teams_url, json=body) as answer:
            return answer

    async def mail(self, subject: str) -> None:
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", subject
        made.set_content("the text of the mail")
        await asyncio.to_thread(self._send, made)

    def _send(self, made: EmailMessage) -> None:
        with smtplib.SMTP(self.inbox.smtp_host, self.inbox.smtp_port, timeout=HANG) as smtp:
            smtp.starttls(context=self._tls)
            smtp.login(self.inbox.smtp_user, self.inbox.smtp_password)
            smtp.send_message(made)

    async def subjects(self, query: str = "") -> list[str]:
        status, listed = await self.call("GET", f"/api/messages{query}")
        assert status == 200
        return [message["subject"] for message in listed]


@asynccontextmanager
async def running_client(tmp_path: Path) -> AsyncIterator[Client]:
    ca = LocalCa()
    tls = ssl.create_default_context(cafile=ca.write_ca(tmp_path / "ca.pem"))
    async with running_inbox(ca) as inbox, aiohttp.ClientSession() as session:
        yield Client(inbox, session, tls)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with running_client(tmp_path) as running:
        yield running


async def test_messages_are_listed_in_order_of_arrival_and_filtered(client: Client) -> None:
    await client.card("First card")
    await client.mail("Then a mail")
    await client.card("Last CARD")
    assert await client.subjects() == ["First card", "Then a mail", "Last CARD"]
    assert await client.subjects("?channel=email") == ["Then a mail"]
    assert await client.subjects("?channel=teams&contains=last%20card") == ["Last CARD"]
    assert await client.subjects("?contains=TEXT%20of%20the") == ["Then a mail"]
    assert await client.subjects("?contains=nothing") == []


async def test_every_message_has_the_promised_fields(client: Client) -> None:
    await client.card("One")
    await client.mail("Two")
    _, listed = await client.call("GET", "/api/messages")
    for message in listed:
        assert {"channel", "to", "subject", "text", "raw", "received_at", "id", "refused"} <= message.keys()


async def test_an_unknown_channel_is_400(client: Client) -> None:
    status, body = await client.call("GET", "/api/messages?channel=fax")
    assert status == 400
    assert "teams, email" in body["error"]["message"]


async def test_one_message_by_id_and_404_for_none(client: Client) -> None:
    await client.card("One")
    _, listed = await client.call("GET", "/api/messages")
    assert await client.call("GET", f"/api/messages/{listed[0]['id']}") == (200, listed[0])
    assert (await client.call("GET", "/api/messages/no-such"))[0] == 404


async def test_clearing_forgets_all_and_uses_no_id_twice(client: Client) -> None:
    await client.card("One")
    before = client.inbox.messages[0].id
    assert (await client.call("DELETE", "/api/messages"))[0] == 204
    assert await client.subjects() == []
    await client.card("Two")
    assert client.inbox.messages[0].id != before


async def test_teams_faults_come_as_often_as_asked(client: Client) -> None:
    fault = {"teams": {"status": 429, "times": 2, "retry_after": 7}}
    status, standing = await client.call("POST", "/control/faults", json=fault)
    assert (status, standing) == (200, fault)
    answers = [await client.card(f"card {number}") for number in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 202]
    assert answers[0].headers["Retry-After"] == "7"
    assert "Retry-After" not in answers[2].headers
    assert await client.subjects() == ["card 2"]


async def test_smtp_faults_come_as_often_as_asked(client: Client) -> None:
    await client.call("POST", "/control/faults", json={"smtp": {"code": 451, "times": 1}})
    with pytest.raises(smtplib.SMTPDataError) as caught:
        await client.mail("refused")
    assert caught.value.smtp_code == 451
    await client.mail("taken")
    assert await client.subjects() == ["taken"]


async def test_a_fault_can_be_taken_back_and_leaves_the_other(client: Client) -> None:
    await client.call("POST", "/control/faults", json={"teams": {"status": 500}, "smtp": {"code": 451}})
    await client.call("POST", "/control/faults", json={"teams": None})
    assert (await client.card("taken")).status == 202
    _, standing = await client.call("GET", "/control/faults")
    assert standing["smtp"] == {"code": 451, "times": 1}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"teams": {"status": 202}}, "$.teams.status"),
        ({"teams": {"status": "429"}}, "$.teams.status"),
        ({"teams": {"status": 429, "times": -1}}, "$.teams.times"),
        ({"teams": {"status": 429, "retry_after": -1}}, "$.teams.retry_after"),
        ({"teams": {}}, "status"),
        ({"smtp": {"code": 250}}, "$.smtp.code"),
        ({"sms": {}}, "sms"),
        ([], "object"),
    ],
)
async def test_a_bad_fault_is_400_and_named(client: Client, body: Any, named: str) -> None:
    status, answer = await client.call("POST", "/control/faults", json=body)
    assert status == 400
    assert named in answer["error"]["message"]


async def test_the_page_and_its_files_load_and_nothing_else_does(client: Client) -> None:
    status, page = await client.call("GET", "/")
    assert status == 200
    assert '<html lang="en">' in page
    for name in ("inbox.js", "element.js", "teams.js", "mail.js", "inbox.css", "icon.svg"):
        assert (await client.call("GET", f"/static/{name}"))[0] == 200
    for name in ("adaptivecards.min.js", "markdown-it.min.js"):
        assert (await client.call("GET", f"/static/{name}"))[0] == 200
    assert (await client.call("GET", "/static/..%2Finbox.py"))[0] == 404
