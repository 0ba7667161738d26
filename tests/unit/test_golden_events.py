"""What is told from the start of a request to its end, and of files, is as it was: every envelope and its data.

Keys are made by chance, and with them hashes, thumbprints and sizes of files: of a hash its length is held.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from functions.app.setting_faults import tell_setting_faults
from functions.chains.handle_upload import handle_stuck, handle_upload
from functions.chains.trust_changes import watch_trust
from functions.model.errors import Refused
from functions.model.options import Options, Takes
from functions.model.request.operation import Operation, Status
from functions.monitoring.digest import send_digest
from functions.monitoring.expiry import check_expiry
from functions.monitoring.inventory_scan import request_scans
from functions.monitoring.issuer_failures import note_failure
from functions.ports.chain_files import MAX_CUT_OFF_TRIES, ParkedFile
from functions.ports.key_vault_objects import Policy
from functions.ports.ledger import Intent
from functions.ports.vault import CertificateItem
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, acknowledge, cancel
from tests.actors import person
from tests.certificates import Ca, ec_key, pem
from tests.clock import fixed_now
from tests.event_schemas import as_sent
from tests.golden_files import differences, golden
from tests.unit.fakes import FakeVault, World, signed, version_of

ANN = person("ann@example.com")
ROOT = Ca.root("Root", at=fixed_now)
BY_CHANCE = re.compile(r"[0-9a-f]{16,}")
FAULT = {"code": "Certificate issuer error", "message": "The account's credentials were not accepted."}


@dataclass
class CountingVault(FakeVault):
    """Counts its requests: when one is looked at goes by its id."""

    count: int = 0

    def start(self, name: str, issuer: str = "Unknown") -> Operation:
        self.count += 1
        self.operations[name] = replace(super().start(name, issuer), request_id=f"{self.count:032x}")
        return self.operations[name]


async def begun(world: World, name: str, issuer: str, **more: Any) -> None:
    policy: Policy = {"issuer": {"name": issuer}, "x509_props": {"subject": f"CN={name}.example.com"}}
    world.later(seconds=1)
    owner = f"owner-of-{name}@example.com"
    await create_request(world.certflow, CreateCommand("main", name, {"policy": policy}, owner, by=ANN, **more))


async def day_of_requests() -> World:
    """Requests that end in all ways, and what their owners hear meanwhile."""
    vault = CountingVault()
    world = World(vault=vault)
    for name in ("completed", "failed", "cancelled", "stalled"):
        await begun(world, name, "DigiCert")
    for name in ("deleted", "overwritten", "quiet"):
        await begun(world, name, "Unknown", signer="signer@example.com")
    for name in ("cancelled", "deleted"):  # the one by its issuer; the other, which has none, is not by this alone
        await cancel(world.certflow, Address("main", name), ANN)
    until = world.now + timedelta(days=7)
    await acknowledge(world.certflow, Address("main", "quiet"), until, "The CA is on holiday: “ä”.", ANN)
    world.later(minutes=30)
    vault.certificates["completed"] = version_of(signed(ROOT, vault.operations["completed"]), "1" * 32)
    for name, changed in {
        "completed": {"status": Status.COMPLETED},
        "failed": {"status": Status.FAILED, "error_code": "Request rejected", "error_message": "Not validated."},
        "cancelled": {"status": Status.CANCELLED},
    }.items():
        vault.operations[name] = replace(vault.operations[name], **changed)  # type: ignore[arg-type]  # its fields
    del vault.operations["deleted"]
    vault.start("overwritten")
    await world.shift()
    world.later(days=1)
    await world.shift()
    vault.tagged["completed"] = {"certflow-owner": "owner-of-completed@example.com"}
    await begun(world, "completed", "GlobalSign")
    for number in range(1, 5):
        data: dict[str, object] = {
            "vault": "main",
            "name": f"web-{number}",
            "request_id": f"{number}" * 32,
            "issuer": "DigiCert",
        }
        told = {"subject": "CN=web.example.com", "status": "failed", "created": world.now.isoformat(), "error": FAULT}
        await note_failure(world.certflow, data | told, world.now)
    await send_digest(world.certflow)
    return world


async def day_of_files() -> World:
    """Files that are merged, rejected, kept apart, stuck, and wait for whose certificates are taken."""
    world = World(vault=CountingVault())
    await begun(world, "web", "Unknown")
    await begun(world, "spare", "Unknown")
    key = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chains = {name: ROOT.signs(world.vault.operations[name].csr) for name in ("web", "spare")}
    for name, content in (
        ("web.pem", pem(chains["web"], ROOT.certificate)),
        ("notes.txt", b"no certificate"),
        ("key.pem", key),
    ):
        world.chain_files.put(name, content)
        await handle_upload(world.certflow, name)
    world.chain_files.put("stuck.pem", b"whatever")
    await world.ledger.park("stuck.pem", ParkedFile(world.chain_files.files["stuck.pem"].etag, MAX_CUT_OFF_TRIES))
    await handle_stuck(world.certflow, "stuck.pem")
    world.options = Options(trusted={"main": Takes.FILES})
    await watch_trust(world.certflow)
    world.chain_files.put("spare.pem", pem(chains["spare"], ROOT.certificate))
    await handle_upload(world.certflow, "spare.pem")
    world.trusted.given["mian"] = {"root.pem": pem(ROOT.certificate)}
    await watch_trust(world.certflow)
    return world


async def day_of_a_vault() -> World:
    """A start that comes to nothing, a first survey, certificates that end, and a setting that is wrong."""
    world = World(vault=CountingVault(), setting_faults=("CERTFLOW_MAIL: it has no address. Set one.",))
    await world.ledger.add_intent(Intent("main", "cut-off", "i1", world.now, owner="bob@example.com", tries=31))
    world.vault.faults = [Refused(400, "BadParameter", "The policy is invalid.")]
    world.later(minutes=3)
    await world.sweep()
    operation = world.vault.start("there")
    world.vault.certificates["there"] = version_of(signed(ROOT, operation), "1" * 32)
    await request_scans(world.certflow)
    await world.shift()
    for name, days in (("near", 20), ("expired", -1)):
        ends = world.now + timedelta(days=days)
        tags = {"certflow-owner": "bob@example.com"}
        await check_expiry(
            world.certflow, "main", CertificateItem(name, "t1", ends - timedelta(days=300), ends, tags=tags)
        )
    await tell_setting_faults(world.certflow)
    return world


DAYS: Mapping[str, Any] = {"requests": day_of_requests, "files": day_of_files, "vault": day_of_a_vault}


async def told_on(day: str) -> list[dict[str, Any]]:
    """The events of a day as subscribers get them, in their order."""
    world: World = await DAYS[day]()
    events = sorted(
        (as_sent(event) for event in world.ledger.events), key=lambda one: (one["time"], one["type"], one["subject"])
    )
    return [_without_chance(event) for event in events]


def _without_chance(value: Any) -> Any:
    match value:
        case dict():
            return {key: 0 if key == "size" else _without_chance(inner) for key, inner in value.items()}
        case list():
            return [_without_chance(inner) for inner in value]
        case str():
            return BY_CHANCE.sub(lambda found: f"<{len(found[0])}>", value)
    return value


@pytest.mark.parametrize("day", DAYS)
async def test_what_is_told_is_what_it_was(day: str) -> None:
    assert differences(golden("events_told.json")[day], await told_on(day)) == []
