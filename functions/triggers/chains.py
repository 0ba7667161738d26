"""The drop: a file in the container `chains`. Its name goes to a queue of our own, and `queued.py` goes on from there.

The platform's blob trigger tries five times without a pause (its queue's visibility time is 0, and host.json's
`extensions.queues` does not reach it: azure-functions-host#8542), so a fault of seconds would be the end of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.issuance.queues import DROPS

if TYPE_CHECKING:
    from functions.issuance.ports import Work

CONTAINER = "chains"
POISON = "webjobs-blobtrigger-poison"  # where the blob extension puts what failed five times, in the chains' account


def chains_blueprint(work: Callable[[], Work]) -> func.Blueprint:
    """**dropped_chain** (Event Grid source: the only kind that Flex Consumption runs), and **stuck_chain** for a file
    whose name could not be put on our queue five times in a row, because the queue was away.

    `work` makes the queues, which need no other setting: while one of those is wrong, names are put there all the same.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("dropped_chain")
    @blueprint.blob_trigger(
        arg_name="chain",
        path=f"{CONTAINER}/{{name}}",
        connection="ChainStorage",
        source=func.BlobSource.EVENT_GRID,
        data_type=func.DataType.BINARY,
    )
    async def dropped_chain(chain: func.InputStream) -> None:
        # Read again by name, with its ETag: the event may be older than the content (two quick uploads, one name).
        await _put(work(), (chain.name or "").removeprefix(f"{CONTAINER}/"))

    @blueprint.function_name("stuck_chain")
    @blueprint.queue_trigger(arg_name="message", queue_name=POISON, connection="ChainStorage")
    async def stuck_chain(message: func.QueueMessage) -> None:
        await _put(work(), str(message.get_json()["BlobName"]))

    return blueprint


async def _put(work: Work, name: str) -> None:
    await work.put(DROPS, {"name": name})
