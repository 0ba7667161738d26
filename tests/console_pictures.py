"""`python -m tests.console_pictures`: makes the pictures of the console in docs/pictures, by going the way that
docs/console.md describes, on a whole stack.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.api import Client
from local.openssl_ca import OpensslCa
from testkit.browser import chromium_path
from tests.console import Desk, Office, fill_new, running_office
from tests.e2e.stack import described_client, let_in, running_up
from tests.pictures import FOLDER, MESSAGE_STYLE
from tests.thorough.console.test_approvals import ACCESS

WIDTH = 900  # CSS pixels, of which a page shows 800
NAMES = ("new", "request", "sign", "drop", "done", "mail", "requests", "approval")
SIGNER = "pia@example.com"


async def _seed(client: Client) -> None:
    """Requests as a team has them on a Monday."""
    await client.set_outcome("main", "partner", "fail", code="Request rejected", message="The domain is not validated.")
    for name, issuer, owner in (
        ("intranet", "Unknown", "robin@example.com"),
        ("vpn", "Unknown", "quinn@example.com"),
        ("partner", "DigiCert", "pay-team@example.com"),
        ("shop", "DigiCert", "shop-team@example.com"),
        ("wiki", "DigiCert", "docs@example.com"),
    ):
        host = f"{name}.example.com"
        properties = {"subject": f"CN={host}", "sans": {"dns_names": [host]}, "ekus": ["1.3.6.1.5.5.7.3.1"]}
        body: dict[str, Any] = {"policy": {"x509_props": properties, "issuer": {"name": issuer}}, "owner": owner}
        if issuer == "Unknown":
            body["signer"] = SIGNER
        answer = await client.create("main", name, body)
        assert answer.status == 202, await answer.text()


async def _walk(desk: Desk, ca: OpensslCa, folder: Path) -> None:
    """From the form to the certificate, a picture at each step."""
    page = desk.page
    await desk.go("#/new")
    await fill_new(desk, "main", "web", names="web.example.com\nwww.example.com", Signer=SIGNER)
    await page.get_by_text("It can be started").wait_for()
    await _take(desk, folder / "console-new.png")
    await page.get_by_role("button", name="Ask for the certificate").click()
    csr = await page.get_by_label("CSR", exact=True).input_value()
    await page.get_by_role("button", name="Close").click()
    await _take(desk, folder / "console-request.png")
    await desk.go("#/sign")
    await page.get_by_text("RSA 2048").first.wait_for()
    await _take(desk, folder / "console-sign.png")
    leaf = ca.sign(csr.encode(), "web", "web.example.com,DNS:www.example.com")
    chain = ca.root.read_bytes() + ca.issuing.read_bytes() + leaf
    await desk.drop(("from the CA.txt", chain), ("web.cer", leaf))
    await page.get_by_text("2 files").wait_for()
    await _take(desk, folder / "console-drop.png")
    await page.get_by_role("button", name="Merge from the CA.txt").click()
    await page.get_by_text("Merged", exact=False).first.wait_for()
    await page.get_by_role("link", name="web", exact=True).first.click()
    await page.get_by_text("It is completed.").wait_for()
    await page.get_by_text("Delivered").first.wait_for()
    await _take(desk, folder / "console-done.png")
    await desk.go("#/requests")
    await page.get_by_role("link", name="web", exact=True).wait_for()
    await page.set_viewport_size({"width": 1280, "height": 600})
    await _take(desk, folder / "console-requests.png")


async def _mail(office: Office, inbox: str, folder: Path) -> None:
    """The mail about the end, as the inbox shows it."""
    async with office.desk(None, width=WIDTH) as desk:
        desk.expect(".*")
        await desk.page.goto(inbox)
        await desk.page.add_style_tag(content=MESSAGE_STYLE)
        mail = desk.page.locator("article", has_text="Certificate issued: web").filter(has_text=SIGNER).first
        await mail.scroll_into_view_if_needed()
        await mail.screenshot(path=folder / "console-mail.png")
        desk.asked.clear()


async def _approval(office: Office, folder: Path) -> None:
    """A wildcard that waits for the yes of somebody else."""
    await office.client.decide_by(ACCESS)
    async with office.desk("requester") as asker, office.desk("pki", width=WIDTH) as approver:
        await asker.go("#/new")
        await fill_new(asker, "main", "shop-pages", names="*.shop.example.com")
        await asker.page.get_by_text("It would wait for approval").wait_for()
        await asker.page.get_by_role("button", name="Ask for the certificate").click()
        await asker.page.get_by_role("heading", level=1, name="shop-pages").wait_for()
        await approver.go("#/approvals")
        await approver.page.get_by_role("link", name="shop-pages", exact=True).click()
        await approver.page.get_by_role("button", name="Approve").wait_for()
        await _take(approver, folder / "console-approval.png")


async def _take(desk: Desk, file: Path) -> None:
    """What one sees without scrolling, in the middle of nothing that moves."""
    await desk.page.wait_for_load_state("networkidle")
    await desk.page.screenshot(path=file)


async def make(chromium: str, folder: Path, stack: dict[str, Any]) -> list[Path]:
    """Makes all pictures in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = OpensslCa(Path(stack["logs"]) / "own-ca")
    async with described_client(stack) as client, running_office(chromium, stack) as office:
        await let_in(client)
        await client.put("trusted-cas", "main/root.pem", ca.root.read_bytes())
        await _seed(client)
        async with office.desk("pki", width=WIDTH) as desk:
            await _walk(desk, ca, folder)
        await _mail(office, stack["inbox"], folder)
        await _approval(office, folder)
    return [folder / f"console-{name}.png" for name in NAMES]


def main() -> int:
    """Makes them, and says where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="another folder")
    folder = parser.parse_args().to
    browser = chromium_path()
    if browser is None:
        print("There is no Chromium: install it, or name one by CERTFLOW_CHROMIUM.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as state, running_up(Path(state), "--issuing-delay", "4") as (_, stack):
        for file in asyncio.run(make(browser, folder, stack)):
            print(f"{file.name}: {file.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
