"""A notice as a mail: both parts say the same, and nothing in it is more than text."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from functions.adapters.mail.message import checked, mail_of, message_id, plain_text
from functions.adapters.mail.smtp import message_of
from functions.model.messages import Severity
from functions.ports.notifications import DeliveryRefused, Notice
from tests.clock import NOW
from tests.unit.mail_text import HOSTILE, NOTICE, TO, Read


def parts(notice: Notice) -> tuple[str, str]:
    """Text and HTML as they come out of a mail that has been sent."""
    sent = message_of(mail_of(notice, TO), "Certflow <certflow@example.com>", TO, NOW)
    mail = message_from_bytes(sent.as_bytes(policy=policy.SMTP.clone(max_line_length=998)), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def test_both_parts_say_the_same() -> None:
    text, html = parts(NOTICE)
    read = Read(html)
    title, sentence, next_step, facts, links, event = text.rstrip("\n").split("\n\n")
    assert f"Critical: {NOTICE.title}" == title
    assert (sentence, next_step) == (NOTICE.sentence, f"Next step: {NOTICE.next_step}")
    assert facts.splitlines() == [f"{label}: {value}" for label, value in NOTICE.facts]
    assert links.splitlines() == [f"{label}: {url}" for label, url in NOTICE.links]
    assert event == f"Event {NOTICE.event_id}"
    assert read.facts == list(NOTICE.facts)
    assert read.links == list(NOTICE.links)
    for line in ("Critical", NOTICE.title, sentence, next_step, event):
        assert line in read.lines


@pytest.mark.parametrize(
    ("severity", "good", "word", "colour"),
    [
        (Severity.INFO, True, "Good news", "#107c41"),
        (Severity.INFO, False, "For information", "#0f6cbd"),
        (Severity.WARNING, True, "Warning", "#8a4a00"),
        (Severity.CRITICAL, False, "Critical", "#b3261e"),
    ],
)
def test_severity_has_a_colour_and_a_word(severity: Severity, good: bool, word: str, colour: str) -> None:
    text, html = parts(replace(NOTICE, severity=severity, good=good))
    assert text.startswith(f"{word}: ")
    assert word in Read(html).lines
    assert f'height="6" bgcolor="{colour}"' in html


def test_hostile_text_stays_text_and_stays_in_its_line() -> None:
    hostile = Notice(HOSTILE, "t", HOSTILE, True, HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE)
    text, html = parts(hostile)
    assert set(Read(html).tags) <= set(Read(parts(NOTICE)[1]).tags) - {"a"}
    for line in text.splitlines():
        assert not line.startswith(("Bcc:", "Owner:", "Next step: pay"))
    for unseen in "\r\x00\x1b\u2028\u202e":
        assert unseen not in text
        assert unseen not in html


def test_hostile_text_adds_no_header() -> None:
    sent = message_of(mail_of(replace(NOTICE, title=HOSTILE, event_id=HOSTILE), TO), "c@example.com", TO, NOW)
    again = message_from_bytes(sent.as_bytes(), policy=policy.default)
    assert again["Bcc"] is None
    assert set(again.keys()) == set(message_of(mail_of(NOTICE, TO), "c@example.com", TO, NOW).keys())


def test_very_long_text_is_cut_the_same_in_both_parts() -> None:
    long = replace(
        NOTICE, title="t" * 9999, sentence="s" * 9999, facts=(("f" * 9999, "v" * 9999),), next_step="n" * 9999
    )
    text, html = parts(long)
    ((label, value),) = Read(html).facts
    assert f"{label}: {value}" in text.splitlines()
    assert value.endswith("v…")
    assert len(text) < 8000
    assert len(mail_of(long, TO).subject) < 220


def test_a_header_carries_the_whole_event_id_in_clear() -> None:
    sent = message_of(mail_of(NOTICE, TO), "certflow@example.com", TO, NOW)
    assert f"\nX-Certflow-Event: {NOTICE.event_id}\n".encode() in sent.as_bytes()


def test_the_message_id_is_that_of_the_event_and_its_recipients() -> None:
    def identity(notice: Notice, *to: str) -> str:
        return message_id(mail_of(notice, to), "Certflow <certflow@mail.example.com>")

    assert identity(NOTICE, *TO) == identity(replace(NOTICE, title="in other words"), *reversed(TO))
    assert identity(NOTICE, *TO) != identity(NOTICE, TO[0])
    assert identity(NOTICE, *TO) != identity(replace(NOTICE, event_id="another"), *TO)
    assert identity(NOTICE, *TO).endswith("@mail.example.com>")


def test_plain_text_has_all_but_the_title() -> None:
    assert f"Critical: {NOTICE.title}\n\n{plain_text(NOTICE)}" == mail_of(NOTICE, TO).text
    assert plain_text(replace(NOTICE, facts=(), links=())).count("\n\n") == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b.example",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example>",
        "a b@c",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(DeliveryRefused, match="no mail address"):
        checked(["fine@example.com", address])


def test_a_mail_to_nobody_is_refused() -> None:
    with pytest.raises(DeliveryRefused, match="nobody"):
        checked([])
