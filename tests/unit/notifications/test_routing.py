"""Who hears of what: the table of rules, and what it says of a table that cannot be understood."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import functions.notifications.routing as of_rules
from functions.model.errors import BadSettings, Unavailable
from functions.model.messages import Severity
from functions.notifications.recipients import mails_of
from functions.notifications.routing import GENERAL, destinations, parse_rules
from functions.notifications.tell import queue_notice
from functions.ports.rules import Rule
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.sample_events import NOTICE

BOXES = ("pki-team@example.com",)
DEFAULT = ("teams", "owner", "urls")
# The examples that people copy.
PAGE = (Path(__file__).resolve().parents[3] / "docs" / "notifications.md").read_text()
RULES = PAGE.partition("\n## Rules\n")[2].partition("\n## ")[0]
TABLES = re.findall(r"^```json\n(\[\n  \{.+?)\n```$", f"{RULES}\n{of_rules.__doc__}", re.MULTILINE | re.DOTALL)


def table(*rules: dict[str, Any]) -> tuple[Rule, ...]:
    return parse_rules(json.dumps(rules), "RULES")


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, True),
        ({"events": ["Issuance.*"]}, True),
        ({"events": ["issuance.failed"]}, True),
        ({"events": ["Chain.*", "Issuance.Failed"]}, True),
        ({"events": ["Chain.*"]}, False),
        ({"vaults": ["PROD"]}, True),
        ({"vaults": ["prod-*"]}, False),
        ({"names": ["pay-*"], "owners": ["*@pay.example.com"]}, True),
        ({"names": ["pay-*"], "owners": ["*@example.com"]}, False),
        ({"names": ["pay-???"]}, True),
        ({"severity": "critical"}, True),
        ({"severity": "info"}, True),
        ({"events": []}, True),
    ],
)
def test_a_rule_fits_by_all_that_it_names(rule: dict[str, Any], *, fits: bool) -> None:
    assert table({**rule, "to": ["x"]})[0].fits(NOTICE) is fits


def test_a_rule_for_what_matters_takes_nothing_that_matters_less() -> None:
    (rule,) = table({"severity": "warning", "to": ["x"]})
    fits = [rule.fits(replace(NOTICE, severity=severity)) for severity in Severity]
    assert fits == [False, True, True]


def test_a_notice_without_a_vault_fits_only_rules_that_ask_for_none() -> None:
    stray = replace(NOTICE, vault=None, name=None, owner=None)
    assert not table({"vaults": ["prod"], "to": ["x"]})[0].fits(stray)
    assert table({"events": ["*"], "to": ["x"]})[0].fits(stray)


def test_the_first_rule_that_fits_takes_a_notice() -> None:
    rules = table({"names": ["other"], "to": ["a"]}, {"names": ["pay-*"], "to": ["b"]}, {"to": ["c"]})
    assert destinations(rules, NOTICE, DEFAULT) == ("b",)


def test_a_rule_with_also_lets_the_next_ones_have_it_too() -> None:
    rules = table({"to": ["a", "b"], "also": True}, {"to": ["b", "c"]}, {"to": ["d"]})
    assert destinations(rules, NOTICE, DEFAULT) == ("a", "b", "c")


def test_a_rule_with_also_takes_nothing_away_from_the_default() -> None:
    rules = table({"to": ["a", "urls"], "also": True}, {"names": ["other"], "to": ["b"]})
    assert destinations(rules, NOTICE, DEFAULT) == ("a", "urls", "teams", "owner")


@pytest.mark.parametrize("text", TABLES, ids=["docs", "rules.py"])
def test_the_tables_that_are_shown_send_what_is_critical_everywhere(text: str) -> None:
    shown = parse_rules(text, "shown")
    paid = replace(NOTICE, name="pay-1")
    assert destinations(shown, paid, DEFAULT)[:3] == ("teams", "email", "urls")
    assert "teams:payments" in destinations(shown, paid, DEFAULT)
    warned = replace(paid, severity=Severity.WARNING)
    assert destinations(shown, warned, DEFAULT) == destinations(shown[1:], paid, DEFAULT)


def test_what_no_rule_takes_goes_to_the_default() -> None:
    assert destinations(table({"names": ["other"], "to": ["a"]}), NOTICE, DEFAULT) == DEFAULT
    assert destinations((), NOTICE, DEFAULT) == DEFAULT


def test_an_escalation_reaches_everybody_as_well() -> None:
    rules = table({"to": ["owner", "teams:pay"]})
    found = destinations(rules, replace(NOTICE, escalated=True), DEFAULT)
    assert found == ("owner", "teams:pay", *GENERAL, "signer", "operators", "urls")


@pytest.mark.parametrize(
    ("to", "mails"),
    [
        (("email",), BOXES),
        (("oncall@example.com", "teams"), ("oncall@example.com",)),
        (("ann@example.com", "Ann@Example.com", "email"), ("ann@example.com", *BOXES)),
        (("teams", "urls:2"), ()),
    ],
)
def test_mail_goes_to_the_mailboxes_or_an_address(to: tuple[str, ...], mails: tuple[str, ...]) -> None:
    assert mails_of(to, BOXES) == mails


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "RULES: this is no JSON"),
        ("[{]", "RULES: this is no JSON"),
        pytest.param("[" * 100_000, "RULES: this is no JSON", id="deep"),
        ('{"to": ["teams"]}', "RULES: a list of rules is needed"),
        ('[{"to": ["teams"]}, 5]', "RULES, rule 2: write an object"),
        ('[{"to": ["teams"], "vault": ["a"]}]', "RULES, rule 1: 'vault' is no field; there are events, vaults"),
        ("[{}]", "RULES, rule 1: 'to' is needed"),
        ('[{"to": []}]', "RULES, rule 1: 'to' is needed"),
        ('[{"to": "teams"}]', "RULES, rule 1, to: write a list of texts"),
        ('[{"to": ["teams"], "names": [1]}]', "RULES, rule 1, names: write a list of texts"),
        ('[{"to": ["teams"], "owners": [""]}]', "RULES, rule 1, owners: write a list of texts"),
        ('[{"to": ["teams"], "severity": "high"}]', "RULES, rule 1, severity: write info, warning, critical"),
        ('[{"to": ["teams"], "severity": ["info"]}]', "RULES, rule 1, severity: write info, warning, critical"),
        ('[{"to": ["teams"], "also": "yes"}]', "RULES, rule 1, also: write true or false"),
    ],
)
def test_what_cannot_be_understood_is_named_by_rule_and_field(text: str, says: str) -> None:
    with pytest.raises(BadSettings) as caught:
        parse_rules(text, "RULES")
    assert str(caught.value).startswith(says)


def world_with(rules: tuple[Rule, ...], *names: str) -> tuple[World, dict[str, FakeChannel]]:
    channels = {name: FakeChannel(name) for name in names}
    return World(channels=tuple(channels.values()), rules=FakeRules(rules)), channels


async def test_only_the_channels_that_are_meant_are_used() -> None:
    world, channels = world_with(table({"to": ["teams:pay"]}), "teams", "teams:pay", "email", "urls:1")
    await queue_notice(world.certflow, NOTICE)
    await world.send()
    assert [name for name, one in channels.items() if one.sent] == ["teams:pay"]


async def test_all_urls_or_one_of_them() -> None:
    for to, used in ((["urls"], ["urls:1", "urls:2"]), (["urls:2"], ["urls:2"])):
        world, channels = world_with(table({"to": to}), "teams", "urls:1", "urls:2")
        await queue_notice(world.certflow, NOTICE)
        await world.send()
        assert [name for name, one in channels.items() if one.sent] == used


async def test_the_default_is_not_a_teams_channel_that_has_rules_of_its_own() -> None:
    world, channels = world_with(
        table({"names": ["shop-*"], "to": ["teams:pay"]}), "teams", "teams:pay", "email", "urls:1"
    )
    await queue_notice(world.certflow, NOTICE)
    await world.send()
    assert [name for name, one in channels.items() if one.sent] == ["teams", "email", "urls:1"]
    assert channels["email"].messages[0][1] == ["ann@pay.example.com"]


@pytest.mark.parametrize("to", [["teams:typo"], ["teams:typo", "pay@example.com"]])
async def test_where_a_rule_names_a_channel_that_there_is_none_of_the_default_hears_and_is_told_why(
    to: list[str],
) -> None:
    world, channels = world_with(table({"to": to}), "teams", "email")
    await queue_notice(world.certflow, NOTICE)
    await world.send()
    for channel in channels.values():
        assert ("Rules", "a rule names teams:typo, and there is no such channel") in channel.sent[0].facts
    assert channels["email"].messages[0][1] == [*to[1:], "ann@pay.example.com"]


def test_an_event_may_be_named_as_its_schema_names_it() -> None:
    assert table({"events": ["Certflow.Issuance.Failed"], "to": ["teams"]})[0].fits(NOTICE)


def test_an_event_that_there_is_none_of_is_named() -> None:
    with pytest.raises(BadSettings, match=r"'Issuance\.Failled' is no event .*Issuance\.Failed"):
        table({"events": ["Issuance.Failled"], "to": ["teams"]})


@pytest.mark.parametrize("owner", [None, "team-pay", "ann @example.com", "ann@@example.com"])
async def test_an_owner_who_is_no_address_is_told_by_the_default_mailboxes(owner: str | None) -> None:
    world, channels = world_with((), "teams", "email")
    await queue_notice(world.certflow, replace(NOTICE, owner=owner))
    await world.send()
    assert channels["email"].messages[0][1] == list(BOXES)


async def test_a_table_that_cannot_be_understood_tells_the_default_and_says_why() -> None:
    world, channels = world_with((), "teams", "teams:pay")
    world.rules.fault = BadSettings("rules.json, rule 2: 'to' is needed.")
    await queue_notice(world.certflow, NOTICE)
    await world.send()
    (notice,) = channels["teams"].sent
    assert ("Rules", "rules.json, rule 2: 'to' is needed.") in notice.facts
    assert channels["teams:pay"].sent == []


async def test_rules_that_cannot_be_read_now_are_read_when_the_event_comes_again() -> None:
    world, channels = world_with(table({"to": ["email"]}), "teams", "email")
    world.rules.fault = Unavailable("The blob storage", "HTTP 503")
    data = {"vault": "prod", "name": "pay-web", "issuer": "DigiCert"}
    with pytest.raises(Unavailable):
        await world.tell("e1", "Certflow.Issuance.Cancelled", data)
    world.rules.fault = None
    await world.tell("e1", "Certflow.Issuance.Cancelled", data)
    assert [name for name, one in channels.items() if one.sent] == ["email"]
