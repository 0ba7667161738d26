"""The list of queues that all listeners share whose queue nobody has made yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from azure.storage.queue.aio import QueueServiceClient

from functions_host.queue_list import QueueList
from tests.clock import HANG
from tests.laptop.counting import Counting
from tests.laptop.host.storage import Storage, running_storage

pytestmark = pytest.mark.asyncio(loop_scope="module")
LISTENERS = [f"not-made-{number}" for number in range(7)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storage]:
    async with running_storage(tmp_path_factory.mktemp("storage")) as storage:
        yield storage


async def test_all_who_wait_are_answered_by_one_list(storage: Storage) -> None:
    counting, stopping = Counting(storage.ca_file), asyncio.Event()
    async with QueueServiceClient.from_connection_string(
        storage.azurite.connection_string, transport=counting
    ) as service:
        listing = QueueList(service)
        assert not any(await asyncio.gather(*(listing.has(name, stopping) for name in LISTENERS)))
        assert len(counting.asked) == 1, counting.asked
        await storage.send("made-now", "hello")
        waiting = [listing.has(name, stopping) for name in (*LISTENERS, "made-now")]
        assert await asyncio.gather(*waiting) == [*(False for _ in LISTENERS), True]
        assert len(counting.asked) == 2, counting.asked


async def test_who_waits_ends_with_the_host(storage: Storage) -> None:
    stopping = asyncio.Event()
    stopping.set()
    listing = QueueList(storage.queues)
    async with asyncio.timeout(HANG):
        assert not await listing.has("not-made", stopping)
    listing.close()


async def test_a_storage_that_fails_is_a_fault_for_all_and_is_asked_again(tmp_path: Path) -> None:
    stopping = asyncio.Event()
    async with running_storage(tmp_path) as storage:
        counting = Counting(storage.ca_file)
        service = QueueServiceClient.from_connection_string(
            storage.azurite.connection_string, transport=counting, retry_total=0
        )
    async with service:
        listing = QueueList(service)
        for times in (1, 2):
            waiting = (listing.has(name, stopping) for name in LISTENERS)
            found = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(one, Exception) for one in found)
            assert len(counting.asked) == times
