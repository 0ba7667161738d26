"""Every message that people get, single and gathered, as mail and as card: what each of them has to say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.mail.gathered import mail_with
from functions.adapters.teams.card import message
from functions.model.events.chains import KeyReceived
from functions.model.events.digest import Digest
from functions.model.events.event import EventType
from functions.model.events.operators import SettingWrong
from functions.model.events.registry import TOLD
from functions.model.events.vaults import TrustMisplaced
from functions.model.links import Links
from functions.notifications.notice import notice_of
from functions.notifications.samples import samples_of
from functions.ports.notifications import Notice
from inbox.card_text import visible_text
from inbox.envelopes import cards_of_message
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.mail_text import Read

API, CHAINS = "https://certflow.example.com/api", "https://chains.blob.core.windows.net/chains"
LINKS = Links(vaults={"main": "https://kv.vault.azure.net"}, api=API, chains=CHAINS)
OF_NO_VAULT = {Digest.type, SettingWrong.type, TrustMisplaced.type, "Certflow.Notice.Refused"}
ACTORS = ("by", "requested_by", "acknowledged_by")
# A time as it stands in events; a path that is cut; a call without a host.
MACHINES_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
CUT_PATH = re.compile(r"…/|/…")
CALL = re.compile(r"\b(?:GET|POST|PATCH|DELETE|PUT) (\S+)")
# Words of ours that were read twice by whoever had not written them.
UNCLEAR = re.compile(r"\b(fits no more|is meant|mend|nobody's|as things stand|of nobody)\b", re.IGNORECASE)


def mail_html(notices: Sequence[Notice]) -> str:
    return "\n".join(Read(mail_with(notices, ["a@example.com"]).html).lines)


def mail_text(notices: Sequence[Notice]) -> str:
    return mail_with(notices, ["a@example.com"]).text


def card(notices: Sequence[Notice]) -> str:
    return visible_text(cards_of_message(json.loads(message(notices, "message"))))


def told(type_: str, count: int) -> list[Notice]:
    """Samples of an event, of certificates of several names."""
    world = World(links=LINKS)
    found = list[Notice]()
    for number in range(count):
        data = json.loads(json.dumps(samples_of(world.certflow)[type_]).replace('"sample"', f'"sample-{number}"'))
        notice = notice_of(f"event-{number}", type_, data, LINKS)
        assert notice is not None
        found.append(replace(notice, at=NOW))
    return found


def data_of(type_: str) -> dict[str, Any]:
    return samples_of(World(links=LINKS).certflow)[type_]


@pytest.mark.parametrize("shown", [mail_html, mail_text, card])
@pytest.mark.parametrize("count", [1, 3], ids=["single", "gathered"])
@pytest.mark.parametrize("type_", TOLD)
def test_a_message_says_what_its_reader_needs(type_: str, count: int, shown: Callable[[Sequence[Notice]], str]) -> None:
    notices, data = told(type_, count), data_of(type_)
    text = shown(notices)
    if type_ not in OF_NO_VAULT and (data.get("request") or data).get("vault"):
        assert "main" in text
    for actor in (data[key] for key in ACTORS if data.get(key)):
        assert actor in text
    assert "Next step: " in text
    assert not MACHINES_TIME.search(text)
    assert not CUT_PATH.search(text)
    assert not UNCLEAR.search(text)
    for address in CALL.findall(text):
        assert address.startswith(f"{API}/")
        assert "x-functions-key" in text or type_ == KeyReceived.type  # which tells of a call that was made
    if re.search(r"the container chains\b(?!-)", text):
        assert CHAINS in text or "still in the container chains" in text
    for number in range(count if type_ not in OF_NO_VAULT and notices[0].name else 0):
        assert f"sample-{number}" in text


def test_every_kind_has_a_name_for_several_of_it() -> None:
    for type_, event in TOLD.items():
        assert event.plural != EventType.plural
        assert mail_with(told(type_, 3), ["a@example.com"]).subject.startswith("[Certflow] 3 ")


@pytest.mark.parametrize("count", [1, 3])
def test_a_csr_is_a_to_do_and_no_good_news(count: int) -> None:
    notices = told("Certflow.Issuance.Started", count)
    assert mail_text(notices).startswith("To do: ")


def test_who_takes_a_new_version_when_is_said_where_it_is_issued() -> None:
    (notice,) = told("Certflow.Issuance.Completed", 1)
    for words in ("4 hours", "24", "names a version", "the server shows the new certificate's end"):
        assert words in notice.next_step


def test_a_step_that_differs_by_its_address_alone_is_said_once_for_all() -> None:
    text = mail_text(told("Certflow.Issuance.Deleted", 3))
    assert text.count("Next step: ") == 1
    assert f"POST {API}/vaults/VAULT/certificates/NAME/create" in text
    assert "VAULT and NAME are those of the table." in text


def test_rows_of_csrs_are_short_since_the_manifest_has_the_rest() -> None:
    html = mail_with(told("Certflow.Issuance.Started", 3), ["a@example.com"]).html
    table = html.partition("Owner, asked for")[2]
    assert "SHA-256" not in table
    assert ".csr<" not in table  # the address as text
    assert "Issuer" not in html  # nobody of that name: it is signed by hand
