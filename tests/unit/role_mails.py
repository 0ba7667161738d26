"""Events of requests, and to whom each is mailed."""

from __future__ import annotations

from typing import Any

from functions.model.options import Options
from functions.ports.notifications import Notice
from functions.ports.rules import Rule
from tests.unit.fakes import FakeChannel, FakeRules, World

WAITS = {
    "vault": "main",
    "name": "web",
    "request_id": "a" * 32,
    "issuer": "Unknown",
    "subject": "CN=web",
    "status": "inProgress",
    "created": "2026-11-20T12:00:00+00:00",
}
CSR = WAITS | {"csr_url": "https://c.example.com/csr"}
STARTED, STALLED, DELETED = (f"Certflow.Issuance.{what}" for what in ("Started", "Stalled", "Deleted"))


async def mails(
    type_: str, data: dict[str, Any], choices: Options | None = None, *rules: Rule
) -> tuple[list[list[str]], Notice]:
    """The addresses of each mail that an event makes, and what it says."""
    email = FakeChannel("email")
    world = World(channels=(email, FakeChannel("teams")), options=choices or Options(), rules=FakeRules(rules))
    await world.tell("e1", type_, data)
    return [to for _, to in email.messages], email.sent[0]
