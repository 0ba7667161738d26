"""The same events from storage queues: so Event Grid delivers in a private network, where it cannot push (platform §4).

A queue tries five times in a minute and then gives up. Event Grid itself goes on for 24 hours, ever more seldom, so an
event that cannot be handled now is put back here for as long. A dropped file has five tries, as it has from the blob
trigger. Where the app is public these queues do not exist, and the functions have nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import azure.functions as func

from functions.issuance.journal import record
from functions.triggers.chains import CONTAINER
from functions.triggers.events import hear
from functions.triggers.work import STORAGE

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

VAULT_EVENTS, EVENTS, DROPS = "certflow-vault-events", "certflow-events", "certflow-drops"
POISON = f"{DROPS}-poison"  # where the host puts what failed five times
SOONEST, LATEST, AT_MOST = timedelta(seconds=10), timedelta(hours=1), timedelta(hours=24)

Event = dict[str, Any]  # a CloudEvent, as the subscriptions deliver them


def queued_blueprint(certflow: Callable[[], Certflow], vault_urls: Callable[[], Mapping[str, str]]) -> func.Blueprint:
    """**queued_vault_events**, **queued_notify**, **queued_drop** and **queued_stuck_drop**: the twins of vault_events,
    notify, dropped_chain and stuck_chain.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("queued_vault_events")
    @blueprint.queue_trigger(arg_name="message", queue_name=VAULT_EVENTS, connection=STORAGE)
    async def queued_vault_events(message: func.QueueMessage) -> None:
        async def heard(event: Event) -> None:
            await hear(certflow(), vault_urls(), event["type"], event["data"])

        await _heard(certflow(), VAULT_EVENTS, message, heard)

    @blueprint.function_name("queued_notify")
    @blueprint.queue_trigger(arg_name="message", queue_name=EVENTS, connection=STORAGE)
    async def queued_notify(message: func.QueueMessage) -> None:
        from functions.issuance.notify import notify
        from functions.issuance.provenance import is_ours

        async def heard(event: Event) -> None:
            if await is_ours(certflow(), event.get("source"), event["id"], event["type"]):
                await notify(certflow(), event["id"], event["type"], event["data"])

        await _heard(certflow(), EVENTS, message, heard)

    @blueprint.function_name("queued_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=DROPS, connection=STORAGE)
    async def queued_drop(message: func.QueueMessage) -> None:
        from functions.issuance.drop import handle_drop

        await handle_drop(certflow(), _dropped(message.get_json()))

    @blueprint.function_name("queued_stuck_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=POISON, connection=STORAGE)
    async def queued_stuck_drop(message: func.QueueMessage) -> None:
        from functions.issuance.drop import handle_stuck

        await handle_stuck(certflow(), _dropped(message.get_json()))

    return blueprint


async def _heard(
    certflow: Certflow, queue: str, message: func.QueueMessage, handle: Callable[[Event], Awaitable[None]]
) -> None:
    """Handles an event, or puts it back. Once a day is over, raises what went wrong: then the host sets it aside."""
    event: Event = message.get_json()
    try:
        await handle(event)
    except Exception as error:
        age = certflow.now() - datetime.fromisoformat(event["time"])
        if age > AT_MOST:
            record("event-given-up", level=logging.ERROR, id=event["id"], type=event["type"], reason=repr(error))
            raise
        record("event-put-back", level=logging.WARNING, id=event["id"], type=event["type"], reason=repr(error))
        # As long again as it has waited: 10 s, 20 s, 40 s … one hour.
        await certflow.work.put(queue, event, min(max(age, SOONEST), LATEST))


def _dropped(event: Event) -> str:
    """The blob's name: what follows the container in its URL, where it is percent-encoded."""
    return unquote(urlsplit(event["data"]["url"]).path.partition(f"/{CONTAINER}/")[2])
