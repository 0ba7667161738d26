"""The cards that the product posts, on the inbox page in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

import pytest

from functions.adapters.teams import Teams
from functions.adapters.teams_card import MOST_NOTICES
from functions.issuance.telling import Notice, Severity
from local.inbox import Inbox, running_inbox
from local.tls import LocalCa
from tests.clock import HANG
from tests.integration import test_inbox_browser as browser
from tests.integration.tokens import AnyToken

chromium = browser.chromium  # the fixture

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web_1",
    good=False,
    sentence="DigiCert did not issue it: *.example.com [x](http://evil.example) is not validated.",
    facts=(("Vault", "main"), ("Subject", "0123456789abcdef" * 12)),
    next_step="Correct the request.",
    severity=Severity.WARNING,
    links=tuple((f"Page {number} about it", f"https://portal.example.com/#@/{number}") for number in range(6)),
)
ISSUED = replace(NOTICE, event_id="e2", title="Certificate issued: shop", severity=Severity.INFO, good=True, facts=())
EXPIRED = replace(NOTICE, event_id="e3", title="Certificate expired: old", severity=Severity.CRITICAL)
COLOUR = "element => getComputedStyle(element).color"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with running_inbox(LocalCa()) as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 400])
async def test_single_and_batched_cards_are_legible_and_their_buttons_are_links(
    chromium: str, inbox: Inbox, width: int, scheme: Literal["light", "dark"]
) -> None:
    message = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
    card = Teams("teams", inbox.teams_card_url, auth="sas", envelope="card", credential=AnyToken())
    await message.send([NOTICE], ())
    await card.send([NOTICE, ISSUED, EXPIRED], ())
    async with browser.running_screen(chromium, inbox, width=width, scheme=scheme) as screen:
        batch, single = (screen.page.locator("article").nth(number) for number in range(2))
        await screen.assert_legible("3 certificate messages: 1 critical, 1 warning", batch)
        for notice in (NOTICE, ISSUED, EXPIRED):
            await screen.assert_legible(notice.title, batch)
            await screen.assert_legible(f"Event {notice.event_id}", batch)
        for article in (single, batch):
            assert NOTICE.sentence in await article.inner_text()
            await screen.assert_legible(NOTICE.facts[1][1], article)
            for title, url in NOTICE.links:
                await screen.assert_legible(title, article)
                link = article.get_by_role("link", name=title, exact=True).first
                assert await link.get_attribute("href") == url
            assert await article.get_by_role("link", name="x", exact=True).count() == 0
        titles = [batch.get_by_text(notice.title, exact=True) for notice in (NOTICE, ISSUED, EXPIRED)]
        assert len({await title.evaluate(COLOUR) for title in titles}) == 3
        assert await batch.locator(".ac-horizontal-separator[style*=border]").count() == 3
        assert await screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert screen.errors == []


async def test_the_fullest_card_keeps_inside_its_frame(chromium: str, inbox: Inbox) -> None:
    channel = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
    long = replace(NOTICE, title="w" * 250, sentence="<b>*é😀\n1. " * 300)
    await channel.send([replace(long, event_id=f"{number}:{'x' * 200}") for number in range(MOST_NOTICES)], ())
    async with browser.running_screen(chromium, inbox, width=400) as screen:
        card = screen.page.locator(".card")
        await card.wait_for(timeout=HANG * 1000)
        assert await card.evaluate("element => element.scrollWidth <= element.clientWidth")
        assert await card.locator("b, em, li").count() == 0
        for number in range(MOST_NOTICES):
            await screen.assert_legible(f"Event {number}:{'x' * 200}")
