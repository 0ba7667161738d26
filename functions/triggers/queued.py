"""What the platform has told us, from queues of our own: here it is handled, with a back-off of our own.

What the platform calls puts it there (`events.py`, `chains.py`); in a private network, where Event Grid cannot push
(platform §4), Event Grid itself does. A queue tries five times in a minute and then gives up, so what cannot be handled
now is put back instead: for as long again as it has been tried, 10 s, 10 s, 20 s … one hour. That needs the queues and
nothing else, so that a setting that stops the app loses no message.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import azure.functions as func

from functions.issuance.journal import record
from functions.issuance.queues import DROPS, EVENTS, GIVEN_UP, STUCK_DROPS, VAULT_EVENTS, poison_of
from functions.triggers.chains import CONTAINER
from functions.triggers.events import hear
from functions.triggers.work import STORAGE

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow
    from functions.issuance.ports import Work

SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)
A_DAY = timedelta(hours=24)  # as long as Event Grid tries to deliver an event
# A fault that is over by then was none: nobody hears of it. What lasts longer the owner of a file hears of, and the
# timer `sweep` goes on trying.
PASSES = timedelta(minutes=5)
KEPT = timedelta(days=90)  # what is given up, for whoever sees to it
ENDED = "the host gave it up: five tries ended without a word, or could not put it back"

Event = dict[str, Any]  # a CloudEvent as Event Grid delivers it, or as much of it as is needed


@dataclass(frozen=True, slots=True)
class Returns:
    """How messages come back: `work` makes the queues, which need no other setting; `now` is the time (UTC)."""

    work: Callable[[], Work]
    now: Callable[[], datetime]


def queued_blueprint(
    certflow: Callable[[], Certflow], vault_urls: Callable[[], Mapping[str, str]], returns: Returns
) -> func.Blueprint:
    """**queued_vault_events**, **queued_notify**, **queued_drop**, and **queued_stuck_drop**, which tells of a file
    that could not be handled. `vault_urls` maps aliases to vault addresses.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("queued_vault_events")
    @blueprint.queue_trigger(arg_name="message", queue_name=VAULT_EVENTS, connection=STORAGE)
    async def queued_vault_events(message: func.QueueMessage) -> None:
        async def heard(event: Event) -> None:
            await hear(certflow(), vault_urls(), event["type"], event["data"])

        await _handled(returns, VAULT_EVENTS, message, heard)

    @blueprint.function_name("queued_notify")
    @blueprint.queue_trigger(arg_name="message", queue_name=EVENTS, connection=STORAGE)
    async def queued_notify(message: func.QueueMessage) -> None:
        from functions.issuance.notify import notify
        from functions.issuance.provenance import own_event

        async def heard(event: Event) -> None:
            if own := await own_event(certflow(), event):
                await notify(certflow(), own.id, own.type, own.data, own.time)

        await _handled(returns, EVENTS, message, heard)

    @blueprint.function_name("queued_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=DROPS, connection=STORAGE)
    async def queued_drop(message: func.QueueMessage) -> None:
        await _handle_drop(certflow, returns, _event(message))

    @blueprint.function_name("queued_stuck_drop")
    @blueprint.queue_trigger(arg_name="message", queue_name=STUCK_DROPS, connection=STORAGE)
    async def queued_stuck_drop(message: func.QueueMessage) -> None:
        from functions.issuance.drop import handle_stuck

        async def told(event: Event) -> None:
            await handle_stuck(certflow(), _dropped(event))

        await _handled(returns, STUCK_DROPS, message, told)

    return blueprint


def poison_blueprint(returns: Returns) -> func.Blueprint:
    """**poison_vault_events** and **poison_notify** bring back what the host gave up."""
    blueprint = func.Blueprint()

    @blueprint.function_name("poison_vault_events")
    @blueprint.queue_trigger(arg_name="message", queue_name=poison_of(VAULT_EVENTS), connection=STORAGE)
    async def poison_vault_events(message: func.QueueMessage) -> None:
        await _put_back_or_give_up(returns, VAULT_EVENTS, _event(message), ENDED)

    @blueprint.function_name("poison_notify")
    @blueprint.queue_trigger(arg_name="message", queue_name=poison_of(EVENTS), connection=STORAGE)
    async def poison_notify(message: func.QueueMessage) -> None:
        await _put_back_or_give_up(returns, EVENTS, _event(message), ENDED)

    return blueprint


async def _handled(
    returns: Returns, queue: str, message: func.QueueMessage, handle: Callable[[Event], Awaitable[None]]
) -> None:
    """Handles an event; what fails is put back, and after a day of that given up."""
    event = _event(message)
    try:
        await handle(event)
    except Exception as error:  # noqa: BLE001  whatever it is, the message is not to be lost
        await _put_back_or_give_up(returns, queue, event, error)


async def _handle_drop(certflow: Callable[[], Certflow], returns: Returns, event: Event) -> None:
    from functions.issuance.drop import handle_drop
    from functions.issuance.errors import CertflowError

    try:
        await handle_drop(certflow(), _dropped(event))
    except CertflowError as error:  # another one is the file's own: five tries by the host, and then it is poison
        if not await _put_back(returns, DROPS, event, error, PASSES):
            await returns.work().put(STUCK_DROPS, {key: value for key, value in event.items() if key != "since"})


async def _put_back_or_give_up(returns: Returns, queue: str, event: Event, error: Exception | str) -> None:
    """Puts a message back for a day. Then it is kept in a queue of its own, which nothing reads: whoever hears of it by
    the record (an alert) sees what is wrong, and moves it back. In a poison queue it could not lie: the platform keeps
    an instance for what lies in a queue that a function reads.

    Raises Unavailable if the queues do not answer: the host, or its poison queue, then has the message still.
    """
    if await _put_back(returns, queue, event, error, A_DAY):
        return
    record("event-given-up", level=logging.ERROR, queue=queue, **_shown(event, error))
    await _put(returns, GIVEN_UP, event | {"queue": queue}, lasts=KEPT)


async def _put_back(returns: Returns, queue: str, event: Event, error: Exception | str, within: timedelta) -> bool:
    """Puts a message that cannot be handled now back into its queue; False, and nothing is done, once that is over.

    It is counted from the first try that failed (`since`), not from when the event was made or queued: while the app
    was stopped nothing was tried. A service that asks for a longer pause (Retry-After) gets it, up to LATEST, but the
    last try comes when the time is over, not later.
    """
    now = returns.now()
    since = _since(event, now)
    left = since + within - now
    if left <= timedelta(0):
        return False
    waited = int((now - since).total_seconds())
    record("event-put-back", level=logging.WARNING, queue=queue, waited=waited, **_shown(event, error))
    asked = timedelta(seconds=getattr(error, "retry_after", 0))
    pause = min(max(now - since, SOONEST, asked), LATEST, max(left, SOONEST))
    await _put(returns, queue, event | {"since": since.isoformat()}, pause)
    return True


async def _put(
    returns: Returns, queue: str, event: Event, after: timedelta = timedelta(0), lasts: timedelta | None = None
) -> None:
    """Puts a message into a queue. What it says since when it is tried can make it longer than a message may be, and so
    can our way to write it: then its data stays out, for an event of ours is found by its id (provenance.py).
    """
    from functions.issuance.errors import TooLong

    try:
        await returns.work().put(queue, event, after, lasts)
    except TooLong:
        if "data" not in event:
            raise
        await returns.work().put(queue, {key: value for key, value in event.items() if key != "data"}, after, lasts)


def _since(event: Event, now: datetime) -> datetime:
    """Since when a message is tried. Where Event Grid puts it there, its sender may have written anything."""
    try:
        since = datetime.fromisoformat(event["since"])
    except (KeyError, TypeError, ValueError):
        return now
    return since if since.tzinfo and since <= now else now


def _shown(event: Event, error: Exception | str) -> dict[str, Any]:
    reason = error if isinstance(error, str) else repr(error)
    return {"id": event.get("id"), "type": event.get("type"), "reason": reason}


def _event(message: func.QueueMessage) -> Event:
    """What a message says. Of one that is no object of JSON the text is kept."""
    body = message.get_body().decode(errors="replace")
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"text": body}


def _dropped(event: Event) -> str:
    """The blob's name. In an event it follows the container in the blob's URL, where it is percent-encoded."""
    if "name" in event:
        return str(event["name"])
    return unquote(urlsplit(event["data"]["url"]).path.partition(f"/{CONTAINER}/")[2])
