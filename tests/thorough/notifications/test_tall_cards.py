"""A card of many notices, on the inbox page in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from functions.adapters.teams.channel import Teams
from functions.model.messages import Line
from functions.ports.notifications import Notice
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit import browser
from testkit.tokens import AnyToken
from tests.clock import HANG, NOW
from tests.sample_notices import ISSUED, NOTICE

chromium = browser.chromium  # the fixture


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with running_inbox(LocalCa()) as running:
        yield running


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
    async with browser.running_screen(chromium, inbox.url) as screen:
        for width in (1280, 400):
            await screen.page.set_viewport_size({"width": width, "height": 800})
            await screen.page.reload()
            card = screen.page.locator(".card")
            await card.wait_for(timeout=HANG * 1000)
            box = await card.bounding_box()
            assert box is not None
            assert box["height"] < 1200
            shown = await card.inner_text()
            assert [notice.name for notice in notices if str(notice.name) not in shown] == []
