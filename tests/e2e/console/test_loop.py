"""The manual loop in a browser: asked for, signed by a CA of one's own, returned in pieces, merged, told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client
from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, fill_new, running_office, saved
from tests.e2e.telling import told

__all__ = ["chromium"]


async def test_whoever_knows_the_address_and_has_an_account_gets_a_certificate_by_the_pages_alone(
    chromium: str, stack: dict[str, Any], client: Client, name: str, tmp_path: Path
) -> None:
    ca = OpensslCa(tmp_path / "ca")  # from which no vault has any chain yet: its parts are needed
    async with running_office(chromium, stack) as office, office.desk("pki") as desk:
        await desk.heading("Requests")
        await desk.assert_accessible()
        csr = await asked_for(desk, name)
        leaf = ca.sign(csr, name, f"{name}.example.com")
        await desk.page.get_by_role("navigation").get_by_role("link", name="Requests").click()
        await desk.heading("Requests")
        # As a CA may send it: each by itself, in no order.
        await desk.drop(("2.cer", ca.issuing.read_bytes()), ("3.crt", ca.root.read_bytes()), (f"{name}.pem", leaf))
        await merged(desk, name)
        await desk.page.get_by_role("link", name=name).click()
        await desk.heading(name)
        await desk.page.get_by_text("It is completed. Nothing has to be done", exact=False).wait_for()
        await desk.assert_accessible()
    assert {one["channel"] for one in await told(client, f"Certificate issued: {name}")} == {"email", "teams"}
    version = await client.certificates["main"].get_certificate(name)
    assert bytes(version.cer or b"") == x509.load_pem_x509_certificate(leaf).public_bytes(Encoding.DER)


async def asked_for(desk: Desk, name: str) -> bytes:
    """Asks for a certificate, and returns the CSR, which is copied and saved alike."""
    page = desk.page
    await page.get_by_role("navigation").get_by_role("link", name="New request").click()
    await fill_new(desk, "main", name)
    await page.get_by_text("It can be started").wait_for()
    await desk.assert_accessible()
    await page.get_by_role("button", name="Ask for the certificate").click()
    await desk.heading(name)
    await page.get_by_text("Have the CSR signed by your CA.", exact=False).wait_for()
    await desk.assert_accessible()
    await page.get_by_role("button", name="Copy", exact=True).click()
    await page.get_by_text("The CSR is copied.").wait_for()
    async with page.expect_download() as begun:
        await page.get_by_role("button", name="Save", exact=True).click()
    download = await begun.value
    assert download.suggested_filename == f"{name}.csr"
    csr = saved(await download.path())
    assert (await page.evaluate("navigator.clipboard.readText()")).encode() == csr
    return csr


async def merged(desk: Desk, name: str) -> None:
    """Sees what the files are together, and merges them."""
    page = desk.page
    await desk.heading("Drop a file")
    await page.get_by_role("button", name="Look at these 3 as one file").click()
    card = desk.card(f"2 + 3 + {name}.zip")
    await card.get_by_text("▲ Fits, with a warning").wait_for()  # nothing says whose certificates the vault takes
    lines = await card.get_by_role("list", name="Chain").get_by_role("listitem").all_inner_texts()
    assert [line.split()[0] for line in lines] == ["Root", "Intermediate", "Certificate"]
    assert f"{name}.example.com" in lines[-1]
    await desk.assert_accessible()
    await card.get_by_role("button", name="Merge").click()
    await card.get_by_text("✓ Merged").wait_for()
    await desk.assert_accessible()
