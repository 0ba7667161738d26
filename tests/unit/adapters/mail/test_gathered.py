"""Many notices as one mail: each is whole in both parts, and nothing that asks something of its reader is left out."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from functions.adapters.mail.gathered import MAX_HTML, MAX_NOTICES, mail_with
from functions.adapters.mail.message import mail_of
from functions.adapters.mail.smtp import message_of
from functions.model.messages import Severity
from functions.ports.notifications import Notice
from tests.clock import NOW
from tests.unit.mail_text import HOSTILE, TO, Read
from tests.unit.mail_text import NOTICE as FAILED

CSR = "https://storage.example/csr/main/shop/0123.csr"
KEY = "0" * 64
READY = Notice(
    event_id="main:shop:0123:started",
    type="Certflow.Issuance.Started",
    title="CSR ready to be signed: shop",
    good=True,
    sentence="The certificate request for shop in vault main waits for a CA's signature.",
    facts=(
        ("Vault", "main"),
        ("Certificate", "shop"),
        ("CSR", CSR),
        ("SHA-256 of its key", KEY),
        ("Warning", "A name."),
    ),
    next_step="Have the CSR signed.",
    vault="main",
    name="shop",
)


def parts(*notices: Notice) -> tuple[str, Read, Any]:
    """Text, HTML and headers as they come out of a mail that has been sent."""
    sent = message_of(mail_with(notices, TO), "Certflow <certflow@example.com>", TO, NOW)
    mail = message_from_bytes(sent.as_bytes(policy=policy.SMTP.clone(max_line_length=998)), policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r\n", "\n"), Read(html.get_content()), mail


def test_each_kind_is_a_table_and_whole_in_both_parts() -> None:
    text, read, _ = parts(FAILED, READY)
    shown = "\n".join(read.lines)
    for notice in (FAILED, READY):
        for said in (notice.title, notice.sentence, notice.next_step):
            assert said in text
            assert said in shown
    assert [line for line in text.splitlines() if line.startswith("Critical: ")] == [
        "Critical: 2 messages: 1 Certificate request failed, 1 CSR ready to be signed",
        f"Critical: {FAILED.title}",
    ]
    for title, url in FAILED.links:
        assert f"{title}: {url}" in text
        assert url in [shown_url for _, shown_url in read.links]


def test_what_asks_something_of_the_reader_is_never_left_out() -> None:
    """What is particular to one stands in its row, what all have alike below the table."""
    other = replace(
        READY, event_id="another", name="till", facts=(*READY.facts[:2], ("CSR", f"{CSR}2"), *READY.facts[3:])
    )
    text, read, _ = parts(READY, other)
    shown = "\n".join(read.lines)
    assert "2 CSRs ready to be signed in main" in shown
    other_title = "2. CSR ready to be signed: shop"
    for row in ("1. CSR ready to be signed: shop", other_title):
        assert row in text
    for address in (CSR, f"{CSR}2"):
        assert f"CSR: {address}" in text
        assert f"CSR: {address}" in shown
    assert text.count("Warning: A name.") == shown.count("Warning: A name.") == 2  # in each row, whatever they share
    assert text.count(KEY) == shown.count(KEY) == 1
    assert text.count(READY.next_step) == shown.count(READY.next_step) == 1


def test_a_next_step_that_is_not_the_same_for_all_stands_in_the_rows_and_is_written_out_once() -> None:
    rows = [replace(READY, event_id=str(n), name=f"web-{n}", next_step=f"Step {n % 2}.") for n in range(4)]
    text, read, _ = parts(*rows)
    steps = ["Step 0.", "Step 1.", "as for web-0.", "as for web-1."]
    assert [line.strip() for line in text.splitlines() if "Next step" in line] == [f"Next step: {one}" for one in steps]
    assert [step in "\n".join(read.lines) for step in steps] == [True] * 4


def test_one_notice_is_a_mail_as_ever() -> None:
    assert mail_with([FAILED], TO) == mail_of(FAILED, TO)


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["A: 1", "B: 1", "B: 2"], "3 messages: 2 B, 1 A"),
        (["A: 1", "B", "C: 1", "D", "D", "E"], "6 messages: 2 D, 1 A, 1 B, 2 others"),
    ],
)
def test_the_subject_says_how_many_of_what_kind(titles: list[str], said: str) -> None:
    notices = [replace(READY, title=title, type=title.partition(":")[0]) for title in titles]
    assert mail_with(notices, TO).subject == f"[Certflow] {said}"
    critical = [replace(one, severity=Severity.CRITICAL) for one in notices]
    assert mail_with(critical, TO).subject == f"[Certflow] {said.replace(' messages', ' critical messages')}"


def test_of_one_kind_the_subject_says_how_many_and_where() -> None:
    staging = replace(READY, event_id="other", vault="staging")
    assert mail_with([READY] * 3, TO).subject == "[Certflow] 3 CSRs ready to be signed in main"
    assert mail_with([READY, staging], TO).subject == "[Certflow] 2 CSRs ready to be signed in main and staging"
    many = [replace(READY, vault=f"vault-{number}") for number in range(4)]
    assert mail_with(many, TO).subject == "[Certflow] 4 CSRs ready to be signed in 4 vaults"


def test_the_same_notices_are_the_same_mail_and_others_another() -> None:
    first, again = mail_with([FAILED, READY], TO), mail_with([FAILED, READY], TO[::-1])
    assert first == again
    assert mail_with([READY, FAILED], TO).id == first.id
    assert len({first.id, mail_with([FAILED], TO).id, mail_with([FAILED, READY], TO[:1]).id}) == 3


def test_a_mail_of_the_most_notices_with_the_longest_texts_has_a_bound() -> None:
    long = "x" * 9999
    facts = tuple((long, long) for _ in range(40))
    mail = mail_with([Notice(f"{n}{long}", "t", long, False, long, facts, long) for n in range(MAX_NOTICES)], TO)
    assert len(mail.text) + len(mail.html) < 1024 * 1024
    usual = mail_with([replace(READY, event_id=str(number)) for number in range(MAX_NOTICES)], TO)
    assert len(usual.html) < MAX_HTML


def test_hostile_text_stays_text_and_adds_no_header() -> None:
    hostile = Notice(HOSTILE, "t", HOSTILE, True, HOSTILE, ((HOSTILE, HOSTILE),), HOSTILE, vault=HOSTILE, name=HOSTILE)
    text, read, mail = parts(hostile, READY)
    assert set(read.tags) <= set(parts(FAILED, READY)[1].tags) - {"a"}
    for line in text.splitlines():
        assert not line.startswith(("Bcc:", "Owner:", "Next step: pay"))
    assert set(mail.keys()) == set(parts(FAILED, READY)[2].keys())


def test_a_header_has_as_many_event_ids_as_a_line_takes() -> None:
    _, _, mail = parts(*(replace(READY, event_id=f"main:{'x' * 90}:{number:02}") for number in range(30)))
    ids = str(mail["X-Certflow-Event"]).split()
    assert ids == [f"main:{'x' * 90}:{number:02}" for number in range(len(ids))]
    assert 5 < len(ids) < 11
