"""Every route of the running app, with every kind of caller. A call that is let in asks with a query parameter that no
route knows, so that it does nothing: the check comes before the query is looked at.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from functions.triggers.http.routes import ROUTES, Gate, Route
from local.api import Client
from tests.bad_tokens import BAD_TOKENS
from tests.e2e.access.stack_forge import forge_of
from tests.e2e.described import check

NOTHING = {"nonsense": "1"}
# The stack's Entra signs what is claims and JSON alone: these are signed by a stranger's key, which is seen first.
NOT_CLAIMS = {"claims that are no JSON", "claims that are a list", "an endless end"}
MAX_HEADER = 8000  # characters that the host's parser takes
CALLERS = {
    "reader": {"read"},
    "requester": {"read", "request", "return", "cancel", "acknowledge"},
    "approver": {"read", "approve"},
    "operator": {"read", "request", "return", "cancel", "delete", "acknowledge", "operate", "approve"},
    "pipeline": {"read", "request", "return", "cancel", "acknowledge"},
    "idle": set[str](),
}


def address(route: Route) -> str:
    return route.template.format(vault="main", name="no-such-name")


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
async def test_without_a_good_token_nothing_but_an_open_route_is_answered(client: Client, route: Route) -> None:
    forge = forge_of(client.stack)
    tried = 0
    for bad in BAD_TOKENS:
        if not bad.over_http:
            continue
        header = bad.header(forge)
        if header is not None and len(header) > MAX_HEADER:
            continue
        headers = {"Authorization": header} if header is not None else {}
        url = f"{client.stack['api']}/{address(route)}"
        async with client.session.request(route.method, url, headers=headers, params=NOTHING) as answer:
            body = await answer.read()
            check(answer, body)
            if route.verb is Gate.OPEN:
                assert answer.status == 400
                continue
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), bad.name
            says = "signature of the token is wrong" if bad.name in NOT_CLAIMS else bad.says
            assert says in (await answer.json())["error"]["message"], bad.name
            tried += 1
    assert route.verb is Gate.OPEN or tried >= 20


@pytest.mark.parametrize("who", CALLERS)
async def test_each_caller_may_call_what_the_app_roles_grant_and_nothing_else(client: Client, who: str) -> None:
    caller = client.signed_in_as(who)
    for route in ROUTES:
        answer = await caller.call(route.method, address(route), params=NOTHING)
        granted = isinstance(route.verb, Gate) or route.verb.value in CALLERS[who]
        assert answer.status == (400 if granted else 403), route.name
        if not granted:
            refused = await answer.json()
            assert refused["missing"][0]["asked"] == route.verb.value
            assert "Certflow." in refused["error"]["message"]


async def test_a_person_finds_out_in_one_call_what_is_granted(client: Client) -> None:
    seen = await (await client.signed_in_as("reader").call("GET", "access")).json()
    assert seen["caller"]["kind"] == "person"
    assert "Certflow.Reader" in seen["caller"]["roles"]
    assert seen["grants"] == [{"may": ["read"]}]
    assert seen["decided_by"]["state"] in {"roles", "file"}


async def test_a_key_opens_nothing_where_callers_sign_in(client: Client) -> None:
    async def status(**more: Any) -> int:
        url = f"{client.stack['api']}/requests"
        async with client.session.get(url, **more) as answer:
            assert isinstance(answer, aiohttp.ClientResponse)
            return answer.status

    assert await status(headers={"x-functions-key": client.stack["master_key"]}) == 401
    assert await status(params={"code": client.stack["master_key"]}) == 401
