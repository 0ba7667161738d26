"""The console in a real browser, as somebody sees it who knows its address and has an account.

Everything that goes wrong in a window is kept: what the browser's own console says, errors of scripts, requests that
failed, violations of the policy, requests to somebody else. A test names what it expects of that; the rest fails it.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    async_playwright,
)

from local.api import Client
from local.functions_host import ROOT
from testkit.browser import ARGUMENTS
from tests.clock import HANG
from tests.e2e.stack import described_client, let_in

type Scheme = Literal["light", "dark"]
type File = tuple[str, bytes]

AXE = ROOT / "local" / "console" / "node_modules" / "axe-core" / "axe.min.js"
# Said by the page itself, because a browser may report it to nobody else.
VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`));"""
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(one =>
  one.nodes.map(node => `${one.id}: ${node.target} ${node.failureSummary}`))"""
# What stands outside the window's width, or is cut off where nothing says that there is more.
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth;
  if (wide <= innerWidth) return [];
  const all = [...document.body.querySelectorAll("*")];
  const out = all.filter(one => one.getBoundingClientRect().right > innerWidth + 1);
  return [`${wide} > ${innerWidth}`, ...out.slice(-3).map(one => one.outerHTML.slice(0, 300))];
}"""
DROP = """files => {
  const carried = new DataTransfer();
  for (const [name, content] of files)
    carried.items.add(new File([Uint8Array.from(atob(content), one => one.charCodeAt(0))], name));
  for (const type of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@dataclass
class Desk:
    """A browser's window on the console, whoever sits there."""

    page: Page
    stack: Mapping[str, Any]
    wrong: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The address of the console, which is all that anybody has to know."""
        return f"{self.stack['api']}/console/"

    def expect(self, *patterns: str) -> None:
        """What may go wrong from now on, as regular expressions."""
        self.expected += patterns

    async def sign_in(self, who: str, at: str = "") -> None:
        """Opens a page, chooses an account, and returns when the page is there."""
        await self.page.goto(self.address + at)
        await self.page.locator(f'button[value="{who}"]').click()
        await self.page.get_by_role("banner").wait_for()

    async def go(self, at: str) -> None:
        """Goes to a place of the console, as by a link."""
        await self.page.evaluate("at => { location.hash = at; }", at)

    async def heading(self, words: str | re.Pattern[str]) -> None:
        """Waits for the page with this title."""
        await self.page.get_by_role("heading", level=1, name=words).wait_for()

    async def drop(self, *files: File) -> None:
        """Drags files onto the page, wherever one is, and lets them go."""
        await self.page.evaluate(DROP, [[name, base64.b64encode(content).decode()] for name, content in files])

    def card(self, file: str) -> Locator:
        """What the page says of a file."""
        title = self.page.get_by_role("heading", level=2, name=file, exact=True)
        return self.page.locator("li.card").filter(has=title)

    async def tab_to(self, wanted: Locator) -> None:
        """Presses Tab until it is there, as who has no mouse."""
        element = await wanted.first.element_handle()
        for _ in range(100):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("one => one === document.activeElement", element):
                return
        raise AssertionError(f"no key leads to {wanted}")

    async def control(self, path: str, body: Any, method: str = "PUT") -> None:
        """Asks something of the sign-in authority's control door."""
        context = ssl.create_default_context(cafile=str(self.stack["ca_file"]))
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.request(method, f"{self.stack['auth']['control']}/{path}", json=body, ssl=context),
        ):
            pass

    async def answers(self) -> list[tuple[str, bytes]]:
        """What the API has answered this page, by address without its query; not what the page did not wait for."""
        own = [one for one in self.responses if one.url.startswith(self.stack["api"]) and "/console/" not in one.url]
        found = []
        for one in own:
            with suppress(Error):
                found.append((one.url.partition("?")[0], await one.body()))
        return found

    async def text(self) -> str:
        """All that can be read on the page."""
        return await self.page.locator("body").inner_text()

    async def assert_accessible(self) -> None:
        """axe-core finds nothing, and nothing is wider than the window."""
        await self.page.evaluate(AXE.read_text())
        found = [*await self.page.evaluate(AXE_RUN), *await self.page.evaluate(TOO_WIDE)]
        assert not found, found

    def assert_well(self) -> None:
        """Nothing went wrong that was not expected, and nobody else was asked for anything."""
        known = [one for one in self.wrong if not any(re.search(pattern, one) for pattern in self.expected)]
        assert not known, known
        others = {origin_of(one) for one in self.asked} - self.origins()
        assert not others, others

    def origins(self) -> set[str]:
        """Whom a browser may ask: the app, and who signs people in."""
        return {origin_of(self.stack["api"]), *({origin_of(self.stack["auth"].get("authority", ""))} - {"://"})}


