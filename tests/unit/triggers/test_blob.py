"""A dropped file's event: its name is put on a queue of our own, and that is all that the platform waits for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func
import pytest
from azure.functions.blob import InputStream

from functions.model.errors import Unavailable
from functions.ports.work_queue import UPLOAD_QUEUE
from functions.triggers.blob import chains_blueprint
from tests.unit.fakes import World
from tests.unit.queue_messages import receive
from tests.unit.request_and_chain import chain_for, started

DOWN = Unavailable("Key Vault", "HTTP 503")


def handler(world: World, name: str) -> Callable[[Any], Awaitable[None]]:
    app = func.FunctionApp()
    app.register_functions(chains_blueprint(lambda: world.work_queue))
    found: dict[str, Any] = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    return found[name]  # type: ignore[no-any-return]  # the SDK does not say


@pytest.mark.parametrize("name", ["from the CA/ä#1.pem", "100%25.pem"])
async def test_a_dropped_files_name_is_on_our_queue_and_merged_from_there(name: str) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put(name, chain_for(operation))
    world.vault.faults = [DOWN]
    await handler(world, "dropped_chain")(InputStream(data=b"", name=f"chains/{name}"))
    (message,) = world.work_queue.queue(UPLOAD_QUEUE)
    assert message == {"name": name}
    world.vault.faults.clear()
    await receive(world, "queued_drop", dict(message))
    assert [name for name, _ in world.vault.merges] == ["web"]


async def test_a_file_whose_event_failed_five_times_because_our_queue_was_away_is_not_called_stuck() -> None:
    world = World()
    poison = {"FunctionId": "Host.Functions.dropped_chain", "ContainerName": "chains", "BlobName": "a.pem"}
    await handler(world, "stuck_chain")(func.QueueMessage(body=json.dumps(poison).encode()))
    assert world.work_queue.queue(UPLOAD_QUEUE) == [{"name": "a.pem"}]
    assert world.published == []


async def test_a_file_that_cannot_be_written_down_is_an_error_so_that_the_platform_tries_again() -> None:
    world = World()
    world.work_queue.down = True
    with pytest.raises(Unavailable):
        await handler(world, "dropped_chain")(InputStream(data=b"", name="chains/a.pem"))
