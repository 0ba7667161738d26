"""A stack whose app reminds after a minute of its clock, and tells by Communication Services and by Apprise, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local.api import Client, until
from local.stack import Stack
from tests.e2e.telling import nothing_waits, tellings
from tests.e2e.watched import Watched, running_watch

CHANNELS = ["email", "teams", "webhook"]


@asynccontextmanager
async def running_reminders(directory: Path) -> AsyncIterator[Watched]:
    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_PATIENCE_MANUAL": "1m",
            "CERTFLOW_PATIENCE_ISSUER": "1m",
            "CERTFLOW_SMTP_SERVER": "",
            "CERTFLOW_ACS_ENDPOINT": stack.inbox.acs_endpoint,
            "CERTFLOW_NOTIFY_URLS": stack.inbox.notify_url,
        }

    async with running_watch(directory, settings, speed=20) as running:
        yield running


async def told_everywhere(client: Client, needle: str, times: int = 1) -> list[dict[str, Any]]:
    """What was told so, once everything has been: so many times on each channel."""

    async def look() -> list[dict[str, Any]] | None:
        found = [one for one in tellings(await client.messages(needle)) if needle in f"{one['subject']}{one['text']}"]
        return found if {one["channel"] for one in found} == set(CHANNELS) else None

    await until(f"{needle} on every channel", look)
    await nothing_waits(client, needle)
    found = await look() or []
    assert sorted(one["channel"] for one in found) == sorted(CHANNELS * times)
    assert [one["refused"] for one in found if one["refused"]] == []
    return found
