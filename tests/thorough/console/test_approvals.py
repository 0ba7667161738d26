"""Approvals on the page: who asks waits, somebody else says yes or no, and each sees what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from testkit.browser import chromium
from tests.console import Desk, Office, fill_new, running_office
from tests.thorough.console.scenes import running_scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

PKI = ["read", "request", "return", "cancel", "delete", "acknowledge", "operate", "approve"]
ACCESS = {
    "grants": [
        {"who": ["role:team-pay"], "may": ["read", "request", "cancel"], "vaults": ["main"]},
        {"who": ["role:bank-audit"], "may": ["read"]},
        {"who": ["role:pki", "role:Certflow.Operator"], "may": PKI},
    ],
    "conditions": [{"vaults": ["main"], "wildcard": True, "approvals": 1, "by": ["role:pki"]}],
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_scenes(tmp_path_factory.mktemp("approvals")) as described:
        yield described


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        await running.client.decide_by(ACCESS)
        yield running


async def asked_for(desk: Desk, name: str) -> None:
    """Fills in the form for a wildcard, and sends it."""
    await desk.go("#/new")
    await fill_new(desk, "main", name, names=f"*.{name}.example.com")
    await desk.page.get_by_text("It would wait for approval").wait_for()
    await desk.page.get_by_text("It needs an approval by role:pki.").wait_for()
    assert await desk.page.get_by_text("It would be refused").count() == 0
    await desk.page.get_by_role("button", name="Ask for the certificate").click()
    await desk.heading(name_and("Waits for approval", name))


def name_and(state: str, name: str) -> str:
    """The title of an approval's page."""
    return f"{name} {state}"


async def state_is(page: Page, state: str) -> None:
    await page.locator("h1 .state").get_by_text(state).wait_for()


async def opened(desk: Desk, name: str) -> None:
    """Goes to the approval by the list."""
    await desk.go("#/approvals")
    await desk.page.get_by_role("link", name=name, exact=True).click()
    await state_is(desk.page, "Waits for approval")


async def looked_at(desk: Desk) -> None:
    """In both themes, on a screen and on a telephone."""
    for scheme, width in (("light", 1280), ("dark", 400)):
        await desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await desk.page.set_viewport_size({"width": width, "height": 800})
        await desk.assert_accessible()


async def test_nothing_is_started_before_somebody_else_says_yes(office: Office, name: str) -> None:
    async with office.desk("requester") as asker, office.desk("pki") as approver:
        await asked_for(asker, name)
        assert await asker.page.get_by_role("button", name="Approve").count() == 0
        assert await asker.page.get_by_text("Nothing exists yet").count() == 1
        calls = await office.client.call("GET", f"vaults/main/certificates/{name}/pending")
        assert calls.status == 404

        await approver.go("#/approvals")
        await approver.page.get_by_role("heading", name="Wait for you").wait_for()
        await looked_at(approver)
        await opened(approver, name)
        await looked_at(approver)
        await approver.page.get_by_role("button", name="Approve").click()
        await approver.page.get_by_role("dialog").get_by_role("button", name="Approve").click()
        await approver.page.get_by_text(f"You have approved {name}.").wait_for()
        await state_is(approver.page, "Approved and started")
        await approver.page.get_by_role("link", name="See the request").click()
        await approver.heading(name)
        history = approver.page.get_by_role("region", name="History")
        await history.get_by_text("quinn@example.com").first.wait_for()
        await history.get_by_text("pia@example.com").first.wait_for()


async def test_all_that_is_asked_for_is_shown_and_first_what_is_unusual(office: Office, name: str) -> None:
    hosts = [f"host-{number:02}.{name}.example.com" for number in range(60)]
    names = {"subject": f"CN={hosts[0]}", "sans": {"dns_names": [*hosts, f"*.{name}.example.com"]}}
    usages = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"]
    policy = {"issuer": {"name": "Unknown"}, "x509_props": {**names, "ekus": usages}}
    body = {"policy": policy, "owner": "pay@example.com", "signer": "lab@example.com", "tags": {"cost": "42"}}
    asked = await office.client.signed_in_as("requester").create("main", name, body)
    assert asked.status == 202, await asked.text()
    async with office.desk("pki") as approver:
        await opened(approver, name)
        first = approver.page.locator(".look")
        assert [text.split(":")[0].split(",")[0] for text in await first.locator("li").all_inner_texts()] == [
            "It has a wildcard",
            "It is for more than servers and clients",
        ]
        shown = await approver.page.locator("dl.facts").inner_text()
        wanted = (*hosts, "codeSigning", "lab@example.com", "cost=42", "Exportable")
        assert [one for one in wanted if one not in shown] == []
        assert shown.index(f"*.{name}") < shown.index("host-01")
        await looked_at(approver)


async def test_a_no_needs_a_reason_which_who_asked_reads(office: Office, name: str) -> None:
    async with office.desk("requester") as asker, office.desk("pki") as approver:
        await asked_for(asker, name)
        address = await asker.page.evaluate("location.hash")
        await opened(approver, name)
        await approver.page.get_by_role("button", name="Refuse").click()
        dialog = approver.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Refuse").click()
        assert await dialog.is_visible()
        await dialog.get_by_label("Why").fill("Ask for the three names that you need.")
        await dialog.get_by_role("button", name="Refuse").click()
        await state_is(approver.page, "Refused")
        await asker.go("#/requests")
        await asker.go(address)
        await state_is(asker.page, "Refused")
        await asker.page.get_by_text("Ask for the three names that you need.").wait_for()
        await asker.page.get_by_text("by pia@example.com").wait_for()


async def test_what_was_withdrawn_meanwhile_is_not_approved_by_an_open_page(office: Office, name: str) -> None:
    async with office.desk("requester") as asker, office.desk("pki") as approver:
        approver.expect("status of 409")
        await asked_for(asker, name)
        await opened(approver, name)
        await asker.page.get_by_role("button", name="Withdraw").click()
        await asker.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
        await state_is(asker.page, "Withdrawn")
        await approver.page.get_by_role("button", name="Approve").click()
        dialog = approver.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Approve").click()
        await dialog.get_by_role("alert").wait_for()
        await dialog.get_by_role("button", name="Do nothing").click()
        await state_is(approver.page, "Withdrawn")
        assert await approver.page.get_by_role("button", name="Approve").count() == 0


async def test_who_may_only_read_sees_it_without_a_button(office: Office, name: str) -> None:
    async with office.desk("requester") as asker, office.desk("reader") as reader:
        await asked_for(asker, name)
        await reader.go(await asker.page.evaluate("location.hash"))
        await state_is(reader.page, "Waits for approval")
        assert await reader.page.locator("main button").count() == 0
