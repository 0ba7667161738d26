"""A sample of the mutants that tests find in one process, each in a running app: what is asked over HTTP finds it, too.

One stack serves all of them: its app takes a mutant while it runs (mutated_app).
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.api import Client, until
from local.entra import ACCESS_FILE
from tests.bad_tokens import BAD_TOKENS
from tests.certificates import Ca, pem
from tests.clock import real_now
from tests.e2e.access.route_calls import calls_what_its_roles_grant, refuses
from tests.e2e.access.stack_forge import StackForge, forge_of
from tests.e2e.stack import app_of, described_client, let_in, running_up
from tests.thorough.access.named_mutants import route_named

APP = Path(__file__).parent / "mutated_app"
CLAIMS, TOKENS = "functions.adapters.entra.claims", "functions.adapters.entra.tokens"
HTTP = "functions.triggers.http"
EVERYTHING = ["read", "request", "return", "cancel", "delete", "acknowledge", "operate"]
FILE = json.dumps(
    {
        "grants": [
            {"who": ["role:pki"], "may": EVERYTHING},
            {
                "who": ["role:team-pay"],
                "may": ["read", "request", "return"],
                "vaults": ["main"],
                "names": ["pay-*"],
                "owners": ["pay@example.com"],
            },
            {"who": ["role:one-a-day"], "may": ["request"], "vaults": ["main"], "names": ["day-*"], "a_day": 1},
            {"who": ["role:some-names"], "may": ["operate"], "vaults": ["main"], "names": ["pay-*"]},
        ],
        "conditions": [{"who": ["role:left"], "deny": True, "say": "left the team"}],
    }
).encode()


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A stack whose app takes mutants."""
    state = tmp_path_factory.mktemp("mutated")
    with running_up(state, "--app", str(app_of(APP, state))) as (_, described):
        yield described


@pytest.fixture
async def app(mutated: dict[str, Any]) -> AsyncIterator[Client]:
    async with described_client(mutated) as client:
        await let_in(client)
        yield client


@asynccontextmanager
async def mutant(client: Client, named: str) -> AsyncIterator[None]:
    """The app with a mutant while it lasts."""
    await put(client, named)
    try:
        yield
    finally:
        await put(client, "")


async def put(client: Client, named: str) -> None:
    async with client.session.put(f"{client.stack['api']}/tests/mutant", data=named.encode()) as answer:
        assert answer.status == 204, await answer.text()


type Check = Callable[[Client], Awaitable[None]]


HELD = set[Check]()  # what has held without a mutant: once is enough, for a failure says what it is of


async def is_noticed(client: Client, check: Check, named: str, notices: str) -> None:
    """Without the mutant the check holds, with it it says what it `notices`."""
    if check not in HELD:
        await check(client)
        HELD.add(check)
    async with mutant(client, named):
        with pytest.raises(AssertionError, match=notices):
            await check(client)


async def bad_tokens(client: Client) -> None:
    for bad in BAD_TOKENS:
        await refuses(client, route_named("list_requests"), bad)


async def app_roles(client: Client) -> None:
    await calls_what_its_roles_grant(client, "requester")


# Where no access file is: what is changed, and the token or the route at which it is noticed.
WITHOUT_A_FILE: list[tuple[Check, str, str]] = [
    (bad_tokens, f"{CLAIMS} _check_source: never: claims.get('aud') != registration.api", "another audience"),
    (bad_tokens, f"{CLAIMS} _check_source: never: claims.get('tid') != registration.tenant", "tenant"),
    (bad_tokens, f"{CLAIMS} _check_time: never: now >= _seconds(claims, 'exp') + CLOCK_SKEW", "expired"),
    (bad_tokens, f"{CLAIMS} _check_person: never: azp not in registration.clients", "azp that is not listed"),
    (bad_tokens, f"{CLAIMS} _check_machine: never: claims.get('idtyp') != IDTYP_APP", "an ID token with"),
    (bad_tokens, f"{TOKENS} key_id_of: never: header.get('alg') != SIGNED_WITH", "alg none"),
    (app_roles, "route delete_pending: cancel", "delete_pending"),
    (app_roles, "route status: signed-in", "status"),
    (app_roles, f"{HTTP}.grants.admission _check: always: isinstance(route.verb, Gate)", "delete_pending"),
]


@pytest.mark.parametrize(("check", "named", "notices"), WITHOUT_A_FILE, ids=[one for _, one, _ in WITHOUT_A_FILE])
async def test_a_mutant_of_the_sign_in_or_of_a_route_is_noticed(
    app: Client, check: Check, named: str, notices: str
) -> None:
    await is_noticed(app, check, named, notices)


@pytest.fixture
async def teams(app: Client) -> Client:
    """The app with an access file, and with a request of each of two teams. Such a file decides from then on, also once
    it is gone: these tests come last.
    """
    container, _, name = ACCESS_FILE.partition("/")
    await app.put(container, name, FILE)
    pki = app.signed_in_as("pki")

    async def decides() -> bool:
        found = await (await pki.call("GET", "access")).json()
        return bool(found["decided_by"]["state"] == "file")

    await until("the access file to decide", decides)
    for vault, team in (("main", "pay"), ("staging", "hr")):
        body = {"policy": manual(team), "owner": f"{team}@example.com"}
        assert (await pki.create(vault, f"{team}-web", body)).status in {202, 409}
    return app


