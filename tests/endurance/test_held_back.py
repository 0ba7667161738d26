"""What is away holds back nothing else: the platform has its answer, and each channel and vault has tries of its own.

Event Grid delays everything for an endpoint that fails (the local one, too), so what is asked of it each time is that
it saw none: no attempt that failed, no delay.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from eventgrid_emulator import CUSTOM_TOPIC
from functions.notifications.provenance import source_of
from functions.ports.work_queue import EVENT_QUEUE as QUEUE
from functions.ports.work_queue import GIVEN_UP_QUEUE, VAULT_EVENT_QUEUE, poison_of
from local.api import Client, client_of, until
from local.event_subscriptions import EventDelivery
from local.functions_host import running_functions_host
from local.hosts import free_ports
from local.openssl_ca import OpensslCa
from local.stack import Stack, running_stack
from tests.clock import real_now
from tests.e2e.event_delivery import HURRY, SELDOM, SHAPES, delivered, endpoint, running, was_healthy
from tests.e2e.outbox import keep
from tests.e2e.queues import TOLD, messages_in, put
from tests.e2e.request_and_chain import OWNER, chain_for, started
from tests.e2e.stack import HURRIED, unkind
from tests.e2e.telling import CHANNELS, NO_SERVERS, SELDOM_CHECKED, nothing_waits, tellings, times_told, told

EVENTS = tuple(f"main:held-{number:02}:cancelled" for number in range(20))  # more than Event Grid lets an endpoint fail
MAIL_DOWN, TEAMS_DOWN = {"smtp": {"code": 451, "rate": 1.0}}, {"teams": {"status": 503, "rate": 1.0}}
BACK = {"smtp": None, "teams": None}
THROTTLED = 15  # certificates; the same
NOBODY_DIES = 10  # times shorter than the platform's own waits: a stack where no host is killed needs no more

type Held = tuple[Stack, Client]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SHAPES)
async def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Held]:
    """One stack for the tests that kill nobody."""
    directory = tmp_path_factory.mktemp("held-back")
    async with running(directory, event_delivery=request.param, hurry=NOBODY_DIES) as (stack, client):
        yield stack, client


async def faults(client: Client, asked: dict[str, Any]) -> None:
    async with client.session.post(f"{client.stack['inbox']}/control/faults", json=asked) as response:
        assert response.status == 200, await response.text()


def cloud_event(stack: Stack, id_: str, type_: str, data: dict[str, Any]) -> dict[str, Any]:
    source = source_of(stack.settings["CERTFLOW_TOPIC_ENDPOINT"])  # people are told of no other's events
    event = {"id": id_, "source": source, "specversion": "1.0", "type": type_, "time": real_now().isoformat()}
    return event | {"data": data}


def cancelled(stack: Stack, event: str) -> dict[str, Any]:
    vault, name, _ = event.split(":")
    data = {"vault": vault, "name": name, "request_id": name, "issuer": "DigiCert", "owner": OWNER}
    return cloud_event(stack, event, "Certflow.Issuance.Cancelled", data)


async def publish_all(stack: Stack, client: Client) -> None:
    events = [cancelled(stack, event) for event in EVENTS]
    await keep(client, events)
    for event in events:
        await stack.event_grid.publish(CUSTOM_TOPIC, event)


async def times(client: Client) -> Counter[tuple[str, str]]:
    """How often each channel told of each of our events."""
    return Counter({key: n for key, n in times_told(await client.messages("")).items() if key[1] in EVENTS})


async def told_all(client: Client, channel: str) -> None:
    async def all_of_them() -> bool:
        return {one["event"] for one in tellings(await client.messages("")) if one["channel"] == channel} >= {*EVENTS}

    await until(f"{channel} to tell of everything", all_of_them)


@pytest.mark.asyncio(loop_scope="module")
async def test_with_mail_away_teams_has_everything_and_mail_when_it_is_back(held: Held) -> None:
    stack, client = held
    await faults(client, MAIL_DOWN)
    await publish_all(stack, client)
    await told_all(client, "teams")
    assert {channel for channel, _ in await times(client)} == {"teams"}
    assert was_healthy(stack, CUSTOM_TOPIC)
    await faults(client, BACK)
    await told_all(client, "email")
    await nothing_waits(client)
    assert await times(client) == Counter(itertools.product(CHANNELS, EVENTS))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_drop_while_key_vault_throttles_and_then_fails_for_seconds_is_merged_and_nobody_is_alarmed(
    held: Held, ca: OpensslCa
) -> None:
    stack, client = held
    content = await chain_for(ca, await started(client, "passing"), "passing")
    await told(client, "CSR ready to be signed: passing")
    await unkind(client, throttle=True, other_calls=0)
    await client.drop("passing.pem", content)
    await delivered(stack, "storage", 1)
    await asyncio.sleep(6)  # as the vault is like that
    await unkind(client, throttle=False, error_rate=1.0, strike="before")
    await asyncio.sleep(6)  # the same
    await unkind(client, error_rate=0.0)
    await told(client, "Certificate issued: passing")
    assert await client.files("chains") == []
    assert await client.messages("could not be handled") == []
    assert was_healthy(stack, "storage")
    assert await messages_in(client, "webjobs-blobtrigger-poison", *TOLD) == 0


@pytest.mark.parametrize("shape", SHAPES)
async def test_killed_between_the_answer_and_the_channels_everything_is_told_once(
    tmp_path: Path, shape: EventDelivery
) -> None:
    """No channel takes anything until the host has been killed three times, so none can have taken it twice."""
    async with running(tmp_path, event_delivery=shape, app=HURRIED) as (stack, client):  # claims lapse in seconds
        assert stack.hosts is not None
        await faults(client, MAIL_DOWN | TEAMS_DOWN)
        await publish_all(stack, client)
        for share in (1, 2, 3):
            await delivered(stack, CUSTOM_TOPIC, share * len(EVENTS) // 3)
            await stack.hosts.kill(0)
            await stack.hosts.start(0)
        await delivered(stack, CUSTOM_TOPIC, len(EVENTS))
        await faults(client, BACK)
        for channel in CHANNELS:
            await told_all(client, channel)
        await nothing_waits(client)
        assert await times(client) == Counter(itertools.product(CHANNELS, EVENTS))


@pytest.mark.asyncio(loop_scope="module")
async def test_while_a_vault_throttles_its_events_are_answered_and_each_certificate_is_looked_at_afterwards(
    held: Held,
) -> None:
    """No timer looks at a manual request in its first hour (timing.MANUAL_INTERVAL)."""
    stack, client = held
    names = [f"throttled-{number:02}" for number in range(THROTTLED)]
    before = endpoint(stack, "vaults").delivered
    await asyncio.gather(*(started(client, name) for name in names))
    address = stack.vaults["main"]
    await unkind(client, throttle=True, other_calls=0, retry_after=15)
    earlier = len(await looks(client))
    for name in names:
        data = {"Id": f"{address}/certificates/{name}/1", "ObjectType": "Certificate", "ObjectName": name}
        said = cloud_event(stack, name, "Microsoft.KeyVault.CertificateNewVersionCreated", data)
        await stack.event_grid.publish("vaults", said)
    await delivered(stack, "vaults", before + len(names))
    assert was_healthy(stack, "vaults")

    async def all_put_off() -> bool:
        lines = [line for line in (stack.directory / "host.log").read_text().splitlines() if '"event-put-back"' in line]
        return all(any(f'"{name}"' in line for line in lines) for name in names)

    await until("every event to be tried and put back", all_put_off)
    # None at all if another call had heard the 429 before: the vault is then left alone for as long as that says.
    assert {status for _, status in (await looks(client))[earlier:]} <= {429}
    assert 429 in await answers(client)
    await unkind(client, throttle=False)

    async def all_looked_at() -> bool:
        return {name for name, status in (await looks(client))[earlier:] if status == 200} >= {*names}

    async def all_handled() -> bool:
        return await messages_in(client, VAULT_EVENT_QUEUE) == 0

    await until("every certificate to be looked at", all_looked_at)
    await until("every event to be handled when it comes again", all_handled)


async def looks(client: Client) -> list[tuple[str, int]]:
    """Name and answer of each look at a certificate's pending request."""
    return [
        (urlsplit(call["path"]).path.split("/")[2], call["status"])
        for call in await calls(client, path="/pending")
        if call["method"] == "GET"
    ]


