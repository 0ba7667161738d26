"""The inbox page in a real Chromium: what people would see of a good card, a malformed one and a mail.

Uses the Chromium of the machine, or the one that CERTFLOW_CHROMIUM names; downloads none.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest

from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit import browser
from testkit.browser import running_screen
from testkit.clock import HANG

chromium = browser.chromium  # the fixture

HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    ca = LocalCa()
    ca.write_ca(tmp_path / "ca.pem")
    async with running_inbox(ca) as running:
        yield running


def card(title: str, *, kind: str = "AdaptiveCard") -> dict[str, Any]:
    content = {
        "type": kind,
        "version": "1.4",
        "body": [
            {
                "type": "Container",
                "style": "attention",
                "bleed": True,
                "items": [{"type": "TextBlock", "text": title, "size": "Large", "color": "Attention", "wrap": True}],
            },
            {"type": "TextBlock", "text": "The issuer **refused** web\\_1.", "wrap": True},
            {
                "type": "FactSet",
                "facts": [
                    {"title": "Vault", "value": "main"},
                    {"title": "Request", "value": "5f7e2d7c0c9b4f35b3e7c9a5b8b6a0015f7e2d7c0c9b4f35b3e7c9a5b8b6a001"},
                ],
            },
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open in the portal", "url": "https://portal.example.org/"}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


async def post(inbox: Inbox, message: Any) -> None:
    async with aiohttp.ClientSession() as session, session.post(inbox.teams_url, json=message) as answer:
        assert answer.status == 202


async def send_mail(inbox: Inbox, ca_file: Path, *, subject: str, html: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Certflow <certflow@example.org>", "pki@example.org", subject
    mail.set_content("This is the plain part.\n")
    mail.add_alternative(html, subtype="html")

    def send() -> None:
        with smtplib.SMTP(inbox.smtp_host, inbox.smtp_port, timeout=HANG) as smtp:
            smtp.starttls(context=ssl.create_default_context(cafile=ca_file))
            smtp.login(inbox.smtp_user, inbox.smtp_password)
            smtp.send_message(mail)

    await asyncio.to_thread(send)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 400])
async def test_cards_and_mails_are_legible(
    chromium: str, inbox: Inbox, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    await post(inbox, card("Issuance failed"))
    await post(inbox, card("Never seen", kind="Card"))
    await send_mail(inbox, tmp_path / "ca.pem", subject="web-1 is ready", html="<h2>Issued</h2><p>Nothing to do.</p>")
    async with running_screen(chromium, inbox.url, width=width, scheme=scheme) as screen:
        articles = screen.page.locator("article")
        mail, refused, good = articles.nth(0), articles.nth(1), articles.nth(2)

        for words in ("Issuance failed", "Vault", "main", "Request", "Open in the portal"):
            await screen.assert_legible(words, good)
        assert "The issuer refused web_1." in await good.inner_text()
        assert await good.get_by_text("refused", exact=True).evaluate("element => element.tagName") == "STRONG"
        await screen.assert_legible("5f7e2d7c0c9b4f35b3e7c9a5b8b6a0015f7e2d7c0c9b4f35b3e7c9a5b8b6a001", good)

        for words in ("REFUSED", "Property 'type' must be 'AdaptiveCard'."):
            await screen.assert_legible(words, refused)
        assert await screen.page.get_by_text("Never seen").count() == 0

        for words in ("web-1 is ready", "Certflow <certflow@example.org>", "To: pki@example.org"):
            await screen.assert_legible(words, mail)
        for words in ("Issued", "Nothing to do."):
            await screen.assert_legible(words, mail.frame_locator("iframe"))
        await mail.get_by_role("button", name="Plain text").click()
        assert "This is the plain part." in await mail.locator("pre.text").inner_text()
        assert not await mail.locator("iframe").is_visible()

        assert await screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert screen.errors == []


async def test_the_page_says_that_it_is_empty_and_then_shows_what_comes(chromium: str, inbox: Inbox) -> None:
    async with running_screen(chromium, inbox.url) as screen:
        await screen.assert_legible("Nothing has arrived yet. Messages appear here by themselves.")
        await post(inbox, card("First"))
        await screen.assert_legible("First")
        assert screen.errors == []


async def test_what_comes_later_leaves_the_reader_where_he_was(chromium: str, inbox: Inbox) -> None:
    for number in range(8):
        await post(inbox, card(f"Card {number}"))
    async with running_screen(chromium, inbox.url) as screen:
        reading = screen.page.get_by_text("Card 3", exact=True)
        await reading.scroll_into_view_if_needed()
        await screen.page.evaluate("window.scrollBy(0, 1)")
        before = await reading.bounding_box()
        await post(inbox, card("Newest"))
        await screen.page.get_by_text("Newest", exact=True).wait_for(state="attached", timeout=HANG * 1000)
        await screen.page.wait_for_timeout(200)
        after = await reading.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) <= 2


async def test_nothing_in_a_message_runs(chromium: str, inbox: Inbox, tmp_path: Path) -> None:
    await post(inbox, card(HOSTILE))
    await post(inbox, {"type": "message", "text": HOSTILE})
    await send_mail(inbox, tmp_path / "ca.pem", subject=HOSTILE, html=f"<p>Shown</p>{HOSTILE}")
    async with running_screen(chromium, inbox.url) as screen:
        dialogs: list[str] = []
        screen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await screen.assert_legible("Shown", screen.page.locator("article").first.frame_locator("iframe"))
        await screen.assert_legible(HOSTILE, screen.page.locator("article").nth(2))
        await screen.page.locator("article").nth(1).get_by_text("Source").click()
        await screen.page.wait_for_timeout(200)
        assert dialogs == []
        assert await screen.page.locator("main img, main script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 400])
async def test_a_webhook_post_is_legible(
    chromium: str, inbox: Inbox, width: int, scheme: Literal["light", "dark"]
) -> None:
    said = {"title": "Issuance failed", "message": f"The issuer refused.\n{HOSTILE}", "type": "failure"}
    url = inbox.notify_url.replace("json://", "http://")
    async with aiohttp.ClientSession() as session, session.post(url, json=said) as answer:
        assert answer.status == 200
    async with running_screen(chromium, inbox.url, width=width, scheme=scheme) as screen:
        await screen.page.get_by_role("radio", name="Webhook").check()
        article = screen.page.locator("article")
        for words in ("Issuance failed", "failure", f"The issuer refused. {HOSTILE}"):
            await screen.assert_legible(words, article)
        assert await screen.page.locator("main img, main script").count() == 0
        assert await screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert screen.errors == []
