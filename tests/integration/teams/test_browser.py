"""The cards that the product posts, on the inbox page in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Literal

import pytest

from functions.adapters.teams.card import MAX_NOTICES
from functions.adapters.teams.channel import Teams
from functions.model.messages import Line, Severity
from functions.ports.notifications import Notice
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit import browser
from testkit.tokens import AnyToken
from tests.clock import HANG, NOW

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
ISSUED = replace(NOTICE, event_id="e2", type="Certflow.Issuance.Completed", title="Certificate issued: shop")
ISSUED = replace(ISSUED, severity=Severity.INFO, good=True, facts=())
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


LINES = [
    Line("prod", f"pay-api-{n:02}", f"{n:032x}", f"pay-api-{n:02}.example.com", f"team-{n}@example.com", NOW, csr=True)
    for n in range(30)
]
CSRS = [
    replace(ISSUED, event_id=one.name, type="Certflow.Issuance.Started", vault=one.vault, name=one.name, lines=(one,))
    for one in LINES
]
REJECTED = [
    replace(
        NOTICE, event_id=str(n), type="Certflow.Chain.Rejected", name=f"pay-{n}", vault="prod", next_step=f"Do {n}."
    )
    for n in range(10)
]


@pytest.mark.parametrize("notices", [CSRS, REJECTED, [*CSRS[:9], *REJECTED[:9]]], ids=["csrs", "rejected", "mixed"])
async def test_a_card_of_many_is_no_taller_than_a_screen_and_a_half(
    chromium: str, inbox: Inbox, notices: list[Notice]
) -> None:
    channel = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
    await channel.send(notices, ())
    for width in (1280, 400):
        async with browser.running_screen(chromium, inbox.url, width=width) as screen:
            card = screen.page.locator(".card")
            await card.wait_for(timeout=HANG * 1000)
            box = await card.bounding_box()
            assert box is not None
            assert box["height"] < 1200
            shown = await card.inner_text()
            assert [notice.name for notice in notices if str(notice.name) not in shown] == []
