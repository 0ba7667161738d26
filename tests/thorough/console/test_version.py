"""A page that is open while the app is replaced by its next version says so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Route

from testkit.browser import chromium
from tests.console import Office, running_office

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

TEN_MINUTES = "10:00"
WORDS = "There is a new version of this page."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


async def test_a_new_version_is_said_when_it_is_there_and_not_before(office: Office) -> None:
    async with office.desk(None) as desk:
        await desk.page.clock.install()
        await desk.sign_in("pki")
        async with desk.page.expect_response("**/config.json") as same:
            await desk.page.clock.fast_forward(TEN_MINUTES)
        served = await (await same.value).json()
        await desk.page.evaluate("() => undefined")
        assert await desk.page.get_by_text(WORDS).count() == 0

        async def next_version(route: Route) -> None:
            await route.fulfill(body=json.dumps(served | {"build": "f" * 16}), content_type="application/json")

        await desk.page.route("**/config.json", next_version)
        await desk.page.clock.fast_forward(TEN_MINUTES)
        await desk.page.get_by_text(WORDS).wait_for()
        await desk.page.unroute("**/config.json")
        await desk.page.get_by_role("button", name="Reload").click()
        await desk.page.get_by_text(WORDS).wait_for(state="detached")