def manual(team: str) -> dict[str, Any]:
    return {"issuer": {"name": "Unknown"}, "x509_props": {"subject": f"CN=web.{team}.example.com"}}


async def call(client: Client, role: str, method: str, path: str, **more: Any) -> aiohttp.ClientResponse:
    """As a person with these app roles (one, or several with blanks between), whom nobody has seen before."""
    forge: StackForge = forge_of(client.stack)
    header = forge.bearer(forge.person(roles=role.split(), oid=str(uuid.uuid4())))
    return await client.call(method, path, headers={"Authorization": header}, **more)


async def a_list_shows_the_own_requests(client: Client) -> None:
    listed = await (await call(client, "team-pay", "GET", "requests")).json()
    assert {one["name"] for one in listed["value"]} == {"pay-web"}, "others' in the list"


async def a_list_takes_no_vault_of_others(client: Client) -> None:
    answer = await call(client, "team-pay", "GET", "requests", params={"vault": "staging"})
    assert answer.status == 403, "a list of others' vault"


async def a_file_for_others_is_one_for_nobody(client: Client) -> None:
    pending = await (await client.signed_in_as("pki").pending("staging", "hr-web")).json()
    ca = Ca.root("Own Root", at=real_now)
    content = pem(ca.signs(base64.b64decode(pending["csr"])), ca.certificate)
    answer = await call(client, "team-pay", "POST", "chains/inspect", data=content)
    report = await answer.json()
    assert answer.status == 200, report
    assert [one["code"] for one in report["findings"]] == ["no-request-for-this-key"], "others' request in a report"


async def a_day_has_one_start(client: Client) -> None:
    forge = forge_of(client.stack)
    header = {"Authorization": forge.bearer(forge.person(roles=["one-a-day"], oid=str(uuid.uuid4())))}
    statuses = []
    for _ in range(2):
        path = f"vaults/main/certificates/day-{secrets.token_hex(4)}/create"
        statuses.append((await client.call("POST", path, headers=header, json={"policy": manual("day")})).status)
    assert statuses == [202, 403], "starts of a day"


async def who_is_denied_reads_nothing(client: Client) -> None:
    answer = await call(client, "team-pay left", "GET", "vaults/main/certificates/pay-web/pending")
    assert answer.status == 403, "a row that denies"


async def a_certificate_goes_to_no_owner_without_a_grant(client: Client) -> None:
    path, body = "vaults/main/certificates/pay-web/create", {"policy": manual("pay"), "owner": "hr@example.com"}
    answer = await call(client, "team-pay", "POST", path, params={"dry_run": "true"}, json=body)
    missing = (await answer.json()).get("forbidden", {}).get("missing", [])
    assert "owners" in [one["what"] for one in missing], "an owner without a grant"


async def who_operates_some_names_operates_no_vault(client: Client) -> None:
    status = await (await call(client, "some-names", "GET", "status")).json()
    assert status["vaults"] == [], "the status of a vault"
    answer = await call(client, "some-names", "POST", "chains/retry", json={"name": "none.pem"})
    assert answer.status == 403, "a route for the whole app"


# Where an access file decides.
OWN, ACCESS = f"{HTTP}.grants.own", f"{HTTP}.caller_access"
SEEN = "without if certflow.may_see(one.vault, one.name)"
OPERATES = "without if access.decide(Verb.OPERATE, alias).allowed"
JUDGE = "functions.approvals.judge decision_on:"
WITH_A_FILE: list[tuple[Check, str, str]] = [
    (a_list_shows_the_own_requests, f"{OWN} seen_by: always: access is None", "others' in the list"),
    (a_list_takes_no_vault_of_others, f"{ACCESS} require_in: never: not self.may_in(vault, verb)", "others' vault"),
    (a_file_for_others_is_one_for_nobody, f"functions.chains.match _tracked_requests: {SEEN}", "alias .*staging"),
    (a_day_has_one_start, f"{HTTP}.grants.judge admit: always: not self.access.counts", "starts of a day"),
    (who_is_denied_reads_nothing, "functions.access.decide _matches: without not condition.verbs", "a row that denies"),
    (a_certificate_goes_to_no_owner_without_a_grant, f"{JUDGE} never: one.denied or one.missing", "an owner without a"),
    (who_operates_some_names_operates_no_vault, f"{OWN} operated: {OPERATES}", "the status of a vault"),
    (who_operates_some_names_operates_no_vault, f"{HTTP}.grants.admission _check: never: route.whole", "whole app"),
]


@pytest.mark.parametrize(("check", "named", "notices"), WITH_A_FILE, ids=[one for _, one, _ in WITH_A_FILE])
async def test_a_mutant_of_the_grants_is_noticed(teams: Client, check: Check, named: str, notices: str) -> None:
    await is_noticed(teams, check, named, notices)


async def test_a_mutant_that_is_not_there_any_more_fails_the_test(app: Client) -> None:
    with pytest.raises(AssertionError, match="0 × never: nonsense"):
        await put(app, "functions.access.decide decide: never: nonsense")
