"""Who gets mail: owners in the operator's domains, and nobody else because a caller says so."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func
import pytest

from functions.issuance.choices import Choices
from functions.issuance.recipients import is_inside
from functions.issuance.rules import Rule
from functions.issuance.setting_faults import tell_setting_faults
from functions.triggers.overview import get_health, get_status
from functions.triggers.routes import Context
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.test_notify import DATA, FAILED

BOX = "pki-team@example.com"
LURE = DATA | {"subject": "CN=click-here.evil.example", "requested_by": "Click here", "why": "Click here"}


async def mailed(
    owner: str, *, rules: tuple[Rule, ...] = (), domains: tuple[str, ...] = ()
) -> tuple[list[str], Any, Any]:
    """The addresses of the mail, and what it and the card say."""
    email, teams = FakeChannel("email"), FakeChannel("teams")
    world = World(channels=(email, teams), rules=FakeRules(rules), choices=Choices(owner_domains=domains))
    await world.tell("e1", FAILED, LURE | {"owner": owner})
    return email.messages[0][1], email.sent[0], teams.sent[0]


@pytest.mark.parametrize(
    ("domains", "owner", "told"),
    [
        ((), "ann@example.com", True),  # as the default mailboxes'
        ((), "ann@pay.example.com", True),
        ((), "Ann@EXAMPLE.com", True),
        ((), "stranger@evil.example", False),
        ((), "stranger@notexample.com", False),
        ((), "stranger@example.com.evil.example", False),
        (("example.org",), "ann@example.com", False),
        (("example.org",), "ann@sub.example.org", False),
        (("*.example.org",), "ann@sub.example.org", True),
        (("*.example.org",), "ann@example.org", False),
        (("*",), "stranger@evil.example", True),
    ],
)
async def test_mail_goes_to_owners_in_the_domains_and_otherwise_to_the_default_mailboxes(
    domains: tuple[str, ...], owner: str, *, told: bool
) -> None:
    to, mail, card = await mailed(owner, domains=domains)
    assert to == [owner if told else BOX]
    why = ("Not told", "the owner, whose address is in none of CERTFLOW_OWNER_DOMAINS")
    assert (why in mail.facts, why in card.facts) == (not told, not told)


@pytest.mark.parametrize(
    "owner", ["ann@example.com@evil.example", "ann@evil.example?.example.com", "<ann@example.com> x@evil.example"]
)
async def test_an_owner_who_is_no_address_gets_no_mail(owner: str) -> None:
    assert (await mailed(owner))[0] == [BOX]


async def test_callers_words_are_not_mailed_to_an_address_elsewhere_that_a_rule_names() -> None:
    to, mail, card = await mailed("ann@example.com", rules=(Rule(to=("teams", "soc@partner.example")),))
    assert to == ["soc@partner.example"]
    assert "lick" not in f"{mail.title} {mail.sentence} {mail.next_step} {mail.facts}"
    assert ("Certificate", "web") in mail.facts
    assert ("Requested by", "Click here") in card.facts  # a channel of the operator's own


def test_what_is_in_a_domain_is_decided_by_all_of_what_follows_the_last_at_sign() -> None:
    assert is_inside("a@b@example.com", ("example.com",))
    assert not is_inside("example.com", ())


async def test_a_setting_that_cannot_work_is_told_once_and_named_in_health_and_status() -> None:
    email = FakeChannel("email")
    world = World(channels=(email,), setting_faults=("CERTFLOW_X: 'y' is no domain. Write example.com.",))
    for _ in range(2):
        await tell_setting_faults(world.certflow)
        (event,) = {one.id: one for one in world.topic.published}.values()
        await world.tell(event.id, event.type, event.data)
    (notice,) = email.sent
    assert notice.title == "A setting cannot work: CERTFLOW_X"
    assert "'y' is no domain. Write example.com." in notice.sentence
    context = Context(lambda: world.certflow, lambda: False)
    for handle in (get_health, get_status):
        response = await handle(func.HttpRequest(method="GET", url="https://app.example.com/api/x", body=b""), context)
        body = json.loads(response.get_body())
        assert (response.status_code, body["setting_faults"]) == (200, list(world.setting_faults))
