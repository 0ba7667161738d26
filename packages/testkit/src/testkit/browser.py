"""A page in a real Chromium, and what is legible on it.

Uses the Chromium of the machine, or the one that CERTFLOW_CHROMIUM names; downloads none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, async_playwright

from testkit.clock import HANG
from testkit.skips import skip_loudly

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
CONTRAST = """element => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element, back = null;
  for (; behind && !back; behind = behind.parentElement) {
    const color = parse(getComputedStyle(behind).backgroundColor);
    if (color.length < 4 || color[3] === 1) back = color;
  }
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(back ?? [255, 255, 255])];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@dataclass
class Screen:
    """The page at one size, and everything that went wrong on it."""

    page: Page
    width: int
    errors: list[str] = field(default_factory=list)

    async def assert_legible(self, words: str, within: Page | Locator | FrameLocator | None = None) -> None:
        """The words are there, have a box inside the window's width, and stand out from what is behind them."""
        place = (within or self.page).get_by_text(words, exact=True).first
        await place.wait_for(state="visible", timeout=HANG * 1000)
        box = await place.bounding_box()
        assert box is not None, words
        assert box["width"] > 0, words
        assert box["height"] > 0, words
        assert box["x"] >= 0, words
        assert box["x"] + box["width"] <= self.width, words
        assert await place.evaluate(CONTRAST) >= 4.5, words
        assert await place.evaluate("element => element.scrollWidth <= element.clientWidth + 1"), f"{words} is cut off"


def chromium_path() -> str | None:
    """The path of a Chromium; None where there is none."""
    return os.environ.get("CERTFLOW_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> str:
    """The path of a Chromium; where there is none the module skips, and says so even in a quiet run."""
    found = chromium_path()
    if not found:
        reason = f"no Chromium found ({', '.join(BROWSERS)} or CERTFLOW_CHROMIUM): the page was NOT looked at"
        skip_loudly(request, reason)
    return found


@asynccontextmanager
async def running_screen(
    chromium: str, url: str, *, width: int = 1000, scheme: Literal["light", "dark"] = "light"
) -> AsyncIterator[Screen]:
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        screen = Screen(page, width)
        page.on("console", lambda said: screen.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: screen.errors.append(str(error)))
        page.on("requestfailed", lambda request: screen.errors.append(f"failed: {request.url}"))
        await page.goto(url)
        yield screen
        await browser.close()
