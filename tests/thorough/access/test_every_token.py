"""Every route of the running app, with every bad token."""

from __future__ import annotations

import pytest

from functions.triggers.http.routes import ROUTES, Route
from local.api import Client
from tests.bad_tokens import BAD_TOKENS
from tests.e2e.access.route_calls import refuses


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
async def test_without_a_good_token_nothing_but_an_open_route_is_answered(client: Client, route: Route) -> None:
    tried = [await refuses(client, route, bad) for bad in BAD_TOKENS]
    assert tried.count(True) >= 20
