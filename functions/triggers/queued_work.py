"""The triggers for queued work that any instance of the app can do: runs over a vault, first checks
of a request, sending of gathered messages.

A lost message only costs time, because a timer queues the same work again. So nothing is raised
here: the message would come back without need, and end in a poison queue that nobody reads.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.model.log import record
from functions.ports.work_queue import CHANNEL_QUEUE, CHECK_QUEUE, VAULT_QUEUE

if TYPE_CHECKING:
    from functions.app.context import Certflow

STORAGE = "AzureWebJobsStorage"
type Asked = dict[str, str]  # a message: what the work is about


def work_blueprint(certflow: "Callable[[], Certflow]") -> func.Blueprint:
    """Returns **vault_shift**, which checks the due requests of a vault, and then the servers that
    show its certificates, **first_look**, which
    checks a request some seconds after its start, and **send_gathered**, which sends the messages
    that wait on a channel.
    """
    blueprint = func.Blueprint()

    async def vault_shift(asked: Asked) -> None:
        await _run_and_look(certflow(), asked["vault"])

    async def first_look(asked: Asked) -> None:
        from functions.requests.check import check_early

        await check_early(certflow(), asked["vault"], asked["name"], asked["request_id"])

    async def send_gathered(asked: Asked) -> None:
        from functions.notifications.send_waiting import send_queued

        await send_queued(certflow(), asked["channel"])

    for name, queue, work in (
        ("vault_shift", VAULT_QUEUE, vault_shift),
        ("first_look", CHECK_QUEUE, first_look),
        ("send_gathered", CHANNEL_QUEUE, send_gathered),
    ):
        add_queue_function(blueprint, name, queue, _errors_logged(queue, work))
    return blueprint


async def _run_and_look(app: "Certflow", alias: str) -> None:
    from functions.live.by_inventory import expect_by_inventory
    from functions.live.check_endpoints import check_endpoints
    from functions.monitoring.vault_run import run_vault

    await run_vault(app, alias)
    await expect_by_inventory(app, alias)
    await check_endpoints(app, alias)


def add_queue_function(
    blueprint: func.Blueprint,
    name: str,
    queue: str,
    handle: Callable[[func.QueueMessage], Awaitable[None]],
) -> None:
    """Adds a function that handles each message of a queue in the app's own storage."""

    @blueprint.function_name(name)
    @blueprint.queue_trigger(arg_name="message", queue_name=queue, connection=STORAGE)
    async def received(message: func.QueueMessage) -> None:
        await handle(message)


def _errors_logged(
    queue: str, work: Callable[[Asked], Awaitable[None]]
) -> Callable[[func.QueueMessage], Awaitable[None]]:
    """Returns a handler that does the work of a message, and logs any error instead of raising
    it.
    """

    async def handle(message: func.QueueMessage) -> None:
        try:
            await work(message.get_json())
        except Exception as error:  # noqa: BLE001  a timer queues the work again, see above
            record("work-failed", level=logging.ERROR, queue=queue, reason=repr(error))

    return handle
