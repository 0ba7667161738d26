"""Five teams and their PKI team in one file: what a team is told has no word of the others."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from functions.access.decide import Asked, decide, decide_anywhere
from functions.access.permissions import may, visible
from functions.access.policy import effective_policy
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from tests.unit.access.tables.callers import Row, person, rules
from tests.unit.access.tables.requests import policy

TEAMS = ("pay", "hr", "shop", "data", "mobile")
VERBS = ["read", "request", "cancel", "acknowledge"]
GRANTS: list[Row] = [
    *[
        {
            "who": [f"role:{team}"],
            "may": VERBS,
            "vaults": [f"prod-{team}"],
            "names": [f"{team}-*"],
            "dns": [f"*.{team}.example.com"],
        }
        for team in TEAMS
    ],
    {"who": ["role:pki"], "may": [verb.value for verb in Verb]},
]
CONDITIONS: list[Row] = [
    *[{"vaults": [f"prod-{team}"], "wildcard": True, "approvals": 1, "by": [f"role:{team}-lead"]} for team in TEAMS],
    *[{"vaults": [f"prod-{team}"], "verbs": ["cancel"], "deny": True, "say": f"ask {team}"} for team in TEAMS],
]


@pytest.fixture(scope="module")
def access() -> AccessRules:
    return rules(GRANTS, CONDITIONS)


def everything_told(access: AccessRules, *roles: str) -> str:
    """All that a caller is told, whatever they ask of anybody's."""
    caller = person(*roles)
    asked = [
        Asked(verb, f"prod-{vault}", f"{name}-web", effective_policy(policy(f"w.{dns}.example.com"), None))
        for verb in Verb
        for vault in TEAMS
        for name in TEAMS
        for dns in TEAMS
    ]
    found = [decide(access, caller, question) for question in asked]
    words = [one.denied or "" for one in found]
    # What the caller has asked for does not count as told.
    words += [",".join(missing.granted) for one in found for missing in one.missing]
    words += [str(asdict(decide_anywhere(access, caller, verb))) for verb in Verb]
    return " ".join([*words, str(may(access, caller))])


@pytest.mark.parametrize("team", TEAMS)
def test_a_team_hears_of_no_other(access: AccessRules, team: str) -> None:
    told = everything_told(access, team)
    assert team in told
    assert [other for other in TEAMS if other != team and other in told] == []


def test_a_stranger_hears_of_none(access: AccessRules) -> None:
    assert [team for team in TEAMS if team in everything_told(access, "nobody")] == []


def test_the_pki_team_sees_all_of_them(access: AccessRules) -> None:
    assert [team for team in TEAMS if team not in everything_told(access, "pki")] == []


@pytest.mark.parametrize("team", TEAMS)
def test_a_list_has_the_names_of_the_team_alone(access: AccessRules, team: str) -> None:
    names = [(f"prod-{one}", f"{other}-{number}") for one in TEAMS for other in TEAMS for number in range(200)]
    assert len(names) == 5000
    shown = [pair for pair in names if visible(access, person(team), *pair)]
    assert shown == [(f"prod-{team}", f"{team}-{number}") for number in range(200)]
