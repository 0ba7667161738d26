"""What the platform has told us, on queues of our own: handled, or put back with a back-off of our own."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.app.outbox import publish
from functions.app.vault_limiters import rate_limited
from functions.model.errors import TooLong, Unavailable
from functions.model.events.event import Event
from functions.model.request.operation import Status
from functions.ports.monitoring_store import InventoryScan
from functions.ports.work_queue import EVENT_QUEUE, GIVEN_UP_QUEUE, STUCK_UPLOAD_QUEUE, UPLOAD_QUEUE, VAULT_EVENT_QUEUE
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World
from tests.unit.queue_messages import badly_set, cloud_event, functions, put_back, receive, vault_event
from tests.unit.request_and_chain import chain_for, started
from tests.unit.sample_events import DATA, FAILED


def blob_created(name: str, account: str = "https://chains.blob.core.windows.net") -> dict[str, Any]:
    return cloud_event("Microsoft.Storage.BlobCreated", {"api": "PutBlob", "url": f"{account}/chains/{name}"})


def test_each_queue_has_one_function() -> None:
    assert {name: queue for name, (queue, _) in functions(World()).items()} == {
        "queued_vault_events": VAULT_EVENT_QUEUE,
        "queued_notify": EVENT_QUEUE,
        "queued_drop": UPLOAD_QUEUE,
        "queued_stuck_drop": STUCK_UPLOAD_QUEUE,
        "poison_vault_events": "certflow-vault-events-poison",
        "poison_notify": "certflow-events-poison",
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
    assert world.work_queue.put_in == []


async def test_our_own_event_is_told_once_however_often_it_comes() -> None:
    teams = FakeChannel("teams")
    world = World(channels=(teams,))
    for _ in range(2):
        await receive(world, "queued_notify", cloud_event(FAILED, DATA))
        await world.send()
    assert len(teams.sent) == 1


async def test_what_cannot_be_told_now_is_put_back_ever_longer_and_then_told() -> None:
    teams = FakeChannel("teams")
    world = World(channels=(teams,))
    event, waits = cloud_event(FAILED, DATA, time="2020-01-01T00:00:00Z"), []  # the topic may have been away for long
    world.rules.fault = Unavailable("The blob storage", "HTTP 503")
    await receive(world, "queued_notify", event)
    while message := put_back(world, EVENT_QUEUE):
        waits.append(message[1].total_seconds())
        world.now += message[1]
        if len(waits) == 12:
            world.rules.fault = None
        await receive(world, "queued_notify", message[0])
    assert waits == [10, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    await world.send()
    assert len(teams.sent) == 1


FAULTS = [Unavailable("The blob storage", "HTTP 503"), KeyError("a fault of our own")]


@pytest.mark.parametrize("fault", FAULTS)
async def test_after_a_day_it_is_given_up_told_to_the_operators_and_kept(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.rules.fault = fault
    await receive(world, "queued_notify", cloud_event(FAILED, DATA))
    message = put_back(world, EVENT_QUEUE)
    assert message
    world.later(hours=24)
    with caplog.at_level(logging.ERROR):
        await receive(world, "queued_notify", message[0])
    assert put_back(world, EVENT_QUEUE) is None
    assert world.work_queue.queue(GIVEN_UP_QUEUE) == [message[0] | {"queue": EVENT_QUEUE}]
    assert world.work_queue.lasting[GIVEN_UP_QUEUE] == timedelta(days=90)
    (said,) = [json.loads(one.message) for one in caplog.records if "event-given-up" in one.message]
    assert (said["queue"], said["id"], said["type"], said["reason"]) == (EVENT_QUEUE, "e1", FAILED, repr(fault))


@pytest.mark.parametrize("name", ["queued_notify", "queued_vault_events", "queued_drop", "queued_stuck_drop"])
async def test_while_a_setting_stops_the_app_every_message_is_put_back(name: str) -> None:
    world = World()
    queue, _ = functions(world)[name]
    event = cloud_event(FAILED, DATA) if name == "queued_notify" else blob_created("a.pem")
    await receive(world, name, event, badly_set)
    message = put_back(world, queue)
    assert message == (event | {"since": NOW.isoformat()}, timedelta(seconds=10))


async def test_what_came_while_a_setting_stopped_the_app_is_told_when_that_is_mended() -> None:
    world = World(channels=(teams := FakeChannel("teams"),))
    event = cloud_event(FAILED, DATA)
    for _ in range(6):
        await receive(world, "queued_notify", event, badly_set)
        again = put_back(world, EVENT_QUEUE)
        assert again
        event, pause = again
        world.now += pause
    await receive(world, "queued_notify", event)
    await world.send()
    assert [notice.event_id for notice in teams.sent] == ["e1"]


POISON = {"poison_notify": EVENT_QUEUE, "poison_vault_events": VAULT_EVENT_QUEUE}


@pytest.mark.parametrize("name", POISON)
async def test_what_the_host_gave_up_comes_back_to_its_queue_for_a_day_and_is_then_kept(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, event = World(), cloud_event(FAILED, DATA)
    with caplog.at_level(logging.WARNING):
        await receive(world, name, event, badly_set)
    assert put_back(world, POISON[name]) == (event | {"since": NOW.isoformat()}, timedelta(seconds=10))
    assert "event-put-back" in caplog.text
    world.later(hours=24)
    await receive(world, name, event | {"since": NOW.isoformat()}, badly_set)
    assert put_back(world, POISON[name]) is None
    assert world.work_queue.queue(GIVEN_UP_QUEUE) == [event | {"since": NOW.isoformat(), "queue": POISON[name]}]


@pytest.mark.parametrize("since", ["yesterday", 5, None, "2020-01-01", "2999-01-01T00:00:00+00:00"])
async def test_a_message_whose_sender_wrote_when_it_was_tried_first_is_put_back_all_the_same(since: Any) -> None:
    world = World()
    await receive(world, "queued_notify", cloud_event(FAILED, DATA) | {"since": since}, badly_set)
    message = put_back(world, EVENT_QUEUE)
    assert message
    assert (message[0]["since"], message[1]) == (NOW.isoformat(), timedelta(seconds=10))


@pytest.mark.parametrize("body", [b"no JSON", b"[1]", b"\xff"])
async def test_a_message_that_is_no_event_is_kept_with_its_text(body: bytes) -> None:
    world = World()
    await functions(world)["queued_notify"][1](func.QueueMessage(body=body))
    message = put_back(world, EVENT_QUEUE)
    assert message
    assert message[0]["text"] == body.decode(errors="replace")


@pytest.mark.parametrize("until", [10, 24 * 3600])
async def test_an_event_too_long_to_be_put_back_comes_back_without_its_data_and_is_told(until: int) -> None:
    """Event Grid writes letters as they are; here each is an escape of six, and that makes a message too long."""
    world = World(channels=(teams := FakeChannel("teams"),))
    put = world.work_queue.put

    async def short(queue: str, message: Any, *given: Any) -> None:
        if len(base64.b64encode(json.dumps(message).encode())) > 64 * 1024:
            raise TooLong(queue)
        await put(queue, message, *given)

    world.work_queue.put = short  # type: ignore[assignment,method-assign]  # as the service is
    data = DATA | {"subject": "CN=" + "ü" * 10_000}
    await publish(world.certflow, [Event("e1", FAILED, "vaults/main/certificates/web", NOW, "main", "web", data)])
    world.rules.fault = Unavailable("The blob storage", "HTTP 503")
    await receive(world, "queued_notify", cloud_event(FAILED, data))
    message = put_back(world, EVENT_QUEUE)
    assert message
    world.later(seconds=until)
    if until > 10:
        await receive(world, "queued_notify", message[0])
        (given_up,) = world.work_queue.queue(GIVEN_UP_QUEUE)
        message = dict(given_up), timedelta(0)
    world.rules.fault = None
    await receive(world, "queued_notify", message[0])
    await world.send()
    assert [notice.event_id for notice in teams.sent] == ["e1"]


async def test_an_event_that_cannot_be_put_back_either_is_left_to_the_host() -> None:
    world = World(channels=(FakeChannel("teams"),))
    world.rules.fault = Unavailable("The blob storage", "HTTP 503")
    world.work_queue.down = True
    with pytest.raises(Unavailable):
        await receive(world, "queued_notify", cloud_event(FAILED, DATA))


async def test_a_vault_that_throttles_is_asked_again_when_it_says_and_an_event_of_an_end_comes_back_then() -> None:
    world = World()
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=90, throttled=True)] * 20
    await receive(world, "queued_vault_events", vault_event("NearExpiry"))
    message = put_back(world, VAULT_EVENT_QUEUE)
    assert message
    assert message[1] == timedelta(seconds=90)


async def test_a_vaults_events_are_heard_within_its_budget_and_not_while_it_wants_quiet() -> None:
    world = World()
    await started(world, "DigiCert")
    rate_limited(world.certflow, "main")
    world.paces["main"].pause(60)
    world.vault.calls.clear()
    await receive(world, "queued_vault_events", vault_event("NewVersionCreated"))
    assert world.vault.calls == []
    (request,) = world.ledger.tracked.values()
    assert request.next_check == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    "account", ["https://chains.blob.core.windows.net", "https://127.0.0.1:10000/devstoreaccount1"]
)
async def test_a_dropped_chain_is_merged_whatever_its_name(account: str) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("from the CA/ä#1.pem", chain_for(operation))
    await receive(world, "queued_drop", blob_created("from%20the%20CA/%C3%A4%231.pem", account))
    assert [name for name, _ in world.vault.merges] == ["web"]


async def test_a_drop_during_an_outage_is_put_back_and_nobody_hears_of_one_that_passes() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    waits, message = [], blob_created("a.pem")
    for fault in (Unavailable("Key Vault", "HTTP 429"), Unavailable("Key Vault", "HTTP 503")):
        world.vault.faults = [fault]
        await receive(world, "queued_drop", message)
        again = put_back(world, UPLOAD_QUEUE)
        assert again
        message, after = again
        waits.append(after.total_seconds())
        world.now += after
    await receive(world, "queued_drop", message)
    assert waits == [10, 10]
    assert [name for name, _ in world.vault.merges] == ["web"]
    assert world.work_queue.queue(STUCK_UPLOAD_QUEUE) == []
    assert "Chain.Stuck" not in world.published


async def test_a_drop_that_five_minutes_of_tries_do_not_help_is_told_and_left_to_the_sweep() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 99
    await receive(world, "queued_drop", blob_created("a.pem"))
    tries = 1
    while message := put_back(world, UPLOAD_QUEUE):
        world.now += message[1]
        await receive(world, "queued_drop", message[0])
        tries += 1
    assert (tries, world.now - NOW) == (7, timedelta(minutes=5))
    ((stuck),) = world.work_queue.queue(STUCK_UPLOAD_QUEUE)
    await receive(world, "queued_stuck_drop", dict(stuck))
    assert world.published.count("Chain.Stuck") == 1
    assert world.ledger.put_aside == {}  # an outage passes: the sweep goes on trying
    assert "a.pem" in world.chain_files.files


@pytest.mark.parametrize("retry_after", [60, 290, 900, 86_400])
async def test_the_verdict_on_a_drop_comes_after_five_minutes_however_long_a_pause_is_asked_for(
    retry_after: int,
) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=retry_after, throttled=True)] * 99
    await receive(world, "queued_drop", blob_created("a.pem"))
    while message := put_back(world, UPLOAD_QUEUE):
        world.now += message[1]
        await receive(world, "queued_drop", message[0])
    assert timedelta(minutes=5) <= world.now - NOW <= timedelta(minutes=5, seconds=10)
    assert len(world.work_queue.queue(STUCK_UPLOAD_QUEUE)) == 1


async def test_a_drop_that_waited_for_long_to_be_tried_has_its_five_minutes_from_the_first_try() -> None:
    """Event Grid may deliver late, and the app may be stopped: neither is a try that failed."""
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    event = blob_created("a.pem") | {"time": NOW.isoformat()}
    world.later(hours=2)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    await receive(world, "queued_drop", event)
    message = put_back(world, UPLOAD_QUEUE)
    assert message
    assert message[1] == timedelta(seconds=10)
    await receive(world, "queued_drop", message[0])
    assert [name for name, _ in world.vault.merges] == ["web"]


async def test_a_stuck_drop_that_cannot_be_told_is_put_back_for_a_day_and_then_kept() -> None:
    """The tables are down, in which its event would be written."""
    world = World()
    world.chain_files.put("a.pem", chain_for(await started(world)))

    async def down(*_given: object) -> Any:
        raise Unavailable("The table storage", "HTTP 503")

    aside, world.ledger.parked = world.ledger.parked, down  # type: ignore[method-assign]  # the fault
    message: dict[str, Any] = {"name": "a.pem"}
    for _ in range(8):
        await receive(world, "queued_stuck_drop", message)
        again = put_back(world, STUCK_UPLOAD_QUEUE)
        assert again
        message, pause = again
        world.now += pause
    world.ledger.parked = aside  # type: ignore[method-assign]  # mended
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 99
    await receive(world, "queued_stuck_drop", message)
    assert world.published.count("Chain.Stuck") == 1
    world.ledger.parked = down  # type: ignore[method-assign]  # the fault again
    world.later(hours=24)
    await receive(world, "queued_stuck_drop", message)
    assert world.work_queue.queue(GIVEN_UP_QUEUE) == [message | {"queue": STUCK_UPLOAD_QUEUE}]


async def test_a_stuck_drops_day_is_its_own() -> None:
    """Its five minutes are over, its day has not begun."""
    world = World()
    world.chain_files.put("a.pem", chain_for(await started(world)))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 99
    await receive(world, "queued_drop", {"name": "a.pem", "since": (NOW - timedelta(days=2)).isoformat()})
    assert world.work_queue.queue(STUCK_UPLOAD_QUEUE) == [{"name": "a.pem"}]


async def test_a_drop_that_fails_in_a_way_nobody_foresaw_is_raised_so_that_the_host_counts_its_five_tries() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    world.vault.faults = [KeyError("a fault of our own")]
    with pytest.raises(KeyError):
        await receive(world, "queued_drop", blob_created("a.pem"))
    assert put_back(world, UPLOAD_QUEUE) is None


async def test_a_drop_that_failed_five_times_is_tried_once_more_and_then_told() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("a.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    await receive(world, "queued_stuck_drop", blob_created("a.pem"))
    assert "Certflow.Chain.Stuck" in [event.type for event in world.topic.published]
    assert world.vault.operations["web"].status is Status.IN_PROGRESS
