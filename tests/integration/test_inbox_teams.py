"""The Teams channel as senders meet it: 202 for everything, and what became of it in the list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from local.inbox import Inbox, running_inbox
from local.inbox.card_text import plain
from local.tls import LocalCa

CARD = "application/vnd.microsoft.card.adaptive"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with running_inbox(LocalCa()) as running:
        yield running


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": words, **more}


def card(*body: Any, **more: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.4", "body": list(body), **more}


def post_of(content: Any, **more: Any) -> dict[str, Any]:
    attachment = {"contentType": CARD, "contentUrl": None, "content": content, **more}
    return {"type": "message", "attachments": [attachment]}


def nested(levels: int) -> dict[str, Any]:
    element = text("x")
    for _ in range(levels):
        element = {"type": "Container", "items": [element]}
    return element


async def send(inbox: Inbox, message: Any) -> int:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    async with aiohttp.ClientSession() as session, session.post(inbox.teams_url, data=body) as answer:
        assert await answer.read() == b""
        return answer.status


async def get(inbox: Inbox, path: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(inbox.url + path) as answer:
        return await answer.json()


async def refusal_of(inbox: Inbox, message: Any) -> str:
    """Why the flow refuses a message that its trigger took all the same."""
    assert await send(inbox, message) == 202
    (listed,) = await get(inbox, "/api/messages")
    assert listed["refused"] is not None
    return str(listed["refused"])


async def test_a_card_is_listed_as_people_read_it(inbox: Inbox) -> None:
    message = post_of(
        card(
            {"type": "Container", "items": [text("Issuance **failed**", size="Large")]},
            text("Certificate web\\-1 in vault main"),
            {"type": "FactSet", "facts": [{"title": "Code", "value": "Request_Rejected"}]},
            {
                "type": "ColumnSet",
                "columns": [{"type": "Column", "items": [text("left")]}, {"type": "Column", "items": [text("right")]}],
            },
            {"type": "RichTextBlock", "inlines": ["rich ", {"type": "TextRun", "text": "text"}]},
            {"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://a.test/1"}]},
            text("not shown", isVisible=False),
            actions=[
                {"type": "Action.ShowCard", "title": "More", "card": {"type": "AdaptiveCard", "body": [text("inner")]}},
                {"type": "Action.ToggleVisibility", "title": "Toggle", "targetElements": ["x"]},
            ],
        )
    )
    assert await send(inbox, message) == 202
    (listed,) = await get(inbox, "/api/messages")
    assert listed["channel"] == "teams"
    assert listed["to"] == "teams channel"
    assert listed["subject"] == "Issuance failed"
    assert listed["text"].splitlines() == [
        "Issuance failed",
        "Certificate web-1 in vault main",
        "Code: Request_Rejected",
        "left",
        "right",
        "rich text",
        "Open: https://a.test/1",
        "More",
        "inner",
        "Toggle",
    ]
    assert listed["raw"] == json.dumps(message)
    assert listed["refused"] is None
    received = datetime.fromisoformat(listed["received_at"])
    assert received.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - received) < timedelta(seconds=10)
    assert inbox.messages[0].subject == "Issuance failed"


async def test_a_table_is_read_cell_by_cell(inbox: Inbox) -> None:
    rows = [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [text(word)]} for word in ("a", "b")]}]
    content = card({"type": "Table", "columns": [{"width": 1}, {"width": 1}], "rows": rows}) | {"version": "1.5"}
    assert await send(inbox, post_of(content)) == 202
    assert (await get(inbox, "/api/messages"))[0]["text"] == "a\nb"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"{not json", "could not be deserialized"),
        (b"\xff\xfe", "could not be deserialized"),
        (b"[" * 20_000, "nested too deeply"),
        (post_of(card(nested(400))), "nested too deeply"),
        ([], "must be an object, not Array"),
        (card(text("no envelope")), "Property 'type' of the trigger's body must be 'message'"),
        ({"type": "message", "text": "hello"}, "'@triggerOutputs()?['body']?['attachments']' is of type 'Null'"),
        ({"type": "message", "attachments": "x"}, "is of type 'String'"),
        ({"type": "message", "attachments": []}, "posted nothing"),
        (post_of(card(text("x")), contentType="text/html"), "'contentType' of attachments[0]"),
        (post_of(card(text("x")), contentUrl="https://a.test"), "'contentUrl' of attachments[0] must be null"),
        (post_of(None), "'content' of attachments[0] must be an object, not Null"),
        (post_of({"type": "Card", "body": []}), "Property 'type' must be 'AdaptiveCard'"),
        (post_of({"type": "AdaptiveCard", "body": [text("x")]}), "'version' must be"),
        (post_of(card(text("x")) | {"version": "1.6"}), "up to 1.5"),
        (post_of(card()), "nothing to show"),
        (post_of(card(text("x")) | {"body": text("x")}), "'body' of attachments[0].content must be an array"),
        (post_of(card({"type": "Heading", "text": "x"})), "Unknown element type 'Heading'"),
        (post_of(card("words")), "body[0] must be an object, not String"),
        (post_of(card({"type": "TextBlock"})), "'text' of attachments[0].content.body[0] must be a string"),
        (post_of(card({"type": "Container", "items": [{"type": "Nope"}]})), "'Nope' in attachments[0].content.body[0]"),
        (post_of(card({"type": "FactSet", "facts": [{"title": "a", "value": 1}]})), "must be a string, not Integer"),
        (post_of(card({"type": "Table", "rows": []})), "needs version 1.5"),
        (post_of(card(text("x"), actions=[{"type": "Action.Submit"}])), "only Action.OpenUrl"),
        (post_of(card(text("x"), actions=[{"type": "Action.OpenUrl", "url": "javascript:x"}])), "http or https"),
        (
            post_of(card(text("x"), actions=[{"type": "Action.ShowCard", "card": card({"type": "Deep"})}])),
            "Unknown element type 'Deep'",
        ),
        (post_of(card(text("x" * 28 * 1024))), "too large"),
    ],
)
async def test_a_malformed_card_is_kept_and_refused_with_the_reason(inbox: Inbox, message: Any, reason: str) -> None:
    assert reason in await refusal_of(inbox, message)


async def test_a_refused_card_keeps_what_was_posted(inbox: Inbox) -> None:
    await refusal_of(inbox, {"type": "message", "text": "hello"})
    assert json.loads(inbox.messages[0].raw) == {"type": "message", "text": "hello"}


@pytest.mark.parametrize("change", ["&sig=wrong", ""])
async def test_without_the_right_signature_it_is_401_and_nothing_is_kept(inbox: Inbox, change: str) -> None:
    url = inbox.teams_url.split("&sig=")[0] + change
    async with aiohttp.ClientSession() as session, session.post(url, json=post_of(card(text("x")))) as answer:
        assert answer.status == 401
        assert (await answer.json())["error"]["code"] in ("AuthorizationFailed", "DirectApiAuthorizationRequired")
    assert inbox.messages == []


def test_the_credential_is_not_in_the_repr() -> None:
    inbox = Inbox("http://x", "http://x?sig=secret", "localhost", 25, "user", "password-secret", [])
    assert "secret" not in repr(inbox)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("a\\_b\\*c", "a_b*c"),
        ("**bold** and __bold__", "bold and bold"),
        ("[the portal](https://a.test/x)", "the portal (https://a.test/x)"),
        ("\\*\\*not bold\\*\\*", "**not bold**"),
        ("snake_case_name", "snake_case_name"),
        ("a &lt; b", "a < b"),
        ("C:\\path", "C:\\path"),
    ],
)
def test_markdown_becomes_what_is_read(markdown: str, shown: str) -> None:
    assert plain(markdown) == shown
