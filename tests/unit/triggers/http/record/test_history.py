"""`GET history`: who did what to all names; a team sees the acts on its own names, and no link tells of others."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.model.record.act_list import ActFilter, ActPage, ListedAct
from functions.model.request.actor import RENEWAL, Actor, ActorKind
from functions.model.request.history import ACTS, HistoryEntry
from functions.model.request.operation import Status
from functions.triggers.http.record.history import ACT_COLUMNS, MAX_LISTED_VAULTS
from local.functions_host import ROOT
from tests.actors import person, saying
from tests.clock import NOW
from tests.unit.fakes import FakeVault
from tests.unit.signed_in import ROUTE, TEAMS, Api, error_of, five_teams

HISTORY = ROUTE["list_history"]
ID = "0123456789abcdef" * 2
ANN = Actor(ActorKind.PERSON, "ann@example.com", "t1", "oid-of-ann", "azp1")


def act(number: int, vault: str, name: str, **more: Any) -> ListedAct:
    """The higher the number, the older."""
    given = {"what": "created", "by": ANN, "status": Status.IN_PROGRESS, **more}
    return ListedAct(vault, name, HistoryEntry(at=NOW - timedelta(minutes=number), request_id=ID, **given))


async def listing(acts: Iterable[ListedAct], file: bytes | None = None, *, entra: bool = True) -> Api:
    api = five_teams(file)
    api.entra = entra
    api.world.ledger.listed.extend(acts)
    return api


async def of_all_teams(file: bytes | None = None) -> Api:
    """Three acts for each team, in turn."""
    return await listing(
        [act(10 * number + at, f"prod-{team}", f"{team}-web") for number in range(3) for at, team in enumerate(TEAMS)],
        file,
    )


async def page(api: Api, roles: Iterable[str], query: str = "") -> dict[str, Any]:
    answer = await api.call(HISTORY, roles, query=query)
    assert answer.status_code == 200, answer.get_body()
    return error_of(answer)


def token_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


async def test_it_says_who_did_what_to_which_certificate() -> None:
    merged = act(
        1,
        "prod-pay",
        "pay-web",
        what="merged",
        status=Status.COMPLETED,
        note="by hand",
        file={"name": "web.pem", "sha256": "ab"},
        warnings=("It ends early.",),
        before={"status": "inProgress", "owner": "ann"},
        after={"status": "completed"},
        access="5" * 64,
    )
    answer = await page(await listing([merged]), ["pki"])
    assert answer == {
        "value": [
            {
                "act": "merged",
                "at": (NOW - timedelta(minutes=1)).isoformat(),
                "request_id": ID,
                "status": "completed",
                "by": "ann@example.com",
                "verified": True,
                "actor": {
                    "kind": "person",
                    "name": "ann@example.com",
                    "tid": "t1",
                    "oid": "oid-of-ann",
                    "azp": "azp1",
                },
                "note": "by hand",
                "file": {"name": "web.pem", "sha256": "ab"},
                "warnings": ["It ends early."],
                "before": {"status": "inProgress", "owner": "ann"},
                "after": {"status": "completed"},
                "access": "5" * 64,
                "vault": "prod-pay",
                "name": "pay-web",
            }
        ],
        "nextLink": None,
    }


@pytest.mark.parametrize("team", TEAMS)
async def test_a_team_sees_the_acts_on_its_own_names_alone(team: str) -> None:
    answer = await page(await of_all_teams(), [f"team-{team}"])
    assert [one["name"] for one in answer["value"]] == [f"{team}-web"] * 3
    assert answer["nextLink"] is None
    assert not any(f"prod-{other}" in json.dumps(answer) for other in TEAMS if other != team)


async def test_pages_of_a_team_and_their_tokens_are_those_of_a_team_alone() -> None:
    api = await of_all_teams()
    alone = await listing(one for one in api.world.ledger.listed if one.name == "pay-web")
    links = list[str]()
    for some in (api, alone):
        first = await page(some, ["team-pay"], "limit=2")
        links.append(first["nextLink"])
        second = await page(some, ["team-pay"], f"limit=2&token={token_in(first['nextLink'])}")
        assert [len(first["value"]), len(second["value"]), second["nextLink"]] == [2, 1, None]
    assert links[0] == links[1]


async def test_only_the_vaults_and_names_that_a_team_may_read_are_asked_for() -> None:
    api, asked = await of_all_teams(), list[ActFilter]()
    history = api.world.listed_history
    answer = history.page

    async def page_of(wanted: ActFilter, token: str | None) -> ActPage:
        asked.append(wanted)
        return await answer(wanted, token)

    with mock.patch.object(history, "page", page_of):
        await page(api, ["team-pay", "team-hr"])
        await page(api, ["pki"])
    assert [set(one.beginnings) for one in asked] == [{"pay-", "hr-"}, set()]
    assert asked[0].vaults == {"prod-pay", "prod-hr"}
    assert asked[1].vaults == {f"prod-{team}" for team in TEAMS}


async def test_with_function_keys_everything_is_listed() -> None:
    api = await listing([act(1, "main", "web"), act(2, "main", "api", by=saying("eve"))], entra=False)
    api.vaults = {}
    found = error_of(await api.send(HISTORY, None))["value"]
    assert [(one["by"], one["verified"]) for one in found] == [("ann@example.com", True), ("eve", False)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("vault=prod-pay", [1, 2]),
        ("vault=PROD-HR,prod-web", [3, 4]),
        ("by=ANN@example.com", [1]),
        ("by=OID-of-bob", [2]),
        ("by=system:renewal", [3]),
        ("by=ann", []),
        ("verb=merged,OBSERVED", [2, 4]),
        (f"since={(NOW - timedelta(minutes=2)).strftime('%Y-%m-%dT%H:%M:%SZ')}", [1, 2]),
        (f"until={(NOW - timedelta(minutes=2)).strftime('%Y-%m-%dT%H:%M:%S')}", [3, 4]),
        ("since=2000-01-01&until=9999-12-31", [1, 2, 3, 4]),
        ("until=2000-01-01", []),
    ],
)
async def test_filters(query: str, numbers: list[int]) -> None:
    acts = [
        act(1, "prod-pay", "pay-web"),
        act(2, "prod-pay", "pay-api", what="merged", by=Actor(ActorKind.PERSON, "bob", "t1", "oid-of-bob")),
        act(3, "prod-hr", "hr-web", by=RENEWAL),
        act(4, "prod-web", "web-web", what="observed", by=None),
    ]
    found = (await page(await listing(acts), ["pki"], query))["value"]
    names = {one.name: number for number, one in enumerate(acts, 1)}
    assert [names[one["name"]] for one in found] == numbers


async def test_a_day_as_until_is_listed_and_as_since_from_its_beginning() -> None:
    day = (NOW - timedelta(minutes=1)).date().isoformat()
    found = (await page(await listing([act(1, "prod-pay", "pay-web")]), ["pki"], f"since={day}&until={day}"))["value"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("verb=made", "verb"),
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("token=x", "token"),
        ("who=ann", "who"),
    ],
)
async def test_a_wrong_parameter_is_named(query: str, field: str) -> None:
    answer = await (await listing([])).call(HISTORY, ["pki"], query=query)
    assert answer.status_code == 400
    assert error_of(answer)["error"]["message"].startswith(field)


async def test_a_vault_of_others_in_a_filter_is_refused_whether_or_not_it_exists() -> None:
    api = await of_all_teams()
    there, absent = [await api.call(HISTORY, ["team-pay"], query=f"vault={one}") for one in ("prod-hr", "prod-xx")]
    assert there.status_code == absent.status_code == 403
    assert there.get_body().replace(b"prod-hr", b"prod-xx") == absent.get_body()


async def test_beyond_so_many_vaults_some_have_to_be_named() -> None:
    api = await listing([act(1, "v7", "web")])
    api.vaults = {f"v{number}": FakeVault() for number in range(MAX_LISTED_VAULTS + 1)}
    answer = await api.call(HISTORY, ["pki"])
    assert answer.status_code == 400
    assert str(MAX_LISTED_VAULTS) in error_of(answer)["error"]["message"]
    named = ",".join(f"v{number}" for number in range(MAX_LISTED_VAULTS))
    assert len((await page(api, ["pki"], f"vault={named}"))["value"]) == 1
    del api.vaults["v25"]
    assert len((await page(api, ["pki"]))["value"]) == 1


async def test_as_csv_no_cell_is_a_formula_and_a_header_leads_to_the_next_page() -> None:
    made = {name: name for name in ("version", "thumbprint", "subject", "issuer", "serial", "sha256")}
    acts = [
        act(
            1,
            "prod-pay",
            "pay-web",
            what="merged",
            status=Status.COMPLETED,
            by=saying("=cmd|' /C calc'!A0"),
            note="+1",
            certificate={**made, "not_before": "2026-01-01", "not_after": "2026-02-01"},
            file={"name": "@web.pem", "sha256": "ab"},
            warnings=("One, two.", "Three."),
            before={"owner": "=1+1"},
            after={"owner": 'ö, "x"', "issuer": "DigiCert"},
            access="=5",
            approval="a" * 32,
        ),
        act(2, "prod-pay", "pay-api", by=person("bob")),
    ]
    api = await listing(acts)
    answer = await api.call(HISTORY, ["pki"], query="limit=1&code=secret", accept="text/csv")
    header, row = csv.reader(io.StringIO(answer.get_body().decode()))
    assert (tuple(header), len(row)) == (ACT_COLUMNS, len(ACT_COLUMNS))
    cells = dict(zip(header, row, strict=True))
    assert not any(cell.startswith(("=", "+", "@")) for cell in row)
    assert (cells["act"], cells["kind"], cells["verified"], cells["oid"]) == ("merged", "key", "false", "")
    assert (cells["thumbprint"], cells["serial"], cells["not_after"]) == ("thumbprint", "serial", "2026-02-01")
    assert (cells["file_sha256"], cells["warnings"]) == ("ab", "One, two. Three.")
    assert (cells["approval"], cells["access"]) == ("a" * 32, "'=5")
    assert cells["before"] == '{"owner":"=1+1"}'
    assert json.loads(cells["after"]) == {"owner": 'ö, "x"', "issuer": "DigiCert"}
    link = answer.headers["Link"]
    assert link.endswith('>; rel="next"')
    assert "secret" not in link
    rest = await api.call(
        HISTORY, ["pki"], query=f"limit=1&token={token_in(link[1:].split('>')[0])}", accept="text/csv"
    )
    assert "Link" not in rest.headers
    assert "pay-api" in rest.get_body().decode()
    assert rest.mimetype == "text/csv; charset=utf-8"


def test_the_acts_are_those_that_the_api_page_names() -> None:
    (row,) = re.findall(r"`act` is (.*?)\. A completion", (ROOT / "docs" / "api.md").read_text())
    assert set(re.findall(r"`([a-z]+)`", row)) == set(ACTS)
