"""The manual loop by whoever has no mouse: every step is reached by a key, and the focus is never lost."""

from __future__ import annotations

from typing import Any

from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, payloads, running_office

__all__ = ["chromium"]


async def test_the_loop_is_walked_with_the_keyboard_alone(
    chromium: str, stack: dict[str, Any], ca: OpensslCa, name: str
) -> None:
    async with running_office(chromium, stack) as office, office.desk(None) as desk:
        page, keys = desk.page, desk.page.keyboard
        await page.goto(desk.address)
        await desk.tab_to(page.locator('button[value="pki"]'))
        await keys.press("Enter")
        await desk.heading("Requests")
        csr = await asked_for(desk, name)
        chain = ca.root.read_bytes() + ca.sign(csr, name, f"{name}.example.com") + ca.issuing.read_bytes()
        await silenced(desk)

        await desk.tab_to(page.locator("main input[type=file]"))
        await page.locator(":focus").set_input_files(payloads([("chain.pem", chain)]))
        await desk.heading("Drop a file")
        await desk.tab_to(page.get_by_role("button", name="Merge chain.pem"))
        await keys.press("Enter")
        await desk.card("chain.pem").get_by_text("✓ Merged").wait_for()

        await keys.press("g")
        await keys.press("r")
        await desk.heading("Requests")
        await keys.press("/")
        await keys.type(name)
        await desk.tab_to(page.get_by_role("link", name=name))
        await keys.press("Enter")
        await desk.heading(name)
        await page.get_by_text("It is completed.").wait_for()


async def test_the_focus_is_on_the_title_when_what_was_pressed_is_gone(
    chromium: str, stack: dict[str, Any], name: str
) -> None:
    async with running_office(chromium, stack) as office, office.desk("pki") as desk:
        page, keys = desk.page, desk.page.keyboard
        await asked_for(desk, name)
        await desk.tab_to(page.get_by_role("button", name="Delete"))
        await keys.press("Enter")
        await desk.tab_to(page.get_by_role("button", name="Delete for good"))
        await keys.press("Enter")
        await page.get_by_text(f"{name} is deleted.").wait_for()
        await page.get_by_role("dialog").wait_for(state="hidden")
        await page.locator("h1:focus").wait_for()


async def asked_for(desk: Desk, name: str) -> bytes:
    """Asks for a certificate, and returns what is copied as its CSR."""
    page, keys = desk.page, desk.page.keyboard
    await keys.press("g")
    await keys.press("n")
    await desk.heading("New request")
    await page.get_by_role("option", name="main").wait_for(state="attached")
    for label, typed in (("Vault", "main"), ("Name in the vault", name), ("DNS names", f"{name}.example.com")):
        await desk.tab_to(page.get_by_label(label, exact=label == "Vault"))
        await keys.type(typed)
    await desk.tab_to(page.get_by_label("Issuer"))
    await keys.type("Own")
    await desk.tab_to(page.get_by_role("button", name="Ask for the certificate"))
    await keys.press("Enter")
    await desk.heading(name)
    await desk.tab_to(page.get_by_role("button", name="Copy", exact=True))
    await keys.press("Enter")
    await page.get_by_text("The CSR is copied.").wait_for()
    return str(await page.evaluate("navigator.clipboard.readText()")).encode()


async def silenced(desk: Desk) -> None:
    """Stops the reminders: a question takes the focus, and gives it back, also if nobody answers it."""
    page, keys = desk.page, desk.page.keyboard
    button = page.get_by_role("button", name="Stop reminders")
    await desk.tab_to(button)
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.wait_for()
    await keys.press("Escape")
    await dialog.wait_for(state="hidden")
    assert await button.evaluate("one => one === document.activeElement")
    await keys.press("Enter")
    await desk.tab_to(dialog.get_by_label("Why"))
    await keys.type("the CA has it")
    await keys.press("Enter")
    await page.get_by_text("There will be no reminders of this request until then.").wait_for()
    await page.get_by_text("the CA has it").first.wait_for()
