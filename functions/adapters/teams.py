"""A Teams channel, through a Workflows webhook ("When a Teams webhook request is received").

The flow answers 202 before it posts, and a card that it cannot post is lost in its run history (README, "Teams"), so
the card keeps to what every client draws: version 1.4, TextBlock, FactSet. The URL's `sig` is a secret: it is never
logged, and no exception carries it.
"""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from functions.adapters.faults import passing, retry_after
from functions.issuance.errors import Unavailable
from functions.issuance.ports import DeliveryRefused, Notice

MAX_TEXT = 900  # characters a field: 20 fields stay below the 21 KB from which messages were seen to get lost
SERVICE = "The Teams workflow"


class Teams:
    """The port `Channel`."""

    name = "teams"

    def __init__(self, webhook_url: str) -> None:
        self._url = webhook_url

    async def send(self, notice: Notice) -> None:
        """Posts the card. 202 means handed over."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
                session.post(self._url, json=message(notice)) as response,
            ):
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(SERVICE, type(error).__name__) from None  # the error's own text holds the URL
        if passing(status):
            raise Unavailable(SERVICE, f"HTTP {status}", retry_after=retry_after(headers))
        if status >= 400:
            raise DeliveryRefused(f"the Teams workflow answered HTTP {status}; check CERTFLOW_TEAMS_WEBHOOK_URL")


def message(notice: Notice) -> dict[str, Any]:
    """The notice as the message that the Workflows template posts: one Adaptive Card."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            {
                "type": "TextBlock",
                "text": plain(notice.title),
                "size": "Large",
                "weight": "Bolder",
                "color": "Good" if notice.good else "Attention",
                "wrap": True,
                "style": "heading",
            },
            {"type": "TextBlock", "text": plain(notice.sentence), "wrap": True},
            {"type": "TextBlock", "text": f"**Next step:** {plain(notice.next_step)}", "wrap": True},
            {"type": "FactSet", "facts": [{"title": title, "value": plain(value)} for title, value in notice.facts]},
            {
                "type": "TextBlock",
                "text": plain(f"Event {notice.event_id}"),
                "isSubtle": True,
                "size": "Small",
                "wrap": True,
            },
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def plain(text: str) -> str:
    """Text from outside, so that Teams' Markdown leaves it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#~|])", r"\\\1", text[:MAX_TEXT])
