"""The Teams channel as senders meet it: 202 for everything, and what became of it in the list."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from inbox import Inbox, running_inbox
from inbox.card_text import plain
from keyvault_emulator.tls import LocalCa
from testkit.clock import real_now

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


async def send(inbox: Inbox, message: Any, url: str | None = None) -> int:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    async with aiohttp.ClientSession() as session, session.post(url or inbox.teams_url, data=body) as answer:
        assert await answer.read() == b""
        return answer.status


async def get(inbox: Inbox, path: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(inbox.url + path) as answer:
        return await answer.json()


async def refusal_of(inbox: Inbox, message: Any, url: str | None = None) -> str:
    """Why the flow refuses a message that its trigger took all the same."""
    assert await send(inbox, message, url) == 202
    (listed,) = await get(inbox, "/api/messages")
    assert listed["refused"] is not None
    return str(listed["refused"])


async def test_a_card_is_listed_as_people_read_it(inbox: Inbox) -> None:
    began = real_now()
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
    assert began <= received <= real_now()
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
        (post_of(card(text("x"), actions=[{"type": "Action.OpenUrl", "url": "javascript:x"}])), "absolute https"),
        (post_of(card(text("x"), actions=[{"type": "Action.OpenUrl", "url": "http://a.test"}])), "absolute https"),
        (post_of(card(text("x"), actions=[{"type": "Action.OpenUrl", "url": "https://["}])), "absolute https"),
        (post_of(card({"type": "ActionSet", "actions": [{"type": "Action.OpenUrl"}]})), "actions[0] must be a string"),
        (post_of(card({"type": "Container", "items": "x"})), "body[0] must be an array, not String"),
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


async def test_a_bare_card_is_listed_where_the_flow_takes_bare_cards(inbox: Inbox) -> None:
    content = card({"type": "Container", "separator": True, "items": [text("Issued")]}, text("web-1"))
    assert await send(inbox, content, inbox.teams_card_url) == 202
    (listed,) = await get(inbox, "/api/messages")
    assert (listed["to"], listed["subject"], listed["text"]) == (
        "teams channel (bare cards)",
        "Issued",
        "Issued\nweb-1",
    )
    assert (listed["refused"], json.loads(listed["raw"])) == (None, content)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (post_of(card(text("x"))), "Property 'type' must be 'AdaptiveCard'"),
        ([], "must be an object, not Array"),
        (b"{not json", "could not be deserialized"),
        (card(text("x" * 28 * 1024)), "too large"),
        (card({"type": "Nope"}), "Unknown element type 'Nope' in the card.body[0]"),
    ],
)
async def test_what_is_no_bare_card_is_kept_and_refused_with_the_reason(
    inbox: Inbox, message: Any, reason: str
) -> None:
    assert reason in await refusal_of(inbox, message, inbox.teams_card_url)


A_DAY = 86_400  # seconds: tokens are made when the tests are collected, and other tests may come first


def token(**claims: Any) -> str:
    """A bearer token as an identity endpoint makes it, but for the claims given."""
    now = real_now().timestamp()
    made = {"aud": "https://service.flow.microsoft.com/", "iss": "https://sts.windows.net/x/", "exp": int(now) + A_DAY}
    parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "HS256"}, made | claims)]
    return ".".join([base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts] + ["c2ln"])


async def answer_to(url: str, authorization: str | None = None) -> tuple[int, str]:
    """Status and error code for a good message."""
    headers = {} if authorization is None else {"Authorization": authorization}
    message = post_of(card(text("x")))
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=message) as answer:
        return answer.status, (await answer.json())["error"]["code"] if answer.status >= 400 else ""


@pytest.mark.parametrize(
    ("change", "code"), [("&sig=wrong", "AuthorizationFailed"), ("", "DirectApiAuthorizationRequired")]
)
async def test_without_the_right_signature_it_is_401_and_nothing_is_kept(inbox: Inbox, change: str, code: str) -> None:
    for url in (inbox.teams_url, inbox.teams_card_url):
        assert await answer_to(url.split("&sig=")[0] + change) == (401, code)
    assert inbox.messages == []


async def test_a_flow_for_the_tenant_takes_a_token_for_the_flow_service(inbox: Inbox) -> None:
    assert await answer_to(inbox.teams_entra_url, f"Bearer {token()}") == (202, "")
    (listed,) = await get(inbox, "/api/messages")
    assert (listed["to"], listed["subject"]) == ("teams channel (Entra)", "x")


@pytest.mark.parametrize(
    ("authorization", "answer"),
    [
        (None, (401, "DirectApiAuthorizationRequired")),
        ("Basic dTpw", (401, "DirectApiAuthorizationRequired")),
        ("Bearer ", (401, "DirectApiAuthorizationRequired")),
        ("Bearer a-token", (401, "AuthorizationFailed")),
        ("Bearer a.ä.c", (401, "AuthorizationFailed")),
        ("Bearer a.bm90IGpzb24.c", (401, "AuthorizationFailed")),
        (f"Bearer {token(aud=None)}", (401, "AuthorizationFailed")),
        (f"Bearer {token(exp=1)}", (401, "AuthorizationFailed")),
        (f"Bearer {token(aud='https://vault.azure.net')}", (403, "MisMatchingOAuthClaims")),
        (f"Bearer {token(aud='https://service.flow.microsoft.com')}", (403, "MisMatchingOAuthClaims")),
    ],
)
async def test_without_the_right_token_it_is_refused_and_nothing_is_kept(
    inbox: Inbox, authorization: str | None, answer: tuple[int, str]
) -> None:
    assert await answer_to(inbox.teams_entra_url, authorization) == answer
    assert inbox.messages == []


async def test_a_token_and_a_signature_are_one_too_many(inbox: Inbox) -> None:
    for url in (inbox.teams_url, f"{inbox.teams_entra_url}&sig=x"):
        assert await answer_to(url, f"Bearer {token()}") == (401, "DirectApiRequestHasMoreThanOneAuthorization")
    assert inbox.messages == []


async def test_the_credential_is_not_in_the_repr() -> None:
    async with running_inbox(LocalCa(), secret="the-secret") as inbox:
        assert "the-secret" in inbox.teams_url + inbox.teams_card_url
        assert "the-secret" not in repr(inbox)
        assert "sig" not in inbox.teams_entra_url


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("a\\_b\\*c", "a_b*c"),
        ("**bold** and __bold__", "bold and bold"),
        ("[the portal](https://a.test/x)", "the portal (https://a.test/x)"),
        ("\\*\\*not bold\\*\\*", "**not bold**"),
        ("snake_case_name", "snake_case_name"),
        ("a &lt; b", "a < b"),
        ("AT&T &copy 2026", "AT&T &copy 2026"),
        ("\ue000\\*", "\ue000*"),
        ("C:\\path", "C:\\path"),
    ],
)
def test_markdown_becomes_what_is_read(markdown: str, shown: str) -> None:
    assert plain(markdown) == shown
