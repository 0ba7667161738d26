"""A team that asks for certificates, and who approves them: the API over a world of fakes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func

from functions.model.approval.record import Approval
from tests.unit.fakes import FakeVault
from tests.unit.signed_in import FORGE, ROUTE, Api, error_of, five_teams, team_file

ANN, BOB, CAT, DAN = (f"{letter * 8}-0000-4000-8000-00000000000{letter}" for letter in "abcd")
POLICY: dict[str, Any] = {
    "issuer": {"name": "DigiCert"},
    "key_props": {"kty": "EC"},
    "x509_props": {"subject": "CN=web.pay.example.com", "sans": {"dns_names": ["*.web.pay.example.com"]}},
}
WILDCARD = {
    "policy": POLICY,
    "owner": "pay@example.com",
    "requested_by": "a ticket",
}
ONE_OF_PKI = {"vaults": ["prod-*"], "wildcard": True, "approvals": 1, "by": ["role:pki"], "tell": ["pki@example.com"]}
CHANGES = {"create", "cancel", "delete", "merge", "set_tags"}
PLACE = {"vault": "prod-pay", "name": "pay-web"}


@dataclass
class Asking:
    """`pay` asks (Ann), `pki` approves (Bob, Cat); `conditions` are those of the access file."""

    conditions: list[dict[str, Any]] = field(default_factory=lambda: [ONE_OF_PKI])
    grants: dict[str, Any] = field(default_factory=dict)
    more_rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api: Api = five_teams(self.file())

    def file(self, **changes: Any) -> bytes:
        """The access file, with changes of the row of the team."""
        file = json.loads(team_file(wildcard=True, **self.grants, **changes))
        file["grants"] += self.more_rows
        return json.dumps({**file, "conditions": self.conditions}).encode()

    def write(self, content: bytes | None = None) -> None:
        """Writes the access file anew, which counts in half a minute."""
        files = self.api.world.access_files
        assert files is not None
        files.write(content or self.file())
        self.api.world.later(seconds=31)

    @property
    def vault(self) -> FakeVault:
        """The vault of the team."""
        return self.api.vaults["prod-pay"]

    @property
    def approval(self) -> Approval:
        """The approval that waits, or else the newest; ids of the same moment are in any order."""
        return min(self.api.world.approvals.kept.values(), key=lambda one: (not one.is_open, one.id))

    def header(self, oid: str, *roles: str) -> str:
        """The token of a person."""
        return FORGE.bearer(FORGE.person(roles=list(roles), oid=oid))

    async def ask(self, body: Any = None, who: str | None = None, **more: Any) -> func.HttpResponse:
        """Ann creates a wildcard."""
        header = who or self.header(ANN, "team-pay")
        given = {**PLACE, **more}
        return await self.api.send(ROUTE["create_certificate"], header, body=body or WILDCARD, **given)

    async def decide(
        self, what: str, who: str | None = None, body: Mapping[str, Any] | None = None, id_: str | None = None
    ) -> func.HttpResponse:
        """Bob approves, refuses or withdraws what there is."""
        given = {"digest": self.approval.digest} if what != "withdraw" else {}
        if what == "refuse":
            given["reason"] = "Name the hosts."
        header = who or self.header(BOB, "pki")
        return await self.api.send(
            ROUTE[what], header, id=id_ or self.approval.id, body=given if body is None else body
        )

    async def shown(self, who: str, **more: Any) -> dict[str, Any]:
        """An approval as this person sees it."""
        route = ROUTE["get_approval"]
        return error_of(await self.api.send(route, who, **{"id": self.approval.id, **more}))

    @property
    def told(self) -> list[str]:
        """The types of the events of approvals, in their order."""
        types = [event.type for event in self.api.world.ledger.events]
        return [one.removeprefix("Certflow.Approval.") for one in types if ".Approval." in one]

    @property
    def history(self) -> list[str]:
        """What the history has of approvals."""
        return [one.what for one in self.api.world.ledger.acts if one.approval]


def outcome(answer: func.HttpResponse) -> tuple[int, str | None]:
    """The status, and the reason or the state."""
    body = error_of(answer)
    return answer.status_code, body.get("reason") or body.get("state")
