"""Messages that come back to this app, on Azurite's queues."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from azure.storage.queue.aio import QueueServiceClient

from functions.adapters.work_queues import WorkQueues
from functions.model.errors import TooLong, Unavailable
from keyvault_emulator.tls import LocalCa
from local.azurite import Azurite
from testkit.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(azurite: Azurite) -> AsyncIterator[QueueServiceClient]:
    async with QueueServiceClient.from_connection_string(azurite.connection_string) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def work(service: QueueServiceClient) -> AsyncIterator[WorkQueues]:
    work = WorkQueues(service.url, AnyToken())
    yield work
    await work.close()


async def received(service: QueueServiceClient, queue: str) -> list[Any]:
    client = service.get_queue_client(queue)
    return [
        json.loads(base64.b64decode(message.content, validate=True))
        async for message in client.receive_messages(messages_per_page=32)
    ]


async def test_a_message_makes_its_queue_and_is_read_as_the_host_reads_it(
    work: WorkQueues, service: QueueServiceClient
) -> None:
    message = {"vault": "main", "name": "web-ä", "request_id": "a" * 32}
    await work.put("certflow-first", message)
    assert await received(service, "certflow-first") == [message]


async def test_many_first_messages_at_once_are_all_there(work: WorkQueues, service: QueueServiceClient) -> None:
    await asyncio.gather(*(work.put("certflow-rush", {"vault": f"v{number}"}) for number in range(8)))
    assert {message["vault"] for message in await received(service, "certflow-rush")} == {f"v{n}" for n in range(8)}


async def test_a_message_for_later_cannot_be_seen_before(work: WorkQueues, service: QueueServiceClient) -> None:
    await work.put("certflow-later", {"n": 1}, timedelta(days=6))
    await work.put("certflow-later", {"n": 2})
    assert await received(service, "certflow-later") == [{"n": 2}]
    client = service.get_queue_client("certflow-later")
    assert (await client.get_queue_properties()).approximate_message_count == 2


async def test_a_message_is_gone_when_it_has_lasted_as_long_as_it_should(
    work: WorkQueues, service: QueueServiceClient
) -> None:
    await work.put("certflow-lasts", {"n": 1}, ttl=timedelta(minutes=2))
    await work.put("certflow-lasts", {"n": 2})
    lasts = []
    async for message in service.get_queue_client("certflow-lasts").receive_messages():
        assert message.expires_on
        assert message.inserted_on
        lasts.append(message.expires_on - message.inserted_on)
    assert sorted(lasts) == [timedelta(minutes=2), timedelta(days=7)]


async def test_a_storage_that_does_not_answer_is_unavailable(trusted_ca: LocalCa) -> None:
    work = WorkQueues("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="queue storage"):
        await work.put("certflow-vaults", {"vault": "main"})
    await work.close()


async def test_the_longest_message_that_fits_is_taken_and_a_longer_one_refused_before_it_is_sent(
    work: WorkQueues, service: QueueServiceClient
) -> None:
    """64 KiB of base64 are 48 KiB of JSON."""
    fits = {"text": "m" * (48 * 1024 - len('{"text": ""}'))}
    await work.put("certflow-long", fits)
    assert await received(service, "certflow-long") == [fits]
    with pytest.raises(TooLong, match="certflow-long has 65540 of 65536 bytes"):
        await work.put("certflow-long", {"text": f"{fits['text']}m"})
