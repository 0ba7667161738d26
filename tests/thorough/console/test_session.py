"""A session that ends for real: the token's time is over, and its refresh is refused. Nothing on the page is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, Office, running_office
from tests.e2e.request_and_chain import body, chain_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

SHORT = 61  # seconds: the page takes no token in its last minute, so each is good for one second
BLOCKED = "() => { window.opened = window.open; window.open = () => null; }"
ALLOWED = "() => { window.open = window.opened; }"
REFUSED = "AADSTS50173"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


async def asked_for(office: Office, name: str) -> dict[str, Any]:
    """A request with a key that is quickly made."""
    wanted = body(name)
    wanted["policy"]["key_props"] = {"kty": "EC", "crv": "P-256"}
    answer = await office.client.create("main", name, wanted)
    assert answer.status == 202, await answer.text()
    return dict(await answer.json())


async def ended(desk: Desk) -> None:
    """From now on tokens live as usual, but none that is out can be renewed, and the page's own has ended."""
    await desk.control("lifetime", {"seconds": None})
    await desk.control("sessions", {"do": "revoke"}, "POST")


async def popup_answered(desk: Desk, who: str) -> None:
    """The popup closes by itself."""
    async with desk.page.expect_popup() as opened:
        await desk.page.get_by_role("button", name="Sign in again").click()
    popup = await opened.value
    async with popup.expect_event("close"):
        await popup.locator(f'button[value="{who}"]').click()


async def signed_in_again(desk: Desk) -> None:
    """By the popup."""
    await popup_answered(desk, "pki")
    await desk.page.get_by_text("You are signed out.").wait_for(state="detached")


async def test_forty_files_outlast_the_session_and_merge_after_a_sign_in_by_the_popup(
    office: Office, ca: OpensslCa, name: str
) -> None:
    names = [f"{name}-{number:02}" for number in range(40)]
    chains = [(f"{one}.pem", await chain_for(ca, await asked_for(office, one), one)) for one in names]
    async with office.desk(None) as desk:
        page = desk.page
        await desk.control("lifetime", {"seconds": SHORT})
        await desk.sign_in("pki")
        await desk.heading("Requests")
        await ended(desk)
        desk.expect("status of 400")  # the refusal of the refresh
        await desk.drop(*chains)
        band = page.get_by_role("alert").filter(has_text="You are signed out.")
        await band.get_by_text("The 40 files on this page stay here. Do not reload: that would lose it.").wait_for()
        await band.get_by_text(REFUSED).wait_for()
        await desk.assert_accessible()
        await page.evaluate(BLOCKED)
        await band.get_by_role("button", name="Sign in again").click()
        await band.get_by_text("The browser has blocked the window.").wait_for()
        await page.evaluate(ALLOWED)
        await signed_in_again(desk)
        await page.get_by_text("40 files", exact=True).wait_for()
        assert await page.locator(".card h2").all_inner_texts() == [file for file, _ in chains]
        for file, _ in chains:
            await page.get_by_role("button", name=f"Merge {file}").click()
        for file, _ in chains:
            await desk.card(file).get_by_text("✓ Merged").wait_for()
    for one in names:
        assert (await office.client.certificates["main"].get_certificate(one)).name == one


async def test_a_session_that_ends_while_somebody_writes_keeps_the_form_and_what_was_asked_for_goes_on(
    office: Office, name: str
) -> None:
    async with office.desk(None) as desk:
        page = desk.page
        await desk.control("lifetime", {"seconds": SHORT})
        await desk.sign_in("pki", "#/new")
        await page.get_by_role("option", name="main").wait_for(state="attached")
        await page.get_by_label("Vault", exact=True).select_option("main")
        await page.get_by_label("Issuer").select_option("Unknown")
        await ended(desk)
        desk.expect("status of 400")
        await page.get_by_label("DNS names").fill(f"{name}.example.com")
        await page.get_by_label("Name in the vault").fill(name)
        await page.get_by_text("What is on this page stays here. Do not reload: that would lose it.").wait_for()
        await popup_answered(desk, "operator")
        await page.get_by_text("That was somebody else.").wait_for()  # who gets nothing of what waits
        await signed_in_again(desk)
        await page.get_by_text("It can be started").wait_for()
        assert await page.get_by_label("DNS names").input_value() == f"{name}.example.com"


async def test_a_token_whose_key_is_withdrawn_is_renewed_without_asking_anybody(office: Office) -> None:
    async with office.desk("pki") as desk:
        desk.expect("status of 401")
        for do in ("roll", "withdraw"):
            await desk.control("keys", {"do": do}, "POST")
        await desk.go("#/new")
        await desk.page.get_by_role("option", name="main").wait_for(state="attached")
        assert await desk.page.get_by_text("You are signed out.").count() == 0
