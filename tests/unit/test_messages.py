"""A notice as a Teams card and as a mail."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

from functions.adapters.email import compose
from functions.adapters.teams import message, plain
from functions.issuance.ports import Notice

NOTICE = Notice(
    event_id="main:web:abc:failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: <b>*.example.com</b> is not validated.",
    facts=(("Subject", "CN=*.example.com"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
    to="me@example.com",
)


def test_the_card_is_what_the_workflow_template_posts() -> None:
    posted = message(NOTICE)
    (attachment,) = posted["attachments"]
    card = attachment["content"]
    assert (posted["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["contentUrl"] is None
    facts = next(element for element in card["body"] if element["type"] == "FactSet")["facts"]
    assert facts == [
        {"title": "Subject", "value": r"CN=\*.example.com"},
        {"title": "Owner", "value": "me@example.com"},
    ]


def test_names_from_outside_do_not_become_markdown() -> None:
    assert plain("*.example.com [x](http://evil)") == r"\*.example.com \[x\](http://evil)"


def test_a_card_stays_below_the_size_that_teams_takes() -> None:
    long = Notice("e", "t" * 9999, True, "s" * 9999, tuple(("f", "v" * 9999) for _ in range(17)), "n" * 9999, None)
    assert len(json.dumps(message(long)).encode()) < 21_000


def test_the_mail_says_the_same_as_text_and_as_html_and_escapes_what_comes_from_outside() -> None:
    sent = compose(NOTICE, "certflow@example.com", ("me@example.com",), datetime.now(UTC))
    mail = message_from_bytes(sent.as_bytes(), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert mail["Subject"] == "[Certflow] Certificate request failed: web"
    assert mail["To"] == "me@example.com"
    assert mail["X-Certflow-Event"] == "main:web:abc:failed"
    for part in (text.get_content(), html.get_content()):
        assert "Correct the request." in part
        assert "CN=*.example.com" in part
    assert "&lt;b&gt;*.example.com&lt;/b&gt;" in html.get_content()


def test_a_line_break_in_a_title_cannot_add_a_header() -> None:
    sent = compose(
        replace(NOTICE, title="a\r\nBcc: evil@example.com"), "c@example.com", ("m@example.com",), datetime.now(UTC)
    )
    assert sent["Bcc"] is None
