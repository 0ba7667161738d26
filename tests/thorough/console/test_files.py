"""Files of any kind on the page: each has an answer of its own, and nothing is merged that nobody asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.async_api import Dialog

from local.api import Client, until
from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, File, Office, running_office
from tests.e2e.request_and_chain import csr_of, started

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

FORTY = [(f"{number}.txt", f"no certificate {number}".encode()) for number in range(40)]
TO_MERGE = re.compile("^Merge ")
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\0" * 40


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


async def signed(client: Client, ca: OpensslCa, name: str) -> bytes:
    """A request, and the chain that a CA has made of its CSR."""
    operation = await started(client, name)
    return chain_of(ca, operation, name)


def chain_of(ca: OpensslCa, operation: dict[str, Any], name: str) -> bytes:
    return ca.sign(csr_of(operation), name, f"{name}.example.com") + ca.issuing.read_bytes() + ca.root.read_bytes()


async def version_of(client: Client, name: str) -> bytes:
    return bytes((await client.certificates["main"].get_certificate(name)).cer or b"")


def leaf_of(chain: bytes) -> bytes:
    return x509.load_pem_x509_certificate(chain).public_bytes(Encoding.DER)


async def judged(desk: Desk, count: int) -> None:
    """Waits until every file has an answer."""
    files = "1 file" if count == 1 else f"{count} files"
    await desk.page.locator(".tools").get_by_text(files, exact=True).wait_for()


async def test_forty_files_are_judged_each_and_the_forty_first_is_refused_with_words(office: Office) -> None:
    async with office.desk("pki") as desk:
        await desk.drop(*FORTY, ("one-too-many.txt", b"x"))
        await desk.page.get_by_text("1 file was not taken: 40 fit on the page.").wait_for()
        await judged(desk, 40)
        assert await desk.page.get_by_role("heading", level=2).all_inner_texts() == [name for name, _ in FORTY]
        assert await desk.page.locator(".card .outcome").all_inner_texts() == ["✕ Cannot be merged"] * 40
        await desk.drop(("another.txt", b"x"), ("one-more.txt", b"x"))
        await desk.page.get_by_text("2 files were not taken: 40 fit on the page.").wait_for()
        await desk.page.get_by_role("button", name="Clear the page").click()
        assert await desk.page.locator(".card").count() == 0


async def test_files_that_are_no_chain_have_each_an_answer_of_its_own_and_none_a_button_to_merge(
    office: Office, ca: OpensslCa, name: str
) -> None:
    chain = await signed(office.client, ca, name)
    ca.sign_another_key(f"{name}-other", f"{name}.example.com")
    key = ca.key(f"{name}-other")
    files: dict[str, tuple[bytes, str]] = {
        "two-mebibytes.bin": (b"\0" * 2 * 1024 * 1024, "more than 1,048,576 bytes"),
        "empty.pem": (b"", "empty"),
        "photo.png": (PNG, "PNG"),
        "key.pem": (key, "private key"),
        "chain-and-key.pem": (chain + key, "private key"),
        "foreign.pem": (ca.sign_another_key(f"{name}-foreign", "foreign.example.com"), "No request has the public key"),
    }
    async with office.desk("pki") as desk:
        desk.expect("status of 4")
        await desk.drop(*((file, content) for file, (content, _) in files.items()))
        await judged(desk, len(files))
        told = {file: await desk.card(file).inner_text() for file in files}
        assert {file: words for file, (_, words) in files.items() if words not in told[file]} == {}, told
        assert await desk.page.get_by_role("button", name=TO_MERGE).count() == 0
        await desk.assert_accessible()
    pending = await office.client.certificates["main"].get_certificate_operation(name)
    assert pending.status == "inProgress"


async def test_what_somebody_else_has_merged_meanwhile_is_said_and_merged_no_second_time(
    office: Office, ca: OpensslCa, name: str
) -> None:
    chain = await signed(office.client, ca, name)
    async with office.desk("pki") as desk, office.desk("operator") as other:
        for one in (desk, other):
            await one.drop(("chain.pem", chain))
            await one.card("chain.pem").get_by_text("Fits").wait_for()
        await other.page.get_by_role("button", name="Merge chain.pem").click()
        await other.card("chain.pem").get_by_text("✓ Merged").wait_for()
        await desk.page.get_by_role("button", name="Merge chain.pem").click()
        await desk.card("chain.pem").get_by_text("✓ Was merged before").wait_for()
        await desk.drop(("again.pem", chain))
        await desk.card("again.pem").get_by_text("Was merged before").wait_for()
        await desk.assert_accessible()
    assert await version_of(office.client, name) == leaf_of(chain)
    versions = office.client.certificates["main"].list_properties_of_certificate_versions(name)
    assert len([one async for one in versions]) == 1


async def test_another_certificate_for_a_csr_whose_chain_was_merged_by_the_api_overwrites_nothing(
    office: Office, ca: OpensslCa, name: str
) -> None:
    operation = await started(office.client, name)
    first, second = chain_of(ca, operation, name), chain_of(ca, operation, name)
    async with office.desk("pki") as desk:
        await desk.drop(("second.pem", second))
        await desk.card("second.pem").get_by_text("Fits").wait_for()
        answer = await office.client.call("POST", "chains", params={"file": "first.pem"}, data=first)
        assert answer.status == 200, await answer.text()
        await desk.page.get_by_role("button", name="Merge second.pem").click()
        await desk.card("second.pem").get_by_text("✕ Not merged").wait_for()
        assert await desk.page.get_by_role("button", name=TO_MERGE).count() == 0
    assert await version_of(office.client, name) == leaf_of(first)


async def test_a_reload_asks_first_while_something_on_the_page_would_be_lost(office: Office) -> None:
    async with office.desk("pki") as desk:
        asked: list[str] = []

        async def stays(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.dismiss()

        desk.page.on("dialog", stays)
        await leaves(desk, asked, by_file=("kept.txt", b"kept"))
        await judged(desk, 1)
        await desk.page.get_by_role("button", name="Take away kept.txt").click()
        await desk.go("#/new")
        await desk.page.get_by_label("Name in the vault").fill("begun")
        await leaves(desk, asked)
        assert await desk.page.get_by_label("Name in the vault").input_value() == "begun"
        await desk.page.get_by_role("button", name="Clear").click()
        await desk.page.reload()
        await desk.page.locator('button[value="pki"]').wait_for()  # Entra ID's page: nothing has held it
        assert asked == ["beforeunload", "beforeunload"]


async def leaves(desk: Desk, asked: list[str], by_file: File | None = None) -> None:
    """Tries to reload the page, and waits for the browser's question; browsers ask nobody who has done nothing."""
    if by_file:
        await desk.page.get_by_role("heading", level=1).click()
        await desk.drop(by_file)
        await desk.card(by_file[0]).wait_for()
    before = len(asked)
    await desk.page.evaluate("() => { setTimeout(() => location.reload()); }")

    async def heard() -> bool:
        await asyncio.sleep(0)
        return len(asked) > before

    await until("the browser to ask", heard)
