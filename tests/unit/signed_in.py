"""The API as a caller with a token sees it, in one process: all routes over a world of fakes, with the access file of
five teams and a PKI team.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import azure.functions as func

from functions.adapters.entra.claims import caller_from
from functions.adapters.entra.tokens import claims_of, key_id_of, token_of
from functions.app.context import Certflow
from functions.model.caller import Caller
from functions.model.errors import Unauthenticated
from functions.model.options import Options, Takes
from functions.triggers.http.blueprint import function_of
from functions.triggers.http.context import Context
from functions.triggers.http.routes import ROUTES, Route
from tests.clock import NOW
from tests.entra_tokens import TENANT, Forge
from tests.unit.fakes import FakeAccessFiles, FakeVault, World

FORGE = Forge(NOW)
TEAMS = ("pay", "hr", "web", "lab", "ops")
ROUTE = {one.name: one for one in ROUTES}
# What a call sends in its body where the route needs one; nothing of it is wrong.
BODIES: dict[str, Any] = {
    "create_certificate": {
        "policy": {
            "issuer": {"name": "DigiCert"},
            "key_props": {"kty": "EC"},
            "x509_props": {"subject": "CN=web.pay.example.com", "sans": {"dns_names": ["web.pay.example.com"]}},
        },
        "owner": "pay@example.com",
    },
    "cancel_pending": {"cancellation_requested": True},
    "acknowledge_pending": {"until": "7d", "why": "known"},
    "retry_chain": {"name": "web.pem"},
    "tag_certificate": {"renew": "notify"},
    "approve": {"digest": "0" * 64},
    "refuse": {"digest": "0" * 64, "reason": "no"},
}
AN_ID = "0" * 32  # of an approval


def team_file(**more: Any) -> bytes:
    """Each team may work in its own vault with its own names; the PKI team may do everything."""
    may = ["read", "request", "return", "cancel", "delete", "acknowledge"]
    rows = [
        {
            "who": [f"role:team-{team}"],
            "may": may,
            "vaults": [f"prod-{team}"],
            "names": [f"{team}-*"],
            "dns": [f"*.{team}.example.com"],
            "issuers": ["DigiCert", "Unknown"],
            "owners": [f"{team}@example.com"],
            "ekus": ["serverAuth", "clientAuth"],
            **(more if team == "pay" else {}),
        }
        for team in TEAMS
    ]
    everything = {"who": ["role:pki"], "may": [*may, "operate", "approve"]}
    return json.dumps({"grants": [*rows, everything]}).encode()


@dataclass
class ForgedSignIn:
    """The port `SignIn` with the product's own checks, and the forge's key in place of Entra's."""

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:
        token = token_of(authorization)
        if key_id_of(token) != FORGE.kid:
            raise Unauthenticated("The key of the token is one that the tenant does not publish.")
        return caller_from(claims_of(token, FORGE.key.public_key()), FORGE.registration, NOW)


@dataclass
class Api:
    """The API over a world; without a file the app roles decide."""

    world: World = field(default_factory=World)
    vaults: Mapping[str, FakeVault] = field(default_factory=dict)
    file: bytes | None = None
    entra: bool = True

    def __post_init__(self) -> None:
        self.world.access_files = FakeAccessFiles()
        if self.file:
            self.world.access_files.write(self.file)

    def certflow(self) -> Certflow:
        app = self.world.certflow
        return replace(app, vaults={**app.vaults, **self.vaults} if not self.vaults else self.vaults, tenant=TENANT)

    async def call(self, route: Route, roles: Iterable[str] = (), **more: Any) -> func.HttpResponse:
        """As a person with these roles."""
        header = FORGE.bearer(FORGE.person(roles=list(roles)))
        return await self.send(route, header, **more)

    async def send(
        self,
        route: Route,
        authorization: str | None,
        vault: str = "main",
        name: str = "web",
        id: str = AN_ID,  # noqa: A002  as the route has it
        query: str = "",
        body: Any = None,
        **headers: str,
    ) -> func.HttpResponse:
        content = BODIES.get(route.name) if body is None else body
        path = route.template.format(vault=vault, name=name, id=id)
        given = {"authorization": authorization} if authorization is not None else {}
        request = func.HttpRequest(
            method=route.method,
            url=f"https://app.example.com/api/{path}{'?' if query else ''}{query}",
            headers={**given, **headers},
            params=dict(pair.split("=", 1) for pair in query.split("&") if pair),
            route_params=_parameters(route, vault=vault, name=name, id=id),
            body=content if isinstance(content, bytes) else json.dumps(content or {}).encode(),
        )
        context = Context(self.certflow, sign_in=ForgedSignIn if self.entra else None)
        return await function_of(route, lambda: context)(request)


def _parameters(route: Route, **given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if f"{{{name}}}" in route.template}


def five_teams(file: bytes | None = None) -> Api:
    """A vault for each team, with a manual request in progress for its own name, tracked."""
    vaults = {f"prod-{team}": FakeVault() for team in TEAMS}
    world = World(options=Options(trusted=dict.fromkeys(vaults, Takes.ANY)))
    return Api(world, vaults, team_file() if file is None else file)


def error_of(response: func.HttpResponse) -> dict[str, Any]:
    """The body of an error."""
    found: dict[str, Any] = json.loads(response.get_body())
    return found
