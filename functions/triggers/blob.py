"""The trigger for a file that is dropped into the container `chains`: it puts the file's name on
the app's own queue, and `queued_events.py` handles it.

The platform's blob trigger calls a function that fails five times in all and without a pause (the
visibility time of its queue is 0, and `extensions.queues` of host.json does not change that:
azure-functions-host#8542). Without the queue, a fault of a few seconds would use up all five.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.ports.work_queue import UPLOAD_QUEUE

if TYPE_CHECKING:
    from functions.ports.work_queue import WorkQueue

CHAIN_CONTAINER = "chains"
# The queue in the chains' storage account for files for which the blob trigger failed five times.
POISON_QUEUE = "webjobs-blobtrigger-poison"


def chains_blueprint(work: "Callable[[], WorkQueue]") -> func.Blueprint:
    """Returns **dropped_chain** (with Event Grid as its source, the only kind that runs on Flex
    Consumption), and **stuck_chain** for a file whose name could not be put on the app's queue five
    times in a row.

    `work` returns the queues, which need no other setting: names are put there even while another
    setting is wrong.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("dropped_chain")
    @blueprint.blob_trigger(
        arg_name="chain",
        path=f"{CHAIN_CONTAINER}/{{name}}",
        connection="ChainStorage",
        source=func.BlobSource.EVENT_GRID,
        data_type=func.DataType.BINARY,
    )
    async def dropped_chain(chain: func.InputStream) -> None:
        # Only the name is taken. The file is read later, with its ETag, because its content may be
        # newer than this event (two quick uploads of one name).
        await _put_name(work(), (chain.name or "").removeprefix(f"{CHAIN_CONTAINER}/"))

    @blueprint.function_name("stuck_chain")
    @blueprint.queue_trigger(arg_name="message", queue_name=POISON_QUEUE, connection="ChainStorage")
    async def stuck_chain(message: func.QueueMessage) -> None:
        await _put_name(work(), str(message.get_json()["BlobName"]))

    return blueprint


async def _put_name(work: "WorkQueue", name: str) -> None:
    await work.put(UPLOAD_QUEUE, {"name": name})
