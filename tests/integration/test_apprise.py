"""Apprise against the inbox's webhook: what arrives, what fails, and that no URL is ever said."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from functions.adapters.apprise_urls import AppriseUrl, channels_of
from functions.model.errors import BadSettings, Unavailable
from functions.model.messages import Severity
from functions.ports.notifications import Notice
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: <b>*.example.com</b> & others are not validated.",
    facts=(("Subject", "CN=*.example.com"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
    links=(("Certificate", "https://portal.example/#@/asset/x?a=1&b=2"),),
)


@pytest.fixture
async def inbox(trusted_ca: LocalCa) -> AsyncIterator[Inbox]:
    async with running_inbox(trusted_ca) as inbox:
        yield inbox


async def faults(inbox: Inbox, **asked: object) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status < 300, await response.text()


async def test_a_notice_arrives_as_plain_text(inbox: Inbox) -> None:
    (channel,) = channels_of([inbox.notify_url])
    await channel.send([NOTICE], [])
    (kept,) = inbox.messages
    assert (kept.channel, kept.subject) == ("webhook", NOTICE.title)
    assert kept.text.rstrip().split("\n\n") == [
        NOTICE.sentence,
        "Next step: Correct the request.",
        "Subject: CN=*.example.com\nOwner: me@example.com",
        "Certificate: https://portal.example/#@/asset/x?a=1&b=2",
        "Event main:web:abc:failed",
    ]


@pytest.mark.parametrize(
    ("severity", "good", "kind"),
    [
        (Severity.INFO, True, "success"),
        (Severity.INFO, False, "info"),
        (Severity.WARNING, True, "warning"),
        (Severity.CRITICAL, False, "failure"),
    ],
)
async def test_severity_is_apprises_type(inbox: Inbox, severity: Severity, good: bool, kind: str) -> None:
    (channel,) = channels_of([inbox.notify_url])
    await channel.send([replace(NOTICE, severity=severity, good=good)], [])
    assert f'"type": "{kind}"' in inbox.messages[0].raw


async def test_each_url_is_a_channel_so_that_one_that_fails_is_tried_again_alone(inbox: Inbox) -> None:
    good, bad = channels_of([inbox.notify_url, inbox.notify_url + "wrong"])
    assert (good.name, bad.name) == ("urls:1", "urls:2")
    await good.send([NOTICE], [])
    with pytest.raises(Unavailable, match=r"Notification URL 2 \(json\)"):
        await bad.send([NOTICE], [])
    assert len(inbox.messages) == 1


async def test_a_passing_fault_is_tried_again_later(inbox: Inbox) -> None:
    (channel,) = channels_of([inbox.notify_url])
    await faults(inbox, webhook={"status": 503})
    with pytest.raises(Unavailable):
        await channel.send([NOTICE], [])
    await channel.send([NOTICE], [])
    assert len(inbox.messages) == 1


@pytest.mark.parametrize(
    "url",
    ["", "words", "nosuch://secret-token", "slack://secret-token", "json://", "://", "http://[::1", "json://\x00"],
)
async def test_an_address_that_apprise_does_not_understand_names_the_setting_and_the_position(url: str) -> None:
    with pytest.raises(BadSettings, match=r"CERTFLOW_NOTIFY_URLS: .* address 3") as caught:
        await AppriseUrl(url, 3).send([NOTICE], [])
    assert "secret-token" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


async def test_no_log_and_no_error_says_a_url(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """Also at the lowest level, at which Apprise and urllib3 say all of it."""
    caplog.set_level(1)
    logging.getLogger().debug("the log is on")
    secret = inbox.notify_url.rpartition("/")[2]
    await AppriseUrl(inbox.notify_url, 1).send([NOTICE], [])
    for url in (
        f"json://user:{secret}@127.0.0.1:9/{secret}",
        inbox.notify_url.replace("/webhook/", "/nowhere/"),
        f"nosuch://{secret}",
        f"slack://{secret}",
    ):
        channel = AppriseUrl(url, 1)
        with pytest.raises((Unavailable, BadSettings)) as caught:
            await channel.send([NOTICE], [])
        assert secret not in f"{caught.value!r} {caught.value.__cause__!r} {channel!r}"
    assert len(inbox.messages) == 1
    assert "the log is on" in caplog.text
    assert secret not in caplog.text
    assert inbox.url.removeprefix("http://") not in caplog.text


async def test_a_service_that_takes_short_texts_gets_a_short_one() -> None:
    from apprise.common import OverflowMode

    def overflow(url: str) -> object:
        return AppriseUrl(url, 1)._loaded[0][0].overflow_mode

    assert overflow("json://localhost/") == OverflowMode.TRUNCATE
    assert overflow("json://localhost/?overflow=split") == OverflowMode.SPLIT


async def test_hostile_text_arrives_as_text(inbox: Inbox) -> None:
    (channel,) = channels_of([inbox.notify_url])
    hostile = "a\r\nNext step: pay <script>alert(1)</script> :smile: \\n \x00\ud800" + "x" * 9999
    await channel.send([replace(NOTICE, title=hostile, sentence=hostile)], [])
    (kept,) = inbox.messages
    assert kept.subject.startswith(r"a Next step: pay <script>alert(1)</script> :smile: \n xxx")
    assert kept.text.count("\n\n") == 4


async def test_two_notices_at_once_go_out_side_by_side(inbox: Inbox) -> None:
    (channel,) = channels_of([inbox.notify_url])
    await asyncio.gather(*(channel.send([replace(NOTICE, event_id=f"event-{number}")], []) for number in range(5)))
    assert sorted(kept.text.split("Event ")[1].strip() for kept in inbox.messages) == [f"event-{n}" for n in range(5)]


def test_apprise_is_imported_only_when_it_is_used() -> None:
    program = (
        "import sys; from functions.adapters.apprise_urls import channels_of; channels_of(['json://localhost/']); "
        "sys.exit('apprise' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_in_a_package_without_apprise_a_message_waits_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # as where it is not installed
    with pytest.raises(BadSettings, match="has no Apprise"):
        await AppriseUrl("json://localhost/", 1).send([NOTICE], [])
