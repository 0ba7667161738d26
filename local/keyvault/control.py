"""The control door: what tests ask of the stand-in, and see of it, that Key Vault would never offer.

    POST /control/outcomes  {"vault": "localhost", "name": "web-1" or "*", "outcome": "issue" | "fail" | "hang",
                             "code"?: "...", "message"?: "...", "delay"?: seconds}
    GET  /control/state

An outcome holds for every request that an issuer decides (`Self` included, `Unknown` not): those created from then on,
and those in progress, whose delay starts anew if their outcome changes. One for a name counts before one for `*`, and
the last one set counts. Without `delay` the issuing delay holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from local.keyvault.operation import Outcome
from local.keyvault.vault import Certificate, Vault

Name = Annotated[str, Meta(pattern=r"^(\*|[0-9a-zA-Z-]{1,127})$")]
Host = Annotated[str, Meta(pattern=r"^[^\s/:*]+$|^\[[0-9a-fA-F:]+\]$")]
Text = Annotated[str, Meta(min_length=1)]
Seconds = Annotated[float, Meta(ge=0)]


class OutcomeBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /control/outcomes."""

    vault: Host
    name: Name
    outcome: Literal["issue", "fail", "hang"]
    code: Text = Outcome.code
    message: Text = Outcome.message
    delay: Seconds | None = None


class Outcomes:
    """What has been asked for, by vault and name."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Outcome] = {}

    def set(self, host: str, name: str, outcome: Outcome) -> None:
        """Keeps an outcome; the last one counts."""
        self._by_name[host.lower(), name.lower()] = outcome

    def outcome_for(self, host: str, name: str) -> Outcome:
        """The outcome for a request that is created now."""
        of_vault = self._by_name.get((host.lower(), "*"), Outcome())
        return self._by_name.get((host.lower(), name.lower()), of_vault)


class Control:
    """The door itself."""

    def __init__(
        self, outcomes: Outcomes, vaults: dict[str, Vault], now: Callable[[], float], changed: Callable[[], None]
    ) -> None:
        self._outcomes = outcomes
        self._vaults = vaults
        self._now = now
        self._changed = changed

    def add_routes(self, app: web.Application) -> None:
        """Adds both addresses."""
        app.router.add_post("/control/outcomes", self._set_outcome)
        app.router.add_get("/control/state", self._state)

    async def _set_outcome(self, request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=OutcomeBody)
        except msgspec.DecodeError as error:
            return web.json_response({"error": {"code": "BadRequest", "message": str(error)}}, status=400)
        outcome = Outcome(asked.outcome, asked.code, asked.message, asked.delay)
        self._outcomes.set(asked.vault, asked.name, outcome)
        vault = self._vaults.get(asked.vault.lower())
        changed = vault.apply_outcomes(self._now()) if vault else 0
        self._changed()
        return web.json_response({"pending_changed": changed})

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response({"vaults": {host: self._vault_state(vault) for host, vault in self._vaults.items()}})

    def _vault_state(self, vault: Vault) -> dict[str, Any]:
        vault.settle(self._now())
        live = {item.name: _certificate_state(item) | {"deleted": False} for item in vault.certificates.values()}
        gone = {
            item.certificate.name: _certificate_state(item.certificate) | {"deleted": True}
            for item in vault.deleted.values()
        }
        return {"certificates": gone | live, "issuers": [name for _, (name, _) in vault.issuers.items()]}


def _certificate_state(certificate: Certificate) -> dict[str, Any]:
    operation = certificate.operation
    return {
        "merges": certificate.merges,
        "versions": [version.id for version in certificate.versions.values() if version.chain],
        "half_made": [version.id for version in certificate.versions.values() if not version.chain],
        "pending": operation
        and {
            "request_id": operation.request_id,
            "issuer": operation.issuer,
            "status": operation.status.value,
            "cancellation_requested": operation.cancellation_requested,
            "due": operation.due,
        },
    }
