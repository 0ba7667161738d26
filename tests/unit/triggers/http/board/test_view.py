"""`GET …/pending/view`: the answer in each case, and to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import azure.functions as func
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from functions.model.errors import Unavailable
from functions.model.request.actor import Actor, ActorKind
from functions.model.request.operation import Operation, Status
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, cancel
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.signed_in import ROUTE, Api, error_of, five_teams

VIEW = ROUTE["get_pending_view"]
READER, OPERATOR = "Certflow.Reader", "Certflow.Operator"
ANN = Actor(ActorKind.PERSON, "Ann", tid="t", oid="ann", on_behalf_of="the shop")


async def started(world: World, issuer: str = "Unknown") -> str:
    command = CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}, owner="ann@example.com", by=ANN)
    return (await create_request(world.certflow, command)).request_id


def body_of(answer: func.HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_body()
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


async def test_a_manual_request_is_told_in_full() -> None:
    world = World()
    request_id = await started(world)
    body = body_of(await Api(world).call(VIEW, [READER]))
    csr, (entry,) = body.pop("csr"), body.pop("history")
    assert csr["subject"] == "CN=web.example.com"
    assert csr["names"] == {}
    assert (entry["act"], entry["request_id"], entry["by"]) == ("created", request_id, "Ann")
    request = await world.ledger.get("main", "web", request_id)
    assert request
    assert request.next_check
    assert request.remind_at
    assert body == {
        "vault": "main",
        "name": "web",
        "request_id": request_id,
        "state": "your-turn",
        "status": "inProgress",
        "created": NOW.isoformat(),
        "changed": None,
        "owner": "ann@example.com",
        "signer": None,
        "issuer": "Unknown",
        "by": "Ann",
        "by_verified": True,
        "actor": {"kind": "person", "name": "Ann", "tid": "t", "oid": "ann"},
        "on_behalf_of": "the shop",
        "origin": "caller",
        "next_check": request.next_check.isoformat(),
        "reminded": 0,
        "remind_at": request.remind_at.isoformat(),
        "quiet_until": None,
        "quiet_why": None,
        "cancel_asked": None,
        "replaced_by": None,
        "current": None,
        "error": None,
        "check_error": None,
        "certificate": None,
        "what_now": {"code": "sign-csr", "values": {"since": NOW.isoformat()}},
        "may": ["read"],
        "observed": False,
        "key_vault": None,
    }


async def test_a_request_of_a_vault_that_is_only_observed_says_so() -> None:
    world = World()
    await started(world)
    world.options = replace(world.options, read_only_vaults=frozenset({"main"}))
    assert body_of(await Api(world).call(VIEW, [READER]))["observed"]


async def test_the_names_of_a_csr_are_in_the_words_of_the_access_file() -> None:
    world = World()
    dns = x509.SubjectAlternativeName([x509.DNSName("web.example.com"), x509.RFC822Name("ann@example.com")])
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(dns, critical=False)
    signed = made.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.DER)
    world.vault.operations["web"] = Operation("e" * 32, Status.IN_PROGRESS, "Unknown", signed)
    csr = body_of(await Api(world).call(VIEW, [READER]))["csr"]
    assert csr["names"] == {"dns": ["web.example.com"], "emails": ["ann@example.com"]}
    assert csr["key"] == "EC 256"


async def test_a_failed_request_has_key_vaults_words() -> None:
    world = World()
    await started(world, "DigiCert")
    world.later(hours=1)
    operation = replace(world.vault.operations["web"], status=Status.FAILED, error_code="Denied", error_message="No.")
    world.vault.operations["web"] = operation
    body = body_of(await Api(world).call(VIEW, [OPERATOR]))
    assert (body["state"], body["error"]) == ("failed", {"code": "Denied", "message": "No."})
    assert body["what_now"] == {
        "code": "look-at-error",
        "values": {"code": "Denied", "message": "No.", "at": world.now.isoformat()},
    }
    assert "delete" in body["may"]


async def test_a_wish_to_cancel_is_told_with_who_had_it() -> None:
    world = World()
    await started(world, "DigiCert")
    await cancel(world.certflow, Address("main", "web"), ANN)
    body = body_of(await Api(world).call(VIEW, [READER]))
    assert body["cancel_asked"] == NOW.isoformat()
    assert body["what_now"] == {
        "code": "wait-for-cancel",
        "values": {"issuer": "DigiCert", "at": NOW.isoformat(), "by": "Ann"},
    }


async def test_of_a_request_that_is_not_tracked_no_time_is_told() -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    body = body_of(await Api(world).call(VIEW, [READER]))
    assert (body["created"], body["changed"], body["owner"], body["by"]) == (None,) * 4
    assert body["what_now"] == {"code": "wait-for-issuer", "values": {"issuer": "DigiCert"}}
    assert body["csr"]["key"].startswith(("RSA", "EC"))


async def test_with_key_vault_down_it_says_so_and_since_when() -> None:
    world = World()
    await started(world)
    await world.monitoring_store.heartbeat("main", NOW)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    body = body_of(await Api(world).call(VIEW, [READER]))
    assert body["key_vault"]["unreachable_since"] == NOW.isoformat()
    assert "503" in body["key_vault"]["why"]
    assert body["state"] == "your-turn"


async def test_another_id_is_a_404_that_names_the_pending_request() -> None:
    world = World()
    request_id = await started(world)
    answer = await Api(world).call(VIEW, [READER], query=f"request_id={'f' * 32}")
    assert answer.status_code == 404
    found = error_of(answer)
    assert (found["reason"], found["request_id"]) == ("another-request", request_id)
    assert (await Api(world).call(VIEW, [READER], query="request_id=no")).status_code == 400


async def test_nobody_sees_the_request_of_another_team() -> None:
    api = five_teams()
    api.vaults["prod-pay"].start("pay-web")
    for vault, name in (("prod-pay", "pay-web"), ("prod-pay", "pay-no"), ("nowhere", "pay-web")):
        refused = await api.call(VIEW, ["team-hr"], vault=vault, name=name)
        assert refused.status_code == 403
    body = body_of(await api.call(VIEW, ["team-pay"], vault="prod-pay", name="pay-web"))
    assert body["may"] == ["read", "request", "return", "cancel", "delete", "acknowledge"]


async def test_a_completed_one_names_its_version_and_who_signed_it() -> None:
    world = World()
    request_id = await started(world)
    ((key, request),) = world.ledger.tracked.items()
    version = {
        "version": "v1",
        "thumbprint": "ab",
        "subject": "CN=web",
        "issuer": "CN=CA",
        "serial": "7",
        "sha256": "cd",
        "not_before": NOW.isoformat(),
        "not_after": NOW.isoformat(),
    }
    world.ledger.tracked[key] = replace(request, status=Status.COMPLETED, ended=NOW, version="v1", not_after=NOW)
    merged = replace(world.ledger.acts[0], what="merged", certificate=version)
    world.ledger.listed.append(replace(world.ledger.listed[0], entry=merged))
    del world.vault.operations["web"]
    body = body_of(await Api(world).call(VIEW, [READER], query=f"request_id={request_id}"))
    assert body["certificate"] == {
        "version": "v1",
        "thumbprint": "ab",
        "serial": "7",
        "ca": "CN=CA",
        "not_before": NOW.isoformat(),
        "not_after": NOW.isoformat(),
    }
    assert (body["state"], body["csr"]) == ("done", None)
