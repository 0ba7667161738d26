"""`python -m tests.pictures`: makes the pictures in docs/pictures of what the product writes today.

The product's channels hand a card and a mail to the inbox, whose page is then photographed; the doctor writes to a
terminal; the plan is a chart. No stack runs, so that the addresses in the pictures are example.com's and not this
machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from playwright.async_api import Locator, Page, ViewportSize, async_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from functions.adapters.mail.smtp import Email, SmtpServer
from functions.adapters.teams.channel import Teams
from functions.model.events.ends import Completed, Failed
from functions.model.events.event import Scene
from functions.model.events.fields import Error
from functions.model.events.request import SOMEBODY
from functions.model.events.wire import as_json
from functions.model.links import Links
from functions.notifications.notice import notice_of
from functions.ports.notifications import Notice
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from local.functions_host import ROOT
from testkit.browser import ARGUMENTS, BROWSERS, chromium_path
from testkit.tokens import AnyToken
from tests.certificates import Ca, Wish, csr_of, pem, rsa_key
from tests.clock import HANG, real_now
from tests.plan_picture import plan_page

FOLDER = ROOT / "docs" / "pictures"
PAGE: ViewportSize = {"width": 800, "height": 1200}  # CSS pixels: as wide as the pictures are shown, and all in sight
SCALE = 1.4  # pixels of a picture for each of them: sharp on most screens, and less than 150 kB
COLUMNS = 80  # of the terminal
OWNER = "pay-team@example.com"
LINKS = Links(
    vaults={"main": "https://main.example.com"},
    api="https://certflow.example.com/api",
    chains="https://files.example.com/chains",
)
# The message alone: the page's head would stand over it, and its source is for whoever looks for a fault.
MESSAGE_STYLE = "header.top, .source { display: none } article.teams { padding: 16px 0 16px 16px }"
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {background} }}
pre {{ margin: 0; padding: 16px 20px; width: max-content; color: {foreground}; background: {background};
  font: 13px/1.35 "DejaVu Sans Mono", Menlo, Consolas, monospace }}
</style><pre>{code}</pre>"""
COMMAND = ("from-the-ca.cer", "--csr", "intranet.csr", "--trusted-ca", "root.pem")


def refused_request() -> Notice:
    """What the owner of a request is told that its issuer refuses."""
    error = Error(code="Request rejected", message="The domain partner.example.com is not validated for this account.")
    told = replace(
        Failed.sample(_scene()),
        name="partner",
        request_id="9c24921a1f5c4679b79cdb6b2fb69c9f",
        subject="CN=partner.example.com",
        owner=OWNER,
        requested_by="deploy@example.com",
        requester=replace(SOMEBODY, name="deploy@example.com"),
        error=error,
    )
    return _notice(told)


def issued_certificate() -> Notice:
    """What the owner of a certificate is told when its chain has been merged."""
    told = replace(
        Completed.sample(_scene()),
        name="intranet",
        request_id="81ea51a0a7c04149ab3bb88de61c3904",
        issuer="Unknown",
        subject="CN=intranet.example.com",
        owner=OWNER,
        requested_by="deploy@example.com",
        requester=replace(SOMEBODY, name="deploy@example.com"),
        version="30276485804b468aaf1920c333cc1fc7",
        took=int(timedelta(hours=2).total_seconds()),
        not_after=(real_now() + timedelta(days=90)).isoformat(),
    )
    return _notice(told)


def _scene() -> Scene:
    return Scene(real_now(), "main", csr_url="")


def _notice(told: Failed | Completed) -> Notice:
    event_id = f"{told.vault}:{told.name}:{told.request_id}:{told.status}"
    notice = notice_of(event_id, told.type, as_json(told), LINKS)
    assert notice is not None
    return notice


