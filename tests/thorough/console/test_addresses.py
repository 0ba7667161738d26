"""Addresses of the pages: back and forward, links that others sent, links that are old, and links that are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from testkit.browser import chromium
from tests.console import Office, running_office
from tests.e2e.request_and_chain import started

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

NOBODYS = ("#/nothing", "#/constructor", "#/__proto__", "#/requests2?q=a")
MALFORMED = ("#", "#/", "#//", "#///?", "#/requests?q=%&state=nonsense&sort=constructor", "#/%72equests")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


async def test_a_link_to_a_request_leads_there_after_a_sign_in_and_back_goes_where_one_was(
    office: Office, name: str
) -> None:
    operation = await started(office.client, name)
    async with office.desk("requester", f"#/request/main/{name}/{operation['request_id']}") as desk:
        await desk.heading(name)
        await desk.page.get_by_role("link", name="Requests", exact=True).last.click()
        await desk.heading("Requests")
        await desk.page.get_by_label("Search").fill(name)
        await desk.page.get_by_role("link", name=name).click()
        await desk.heading(name)
        await desk.page.go_back()
        await desk.heading("Requests")
        assert await desk.page.get_by_label("Search").input_value() == name
        await desk.page.go_forward()
        await desk.heading(name)
        assert await desk.page.title() == f"{name} · Certflow"


async def test_an_old_link_says_that_another_request_is_pending_and_does_nothing_to_it(
    office: Office, name: str
) -> None:
    old = await started(office.client, name)
    path = f"vaults/main/certificates/{name}/pending?request_id={old['request_id']}"
    assert (await office.client.call("DELETE", path)).status == 200
    new = await started(office.client, name)
    async with office.desk("operator", f"#/request/main/{name}/{old['request_id']}") as desk:
        page = desk.page
        await page.get_by_text("Another request is pending under this name now.").wait_for()
        assert await page.locator("main").get_by_role("button").all_inner_texts() == []
        assert await page.locator("main input[type=file]").count() == 0
        links = [one.strip() for one in await page.locator("main a").all_inner_texts()]
        assert links == ["Requests", "See that request"]
        await page.get_by_role("link", name="See that request").click()
        await page.get_by_text("Have the CSR signed by your CA.").wait_for()
        assert page.url.endswith(f"#/request/main/{name}/{new['request_id']}")
        await page.get_by_role("button", name="Delete").wait_for()


async def test_a_request_that_nobody_knows_is_said_to_be_none(office: Office, name: str) -> None:
    async with office.desk("reader", f"#/request/main/{name}/{'0' * 32}") as desk:
        desk.expect("status of 404")
        await desk.page.get_by_role("alert").wait_for()
        await desk.page.get_by_role("link", name="All requests of this name").click()
        await desk.heading("Requests")
        await desk.page.get_by_text("No request matches.").wait_for()


async def test_addresses_of_no_page_and_malformed_ones_break_nothing(office: Office) -> None:
    async with office.desk("reader") as desk:
        for at in NOBODYS:
            await desk.go(at)
            await desk.heading("There is no such page")
            await desk.assert_accessible()
        for at in MALFORMED:
            await desk.go(at)
            await desk.heading("Requests")
        desk.expect("status of 40[04]")
        for at in ("#/request", "#/request/%E0%A4%A/%/x?%=&&", "#/request/main", "#/request/..%2F..%2Faccess/a/b"):
            await desk.go(at)
            await desk.page.get_by_role("alert").wait_for()
            await desk.go("#/nothing")
            await desk.heading("There is no such page")


async def test_an_answer_of_a_sign_in_that_nobody_began_signs_nobody_in(office: Office) -> None:
    for at in ("#code=made-up&state=made-up", "#error=access_denied&error_description=%3Cb%3Eno%3C/b%3E&state=x"):
        async with office.desk(None) as desk:
            await desk.page.goto(desk.address + at)
            # It is as if the link had said nothing: Entra asks.
            await desk.page.locator('button[value="pki"]').click()
            await desk.heading("Requests")
