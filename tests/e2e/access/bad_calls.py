"""Calls with bad tokens, which do nothing even if they are let in."""

from __future__ import annotations

from functions.triggers.http.routes import Gate, Route
from local.api import Client
from tests.bad_tokens import BadToken
from tests.e2e.access.stack_forge import forge_of
from tests.e2e.described import check

NOTHING = {"nonsense": "1"}
# The stack's Entra signs what is claims and JSON alone: these are signed by a stranger's key, which is seen first.
NOT_CLAIMS = {"claims that are no JSON", "claims that are a list", "an endless end"}
MAX_HEADER = 8000  # characters that the host's parser takes


def address(route: Route) -> str:
    return route.template.format(vault="main", name="no-such-name")


async def refuses(client: Client, route: Route, bad: BadToken) -> bool:
    """Asks with a bad token, and returns whether it could be sent: nothing but an open route lets it in."""
    header = bad.header(forge_of(client.stack))
    if not bad.over_http or (header is not None and len(header) > MAX_HEADER):
        return False
    headers = {"Authorization": header} if header is not None else {}
    url = f"{client.stack['api']}/{address(route)}"
    async with client.session.request(route.method, url, headers=headers, params=NOTHING) as answer:
        body = await answer.read()
        check(answer, body)
        if route.verb is Gate.OPEN:
            assert answer.status == 400
            return True
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), bad.name
        says = "signature of the token is wrong" if bad.name in NOT_CLAIMS else bad.says
        assert says in (await answer.json())["error"]["message"], bad.name
    return True
