"""Events that come over queues: handled as those that are pushed, and as patiently."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.requests import Status
from functions.triggers.queued import DROPS, EVENTS, POISON, VAULT_EVENTS, queued_blueprint
from tests.clock import NOW
from tests.event_schemas import SOURCE
from tests.unit.fakes import FakeChannel, World
from tests.unit.test_drop import chain_for, started
from tests.unit.test_notify import DATA, FAILED

VAULT = "https://kv.vault.azure.net"
Function = Callable[[func.QueueMessage], Awaitable[None]]


def functions(certflow: Certflow) -> dict[str, tuple[str, Function]]:
    """The queue and the handler of each function."""
    app = func.FunctionApp()
    app.register_functions(queued_blueprint(lambda: certflow, lambda: {"main": VAULT}))
    found = {}
    for one in app.get_functions():
        trigger = json.loads(str(one))["bindings"][0]
        assert trigger["connection"] == "AzureWebJobsStorage"
        found[str(one.get_function_name())] = (trigger["queueName"], one.get_user_function())
    return found


async def receive(world: World, name: str, event: dict[str, Any]) -> None:
    """The host hands a message over, its base64 taken off."""
    _, handler = functions(world.certflow)[name]
    await handler(func.QueueMessage(body=json.dumps(event).encode()))


def cloud_event(type_: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "source": SOURCE,
        "specversion": "1.0",
        "type": type_,
        "time": NOW.isoformat(),
        "data": data,
    } | more


def blob_created(name: str, account: str = "https://chains.blob.core.windows.net") -> dict[str, Any]:
    return cloud_event("Microsoft.Storage.BlobCreated", {"api": "PutBlob", "url": f"{account}/chains/{name}"})


def vault_event(kind: str) -> dict[str, Any]:
    data = {"Id": f"{VAULT}/certificates/web/1", "VaultName": "kv", "ObjectType": "Certificate", "ObjectName": "web"}
    return cloud_event(f"Microsoft.KeyVault.Certificate{kind}", data)


def test_each_queue_has_one_function() -> None:
    assert {name: queue for name, (queue, _) in functions(World().certflow).items()} == {
        "queued_vault_events": VAULT_EVENTS,
        "queued_notify": EVENTS,
        "queued_drop": DROPS,
        "queued_stuck_drop": POISON,
    }


async def test_a_vaults_event_makes_the_certificate_looked_at() -> None:
    world = World()
    await started(world, "DigiCert")
    world.vault.calls.clear()
    await receive(world, "queued_vault_events", vault_event("NewVersionCreated"))
    assert "pending" in world.vault.calls


async def test_another_vaults_event_is_none_of_ours() -> None:
    world = World()
    event = vault_event("NewVersionCreated")
    event["data"]["Id"] = "https://other.vault.azure.net/certificates/web/1"
    await receive(world, "queued_vault_events", event)
    assert world.vault.calls == []
    assert world.work.put_in == []


async def test_our_own_event_is_told_once_however_often_it_comes() -> None:
    teams = FakeChannel("teams")
    world = World(channels=(teams,))
    for _ in range(2):
        await receive(world, "queued_notify", cloud_event(FAILED, DATA))
    assert len(teams.sent) == 1


async def test_what_cannot_be_told_now_is_put_back_ever_longer_and_then_told() -> None:
    teams = FakeChannel("teams", faults=[Unavailable("Teams", "HTTP 503") for _ in range(12)])
    world = World(channels=(teams,))
    event, waits = cloud_event(FAILED, DATA), []
    await receive(world, "queued_notify", event)
    while world.work.put_in:
        queue, message, after = world.work.put_in.pop()
        assert (queue, message) == (EVENTS, event)
        waits.append(after)
        world.now += after
        await receive(world, "queued_notify", dict(message))
    assert waits == [
        timedelta(seconds=seconds) for seconds in (10, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600)
    ]
    assert len(teams.sent) == 1


async def test_after_a_day_it_is_given_up_so_that_the_host_puts_it_into_the_poison_queue() -> None:
    world = World(channels=(FakeChannel("teams", faults=[Unavailable("Teams", "HTTP 503")]),))
    world.later(hours=24, seconds=1)
    with pytest.raises(Unavailable):
        await receive(world, "queued_notify", cloud_event(FAILED, DATA))
    assert world.work.put_in == []


async def test_an_event_that_cannot_be_put_back_either_is_left_to_the_host() -> None:
    world = World(channels=(FakeChannel("teams", faults=[Unavailable("Teams", "HTTP 503")]),))
    world.work.down = True
    with pytest.raises(Unavailable):
        await receive(world, "queued_notify", cloud_event(FAILED, DATA))


@pytest.mark.parametrize(
    "account", ["https://chains.blob.core.windows.net", "https://127.0.0.1:10000/devstoreaccount1"]
)
async def test_a_dropped_chain_is_merged_whatever_its_name(account: str) -> None:
    world = World()
    operation = await started(world)
    world.drops.put("from the CA/ä#1.pem", chain_for(operation))
    await receive(world, "queued_drop", blob_created("from%20the%20CA/%C3%A4%231.pem", account))
    assert [name for name, _ in world.vault.merges] == ["web"]


async def test_a_drop_that_fails_is_raised_so_that_the_host_tries_again() -> None:
    world = World()
    operation = await started(world)
    world.drops.put("a.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    with pytest.raises(Unavailable):
        await receive(world, "queued_drop", blob_created("a.pem"))
    assert world.work.put_in == []


async def test_a_drop_that_failed_five_times_is_tried_once_more_and_then_told() -> None:
    world = World()
    operation = await started(world)
    world.drops.put("a.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    await receive(world, "queued_stuck_drop", blob_created("a.pem"))
    assert "Certflow.Chain.Stuck" in [event.type for event in world.topic.published]
    assert world.vault.operations["web"].status is Status.IN_PROGRESS
