"""docs/access.md: each file to copy is one that the app takes, and grants what the page says."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.access.decide import Asked, Decision, decide
from functions.access.file import parse_access
from functions.access.permissions import may, visible
from functions.access.policy import effective_policy
from functions.access.roles import VERBS_OF_ROLES, without_file
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.model.caller import Caller
from functions.model.request.actor import Actor, ActorKind
from local.functions_host import ROOT
from tests.doc_pages import blocks

PAGE = ROOT / "docs" / "access.md"
TENANT = "99999999-9999-9999-9999-999999999999"
SHOP = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
LEFT = "7d3b1f5e-0000-4000-8000-000000000009"
BEFORE, _, AFTER = PAGE.read_text().partition("\n## Files to copy\n")
FIRST = len(BEFORE.splitlines()) + 1
LAST = FIRST + len(AFTER.partition("\n## ")[0].splitlines())
FILES = [one.text for one in blocks(PAGE) if one.info == "json" and FIRST < one.line <= LAST]
ONE_TEAM, FIVE_TEAMS, BANK = (parse_access(one.encode(), TENANT) for one in FILES)
TEAMS = {"pay", "shop", "web", "data", "iot"}
SERVER = "1.3.6.1.5.5.7.3.1"


def person(*roles: str, oid: str = "7d3b1f5e-0000-4000-8000-000000000001") -> Caller:
    return Caller(Actor(ActorKind.PERSON, tid=TENANT, oid=oid, azp=SHOP), frozenset(roles))


def machine(oid: str) -> Caller:
    return Caller(Actor(ActorKind.APP, tid=TENANT, oid=oid))


def wanted(dns: str, issuer: str = "DigiCert", kty: str = "RSA", **key: Any) -> dict[str, Any]:
    """A policy as a pipeline would send it; without AutoRenew, since Certflow renews."""
    return {
        "issuer": {"name": issuer},
        "key_props": {"kty": kty, "key_size": 2048, "exportable": False, "reuse_key": False} | key,
        "x509_props": {"subject": f"CN={dns}", "sans": {"dns_names": [dns]}, "ekus": [SERVER], "validity_months": 6},
        "lifetime_actions": [{"trigger": {"days_before_expiry": 30}, "action": {"action_type": "EmailContacts"}}],
    }


def request(
    access: AccessRules,
    caller: Caller,
    vault: str,
    name: str,
    policy: dict[str, Any],
    *,
    owner: str | None = "a@example.com",
    today: int = 0,
) -> Decision:
    asked = Asked(Verb.REQUEST, vault, name, effective_policy(policy, None), owner, today)
    return decide(access, caller, asked)


def verbs(access: AccessRules, caller: Caller, vault: str, name: str) -> set[str]:
    """The verbs other than request that somebody has for a name."""
    others = [verb for verb in Verb if verb is not Verb.REQUEST]
    return {verb.value for verb in others if decide(access, caller, Asked(verb, vault, name)).allowed}


def test_what_each_app_role_may_do_is_what_the_page_says() -> None:
    (sentence,) = re.findall(
        r"four app roles count.*?\n\n?Once|four app roles count.*?\.\n", PAGE.read_text(), re.DOTALL
    )
    said = {
        role: set(re.findall(r"`(\w+)`", verbs))
        for role, verbs in re.findall(r"`(Certflow\.\w+)` \(([^)]*)\)", sentence)
    }
    assert said.pop("Certflow.Operator") == set()  # all verbs
    assert said == {role: {one.value for one in of} for role, of in VERBS_OF_ROLES.items() if role in said}
    assert said.keys() | {"Certflow.Operator"} == VERBS_OF_ROLES.keys()
    assert verbs(without_file(), person("Certflow.Operator"), "any", "any") == set(Verb) - {"request"}


def test_in_one_team_operators_do_all_readers_read_and_the_pipeline_asks_for_its_own() -> None:
    operator, reader, pipeline = person("Certflow.Operator"), person("Certflow.Reader"), machine(SHOP)
    assert request(ONE_TEAM, operator, "main", "intranet", wanted("a.example.net", "Unknown")).allowed
    assert verbs(ONE_TEAM, operator, "main", "intranet") == set(Verb) - {"request", "approve"}
    assert verbs(ONE_TEAM, reader, "main", "intranet") == {"read"}
    assert request(ONE_TEAM, pipeline, "main", "web-shop", wanted("shop.example.com")).allowed
    for name, policy, today, lacking in (
        ("intranet", wanted("shop.example.com"), 0, "name"),
        ("web-shop", wanted("shop.example.net"), 0, "dns"),
        ("web-shop", wanted("*.example.com"), 0, "wildcard"),
        ("web-shop", wanted("shop.example.com", "Unknown"), 0, "issuers"),
        ("web-shop", wanted("shop.example.com"), 20, "a_day"),
    ):
        refused = request(ONE_TEAM, pipeline, "main", name, policy, today=today)
        assert not refused.allowed
        assert lacking in {one.what for one in refused.missing}, (name, refused)
    assert not request(ONE_TEAM, person(), "main", "web-shop", wanted("shop.example.com")).allowed


@pytest.mark.parametrize("team", sorted(TEAMS))
def test_of_five_teams_each_asks_for_its_own_and_sees_nothing_of_the_others(team: str) -> None:
    caller, own = person(f"team-{team}"), wanted(f"www.{team}.example.com")
    assert request(FIVE_TEAMS, caller, f"prod-{team}", f"{team}-www", own).allowed
    assert verbs(FIVE_TEAMS, caller, f"prod-{team}", f"{team}-www") == {"read", "cancel", "acknowledge"}
    for other in TEAMS - {team}:
        assert not visible(FIVE_TEAMS, caller, f"prod-{other}", f"{other}-www")
        assert verbs(FIVE_TEAMS, caller, f"prod-{other}", f"{other}-www") == set()
        assert not request(FIVE_TEAMS, caller, f"prod-{other}", f"{other}-www", own).allowed
        assert not request(
            FIVE_TEAMS, caller, f"prod-{team}", f"{team}-www", wanted(f"www.{other}.example.com")
        ).allowed
    told = str(may(FIVE_TEAMS, caller))
    assert [other for other in TEAMS - {team} if f"prod-{other}" in told or f"{other}-" in told] == []


@pytest.mark.parametrize(
    ("access", "caller", "vault", "name", "dns"),
    [
        (ONE_TEAM, machine(SHOP), "main", "web-shop", "shop.example.com"),
        (FIVE_TEAMS, person("team-pay"), "prod-pay", "pay-www", "www.pay.example.com"),
    ],
    ids=["one team", "five teams"],
)
def test_a_request_that_leaves_all_but_the_names_to_key_vault_is_granted(
    access: AccessRules, caller: Caller, vault: str, name: str, dns: str
) -> None:
    plain = {"issuer": {"name": "DigiCert"}, "x509_props": {"sans": {"dns_names": [dns]}, "subject": f"CN={dns}"}}
    assert request(access, caller, vault, name, plain).allowed
    assert [one.what for one in ask("bank-requester", plain).missing] != []


def test_of_five_teams_the_pki_team_returns_and_operates_everywhere() -> None:
    pki = person("pki")
    for team in TEAMS:
        assert verbs(FIVE_TEAMS, pki, f"prod-{team}", f"{team}-www") == set(Verb) - {"request", "approve"}
    assert decide(FIVE_TEAMS, pki, Asked(Verb.OPERATE)).allowed
    assert not decide(FIVE_TEAMS, person("team-pay"), Asked(Verb.OPERATE)).allowed


def test_in_the_bank_nobody_does_two_of_asking_returning_and_running() -> None:
    held = {
        role: verbs(BANK, person(role), "prod-pay", "bank-www")
        for role in ("bank-requester", "bank-ra", "bank-operator", "bank-audit")
    }
    assert held == {
        "bank-requester": {"read", "cancel"},
        "bank-ra": {"read", "return"},
        "bank-operator": {"read", "acknowledge", "operate"},
        "bank-audit": {"read"},
    }
    may_ask = {role for role in held if ask(role, wanted("www.bank.example.com", kty="RSA-HSM", key_size=3072)).allowed}
    assert may_ask == {"bank-requester"}


def ask(role: str, policy: dict[str, Any]) -> Decision:
    return request(BANK, person(role), "prod-pay", "bank-www", policy, owner="web@bank.example.com")


def test_in_the_bank_wildcards_and_exportable_keys_are_denied_with_the_reason() -> None:
    wildcard = ask("bank-requester", wanted("*.bank.example.com", kty="RSA-HSM", key_size=3072))
    assert not wildcard.allowed
    assert "no wildcards in production" in (wildcard.denied or "")
    exportable = ask("bank-requester", wanted("www.bank.example.com", kty="RSA-HSM", key_size=3072, exportable=True))
    assert not exportable.allowed
    assert "keys of production stay in the vault" in (exportable.denied or "")


def test_in_the_bank_who_has_left_is_out_with_every_role() -> None:
    gone = person("bank-requester", "bank-operator", oid=LEFT)
    assert verbs(BANK, gone, "prod-pay", "bank-www") == set()
    assert decide(BANK, gone, Asked(Verb.READ, "prod-pay", "bank-www")).denied == "left the company"


def test_each_team_and_role_that_the_files_name_can_be_registered() -> None:
    """Entra's limits of an app role's value are wider than those of register.sh."""
    roles = set(re.findall(r'"role:([^"]+)"', "".join(FILES)))
    assert len(roles) == 12
    assert all(re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]*", role) for role in roles)
