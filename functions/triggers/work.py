"""Storage queues: work that any instance can take. A message that is lost costs time only: a timer repeats it.

So nothing is raised here: the message would come back in vain, and end in a poison queue that nobody reads.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.issuance.journal import record
from functions.issuance.queues import CHANNELS, LOOKS, VAULTS

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

STORAGE = "AzureWebJobsStorage"


def work_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**vault_shift** works one vault, **first_look** looks at one request seconds after its start, **send_gathered**
    sends what waits on a channel.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("vault_shift")
    @blueprint.queue_trigger(arg_name="message", queue_name=VAULTS, connection=STORAGE)
    async def vault_shift(message: func.QueueMessage) -> None:
        from functions.issuance.shift import work_shift

        await _tried(VAULTS, message, lambda asked: work_shift(certflow(), asked["vault"]))

    @blueprint.function_name("first_look")
    @blueprint.queue_trigger(arg_name="message", queue_name=LOOKS, connection=STORAGE)
    async def first_look(message: func.QueueMessage) -> None:
        from functions.issuance.watch import look_first

        await _tried(LOOKS, message, lambda ask: look_first(certflow(), ask["vault"], ask["name"], ask["request_id"]))

    @blueprint.function_name("send_gathered")
    @blueprint.queue_trigger(arg_name="message", queue_name=CHANNELS, connection=STORAGE)
    async def send_gathered(message: func.QueueMessage) -> None:
        from functions.issuance.notify import send_waiting

        await _tried(CHANNELS, message, lambda asked: send_waiting(certflow(), asked["channel"]))

    return blueprint


async def _tried(queue: str, message: func.QueueMessage, work: Callable[[dict[str, str]], Awaitable[None]]) -> None:
    try:
        await work(message.get_json())
    except Exception as error:  # noqa: BLE001  as said above
        record("work-failed", level=logging.ERROR, queue=queue, reason=repr(error))
