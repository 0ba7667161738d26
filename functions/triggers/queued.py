"""What the platform has told us, from queues of our own: here it is handled, with a back-off of our own.

What the platform calls puts it there (`events.py`, `chains.py`); in a private network, where Event Grid cannot push
(platform §4), Event Grid itself does. A queue tries five times in a minute and then gives up, so what cannot be handled
now is put back instead: for as long again as it has been tried, 10 s, 10 s, 20 s … one hour.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import azure.functions as func

from functions.issuance.journal import record
from functions.issuance.queues import DROPS, EVENTS, STUCK_DROPS, VAULT_EVENTS
from functions.triggers.chains import CONTAINER
from functions.triggers.events import hear
from functions.triggers.work import STORAGE

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)
A_DAY = timedelta(hours=24)  # as long as Event Grid tries to deliver an event
# A fault that is over by then was none: nobody hears of it. What lasts longer the owner of a file hears of, and the
# timer `sweep` goes on trying.
PASSES = timedelta(minutes=5)

Event = dict[str, Any]  # a CloudEvent as Event Grid delivers it, or as much of it as is needed


def queued_blueprint(certflow: Callable[[], Certflow], vault_urls: Callable[[], Mapping[str, str]]) -> func.Blueprint:
    """**queued_vault_events**, **queued_notify**, **queued_drop**, and **queued_stuck_drop**, which tells of a file
    that could not be handled. `vault_urls` maps aliases to vault addresses.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("queued_vault_events")
    @blueprint.queue_trigger(arg_name="message", queue_name=VAULT_EVENTS, connection=STORAGE)
    async def queued_vault_events(message: func.QueueMessage) -> None:
        async def heard(event: Event) -> None:
            await hear(certflow(), vault_urls(), event["type"], event["data"])

        await _handled(certflow(), VAULT_EVENTS, message.get_json(), heard)

    @blueprint.function_name("queued_notify")
    @blueprint.queue_trigger(arg_name="message", queue_name=EVENTS, connection=STORAGE)
    async def queued_notify(message: func.QueueMessage) -> None:
        from functions.issuance.notify import notify
        from functions.issuance.provenance import is_ours

        async def heard(event: Event) -> None:
            if await is_ours(certflow(), event.get("source"), event["id"], event["type"]):
                await notify(certflow(), event["id"], event["type"], event["data"])

        await _handled(certflow(), EVENTS, message.get_json(), heard)

    @blueprint.function_name("queued_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=DROPS, connection=STORAGE)
    async def queued_drop(message: func.QueueMessage) -> None:
        await _handle_drop(certflow(), message.get_json())

    @blueprint.function_name("queued_stuck_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=STUCK_DROPS, connection=STORAGE)
    async def queued_stuck_drop(message: func.QueueMessage) -> None:
        from functions.issuance.drop import handle_stuck

        await handle_stuck(certflow(), _dropped(message.get_json()))

    return blueprint


async def _handled(certflow: Certflow, queue: str, event: Event, handle: Callable[[Event], Awaitable[None]]) -> None:
    """Handles an event or puts it back. After a day raises what went wrong, and the host moves it to a poison queue."""
    try:
        await handle(event)
    except Exception as error:
        if not await _put_back(certflow, queue, event, error, A_DAY):
            told = {"id": event.get("id"), "type": event.get("type"), "reason": repr(error)}
            record("event-given-up", level=logging.ERROR, queue=queue, **told)
            raise


async def _handle_drop(certflow: Certflow, event: Event) -> None:
    from functions.issuance.drop import handle_drop
    from functions.issuance.errors import CertflowError

    try:
        await handle_drop(certflow, _dropped(event))
    except CertflowError as error:  # another one is the file's own: five tries by the host, and then it is poison
        if not await _put_back(certflow, DROPS, event, error, PASSES):
            await certflow.work.put(STUCK_DROPS, event)


async def _put_back(certflow: Certflow, queue: str, event: Event, error: Exception, within: timedelta) -> bool:
    """Puts a message that cannot be handled now back into its queue; False, and nothing is done, once that is over.

    A service that asks for a longer pause (Retry-After) gets it, up to LATEST.
    """
    now = certflow.now()
    since = datetime.fromisoformat(event.get("since") or now.isoformat())  # Event Grid writes none
    if now - since >= within:
        return False
    record("event-put-back", level=logging.WARNING, queue=queue, id=event.get("id"), reason=repr(error))
    pause = max(now - since, SOONEST, timedelta(seconds=getattr(error, "retry_after", 0)))
    await certflow.work.put(queue, event | {"since": since.isoformat()}, min(pause, LATEST))
    return True


def _dropped(event: Event) -> str:
    """The blob's name. In an event it follows the container in the blob's URL, where it is percent-encoded."""
    if "name" in event:
        return str(event["name"])
    return unquote(urlsplit(event["data"]["url"]).path.partition(f"/{CONTAINER}/")[2])