async def answers(client: Client) -> set[int]:
    return {call["status"] for call in await calls(client)}


async def calls(client: Client, **wanted: str) -> list[dict[str, Any]]:
    """The calls that the vaults have answered."""
    async with client.session.get(f"{client.stack['keyvault_control']}/calls", params=wanted) as response:
        answered: list[dict[str, Any]] = await response.json()
        return answered


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_comes_while_a_setting_stops_the_app_is_told_when_that_is_mended(
    tmp_path: Path, shape: EventDelivery
) -> None:
    """Also what an older version left in the poison queue, which nobody read."""
    async with (
        running_stack(
            tmp_path, own_host=False, hurry=HURRY, event_delivery=shape, settings=NO_SERVERS | SELDOM_CHECKED
        ) as stack,
        client_of(stack.describe()) as client,
    ):
        port, log = urlsplit(stack.host_url).port, tmp_path / "host.log"
        assert port is not None
        wrong = stack.settings | {"CERTFLOW_VAULTS": "no vault"}
        await put(client, poison_of(QUEUE), cancelled(stack, EVENTS[0]))
        async with running_functions_host(wrong, stack.keys, port=port, log=log, hurry=HURRY):
            await publish_all(stack, client)
            await delivered(stack, CUSTOM_TOPIC, len(EVENTS))

            async def put_back() -> bool:
                lines = [line for line in log.read_text().splitlines() if '"event-put-back"' in line]
                return all(any(event in line for line in lines) for event in EVENTS)

            await until("each to be tried and put back", put_back)
        assert was_healthy(stack, CUSTOM_TOPIC)
        async with running_functions_host(stack.settings, stack.keys, port=port, log=log, hurry=HURRY):
            for channel in CHANNELS:
                await told_all(client, channel)
            await nothing_waits(client)
            assert await times(client) == Counter(itertools.product(CHANNELS, EVENTS))
        assert await messages_in(client, poison_of(QUEUE), GIVEN_UP_QUEUE) == 0


async def test_while_the_queues_are_away_the_platform_hears_an_error_and_comes_again(tmp_path: Path) -> None:
    async with (
        running_stack(tmp_path, own_host=False, hurry=HURRY, settings=SELDOM) as stack,
        client_of(stack.describe()) as client,
    ):
        port, log = urlsplit(stack.host_url).port, tmp_path / "host.log"
        assert port is not None
        (nowhere,) = free_ports(1)
        away = {"AzureWebJobsStorage__queueServiceUri": f"https://127.0.0.1:{nowhere}/devstoreaccount1"}
        async with running_functions_host(stack.settings | away, stack.keys, port=port, log=log):
            await publish_all(stack, client)

            async def refused() -> bool:
                return endpoint(stack, CUSTOM_TOPIC).failed_attempts > 0

            await until("the platform to hear of it", refused)
            assert endpoint(stack, CUSTOM_TOPIC).delivered == 0
        async with running_functions_host(stack.settings, stack.keys, port=port, log=log):
            for channel in CHANNELS:
                await told_all(client, channel)
            await nothing_waits(client)
        assert endpoint(stack, CUSTOM_TOPIC).dead_lettered == 0
