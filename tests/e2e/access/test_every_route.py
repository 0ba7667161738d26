"""Every route of the running app, with every kind of caller. A call that is let in asks with a query parameter that no
route knows, so that it does nothing: the check comes before the query is looked at.
"""

from __future__ import annotations

import itertools
from typing import Any

import aiohttp
import pytest

from functions.triggers.http.routes import ROUTES
from local.api import Client
from tests.bad_tokens import BAD_TOKENS
from tests.e2e.access.route_calls import CALLERS, calls_what_its_roles_grant, refuses


async def test_without_a_good_token_nothing_but_an_open_route_is_answered(client: Client) -> None:
    """Each route with some bad tokens, and each bad token at some route; tests/thorough has the whole table."""
    routes = itertools.cycle(ROUTES)
    tried = [await refuses(client, next(routes), bad) for bad in BAD_TOKENS]
    assert tried.count(True) >= len(ROUTES)


@pytest.mark.parametrize("who", CALLERS)
async def test_each_caller_may_call_what_the_app_roles_grant_and_nothing_else(client: Client, who: str) -> None:
    await calls_what_its_roles_grant(client, who)


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
