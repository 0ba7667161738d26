"""The control door: what tests ask of the emulator, and see of it, that Key Vault would never offer.

    GET    /control/state
    GET    /control/calls       the calls that were answered, the newest 20,000; ?path=/pending: whose path ends so
    POST   /control/certificates {"vault": "localhost[:8443]", "certificates": […]}, as they are (`seeding.py`)
    POST   /control/outcomes    {"name": "web-1" or "*" (or "subject": "CN=…"), "outcome": "issue" | "fail" | "hang",
                                 "vault"?: "localhost[:8443]", "code"?: "…", "message"?: "…", "delay"?: seconds}
    DELETE /control/outcomes    back to the outcomes of the start
    GET    /control/unkindness
    POST   /control/unkindness  any of the switches in `unkindness.py`; the others stay as they are
    DELETE /control/unkindness  back to the switches of the start
    GET    /control/grants
    PUT    /control/grants      {"actions": ["certificates/read", …], "client_id"?: the default identity without it}
    POST   /control/clock       {"advance": seconds}; issuers, deletions and dates follow, tokens do not

An outcome holds for every request that an issuer decides (`Self` included, `Unknown` not): those created from then on,
and those in progress, whose delay starts anew if their outcome changes. Without `delay` the issuing delay holds. This
door is on the identity endpoint's port, and neither is ever unkind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from aiohttp import web
from msgspec import Struct

from keyvault_emulator.certificate import Certificate
from keyvault_emulator.grants import CLIENT_ID, Grants
from keyvault_emulator.outcomes import Outcomes, read_wish
from keyvault_emulator.received import Received
from keyvault_emulator.seeding import SeedsBody, put_seeds
from keyvault_emulator.unkindness import Seconds, Unkindness, changed
from keyvault_emulator.vault import Vault


class GrantsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of PUT /control/grants."""

    actions: list[str]
    client_id: str = CLIENT_ID


class ClockBody(Struct, forbid_unknown_fields=True):
    """The body of POST /control/clock."""

    advance: Seconds


class Controlled(Protocol):
    """The part of the emulator that the door reaches."""

    by_host: dict[str, Vault]
    outcomes: Outcomes
    grants: Grants
    received: Received

    @property
    def switches(self) -> Unkindness:
        """The switches as they are now."""

    def called(self, host: str) -> Vault:
        """The vault of a name; the first call makes it."""

    def now(self) -> float:
        """The time as the vaults see it."""

    def advance(self, seconds: float) -> None:
        """Moves that time."""

    def switch(self, switches: Unkindness, *, reseed: bool) -> None:
        """Takes other switches."""

    def changed(self) -> None:
        """Says that something may be due earlier than before, or is to be saved."""


class Control:
    """The door itself."""

    def __init__(self, emulator: Controlled) -> None:
        self._emulator = emulator
        self._at_start = emulator.switches

    def add_routes(self, app: web.Application) -> None:
        """Adds all addresses."""
        for method, path, handler in (
            ("GET", "state", self._state),
            ("GET", "calls", self._calls),
            ("POST", "certificates", self._put_certificates),
            ("POST", "outcomes", self._set_outcome),
            ("DELETE", "outcomes", self._reset_outcomes),
            ("GET", "unkindness", self._unkindness),
            ("POST", "unkindness", self._set_unkindness),
            ("DELETE", "unkindness", self._reset_unkindness),
            ("GET", "grants", self._grants),
            ("PUT", "grants", self._set_grants),
            ("POST", "clock", self._advance_clock),
        ):
            app.router.add_route(method, f"/control/{path}", _explained(handler))

    # --- certificates ---

    async def _put_certificates(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=SeedsBody)
        vault = self._emulator.called(self._emulator.outcomes.names.of(asked.vault))
        put_seeds(vault, asked.certificates, self._emulator.now())
        self._emulator.changed()
        return web.json_response({"put": len(asked.certificates)})

    # --- outcomes ---

    async def _set_outcome(self, request: web.Request) -> web.Response:
        self._emulator.outcomes.set(read_wish(await request.read()))
        return self._outcomes_changed()

    async def _reset_outcomes(self, _request: web.Request) -> web.Response:
        self._emulator.outcomes.reset()
        return self._outcomes_changed()

    def _outcomes_changed(self) -> web.Response:
        now = self._emulator.now()
        count = sum(vault.apply_outcomes(now) for vault in self._emulator.by_host.values())
        self._emulator.changed()
        return web.json_response({"pending_changed": count})

    # --- unkindness ---

    async def _unkindness(self, _request: web.Request) -> web.Response:
        return web.json_response(msgspec.structs.asdict(self._emulator.switches))

    async def _set_unkindness(self, request: web.Request) -> web.Response:
        changes = msgspec.json.decode(await request.read(), type=dict[str, Any])
        self._emulator.switch(changed(self._emulator.switches, changes), reseed="seed" in changes)
        return await self._unkindness(request)

    async def _reset_unkindness(self, request: web.Request) -> web.Response:
        self._emulator.switch(self._at_start, reseed=True)
        return await self._unkindness(request)

    # --- grants ---

    async def _grants(self, _request: web.Request) -> web.Response:
        return web.json_response({"default": CLIENT_ID, "identities": self._emulator.grants.items()})

    async def _set_grants(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=GrantsBody)
        self._emulator.grants.set(asked.client_id, asked.actions)
        return await self._grants(request)

    # --- time and state ---

    async def _advance_clock(self, request: web.Request) -> web.Response:
        self._emulator.advance(msgspec.json.decode(await request.read(), type=ClockBody).advance)
        return web.json_response({"now": self._emulator.now()})

    async def _state(self, _request: web.Request) -> web.Response:
        vaults = self._emulator.by_host.items()
        return web.json_response({"vaults": {host: self._vault_state(vault) for host, vault in vaults}})

    async def _calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._emulator.received.items(request.query.get("path", "")))

    def _vault_state(self, vault: Vault) -> dict[str, Any]:
        now = self._emulator.now()
        vault.settle(now)
        live = {item.name: _certificate_state(item) | {"deleted": False} for item in vault.certificates.values()}
        gone = {item.item.name: _certificate_state(item.item) | {"deleted": True} for item in vault.deleted.values(now)}
        return {
            "certificates": gone | live,
            "keys": _keys_state(vault, now),
            "issuers": [name for _, (name, _) in vault.issuers.items()],
        }


type Handler = Callable[[web.Request], Any]


def _explained(handler: Handler) -> Handler:
    """What cannot be read or is not allowed becomes a 400 that says why."""

    async def answer(request: web.Request) -> web.Response:
        try:
            response: web.Response = await handler(request)
        except ValueError as error:  # msgspec's errors are ValueErrors too
            return web.json_response({"error": {"code": "BadRequest", "message": str(error)}}, status=400)
        return response

    return answer


def _keys_state(vault: Vault, now: float) -> dict[str, Any]:
    """Those of one's own: a certificate's stands with that."""
    live = {key.name: (key, False) for key in vault.keys.own.values()}
    gone = {deleted.item.name: (deleted.item, True) for deleted in vault.keys.deleted.values(now)}
    return {name: {"versions": list(key.versions), "deleted": dead} for name, (key, dead) in (gone | live).items()}


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
