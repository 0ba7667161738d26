"""Signers and owners as callers name them over HTTP, and where what they named is found again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from functions.chains.handle_upload import handle_upload
from functions.chains.merge_by_call import merge
from functions.chains.parsing.parse import parse
from functions.model.errors import KeyReused
from functions.model.request.actor import UNNAMED
from functions.model.tags import SIGNER_TAG
from functions.ports.key_vault_objects import Policy
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address
from functions.triggers.http.answers import answered
from functions.triggers.http.certificates import create_certificate, get_pending
from functions.triggers.http.context import Context
from functions.triggers.http.overview import list_requests
from functions.triggers.http.routes import Handler
from tests.unit.fakes import FakeChannel, World
from tests.unit.request_and_chain import chain_for

PKI, ANN = "pki@example.com", "ann@example.com"
SANS: Policy = {"x509_props": {"sans": {"dns_names": ["web.example.com"]}}}


async def asked(
    world: World, handle: Handler, body: Any = None, name: str = "web", **query: str
) -> tuple[int, dict[str, Any]]:
    req = func.HttpRequest(
        method="POST",
        url="https://app.example.com/api/x?" + "&".join(f"{key}={value}" for key, value in query.items()),
        params=query,
        route_params={"vault": "main", "name": name},
        body=b"" if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    response = await answered(req, lambda: handle(req, Context(lambda: world.certflow)))
    return response.status_code, json.loads(response.get_body())


async def test_a_signer_that_a_create_names_has_the_csr_and_is_found_again() -> None:
    email = FakeChannel("email")
    world = World(channels=(email,))
    status, body = await asked(world, create_certificate, {"policy": SANS, "owner": ANN, "signer": PKI})
    assert (status, body["owner"], body["signer"]) == (202, ANN, PKI)
    await asked(world, create_certificate, {"policy": SANS, "owner": ANN}, name="other")
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    assert [to for _, to in email.messages] == [[PKI], ["pki-team@example.com"]]
    assert (await asked(world, get_pending))[1]["signer"] == PKI
    found = (await asked(world, list_requests, signer="PKI@example.com"))[1]["value"]
    assert [(one["name"], one["signer"]) for one in found] == [("web", PKI)]
    cards = {json.loads(card)["name"]: json.loads(card)["signer"] for _, card in world.csr_store.given.values()}
    assert cards == {"web": PKI, "other": None}


@pytest.mark.parametrize("role", ["owner", "signer"])
async def test_blank_is_refused_and_what_is_no_address_is_answered_with_who_is_told(role: str) -> None:
    status, body = await asked(World(), create_certificate, {"policy": SANS, role: "   "})
    assert (status, body["error"]["message"].partition(".")[0]) == (400, f"{role}: This is blank")
    status, body = await asked(World(), create_certificate, {"policy": SANS, role: "a@@x.y"})
    assert status == 202
    assert f"{role}: 'a@@x.y' is no mail address. Mail goes to " in body["note"]
    assert "CERTFLOW_MAIL_TO" in body["note"]
    status, body = await asked(World(), create_certificate, {"policy": SANS, role: f"A. Name <{ANN}>, b@example.com"})
    assert f"{role}: " not in body.get("note", "")


async def test_an_idempotency_key_is_not_used_again_for_another_signer() -> None:
    world = World()
    order = CreateCommand("main", "web", {"policy": SANS}, ANN, key="k", signer=PKI)
    first = await create_request(world.certflow, order)
    assert (await create_request(world.certflow, order)).request_id == first.request_id
    with pytest.raises(KeyReused):
        await create_request(world.certflow, replace(order, signer=ANN))


async def test_whoever_signs_hears_of_a_file_that_is_rejected_and_of_the_names_that_it_is_about() -> None:
    email = FakeChannel("email")
    world = World(channels=(email,))
    await asked(world, create_certificate, {"policy": SANS, "owner": ANN, "signer": PKI})
    (request,) = world.ledger.tracked.values()
    world.ledger.tracked["main", "web", request.request_id] = request
    world.chain_files.put("web.pem", chain_for(world.vault.operations["web"]) + b"-----BEGIN CERTIFICATE-----\nAAAA\n")
    world.vault.operations["web"] = world.vault.start("web")  # another request stands there: the chain is late
    await handle_upload(world.certflow, "web.pem")
    rejected = world.topic.published[-1]
    assert rejected.type == "Certflow.Chain.Rejected"
    assert (rejected.data["owner"], rejected.data["signer"]) == (ANN, PKI)
    email.messages.clear()
    await world.tell(rejected.id, rejected.type, rejected.data)
    assert [to for _, to in email.messages] == [[PKI]]


async def test_a_merge_with_tags_of_its_own_keeps_the_signer() -> None:
    world = World()
    await asked(world, create_certificate, {"policy": SANS, "owner": ANN, "signer": PKI})
    certificates = parse(chain_for(world.vault.operations["web"])).certificates
    await merge(world.certflow, Address("main", "web"), certificates, {"tags": {"team": "web"}}, UNNAMED)
    assert world.vault.tagged["web"] == {"team": "web", "certflow-owner": ANN, SIGNER_TAG: PKI}