def written_by_the_doctor() -> str:
    """What the doctor writes to a terminal, with its colours, of a leaf that lacks a name and its intermediate."""
    root = Ca.root(_organisation("Example Root CA"), key=rsa_key(), at=real_now)
    issuing = root.ca(_organisation("Example Issuing CA"), key=rsa_key())
    names = ("intranet.example.com", "wiki.example.com")
    csr = csr_of(rsa_key(), names[0], names)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        (files / "intranet.csr").write_bytes(csr)
        (files / "root.pem").write_bytes(pem(root.certificate))
        (files / "from-the-ca.cer").write_bytes(pem(issuing.signs(csr, Wish(names=names[:1]))))
        return f"$ certflow-doctor {' '.join(COMMAND)}\n{_in_a_terminal(files).rstrip()}"


def _organisation(common_name: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(f"CN={common_name},O=Example Org")


def _in_a_terminal(folder: Path) -> str:
    """Runs the doctor in a folder, with its output on a terminal: it writes colours to nothing else."""
    ours, its = pty.openpty()
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    env |= {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    doctor = [sys.executable, "-m", "functions.doctor", *COMMAND]
    with subprocess.Popen(doctor, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=its) as running:
        os.close(its)
        written = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        if running.wait(HANG) != 1:
            raise RuntimeError(f"the doctor was to find faults, and ended with {running.returncode}")
    return written.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # EIO: the program on the other side has ended
        return b""


def as_page(written: str) -> str:
    """A terminal's text with its colours as a page."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, file=nowhere, width=COLUMNS + 20, color_system="truecolor", force_terminal=True)
        console.print(Text.from_ansi(written), soft_wrap=True)
        return console.export_html(theme=MONOKAI, code_format=TERMINAL, inline_styles=True)


@asynccontextmanager
async def running_inbox_with_messages() -> AsyncIterator[Inbox]:
    """An inbox that has a card and a mail from the product."""
    with tempfile.TemporaryDirectory() as folder:
        ca = LocalCa()
        os.environ["SSL_CERT_FILE"] = str(ca.write_ca(Path(folder) / "ca.pem"))  # whom the mail channel trusts
        async with running_inbox(ca) as inbox:
            teams = Teams("teams", inbox.teams_url, auth="sas", envelope="message", credential=AnyToken())
            await teams.send([refused_request()], ())
            server = SmtpServer(inbox.smtp_host, inbox.smtp_port, inbox.smtp_user, inbox.smtp_password)
            await Email(server, "Certflow <certflow@example.com>").send([issued_certificate()], [OWNER])
            yield inbox


@asynccontextmanager
async def running_page(chromium: str) -> AsyncIterator[Page]:
    """A page of a browser, as wide as the pictures are shown."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield await browser.new_page(viewport=PAGE, device_scale_factor=SCALE, color_scheme="light", locale="en-GB")
        await browser.close()


async def make_pictures(chromium: str, folder: Path) -> None:
    """Writes card.png, mail.png, doctor.png and plan.png into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    async with running_page(chromium) as page:
        async with running_inbox_with_messages() as inbox:
            await page.goto(inbox.url)
            await _photograph(page.locator("article.teams"), folder / "card.png")
            mail = page.locator("article.email")
            await mail.frame_locator("iframe").get_by_text(OWNER).first.wait_for(timeout=HANG * 1000)
            await _photograph(mail, folder / "mail.png")
        await page.set_content(as_page(await asyncio.to_thread(written_by_the_doctor)))
        await _photograph(page.locator("pre"), folder / "doctor.png")
        await page.set_content(plan_page(real_now()))
        await _photograph(page.locator("svg"), folder / "plan.png")


async def _photograph(what: Locator, file: Path) -> None:
    await what.screenshot(path=file, style=MESSAGE_STYLE, animations="disabled", timeout=HANG * 1000)


def main() -> int:
    """Makes the pictures, and says how large they are; 1 if there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="the folder (default: docs/pictures)")
    folder = parser.parse_args().to
    chromium = chromium_path()
    if chromium is None:
        sys.stderr.write(f"No Chromium found ({', '.join(BROWSERS)}): install one, or name one in CERTFLOW_CHROMIUM.\n")
        return 1
    asyncio.run(make_pictures(chromium, folder))
    for file in sorted(folder.glob("*.png")):
        sys.stdout.write(f"{file.name}: {file.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
