"""Every route, with every kind of caller: a table that is made of the routes, so that a new one is in it."""

from __future__ import annotations

import json

import pytest

from functions.access.verbs import Verb
from functions.triggers.http.routes import ROUTES, Gate, Route
from tests.bad_tokens import BAD_TOKENS
from tests.certificates import Ca
from tests.clock import fixed_now
from tests.entra_tokens import PIPELINE_APP
from tests.unit.fakes import signed, version_of
from tests.unit.signed_in import FORGE, ROUTE, Api, error_of, team_file

SIGNED_IN = ["list_approvals", "get_approval", "withdraw", "access", "openapi"]
CLOSED = [one for one in ROUTES if one.verb is not Gate.OPEN]
# By app role, the verbs that it has while there is no access file; written apart from the code's own table.
VERBS = {
    "Certflow.Reader": {"read"},
    "Certflow.Requester": {"read", "request", "return", "cancel", "acknowledge"},
    "Certflow.Approver": {"read", "approve"},
    "Certflow.Operator": {
        "read",
        "request",
        "return",
        "cancel",
        "delete",
        "acknowledge",
        "operate",
        "approve",
    },
    "Certflow.Unheard": set[str](),
}


def test_the_open_routes_are_these() -> None:
    assert [one.name for one in ROUTES if one.verb is Gate.OPEN] == ["health"]
    assert [one.name for one in ROUTES if one.verb is Gate.SIGNED_IN] == SIGNED_IN


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
async def test_without_a_good_token_nothing_but_an_open_route_is_answered(route: Route) -> None:
    api = Api()
    assert len(BAD_TOKENS) >= 20
    for bad in BAD_TOKENS:
        header = bad.header(FORGE)
        # The query is wrong too: nothing is looked at before the caller is known.
        answer = await api.send(route, header, query="nonsense=1", vault="nowhere", name="no name")
        if route.verb is Gate.OPEN:
            assert answer.status_code == 400
            continue
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), bad.name
        error = error_of(answer)
        assert set(error) == {"error"}
        assert error["error"]["code"] == "Unauthorized"
        assert header is None or len(header) < 12 or header[-40:] not in error["error"]["message"]
    assert api.world.vault.calls == []


@pytest.mark.parametrize("role", VERBS)
@pytest.mark.parametrize("route", CLOSED, ids=lambda one: one.name)
async def test_a_role_may_call_what_its_verbs_say_and_nothing_else(route: Route, role: str) -> None:
    answer = await Api().call(route, [role])
    if isinstance(route.verb, Gate) or route.verb.value in VERBS[role]:
        assert answer.status_code not in {401, 403, 500, 503}, answer.get_body()
        return
    refused = error_of(answer)
    assert (answer.status_code, refused["reason"]) == (403, "not-granted")
    assert refused["missing"] == [
        {"what": "verb", "asked": route.verb.value, "granted": sorted(VERBS[role])},
    ]
    assert "Certflow.Reader" in refused["error"]["message"]


def may_of(route: Route) -> str:
    """The verbs that a call takes: that of the route, and that of reading where the answer shows a certificate."""
    return json.dumps([route.verb.value, *(["read"] if route.name == "tag_certificate" else [])])


def shows_nothing(route: Route) -> int:
    """What a route without a verb answers to whom nothing is granted: an approval is not there for them."""
    return 404 if "{id}" in route.template else 200


@pytest.mark.parametrize("route", CLOSED, ids=lambda one: one.name)
async def test_a_machine_may_call_what_a_row_grants_it(route: Route) -> None:
    header = FORGE.bearer(FORGE.machine(roles=["some-role"]))
    row = f'{{"who": ["app:{PIPELINE_APP}"], "may": {may_of(route)}}}' if isinstance(route.verb, Verb) else ""
    granted, without = Api(file=f'{{"grants": [{row}]}}'.encode()), Api(file=b'{"grants": []}')
    assert (await granted.send(route, header)).status_code not in {401, 403, 500, 503}
    refused = await without.send(route, header)
    if isinstance(route.verb, Gate):
        assert refused.status_code == shows_nothing(route)
        return
    assert (refused.status_code, error_of(refused)["reason"]) == (403, "not-granted")
    assert "Whoever may write access/access.json can grant it." in error_of(refused)["error"]["message"]


@pytest.mark.parametrize("route", CLOSED, ids=lambda one: one.name)
async def test_a_row_that_denies_wins_on_every_route_that_has_a_verb(route: Route) -> None:
    grants = team_file().decode().removesuffix("}")
    deny = '{"who": ["role:pki"], "deny": true, "say": "left the company"}'
    answer = await Api(file=f'{grants}, "conditions": [{deny}]}}'.encode()).call(route, ["pki"])
    if isinstance(route.verb, Gate):
        assert answer.status_code == shows_nothing(route)
        return
    assert (answer.status_code, error_of(answer)["reason"]) == (403, "denied")
    assert "This is denied: left the company. Whoever" in error_of(answer)["error"]["message"]


@pytest.mark.parametrize("route", CLOSED, ids=lambda one: one.name)
async def test_with_function_keys_the_host_has_checked_the_caller_and_everything_is_allowed(route: Route) -> None:
    answer = await Api(entra=False).send(route, None)
    assert answer.status_code not in {401, 403, 500, 503}


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([{"may": ["request"]}], "read"),
        ([{"may": ["request"]}, {"may": ["read"], "names": ["other"]}], "web"),
        ([{"may": ["request"]}, {"may": ["read"], "vaults": ["other"]}], "main"),
        ([{"may": ["read"]}], "request"),
        ([{"may": ["request"]}, {"may": ["read"], "names": ["WEB"], "vaults": ["MAIN"]}], None),
    ],
)
async def test_who_may_not_read_a_certificate_is_not_shown_it_by_a_change_of_its_tags(
    rows: list[dict[str, list[str]]], missing: str | None
) -> None:
    file = {"grants": [{"who": ["role:t"], **row} for row in rows]}
    api = Api(file=json.dumps(file).encode())
    vault = api.world.vault
    vault.certificates["web"] = version_of(signed(Ca.root("Test Root", at=fixed_now), vault.start("web")))
    del vault.operations["web"]
    answer = await api.call(ROUTE["tag_certificate"], ["t"])
    if missing is None:
        assert (answer.status_code, error_of(answer)["name"]) == (200, "web")
        return
    assert (answer.status_code, error_of(answer)["missing"][0]["asked"]) == (403, missing)
    assert "set_tags" not in vault.calls
