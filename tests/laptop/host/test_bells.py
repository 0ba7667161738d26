"""Azurite rings for whatever may give somebody a message, and a listener asks no queue in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from functions_host.bells import QUEUES, Bell
from functions_host.host_json import QueueOptions
from functions_host.queue_list import QueueList
from functions_host.queues import QueueListener
from functions_host.worker import InvocationFailed
from keyvault_emulator.tls import LocalCa
from local.api import until
from local.azurite import running_azurite
from tests.laptop.counting import Counting
from tests.laptop.host.storage import Storage, running_storage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storage]:
    async with running_storage(tmp_path_factory.mktemp("storage")) as storage:
        yield storage


def rung(storage: Storage, name: str) -> int:
    assert storage.azurite.bells is not None
    file = storage.azurite.bells / name
    return file.stat().st_size if file.exists() else 0


async def seen(holds: Callable[[], bool]) -> None:
    async def answer() -> bool:
        return holds()

    await until("what is to be seen", answer)


class Work:
    """A handler that fails for the first `fails` messages."""

    def __init__(self, fails: int = 0) -> None:
        self.had: list[str] = []
        self._fails = fails

    async def __call__(self, message: QueueMessage) -> None:
        self.had.append(str(message.content))
        if len(self.had) <= self._fails:
            raise InvocationFailed("as it was asked to")


@asynccontextmanager
async def listening(storage: Storage, name: str, work: Work) -> AsyncIterator[Counting]:
    """Yields what is asked of the queue service, by a listener of the queue `name`."""
    counting, stopping = Counting(storage.ca_file), asyncio.Event()
    folder, text = storage.azurite.bells, storage.azurite.connection_string
    assert folder is not None
    async with QueueServiceClient.from_connection_string(text, transport=counting) as service:
        there = QueueList(service, Bell(folder / QUEUES))
        queue, poison = (service.get_queue_client(one) for one in (name, f"{name}-poison"))
        options = QueueOptions(visibility_timeout=2)
        listener = QueueListener(queue, there, work, lambda _: poison, options, 5, 1.0, Bell(folder / name))
        running = asyncio.create_task(listener.run(stopping))
        try:
            yield counting
        finally:
            stopping.set()
            await running
            there.close()


async def test_an_idle_queue_is_not_asked_and_what_comes_is_had(storage: Storage) -> None:
    await storage.send("idle", "first", encoded=False)
    work = Work()
    async with listening(storage, "idle", work) as counting:
        await seen(lambda: work.had == ["first"])
        await asyncio.sleep(2)
        before = len(counting.asked)
        await asyncio.sleep(4)  # in which it was asked four times, once in a second
        assert len(counting.asked) <= before + 1
        await storage.send("idle", "second", encoded=False)
        await seen(lambda: work.had == ["first", "second"])


async def test_a_queue_that_nobody_has_made_is_not_looked_for_until_somebody_makes_one(storage: Storage) -> None:
    work = Work()
    async with listening(storage, "unmade", work) as counting:
        await seen(lambda: len(counting.asked) >= 2)  # for messages, and for the list
        await asyncio.sleep(4)
        assert len(counting.asked) == 2
        await storage.send("other", "not for it")
        await seen(lambda: len(counting.asked) == 3)
        await storage.send("unmade", "made", encoded=False)
        await seen(lambda: work.had == ["made"])


async def test_a_message_that_is_hidden_is_had_when_it_is_visible(storage: Storage) -> None:
    queue = storage.queues.get_queue_client("hidden")
    await queue.create_queue()
    work = Work()
    async with listening(storage, "hidden", work):
        await queue.send_message("later", visibility_timeout=3)
        await asyncio.sleep(2)
        assert work.had == []
        await seen(lambda: work.had == ["later"])


async def test_a_message_whose_handling_has_failed_is_had_again(storage: Storage) -> None:
    await storage.send("failing", "twice", encoded=False)
    work = Work(fails=1)
    async with listening(storage, "failing", work):
        await seen(lambda: work.had == ["twice", "twice"])


async def test_it_rings_when_somebody_has_let_a_message_lie_and_not_for_one_that_is_gone(storage: Storage) -> None:
    queue: QueueClient = storage.queues.get_queue_client("left")
    await queue.create_queue()
    for content in ("left", "done"):
        await queue.send_message(content)
    before = rung(storage, "left")
    left, done = [one async for one in queue.receive_messages(max_messages=2, visibility_timeout=1)]
    assert (left.content, done.content) == ("left", "done")
    await queue.delete_message(done)
    await seen(lambda: rung(storage, "left") > before)
    await asyncio.sleep(1)
    assert rung(storage, "left") == before + 1


async def test_queues_that_are_made_and_deleted_ring_for_their_list(storage: Storage) -> None:
    queue = storage.queues.get_queue_client("made")
    before = rung(storage, QUEUES)
    await queue.create_queue()
    assert rung(storage, QUEUES) == before + 1
    await queue.delete_queue()
    assert rung(storage, QUEUES) == before + 2


async def test_after_a_restart_it_rings_for_what_was_hidden_before(tmp_path: Path) -> None:
    ca, kept, log = LocalCa(), tmp_path / "kept", tmp_path / "azurite.log"
    trust = str(ca.write_ca(tmp_path / "ca.pem"))
    kept.mkdir()
    async with running_azurite(ca, tmp_path, log=log, kept_in=kept) as azurite:
        text = azurite.connection_string
        async with QueueServiceClient.from_connection_string(text, connection_verify=trust) as queues:
            queue = queues.get_queue_client("work")
            with suppress(ResourceExistsError):
                await queue.create_queue()
            await queue.send_message("hidden", visibility_timeout=8)
        assert azurite.bells is not None
        file = azurite.bells / "work"
        assert not file.exists()
    async with running_azurite(ca, tmp_path, log=log, kept_in=kept):
        assert not file.exists()
        await seen(file.exists)
