"""Notices as a Teams card: what people read on it, that it is small enough, and that nothing in it becomes Markdown."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from functions.adapters.teams.card import CARD_BYTES, MAX_ID, MAX_NOTICES, Envelope, message, size_of
from functions.adapters.teams.markdown import plain
from functions.model.messages import Line, Severity
from functions.ports.notifications import Notice
from inbox.card_text import plain as as_read
from inbox.card_text import visible_text
from inbox.envelopes import bare_card, cards_of_message
from tests.clock import NOW

FAILED = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: <b>*.example.com</b> is not validated.",
    facts=(
        ("Also", "the next one"),
        ("Vault", "main"),
        ("Certificate", "web"),
        ("Subject", "CN=*.example.com"),
        ("Error code", "Request rejected"),
        ("Error message", "*.example.com is not validated"),
    ),
    next_step="Correct the request.",
    severity=Severity.WARNING,
    links=(("Certificate", "https://portal.example.com/#@/certificates/web"), ("Runbook", "https://wiki.example.com/")),
)
ISSUED = replace(FAILED, event_id="main:shop:abc:completed", type="Certflow.Issuance.Completed", good=True)
ISSUED = replace(ISSUED, title="Certificate issued: shop", severity=Severity.INFO, facts=(("Vault", "main"),), links=())
EXPIRED = replace(FAILED, event_id="main:old:1:expired", type="Certflow.Certificate.Expired")
EXPIRED = replace(EXPIRED, title="Certificate expired: old", severity=Severity.CRITICAL)

# Letters of one to four bytes, those that JSON or Markdown writes longer, and those that no message can carry.
HARD = 'a"\\*_`|é€𐍈😀\n\t\x00\ud800&lt;[x](http://evil.example) 1. - #'
# The longest id that a request gives: alias, name (127 characters), request, what happened.
IDS = st.text("abcdefghij0123456789-:", min_size=1, max_size=MAX_ID)


def card_of(*notices: Notice) -> dict[str, Any]:
    """The card, as a flow that posts messages takes it."""
    body = message(notices, "message")
    (card,) = cards_of_message(json.loads(body))
    return card


def texts(element: Any) -> Iterator[str]:
    """All texts that a client reads as Markdown."""
    if isinstance(element, list):
        for one in element:
            yield from texts(one)
    elif isinstance(element, dict):
        yield from (element[key] for key in ("text", "value") if key in element)
        yield from (text for one in element.values() for text in texts(one))


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    words = st.text(st.sampled_from(HARD), min_size=1, max_size=20).map(lambda text: text * 100) | st.text(max_size=50)
    url = st.integers(0, 1900).map(lambda length: "https://portal.example.com/" + "x" * length)
    return Notice(
        event_id=draw(IDS),
        type="Certflow.Issuance.Failed",
        title="T" + draw(words),
        good=draw(st.booleans()),
        sentence=draw(words),
        facts=tuple(draw(st.lists(st.tuples(st.sampled_from(("Vault", "File", "Error code")), words), max_size=25))),
        next_step=draw(words),
        severity=draw(st.sampled_from(Severity)),
        links=tuple(draw(st.lists(st.tuples(words, url), max_size=8))),
    )


def test_one_notice_is_the_whole_of_it_and_has_its_buttons() -> None:
    card = card_of(FAILED)
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert visible_text([card]).splitlines() == [
        "Certificate request failed: web",
        "DigiCert did not issue it. Request rejected: <b>*.example.com</b> is not validated.",
        "Next step: Correct the request.",
        *(f"{title}: {value}" for title, value in FAILED.facts),
        "Event main:web:abc:failed",
        "Certificate: https://portal.example.com/#@/certificates/web",
        "Runbook: https://wiki.example.com/",
    ]


def test_several_notices_are_counted_and_the_most_severe_kind_stands_first() -> None:
    card = card_of(ISSUED, FAILED, EXPIRED)
    headings = [one["text"] for one in card["body"] if one.get("style") == "heading"]
    assert headings == ["3 certificate messages: 1 critical, 1 warning", EXPIRED.title, FAILED.title, ISSUED.title]
    assert [one["color"] for one in card["body"] if "color" in one] == ["Attention", "Warning", "Good"]


def test_several_of_a_kind_are_a_table_with_the_sentence_and_the_step_once() -> None:
    rows = [csr(number) for number in range(3)]
    card = card_of(*rows)
    assert visible_text([card]).splitlines() == [
        "3 CSRs ready to be signed in main",
        "These certificate requests wait for a CA's signature.",
        "Next step: Have it signed.",
        *("Certificate", "Names", "Owner, asked for"),
        *(
            line
            for number in range(3)
            for line in (
                f"web-{number} (https://portal.example.com/#@/certificates/web-{number})",
                *("", f"main · CSR (https://portal.example.com/#@/csr/web-{number})"),
                f"web-{number}.example.com www.example.com",
                *("ann@example.com", "", "2026-11-24 12:00 UTC"),
            )
        ),
        "Issuer: Unknown",
    ]
    assert card["body"][0]["color"] == "Accent"


def test_no_warning_is_dropped_however_many_rows_there_are_and_each_certificate_is_named() -> None:
    rows = [csr(number) for number in range(MAX_NOTICES)]
    rows[40] = replace(rows[40], facts=(*rows[40].facts, ("Warning", "The policy has no names.")))
    shown = visible_text([card_of(*rows)])
    assert "Warning: The policy has no names." in shown
    assert all(f"web-{number}" in shown for number in range(MAX_NOTICES))
    assert "All of them: https://certflow.example.com/api/csrs" in shown
    more = next(line for line in shown.splitlines() if line.startswith("And "))
    assert int(more.split()[1]) == MAX_NOTICES - sum(
        line.startswith("web-") and "portal" in line for line in shown.splitlines()
    )


def csr(number: int) -> Notice:
    name = f"web-{number}"
    line = Line("main", name, f"{number:032x}", f"{name}.example.com www.example.com", "ann@example.com", NOW, csr=True)
    return Notice(
        event_id=f"main:{name}:started",
        type="Certflow.Issuance.Started",
        title=f"CSR ready to be signed: {name} in main",
        good=True,
        sentence="It waits.",
        facts=(("Vault", "main"), ("Certificate", name), ("Issuer", "Unknown"), ("Request", f"{number:032x}")),
        next_step="Have it signed.",
        vault="main",
        name=name,
        owner="ann@example.com",
        lines=(line,),
        links=(
            ("Certificate", f"https://portal.example.com/#@/certificates/{name}"),
            ("CSR", f"https://portal.example.com/#@/csr/{name}"),
        ),
        remark="",
        elsewhere="All of them: https://certflow.example.com/api/csrs",
    )


@pytest.mark.parametrize("turning", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_nothing_turns_the_reading_direction(turning: str) -> None:
    assert plain(f"a{turning}gnp.mep", 99) == "a gnp.mep"


@pytest.mark.parametrize(
    ("severities", "heading"),
    [
        ([Severity.INFO] * 3, "3 certificate messages"),
        ([Severity.INFO, Severity.WARNING, Severity.WARNING], "3 certificate messages: 2 warnings"),
        ([Severity.CRITICAL] * 2, "2 certificate messages: 2 critical"),
    ],
)
def test_the_heading_says_how_many_need_attention(severities: list[Severity], heading: str) -> None:
    kinds = (replace(FAILED, severity=one, type=f"kind {number}") for number, one in enumerate(severities))
    assert card_of(*kinds)["body"][0]["text"] == heading


@pytest.mark.parametrize(
    ("severity", "good", "colour"),
    [
        (Severity.INFO, True, "Good"),
        (Severity.INFO, False, "Default"),
        (Severity.WARNING, False, "Warning"),
        (Severity.WARNING, True, "Warning"),
        (Severity.CRITICAL, False, "Attention"),
    ],
)
def test_the_title_is_coloured_by_severity(severity: Severity, good: bool, colour: str) -> None:
    assert card_of(replace(FAILED, severity=severity, good=good))["body"][0]["color"] == colour


def test_a_flow_that_wants_the_bare_card_gets_the_same_card() -> None:
    body = message([FAILED, ISSUED], "card")
    assert bare_card(json.loads(body)) == [card_of(FAILED, ISSUED)]


def test_no_more_than_six_buttons_and_all_of_them_https() -> None:
    bad = (("Plain", "http://wiki.example.com/"), ("Script", "javascript:alert(1)"), ("None", "https://"))
    links = bad + tuple((f"Page {number}", f"https://wiki.example.com/{number}") for number in range(8))
    actions = card_of(replace(FAILED, links=links))["actions"]
    assert [action["title"] for action in actions] == [f"Page {number}" for number in range(6)]


def test_what_does_not_fit_goes_in_the_order_facts_texts_titles() -> None:
    facts = tuple((f"Fact {number}", "v" * 900) for number in range(25))
    card = card_of(replace(FAILED, facts=facts))
    shown = next(element for element in card["body"] if element["type"] == "FactSet")["facts"]
    assert shown[-1] == {"title": "…", "value": f"and {25 - len(shown) + 1} more"}
    assert visible_text([card]).splitlines()[1:3] == [FAILED.sentence, "Next step: Correct the request."]


@given(st.lists(notices(), min_size=1, max_size=MAX_NOTICES), st.sampled_from(["message", "card"]))
def test_whatever_the_notices_say_the_message_is_small_and_has_all_titles_and_ids(
    told: list[Notice], envelope: Envelope
) -> None:
    body = message(told, envelope)
    assert size_of(json.loads(body)) <= CARD_BYTES
    read = bare_card if envelope == "card" else cards_of_message
    (card,) = read(json.loads(body))
    shown = visible_text([card])
    if len(told) == 1:
        assert f"Event {told[0].event_id}" in shown
    else:
        assert shown.startswith(f"{len(told)} certificate requests failed")


@given(st.integers(1, MAX_NOTICES), st.integers(1, 6), st.sampled_from(HARD))
def test_the_worst_notices_fit(count: int, kinds: int, letter: str) -> None:
    """Everything as long as can be, and of one letter."""
    long = letter * 1000
    links = tuple((long, "https://portal.example.com/" + "x" * 1900) for _ in range(6))
    facts = (("Vault", long), ("Warning", long)) * 20
    worst = Notice("x" * MAX_ID, "t", f"T{long}", False, long, facts, long, Severity.CRITICAL, vault=long, links=links)
    body = message([replace(worst, type=f"t{number % kinds}") for number in range(count)], "message")
    assert size_of(json.loads(body)) <= CARD_BYTES
    (card,) = cards_of_message(json.loads(body))
    assert len(visible_text([card]).strip()) > 0


TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.sampled_from(HARD + "+=)>;~{}$^:/\u2028\u202a\xa0\ue000"), max_size=60) | st.text(max_size=60))
def test_text_from_outside_is_read_as_it_was_written(text: str) -> None:
    """By a client with all of CommonMark, and by one that knows as little as the inbox's list."""
    shown = plain(text, 900)
    tokens = MarkdownIt("commonmark").parse(shown)
    assert {token.type for token in tokens} <= {"paragraph_open", "paragraph_close", "inline"}
    inline = [token.children or [] for token in tokens if token.type == "inline"]
    assert {part.type for parts in inline for part in parts} <= {"text", "text_special"}
    written = [" ".join(line.split()) for line in readable(text).split("\n")]
    assert ["".join(part.content for part in parts) for parts in inline] == [line for line in written if line]
    assert as_read(shown).replace("\n\n", "\n") == "\n".join(line for line in written if line)


def readable(text: str) -> str:
    """A text without control characters, lone surrogates, and what turns the direction of writing (UAX #9, 2)."""

    def harmful(one: str) -> bool:
        return unicodedata.category(one) in ("Cc", "Cs") or unicodedata.bidirectional(one) in TURNING

    return "".join(" " if one != "\n" and harmful(one) else one for one in text)


def test_a_long_text_ends_with_an_ellipsis() -> None:
    assert plain("*" * 11, 10) == r"\*" * 9 + "…"


def test_each_thing_of_a_card_of_several_is_known_by_its_title_and_id_which_nobody_sees() -> None:
    card = card_of(*(csr(number) for number in range(3)))
    (hidden,) = (one for one in card["body"] if one.get("id") == "events")
    assert hidden["isVisible"] is False
    assert hidden["text"].splitlines() == [
        f"CSR ready to be signed: web-{n} in main | Event main:web-{n}:started" for n in range(3)
    ]
