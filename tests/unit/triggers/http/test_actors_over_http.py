"""Who acted, in the answers of the API, and in the log of what belongs to no request."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from functions.model.caller import Caller
from functions.model.errors import Refused
from functions.model.request.actor import Actor
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, status
from functions.triggers.http.chains import retry_chain
from functions.triggers.http.context import Context
from functions.triggers.http.notifications import test_notifications as send_test
from functions.triggers.http.overview import get_history, list_requests
from functions.triggers.http.routes import Handler
from functions.triggers.http.status import rebuild
from tests.actors import TENANT, acts_in, person
from tests.unit.fakes import FakeChannel, World

ANN = person("ann@example.com")
WEB = Address("main", "web")


async def called(handle: Handler, world: World, by: Actor, body: Any = None) -> Any:
    req = func.HttpRequest(
        method="POST",
        url="https://app.example.com/api/x",
        params={"requested_by": "the boss"},
        route_params={"vault": "main", "name": "web"},
        body=json.dumps(body or {}).encode(),
    )
    certflow = world.certflow
    return json.loads((await handle(req, Context(lambda: certflow, Caller(by)))).get_body())


async def test_an_act_that_belongs_to_no_request_is_logged_and_waits_for_the_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(channels=(FakeChannel("teams"),))
    world.chain_files.put("web.pem", b"no certificate")
    with caplog.at_level(logging.INFO):
        report = await called(retry_chain, world, ANN, {"name": "web.pem"})
        await called(send_test, world, ANN, {"events": ["Issuance.Failed"]})
        await called(rebuild, world, ANN)
    did = [{key: one.get(key) for key in ("what", "outcome", "file", "vaults")} for one in acts_in(caplog)]
    assert did == [
        {"what": "retried", "outcome": report["outcome"], "file": "web.pem", "vaults": None},
        {"what": "tested", "outcome": "teams:delivered", "file": None, "vaults": None},
        {"what": "rebuilt", "outcome": "asked", "file": None, "vaults": "main"},
    ]
    assert {(one["oid"], one["on_behalf_of"]) for one in acts_in(caplog)} == {(ANN.oid, "the boss")}
    recorded = [json.loads(one.text) for one in world.ledger.waiting]
    assert [(one["verb"], one["by"]["oid"], one.get("file")) for one in recorded] == [
        ("retried", ANN.oid, "web.pem"),
        ("tested", ANN.oid, None),
        ("rebuilt", ANN.oid, None),
    ]
    assert len({one["id"] for one in recorded}) == len(recorded)


async def test_list_and_history_show_the_actor_and_apart_from_that_what_was_said() -> None:
    world, by = World(), replace(ANN, on_behalf_of="the boss")
    await create_request(world.certflow, CreateCommand("main", "web", {}, by=by))
    world.vault.operations.clear()
    with pytest.raises(Refused):  # Key Vault's 404, which also tells that it ended
        await status(world.certflow, WEB)
    (listed,) = (await called(list_requests, world, by))["value"]
    actor = {"kind": "person", "name": ANN.name, "tid": TENANT, "oid": ANN.oid, "azp": ANN.azp}
    assert (listed["requested_by"], listed["requested_by_verified"]) == (ANN.name, True)
    assert (listed["actor"], listed["on_behalf_of"]) == (actor, "the boss")
    created, seen = (await called(get_history, world, by))["value"]
    assert (created["by"], created["verified"], created["actor"], created["on_behalf_of"]) == (
        (ANN.name, True, actor, "the boss")
    )
    assert (seen["by"], seen["verified"], seen["actor"]) == (
        ("system:check", True, {"kind": "system", "name": "check"})
    )
    assert "on_behalf_of" not in seen
