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
    from functions.issuance.certflow import Certflow

CONTAINER = "chains"
POISON = "webjobs-blobtrigger-poison"  # where the blob extension puts what failed five times, in the chains' account


def chains_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**dropped_chain** (Event Grid source: the only kind that Flex Consumption runs), and **stuck_chain** for a file
    whose name could not be put on our queue five times in a row, because the queue was away.
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
        await _put(certflow(), (chain.name or "").removeprefix(f"{CONTAINER}/"))

    @blueprint.function_name("stuck_chain")
    @blueprint.queue_trigger(arg_name="message", queue_name=POISON, connection="ChainStorage")
    async def stuck_chain(message: func.QueueMessage) -> None:
        await _put(certflow(), str(message.get_json()["BlobName"]))

    return blueprint


async def _put(certflow: Certflow, name: str) -> None:
    await certflow.work.put(DROPS, {"name": name, "since": certflow.now().isoformat()})
