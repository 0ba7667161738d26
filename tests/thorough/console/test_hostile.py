"""Names and texts of strangers on every page: they are shown as text, nothing of them runs, and nothing overflows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.api import until
from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, Office, running_office
from tests.e2e.request_and_chain import csr_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

HTML = "<img src=x onerror=\"window.ran='yes'\"><script>window.ran='yes'</script>"
HEBREW = "שלום עולם"
RTL = f"\u202egnp.niahc\u202c \u2067{HEBREW}\u2069"  # as issuers and file names may have it; callers may not
EMOJI = "🔐🧑‍🚀 chain 🇺🇳.pem"
LABELS = ".".join(["x"] * 61 + ["example", "com"])  # as many as fit into 64
LONG = f"{'a' * 60}.{'b' * 60}.{'c' * 60}.example.com"
HUNDRED = [f"host-{number}.{'sub.' * 5}example.com" for number in range(100)]
FILES = (f"{HTML}.pem", f"{RTL}.pem", EMOJI, f"{'long' * 60}.pem", "a\nb\t.pem")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


async def asked_for(office: Office, name: str, names: list[str], **more: Any) -> dict[str, Any]:
    props = {"subject": "CN=hostile.example.com", "sans": {"dns_names": names}}
    policy = {"x509_props": props, "issuer": {"name": more.pop("issuer", "Unknown")}}
    answer = await office.client.create("main", name, {"policy": policy, **more})
    assert answer.status == 202, await answer.text()
    return dict(await answer.json())


async def assert_harmless(desk: Desk) -> None:
    """Nothing of a stranger has become part of the page, and it all fits, on a telephone, too."""
    assert await desk.page.evaluate("window.ran") is None
    assert await desk.page.locator("main :is(img, script, iframe)").count() == 0
    for width in (1280, 400):
        await desk.page.set_viewport_size({"width": width, "height": 800})
        await desk.assert_accessible()


async def test_html_and_marks_of_direction_in_owners_errors_and_reasons_are_text(office: Office, name: str) -> None:
    people = {"owner": f'"{HTML.replace(chr(34), "")}" <owner@example.com>', "signer": f'"{HEBREW}" <pia@example.com>'}
    operation = await asked_for(office, name, [LONG, LABELS], **people)
    failing = f"{name}-failing"
    await office.client.set_outcome("main", failing, "fail", code="Refused", message=f"{HTML} {RTL} {'x' * 200}")
    failed = await asked_for(office, failing, [LONG], issuer="DigiCert", **people)
    path = f"vaults/main/certificates/{name}/pending/acknowledge?request_id={operation['request_id']}"
    silenced = await office.client.call("POST", path, json={"until": "7d", "why": f"{HTML} {HEBREW}"})
    assert silenced.status == 200, await silenced.text()

    async def known() -> bool:
        board = await (await office.client.call("GET", "board")).json()
        return failing in {
            name
            for name, state in zip(board["columns"]["name"], board["columns"]["state"], strict=True)
            if state == "failed"
        }

    await until("the failure to be known", known)
    async with office.desk("pki", f"#/requests?q={name}") as desk:
        await desk.page.get_by_role("link", name=failing).wait_for()
        await assert_harmless(desk)
        for id_, one in ((operation["request_id"], name), (failed["request_id"], failing)):
            await desk.go(f"#/request/main/{one}/{id_}")
            await desk.page.get_by_role("heading", name="History").wait_for()
            await desk.page.get_by_text("<img src=x onerror=").first.wait_for()
            await assert_harmless(desk)
        await desk.go("#/sign?whose=everybody")
        await desk.page.get_by_role("heading", name=name, exact=True).wait_for()
        await desk.page.get_by_text(LABELS).first.wait_for()
        await assert_harmless(desk)


async def test_a_hundred_names_in_one_csr_are_all_there_and_the_page_fits(office: Office, name: str) -> None:
    operation = await asked_for(office, name, HUNDRED)
    async with office.desk("pki", f"#/request/main/{name}/{operation['request_id']}") as desk:
        await desk.page.get_by_role("heading", name="CSR", exact=True).wait_for()
        text = await desk.text()
        assert [one for one in HUNDRED if one not in text] == []
        await assert_harmless(desk)


async def test_names_of_files_are_text_whatever_stands_in_them(office: Office, ca: OpensslCa, name: str) -> None:
    operation = await asked_for(office, name, [f"{name}.example.com"])
    chain = ca.sign(csr_of(operation), name, f"{name}.example.com") + ca.issuing.read_bytes()
    async with office.desk("pki") as desk:
        await desk.drop(*((file, chain) for file in FILES), (f"{HTML}.txt", b"no chain"))
        await desk.page.get_by_text(f"{len(FILES) + 1} files", exact=True).wait_for()
        assert await desk.page.locator(".card h2").count() == len(FILES) + 1
        await assert_harmless(desk)
        await desk.page.get_by_role("button", name=f"Merge {EMOJI}").click()
        await desk.card(EMOJI).get_by_text("✓ Merged").wait_for()
        await desk.go(f"#/request/main/{name}/{operation['request_id']}")
        await desk.page.get_by_role("heading", name="History").wait_for()
        await desk.page.get_by_text("🔐🧑🚀 chain 🇺🇳.pem").first.wait_for()  # without what cannot be seen
        await assert_harmless(desk)
