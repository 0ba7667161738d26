"""Teams and mail against the inbox, and the topic against Event Grid's stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from functions.adapters.email import Email, SmtpServer
from functions.adapters.event_topic import EventTopic
from functions.adapters.teams import Teams
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from functions.issuance.ports import DeliveryRefused, Notice
from local.eventgrid import running_event_grid
from local.inbox import Inbox, running_inbox
from local.tls import LocalCa
from tests.integration.tokens import AnyToken

NOTICE = Notice(
    event_id="main:web:abc:failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: *.example.com is not validated.",
    facts=(("Subject", "CN=*.example.com"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
    to="me@example.com",
)


@pytest.fixture
async def inbox(trusted_ca: LocalCa) -> AsyncIterator[Inbox]:
    async with running_inbox(trusted_ca) as inbox:
        yield inbox


def email(inbox: Inbox, password: str | None = None) -> Email:
    server = SmtpServer(inbox.smtp_host, inbox.smtp_port, inbox.smtp_user, password or inbox.smtp_password)
    return Email(server, "certflow@example.com", ("pki@example.com", "ops@example.com"))


async def faults(inbox: Inbox, **asked: object) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status < 300, await response.text()


async def arrived(inbox: Inbox, count: int) -> None:
    for _ in range(50):
        if len(inbox.messages) >= count:
            return
        await asyncio.sleep(0.02)


async def test_a_card_arrives_and_is_not_refused(inbox: Inbox) -> None:
    await Teams(inbox.teams_url).send(NOTICE)
    await arrived(inbox, 1)
    (message,) = inbox.messages
    assert message.refused is None
    assert message.subject == NOTICE.title
    assert "Subject: CN=*.example.com" in message.text
    assert "Next step: Correct the request." in message.text


async def test_a_mail_arrives_at_the_owner_or_at_the_default_recipients(inbox: Inbox) -> None:
    await email(inbox).send(NOTICE)
    await email(inbox).send(replace(NOTICE, to="a team without an address"))
    assert [message.to for message in inbox.messages] == ["me@example.com", "pki@example.com, ops@example.com"]
    assert "Next step: Correct the request." in inbox.messages[0].text


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_fault_of_the_workflow_is_tried_again_later(inbox: Inbox, status: int) -> None:
    await faults(inbox, teams={"status": status, "times": 1, "retry_after": 7})
    with pytest.raises(Unavailable) as caught:
        await Teams(inbox.teams_url).send(NOTICE)
    assert caught.value.retry_after == 7
    await Teams(inbox.teams_url).send(NOTICE)


async def test_a_wrong_signature_is_a_refusal_for_good_and_names_no_secret(inbox: Inbox) -> None:
    url = inbox.teams_url.split("sig=")[0] + "sig=wrong-and-secret"
    with pytest.raises(DeliveryRefused) as caught:
        await Teams(url).send(NOTICE)
    assert "wrong-and-secret" not in str(caught.value)


async def test_a_workflow_that_nobody_answers_for_is_unavailable_and_names_no_secret() -> None:
    with pytest.raises(Unavailable) as caught:
        await Teams("http://127.0.0.1:9/x?sig=secret").send(NOTICE)
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_mail_faults_are_told_apart(inbox: Inbox) -> None:
    await faults(inbox, smtp={"code": 451, "times": 1})
    with pytest.raises(Unavailable, match="451"):
        await email(inbox).send(NOTICE)
    await faults(inbox, smtp={"code": 550, "times": 1})
    with pytest.raises(DeliveryRefused, match="550"):
        await email(inbox).send(NOTICE)
    with pytest.raises(Unavailable, match="CERTFLOW_SMTP"):
        await email(inbox, password="wrong").send(NOTICE)
    await email(inbox).send(NOTICE)
    assert len(inbox.messages) == 1


async def test_an_event_is_published_with_our_own_id(trusted_ca: LocalCa, tmp_path: Path) -> None:
    event = Event("main:web:abc:failed", "Certflow.Issuance.Failed", "vaults/main/certificates/web", datetime.now(UTC))
    async with running_event_grid(trusted_ca, dead_letters=tmp_path) as grid:
        topic = EventTopic(grid.endpoint, AnyToken())
        await topic.publish(event)
        await topic.publish(event)
        await topic.close()
    gone = EventTopic("https://127.0.0.1:9/api/events", AnyToken())
    with pytest.raises(Unavailable, match="event topic"):
        await gone.publish(event)
    await gone.close()