def origin_of(url: str) -> str:
    """The origin of an address; of a blob or data address nobody's."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


@dataclass
class Office:
    """A browser that trusts the stack's sign-in authority, and opens as many desks as there are people."""

    browser: Browser
    stack: Mapping[str, Any]
    client: Client  # what the tests ask of the stack beside the pages

    @asynccontextmanager
    async def desk(
        self,
        who: str | None = "pki",
        at: str = "",
        *,
        width: int = 1280,
        scheme: Scheme = "light",
    ) -> AsyncIterator[Desk]:
        """A window of its own, without cookies of others. In the end nothing may have gone wrong in it."""
        context = await self.browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        context.set_default_timeout(HANG * 1000)
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        await context.add_init_script(VIOLATIONS)
        desk = Desk(await context.new_page(), self.stack)
        _watch(context, desk)
        try:
            if who is not None:
                await desk.sign_in(who, at)
            yield desk
        finally:
            await context.close()
        desk.assert_well()


def _watch(context: BrowserContext, desk: Desk) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            desk.wrong.append(f"{message.text} ({message.location.get('url', '')})")

    def asked(request: Request) -> None:
        if urlsplit(request.url).scheme not in ("blob", "data", "about"):
            desk.asked.append(request.url)

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # by the page itself, which judges anew while somebody types
            desk.wrong.append(f"failed: {request.method} {request.url}: {request.failure}")

    context.on("console", said)
    context.on("weberror", lambda error: desk.wrong.append(f"script: {error.error}"))
    context.on("request", asked)
    context.on("response", lambda response: desk.responses.append(response))
    context.on("requestfailed", failed)


@asynccontextmanager
async def running_office(chromium: str, stack: Mapping[str, Any]) -> AsyncIterator[Office]:
    """A browser for as many desks as one likes."""
    arguments = list(ARGUMENTS)
    authority = stack["auth"].get("authority")
    if authority:
        pinned = await asyncio.to_thread(_pin, str(authority), str(stack["ca_file"]))
        arguments.append(f"--ignore-certificate-errors-spki-list={pinned}")
    async with async_playwright() as playwright, described_client(dict(stack)) as client:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        if authority:
            await let_in(client)
        try:
            yield Office(browser, stack, client)
        finally:
            await browser.close()


def _pin(authority: str, ca_file: str) -> str:
    """The key of the server there, once the stack's CA has vouched for it: a browser takes no CA from its caller."""
    at = urlsplit(authority)
    shown = ssl.get_server_certificate((at.hostname or "", at.port or 443), ca_certs=ca_file)
    key = x509.load_pem_x509_certificate(shown.encode()).public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return base64.b64encode(digest.finalize()).decode()


def payloads(files: Sequence[File]) -> list[Any]:
    """Files as a file chooser takes them."""
    return [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]


async def fill_new(desk: Desk, vault: str, name: str, **more: str) -> None:
    """Fills in the form for a new request under an own CA, with other fields by their labels."""
    page = desk.page
    await page.get_by_label("Vault", exact=True).select_option(vault)
    await page.get_by_label("Name in the vault").fill(name)
    await page.get_by_label("DNS names").fill(more.pop("names", f"{name}.example.com"))
    await page.get_by_label("Issuer").select_option(more.pop("issuer", "Unknown"))
    for label, value in more.items():
        await page.get_by_label(label).fill(value)


def saved(path: Path) -> bytes:
    """What a browser has saved."""
    return path.read_bytes()
