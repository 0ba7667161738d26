"""Delivery to a queue: what the host's queue trigger finds there, and what becomes of an event that finds no queue."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.storage.queue.aio import QueueClient

from eventgrid_emulator import CUSTOM_TOPIC, EventGrid, QueueSubscription, running_event_grid
from keyvault_emulator.tls import LocalCa
from local.azurite import running_azurite
from tests.clock import HANG

EVENT = {"id": "1", "source": "/vaults/main", "type": "T", "specversion": "1.0", "data": {"ü": 1}}


@pytest.fixture
async def queue(trusted_ca: LocalCa, tmp_path: Path) -> AsyncIterator[QueueClient]:
    async with (
        running_azurite(trusted_ca, tmp_path, log=tmp_path / "azurite.log") as azurite,
        QueueClient.from_connection_string(
            azurite.connection_string,
            "certflow-events",
            connection_verify=str(trusted_ca.write_ca(tmp_path / "ca.pem")),
            retry_total=0,
        ) as client,
    ):
        yield client


@pytest.fixture
async def grid(trusted_ca: LocalCa, tmp_path: Path) -> AsyncIterator[EventGrid]:
    async with running_event_grid(trusted_ca, dead_letters=tmp_path, time_factor=0.002, max_attempts=3) as running:
        yield running


async def settled(grid: EventGrid) -> None:
    async with asyncio.timeout(HANG):
        while any(state.pending for state in grid.stats()):  # noqa: ASYNC110  it sets no asyncio.Event
            await asyncio.sleep(0.01)


async def test_an_event_is_one_message_in_base64_as_the_queue_trigger_wants_it(
    grid: EventGrid, queue: QueueClient
) -> None:
    await queue.create_queue()
    grid.subscribe(CUSTOM_TOPIC, QueueSubscription("events", queue))
    await grid.publish(CUSTOM_TOPIC, EVENT)
    await settled(grid)
    (message,) = [one async for one in queue.receive_messages()]
    assert json.loads(base64.b64decode(message.content, validate=True)) == EVENT
    assert [(one.delivered, one.failed_attempts) for one in grid.stats()] == [(1, 0)]


async def test_an_event_that_finds_no_queue_is_tried_again_and_then_a_dead_letter(
    grid: EventGrid, queue: QueueClient, tmp_path: Path
) -> None:
    grid.subscribe(CUSTOM_TOPIC, QueueSubscription("events", queue))
    await grid.publish(CUSTOM_TOPIC, EVENT)
    await settled(grid)
    (line,) = (tmp_path / f"{CUSTOM_TOPIC}.jsonl").read_text().splitlines()
    letter = json.loads(line)
    assert (letter["id"], letter["deliveryAttempts"], letter["lastHttpStatusCode"]) == ("1", 3, 404)
