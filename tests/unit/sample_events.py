"""An event, the notice of one, and a world that sends them to some channels."""

from __future__ import annotations

from typing import Any

from functions.model.messages import Severity
from functions.ports.notifications import Notice
from tests.unit.fakes import FakeChannel, World

FAILED = "Certflow.Issuance.Failed"
DATA: dict[str, Any] = {
    "vault": "main",
    "name": "web",
    "request_id": "a" * 32,
    "issuer": "DigiCert",
    "owner": "me@example.com",
    "error": {"code": "Request rejected", "message": "The organisation is not validated."},
}


def world_with(*channels: FakeChannel) -> World:
    return World(channels=channels)


NOTICE = Notice(
    "e1",
    "Certflow.Issuance.Failed",
    "Certificate request failed: pay-web",
    good=False,
    sentence="It failed.",
    facts=(),
    next_step="Start it again.",
    severity=Severity.CRITICAL,
    vault="prod",
    name="pay-web",
    owner="ann@pay.example.com",
)
