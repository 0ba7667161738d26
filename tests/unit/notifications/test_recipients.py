"""Who gets mail: owners in the operator's domains, and nobody else because a caller says so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from functions.adapters.mail.gathered import mail_with
from functions.app.mail_domains import is_inside
from functions.app.setting_faults import tell_setting_faults
from functions.model.options import Options
from functions.model.request.actor import UNNAMED
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request_filter import RequestFilter, fits
from functions.notifications.send_waiting import send_queued
from functions.notifications.tell import queue_event
from functions.ports.key_vault_objects import Policy
from functions.ports.notifications import GATHERING, Limits
from functions.ports.rules import Rule
from functions.requests.create import CreateCommand, create_request
from functions.triggers.http.context import Context
from functions.triggers.http.overview import get_health
from functions.triggers.http.status import get_status
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.sample_events import DATA, FAILED, NOTICE

BOX = "pki-team@example.com"
DIGICERT: Policy = {"issuer": {"name": "DigiCert"}}
MADE = Action("created", UNNAMED)
REQUEST = track(
    "main", "web", Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", b""), "", "", None, NOW, MADE
).request
LURE = DATA | {"subject": "CN=click-here.evil.example", "requested_by": "Click here", "why": "Click here"}
LURE |= {"signer": "Click here"}


async def mailed(
    owner: str, *, rules: tuple[Rule, ...] = (), domains: tuple[str, ...] = ()
) -> tuple[list[str], Any, Any]:
    """The addresses of the mail, and what it and the card say."""
    email, teams = FakeChannel("email"), FakeChannel("teams")
    world = World(channels=(email, teams), rules=FakeRules(rules), options=Options(owner_domains=domains))
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


async def test_nor_do_they_stand_in_the_table_of_several() -> None:
    email, lure = FakeChannel("email", max_notices=50, limits=Limits()), "Click here <ann@example.com>"
    world = World(channels=(email,), rules=FakeRules((Rule(to=("soc@partner.example",)),)))
    for number in range(3):
        request = {"name": f"web-{number}", "created": NOW.isoformat(), "names": ["web.example.com"]}
        await queue_event(world.certflow, f"e{number}", FAILED, LURE | request | {"owner": lure, "signer": lure})
    world.now += GATHERING
    await send_queued(world.certflow, "email")
    ((notices, to),) = email.messages
    assert (len(notices), to) == (3, ["soc@partner.example"])
    mail = mail_with(notices, to)
    assert "lick" not in f"{mail.subject} {mail.text} {mail.html}"
    assert "web.example.com" in mail.text


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
    context = Context(lambda: world.certflow)
    for handle in (get_health, get_status):
        response = await handle(func.HttpRequest(method="GET", url="https://app.example.com/api/x", body=b""), context)
        body = json.loads(response.get_body())
        assert (response.status_code, body["setting_faults"]) == (200, list(world.setting_faults))


@pytest.mark.parametrize(
    ("owner", "to", "says"),
    [
        ("ann@example.com", ["ann@example.com"], None),
        ("ann@example.com,bob@example.com", ["ann@example.com", "bob@example.com"], None),
        ("A. Name <ann@example.com>; bob@example.com", ["ann@example.com", "bob@example.com"], None),
        ("a@@x.y", [BOX], "owner: 'a@@x.y' is no mail address. Mail goes to the default mailboxes (CERTFLOW_MAIL_TO)"),
        ("team-web", [BOX], "owner: 'team-web' is no mail address. Mail goes to the default mailboxes"),
        ("ann@example.com, a@@x.y", ["ann@example.com"], "owner: 'a@@x.y' is no mail address. The other addresses get"),
        ("x@evil.example", [BOX], "owner: 'x@evil.example' is in none of CERTFLOW_OWNER_DOMAINS. Mail goes to"),
        (
            "x@evil.example,ann@example.com",
            ["ann@example.com"],
            "owner: 'x@evil.example' is in none of CERTFLOW_OWNER_DOMAINS. The other addresses get mail.",
        ),
    ],
)
async def test_an_owner_is_several_addresses_and_who_names_none_hears_who_is_told_instead(
    owner: str, to: list[str], says: str | None
) -> None:
    email = FakeChannel("email")
    world = World(channels=(email,))
    sans: Policy = {"x509_props": {"sans": {"dns_names": ["web.example.com"]}}}
    started = await create_request(world.certflow, CreateCommand("main", "web", {"policy": sans | DIGICERT}, owner))
    assert world.vault.created[-1]["tags"] == {"certflow-owner": owner}  # as it was given
    (request,) = world.ledger.tracked.values()
    assert request.owner == owner
    assert (started.note or "").rpartition("x509_props.")[2].strip().startswith(says or "")
    assert ("owner: " in (started.note or "")) == (says is not None)
    await world.tell("e1", FAILED, DATA | {"owner": owner})
    assert [one for _, one in email.messages] == [to]


async def test_who_names_no_signer_with_an_address_hears_who_is_told_instead() -> None:
    started = await create_request(
        World().certflow, CreateCommand("main", "web", {"policy": DIGICERT}, signer="a@@x.y")
    )
    instead = "whom CERTFLOW_SIGNERS names, or else the default mailboxes (CERTFLOW_MAIL_TO)"
    assert f"signer: 'a@@x.y' is no mail address. Mail goes to {instead} instead." in (started.note or "")


async def test_of_very_many_addresses_the_first_are_told() -> None:
    owner = ",".join(f"a{number}@example.com" for number in range(12))
    started = await create_request(World().certflow, CreateCommand("main", "web", {"policy": DIGICERT}, owner))
    assert "owner: of more than 10 addresses the first count. The other addresses get mail." in (started.note or "")
    assert (await mailed(owner))[0] == [f"a{number}@example.com" for number in range(10)]


def test_requests_and_rules_are_found_by_one_of_several_addresses() -> None:
    owner = "A. Name <Ann@Example.com>; bob@example.com"
    request = replace(REQUEST, owner=owner)
    for wanted, found in (("ann@example.com", True), ("BOB@example.com", True), (owner, True), ("example.com", False)):
        assert fits(request, RequestFilter(owner=wanted)) is found
        assert Rule(("teams",), owners=(wanted,)).fits(replace(NOTICE, owner=owner)) is found
    assert Rule(("teams",), owners=("*@example.com",)).fits(replace(NOTICE, owner=owner))
