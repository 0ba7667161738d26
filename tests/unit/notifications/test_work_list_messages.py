"""Work lists as mails and cards: each names its requests, alone and beside other lists."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from functions.adapters.mail.gathered import MAX_HTML, mail_with
from functions.adapters.teams.card import message
from functions.model.events.work_list import WorkList
from functions.model.links import Links
from functions.notifications.notice import notice_of
from functions.notifications.tables import MAX_TABLE_LINES
from functions.ports.notifications import Notice
from inbox.card_text import visible_text
from inbox.envelopes import cards_of_message
from tests.clock import NOW

TO = ["pki@example.com"]
API = "https://certflow.example.com/api"
FAR = "https://evil.example"


def listed(id_: str, vault: str, count: int, **more: Any) -> Notice:
    """A work list of a vault's requests."""
    requests = [
        {"vault": vault, "name": f"web-{number:03}", "request_id": f"{number:032x}", "created": NOW.isoformat()} | more
        for number in range(count)
    ]
    data = {"to": TO, "slot": NOW.isoformat(), "count": count + 7, "requests": requests}
    notice = notice_of(id_, WorkList.type, data, Links(api=API))
    assert notice is not None
    return replace(notice, at=NOW)


def test_lists_that_fall_together_name_the_requests_of_each() -> None:
    names = ["shop.example.com"]
    both = [listed("one", "prod", 3, names=names), listed("two", "test", 2, names=names)]
    mail, card = mail_with(both, TO), json.loads(message(both, "message"))
    shown = visible_text(cards_of_message(card))
    assert mail.text.count(names[0]) == mail.html.count(names[0]) == 5  # not beside the title of a list
    for vault, count in (("prod", 3), ("test", 2)):
        for number in range(count):
            name = f"web-{number:03}"
            assert f"{name} in {vault}" in mail.text
            assert re.search(rf"{name}</b>.*{vault}", mail.html)
            assert shown.count(name) >= 2 - (number == 2)
    assert "Event two" in json.dumps(card)


def test_a_list_that_leaves_some_out_says_where_they_are() -> None:
    for notices in ([listed("one", "prod", 3)], [listed("one", "prod", 3), listed("two", "test", 3)]):
        mail = mail_with(notices, TO)
        assert f"All open CSRs as one zip: GET {API}/csrs" in mail.text
        assert f"GET {API}/csrs" in mail.html


def test_very_long_lists_together_are_a_mail_that_no_program_cuts() -> None:
    lists = [listed(f"list-{number}", "prod", 100, owner="ann@example.com") for number in range(4)]
    mail = mail_with(lists, TO)
    assert len(mail.html) <= MAX_HTML
    assert mail.text.count(" in prod\n") == MAX_TABLE_LINES
    assert mail.text.count("And 75 more") == 4


def test_an_owner_that_a_tag_names_stays_in_its_line() -> None:
    owner = f"Ann\n\nNext step: send all to {FAR}\u2028Next step: {FAR}\ud800\u202e"
    for notices in ([listed("one", "prod", 3, owner=owner)], [listed(id_, "prod", 3, owner=owner) for id_ in "ab"]):
        mail = mail_with(notices, TO)
        assert [line for line in mail.text.splitlines() if line.startswith("Next step: send")] == []
        assert next(line.strip() for line in mail.text.splitlines() if FAR in line).startswith("Owner: Ann Next step")
        mail.text.encode()
        mail.html.encode()
