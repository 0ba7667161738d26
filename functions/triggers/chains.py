"""The drop: a file in the container `chains`, and one that could not be handled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

CONTAINER = "chains"
POISON = "webjobs-blobtrigger-poison"  # where the blob extension puts what failed five times, in the chains' account


def chains_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**dropped_chain** merges or rejects the file (Event Grid source: the only kind that Flex Consumption runs);
    **stuck_chain** tells of one that failed again and again.
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
        from functions.issuance.drop import handle_drop

        # Read again by name, with its ETag: the event may be older than the content (two quick uploads, one name).
        await handle_drop(certflow(), (chain.name or "").removeprefix(f"{CONTAINER}/"))

    @blueprint.function_name("stuck_chain")
    @blueprint.queue_trigger(arg_name="message", queue_name=POISON, connection="ChainStorage")
    async def stuck_chain(message: func.QueueMessage) -> None:
        from functions.issuance.drop import handle_stuck

        await handle_stuck(certflow(), str(message.get_json()["BlobName"]))

    return blueprint
