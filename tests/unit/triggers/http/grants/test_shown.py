"""What of the app a caller sees: the vaults and names of the grants, and in a refusal who can change that."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func
import pytest

from functions.model.caller import Caller
from functions.model.request.actor import Actor, ActorKind
from functions.triggers.http.blueprint import function_of
from functions.triggers.http.context import Context
from tests.certificates import pem
from tests.unit.signed_in import ROUTE, Api, error_of, five_teams, team_file
from tests.unit.triggers.http.grants.test_check import OneCaller
from tests.unit.triggers.http.grants.test_five_teams import ROOT, text_of, working


def file_of(*grants: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"grants": [{"who": ["role:x"], **one} for one in grants], **more}).encode()


def names_in(answer: func.HttpResponse) -> list[str]:
    return [one["name"] for one in error_of(answer)["value"]]


async def test_a_list_of_one_vault_needs_the_right_to_read_there() -> None:
    api = await working(
        file_of({"may": ["read"], "vaults": ["prod-pay"]}, {"may": ["request", "return"], "vaults": ["prod-hr"]})
    )
    listed = ROUTE["list_requests"]
    assert names_in(await api.call(listed, ["x"], query="vault=PROD-PAY")) == ["pay-web"]
    assert (await api.call(listed, ["x"], query="vault=prod-hr")).status_code == 403
    elsewhere = await api.call(ROUTE["get_pending"], ["x"], vault="prod-new", name="web")
    assert elsewhere.status_code == 403


async def test_a_vault_exists_for_whom_one_of_several_rows_is_about() -> None:
    api = await working(
        file_of({"may": ["read"], "vaults": ["prod-pay"]}, {"may": ["read"], "vaults": ["prod-hr", "prod-new"]})
    )
    answer = await api.call(ROUTE["get_pending"], ["x"], vault="prod-hr", name="hr-web")
    assert answer.status_code == 200
    unknown = await api.call(ROUTE["get_pending"], ["x"], vault="prod-new", name="web")
    assert error_of(unknown)["error"]["message"].endswith("Configured: prod-pay, prod-hr.")


async def test_with_a_function_key_lists_take_a_filter_and_show_everything() -> None:
    api = await working()
    api.entra = False
    answer = await api.send(ROUTE["list_requests"], None, query="vault=prod-pay")
    assert (answer.status_code, names_in(answer)) == (200, ["pay-web"])
    assert len(names_in(await api.send(ROUTE["list_requests"], None))) == len(api.vaults)
    assert (await api.send(ROUTE["list_requests"], None, query="vault=prod-new")).status_code == 404


def verbs_on(answer: func.HttpResponse) -> dict[str, str]:
    """What a board says may be done, by name."""
    board = error_of(answer)
    columns = board["columns"]
    return {name: " ".join(board["mays"][place]) for name, place in zip(columns["name"], columns["may"], strict=True)}


async def test_a_board_has_the_names_and_the_verbs_of_the_grants() -> None:
    api = await working(file_of({"may": ["read"]}, {"may": ["return", "cancel"], "vaults": ["prod-pay"]}))
    board = verbs_on(await api.call(ROUTE["get_board"], ["x"]))
    assert (board["pay-web"], board["hr-web"]) == ("read return cancel", "read")
    api.entra = False
    everything = "read request return cancel delete acknowledge operate approve"
    assert set(verbs_on(await api.send(ROUTE["get_board"], None)).values()) == {everything}


async def test_the_same_rows_with_other_grants_have_another_etag() -> None:
    api = await working(file_of({"may": ["read"]}, {"who": ["role:y"], "may": ["read", "cancel"]}))
    mine, theirs = [(await api.call(ROUTE["get_board"], [role])).headers["ETag"] for role in ("x", "y")]
    assert mine != theirs
    assert (await api.call(ROUTE["get_board"], ["x"], **{"if-none-match": mine})).status_code == 304


@pytest.mark.parametrize("route", ["inspect_chain", "return_chain"])
async def test_a_file_for_what_others_have_started_elsewhere_is_answered_as_one_for_nobodys(route: str) -> None:
    api, empty = await working(), five_teams()
    hr, pay = api.vaults["prod-hr"].start("hr-new"), api.vaults["prod-pay"].start("pay-new")
    shared = api.vaults["prod-pay"].start("hr-shared")
    for theirs in (hr, shared):
        content = pem(ROOT.signs(theirs.csr), ROOT.certificate)
        here, there = [await one.call(ROUTE[route], ["team-pay"], body=content) for one in (api, empty)]
        assert (here.status_code, here.get_body()) == (200, there.get_body())
    answer = await api.call(ROUTE[route], ["team-pay"], body=pem(ROOT.signs(pay.csr), ROOT.certificate))
    assert [leaf["request"]["name"] for leaf in error_of(answer)["leaves"]] == ["pay-new"]


async def test_for_a_function_key_that_still_counts_every_vault_exists() -> None:
    api = await working()
    caller = OneCaller(Caller(Actor(ActorKind.KEY)))
    call = func.HttpRequest(
        method="GET",
        url="https://app.example.com/api/x",
        route_params={"vault": "prod-pay", "name": "pay-web"},
        body=b"",
    )
    answer = await function_of(ROUTE["get_pending"], lambda: Context(api.certflow, sign_in=lambda: caller))(call)
    assert answer.status_code == 200


@pytest.mark.parametrize(("entra", "roles"), [(True, ["pki"]), (False, [])])
async def test_who_operates_the_whole_app_is_told_of_the_whole_app(*, entra: bool, roles: list[str]) -> None:
    api = await working()
    api.entra = entra
    status = error_of(await api.call(ROUTE["status"], roles))
    assert {"files", "refused_events", "vaults"} <= set(status)
    assert len(status["vaults"]) == len(api.vaults)


async def test_without_a_file_a_caller_is_told_of_no_hash_of_one() -> None:
    answer = error_of(await Api().call(ROUTE["access"], ["Certflow.Reader"]))
    assert answer["decided_by"] == {"state": "roles"}


async def test_while_the_first_file_is_broken_a_refusal_says_that_only_operators_count() -> None:
    answer = await Api(file=b"{").call(ROUTE["list_requests"], ["Certflow.Reader"])
    message = error_of(answer)["error"]["message"]
    assert "until then only Certflow.Operator counts. Whoever may write access/access.json can grant it." in message
    whole = await Api(file=team_file()).call(ROUTE["list_requests"], ["Certflow.Reader"])
    assert "Certflow.Operator" not in text_of(whole)


async def test_a_refusal_spells_a_vault_as_the_settings_do() -> None:
    answer = await five_teams().call(ROUTE["get_pending"], ["team-pay"], vault="PROD-HR", name="hr-web")
    assert error_of(answer)["missing"] == [{"what": "vault", "asked": "prod-hr", "granted": ["prod-pay"]}]


@pytest.mark.parametrize(
    ("say", "said"), [("left the team", "left the team."), ("Left.", "Left."), ("No!", "No!"), ("Why?", "Why?")]
)
async def test_a_refusal_ends_what_a_row_says_with_one_full_stop(say: str, said: str) -> None:
    api = five_teams(file_of({"may": ["read"]}, conditions=[{"who": ["role:x"], "deny": True, "say": say}]))
    message = error_of(await api.call(ROUTE["list_requests"], ["x"]))["error"]["message"]
    assert f"This is denied: {said} Whoever may write access/access.json can change that." in message
