"""Calls of every route that do nothing even if they are let in: with bad tokens, and by callers of each app role."""

from __future__ import annotations

from functions.triggers.http.routes import ROUTES, Gate, Route
from local.api import Client
from tests.bad_tokens import BadToken
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
    return route.template.format(vault="main", name="no-such-name", id="0" * 32)


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
        assert (answer.status, answer.headers.get("WWW-Authenticate")) == (401, "Bearer"), bad.name
        says = "signature of the token is wrong" if bad.name in NOT_CLAIMS else bad.says
        assert says in (await answer.json())["error"]["message"], bad.name
    return True


async def calls_what_its_roles_grant(client: Client, who: str) -> None:
    """Asks every route as one of CALLERS: what the app roles grant is let in, and nothing else."""
    caller = client.signed_in_as(who)
    for route in ROUTES:
        answer = await caller.call(route.method, address(route), params=NOTHING)
        granted = isinstance(route.verb, Gate) or route.verb.value in CALLERS[who]
        assert answer.status == (400 if granted else 403), route.name
        if not granted:
            refused = await answer.json()
            assert refused["missing"][0]["asked"] == route.verb.value
            assert "Certflow." in refused["error"]["message"]
