"""The cards that the product posts, on the inbox page in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

import pytest

from functions.adapters.teams.card import MAX_NOTICES
from functions.adapters.teams.channel import Teams
from functions.model.messages import Severity
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit import browser
from testkit.tokens import AnyToken
from tests.clock import HANG
from tests.sample_notices import ISSUED, NOTICE

chromium = browser.chromium  # the fixture

EXPIRED = replace(NOTICE, event_id="e3", type="Certflow.Certificate.Expired", title="Certificate expired: old")
EXPIRED = replace(EXPIRED, severity=Severity.CRITICAL)
COLOUR = "element => getComputedStyle(element).color"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with running_inbox(LocalCa()) as running:
        yield running


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (400, "dark")])
async def test_single_and_batched_cards_are_legible_and_their_buttons_are_links(
    chromium: str, inbox: Inbox, width: int, scheme: Literal["light", "dark"]
) -> None:
    message = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
    card = Teams("teams", inbox.teams_card_url, auth="sas", envelope="card", credential=AnyToken())
    await message.send([NOTICE], ())
    await card.send([NOTICE, ISSUED, EXPIRED], ())
    async with browser.running_screen(chromium, inbox.url, width=width, scheme=scheme) as screen:
        batch, single = (screen.page.locator("article").nth(number) for number in range(2))
        await screen.assert_legible("3 certificate messages: 1 critical, 1 warning", batch)
        for notice in (NOTICE, ISSUED, EXPIRED):
            await screen.assert_legible(notice.title, batch)
        await screen.assert_legible(f"Event {NOTICE.event_id}", single)
        await screen.assert_legible(NOTICE.facts[1][1], single)
        for title, url in NOTICE.links:
            await screen.assert_legible(title, single)
            link = single.get_by_role("link", name=title, exact=True).first
            assert await link.get_attribute("href") == url
        for article in (single, batch):
            assert NOTICE.sentence in await article.inner_text()
            assert await article.get_by_role("link", name="x", exact=True).count() == 0
        titles = [batch.get_by_text(notice.title, exact=True) for notice in (NOTICE, ISSUED, EXPIRED)]
        assert len({await title.evaluate(COLOUR) for title in titles}) == 3
        assert await batch.locator(".ac-horizontal-separator[style*=border]").count() == 6
        assert await screen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert screen.errors == []


async def test_the_fullest_card_keeps_inside_its_frame(chromium: str, inbox: Inbox) -> None:
    channel = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
    long = replace(NOTICE, title="w" * 250, sentence="<b>*é😀\n1. " * 300)
    await channel.send([replace(long, event_id=str(n), name=f"name-{n}") for n in range(MAX_NOTICES)], ())
    async with browser.running_screen(chromium, inbox.url, width=400) as screen:
        card = screen.page.locator(".card")
        await card.wait_for(timeout=HANG * 1000)
        assert await card.evaluate("element => element.scrollWidth <= element.clientWidth")
        assert await card.locator("b, em, li").count() == 0
        shown = await card.inner_text()
        assert [f"name-{number}" in shown for number in range(MAX_NOTICES)] == [True] * MAX_NOTICES
