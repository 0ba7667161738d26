"""The triggers for events and dropped files that wait on the app's own queues. They handle each
message, and put it back with a growing pause while it cannot be handled.

`event_grid.py` and `blob.py` put the messages there; with delivery to queues (platform §3.5) Event
Grid does so itself. Both are read always, so the delivery can be changed at any time. A queue calls
its function five times within a minute and then gives the message up, so a message that cannot be
handled now is put back instead. The pause is as long as the message has been tried so far: 10 s,
10 s, 20 s … one hour. Putting back needs nothing but the queues, so a wrong setting that stops the
app loses no message.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import azure.functions as func

from functions.model.log import record
from functions.ports.work_queue import (
    EVENT_QUEUE,
    GIVEN_UP_QUEUE,
    STUCK_UPLOAD_QUEUE,
    UPLOAD_QUEUE,
    VAULT_EVENT_QUEUE,
    poison_of,
)
from functions.triggers.blob import CHAIN_CONTAINER
from functions.triggers.event_grid import hear, hear_own
from functions.triggers.queued_work import add_queue_function

if TYPE_CHECKING:
    from functions.app.context import Certflow
    from functions.ports.work_queue import WorkQueue

SOONEST, LATEST = timedelta(seconds=10), timedelta(hours=1)  # the shortest pause and the longest
A_DAY = timedelta(hours=24)  # Event Grid tries to deliver an event as long (Learn, the page above)
# Nobody is told of a fault that is over within this time. If it lasts longer, the owner of the
# dropped file is told, and the timer `sweep` goes on trying.
PASSES = timedelta(minutes=5)
GIVEN_UP_TTL = timedelta(days=90)  # how long a message that was given up waits for the operators
ENDED = "the host gave it up: five tries ended without a word, or could not put it back"

# A CloudEvent as Event Grid delivers it, or those of its fields that are needed.
Event = dict[str, Any]
type VaultUrls = Mapping[str, str]  # by alias


class Returns(NamedTuple):
    """What is needed to put a message back: `work` returns the queues, which need no other setting;
    `now` returns the time (UTC).
    """

    work_queue: "Callable[[], WorkQueue]"
    now: Callable[[], datetime]


def queued_blueprint(
    certflow: "Callable[[], Certflow]", vault_urls: Callable[[], VaultUrls], returns: Returns
) -> func.Blueprint:
    """Returns **queued_vault_events**, **queued_notify**, **queued_drop**, and
    **queued_stuck_drop**, which tells of a file that could not be handled. `vault_urls` maps
    aliases to addresses of vaults.
    """
    blueprint = func.Blueprint()

    async def vault_event(event: Event) -> None:
        await hear(certflow(), vault_urls(), event["type"], event["data"])

    async def own_event(event: Event) -> None:
        await hear_own(certflow(), event)

    async def stuck_drop(event: Event) -> None:
        from functions.chains.handle_upload import handle_stuck

        await handle_stuck(certflow(), _dropped(event))

    again = partial(_put_back_on_error, returns)
    for name, queue, handle in (
        ("queued_vault_events", VAULT_EVENT_QUEUE, again(VAULT_EVENT_QUEUE, vault_event)),
        ("queued_notify", EVENT_QUEUE, again(EVENT_QUEUE, own_event)),
        ("queued_drop", UPLOAD_QUEUE, partial(_handle_drop, certflow, returns)),
        ("queued_stuck_drop", STUCK_UPLOAD_QUEUE, again(STUCK_UPLOAD_QUEUE, stuck_drop)),
    ):
        add_queue_function(blueprint, name, queue, handle)
    return blueprint


def poison_blueprint(returns: Returns) -> func.Blueprint:
    """Returns **poison_vault_events** and **poison_notify**, which put back what the host gave
    up.
    """
    blueprint = func.Blueprint()

    async def vault_events(message: func.QueueMessage) -> None:
        await _put_back_or_give_up(returns, VAULT_EVENT_QUEUE, _event_of(message), ENDED)

    async def own_events(message: func.QueueMessage) -> None:
        await _put_back_or_give_up(returns, EVENT_QUEUE, _event_of(message), ENDED)

    add_queue_function(blueprint, "poison_vault_events", poison_of(VAULT_EVENT_QUEUE), vault_events)
    add_queue_function(blueprint, "poison_notify", poison_of(EVENT_QUEUE), own_events)
    return blueprint


def _put_back_on_error(
    returns: Returns, queue: str, handle: Callable[[Event], Awaitable[None]]
) -> Callable[[func.QueueMessage], Awaitable[None]]:
    """Returns a handler for messages of a queue that puts back an event for which `handle` fails,
    and gives it up after a day.
    """

    async def received(message: func.QueueMessage) -> None:
        event = _event_of(message)
        try:
            await handle(event)
        except Exception as error:  # noqa: BLE001  no error may lose the message
            await _put_back_or_give_up(returns, queue, event, error)

    return received


async def _handle_drop(
    certflow: "Callable[[], Certflow]", returns: Returns, message: func.QueueMessage
) -> None:
    from functions.chains.handle_upload import handle_upload
    from functions.model.errors import CertflowError

    event = _event_of(message)
    try:
        await handle_upload(certflow(), _dropped(event))
    # Any other exception is caused by the file itself. It is raised, so the host tries five times
    # and then moves the message to the poison queue.
    except CertflowError as error:
        if not await _put_back(returns, UPLOAD_QUEUE, event, error, PASSES):
            await returns.work_queue().put(
                STUCK_UPLOAD_QUEUE, {key: value for key, value in event.items() if key != "since"}
            )


async def _put_back_or_give_up(
    returns: Returns, queue: str, event: Event, error: Exception | str
) -> None:
    """Puts a message back, for a day. After that it moves the message to a queue that no function
    reads, where the operators, whom an alert on the log record tells of it, see what is wrong and
    can move it back. It does not use a poison queue, because a function reads that, and the
    platform keeps an instance running while a queue with a function has messages.

    Raises Unavailable if the queues do not answer; then the message is still in the host's queue or
    its poison queue.
    """
    if await _put_back(returns, queue, event, error, A_DAY):
        return
    record("event-given-up", level=logging.ERROR, queue=queue, **_for_log(event, error))
    await _put_message(returns, GIVEN_UP_QUEUE, event | {"queue": queue}, ttl=GIVEN_UP_TTL)


async def _put_back(
    returns: Returns, queue: str, event: Event, error: Exception | str, within: timedelta
) -> bool:
    """Puts a message that cannot be handled now back into its queue. Returns False, and does
    nothing, if `within` has passed since the first try that failed.

    The time counts from that first try (`since`), not from when the event was made or queued,
    because nothing was tried while the app was stopped. A service that asks for a longer pause
    (Retry-After) gets it, up to LATEST, but the last try is not later than the end of `within`.
    """
    now = returns.now()
    since = _tried_since(event, now)
    left = since + within - now
    if left <= timedelta(0):
        return False
    waited = int((now - since).total_seconds())
    record(
        "event-put-back",
        level=logging.WARNING,
        queue=queue,
        waited=waited,
        **_for_log(event, error),
    )
    asked = timedelta(seconds=getattr(error, "retry_after", 0))
    pause = min(max(now - since, SOONEST, asked), LATEST, max(left, SOONEST))
    await _put_message(returns, queue, event | {"since": since.isoformat()}, pause)
    return True


async def _put_message(
    returns: Returns,
    queue: str,
    event: Event,
    after: timedelta = timedelta(0),
    ttl: timedelta | None = None,
) -> None:
    """Puts a message into a queue. The field `since`, and our way of writing JSON, can make it
    longer than a message may be. Then it goes without its data, because an event of Certflow is
    found by its id (notifications/provenance.py).
    """
    from functions.model.errors import TooLong

    try:
        await returns.work_queue().put(queue, event, after, ttl)
    except TooLong:
        if "data" not in event:
            raise
        await returns.work_queue().put(
            queue, {key: value for key, value in event.items() if key != "data"}, after, ttl
        )


def _tried_since(event: Event, now: datetime) -> datetime:
    """Returns since when a message has been tried; `now` if it does not say so in a usable way. In
    a message that Event Grid put there, the field may hold anything.
    """
    try:
        since = datetime.fromisoformat(event["since"])
    except (KeyError, TypeError, ValueError):
        return now
    return since if since.tzinfo and since <= now else now


def _for_log(event: Event, error: Exception | str) -> dict[str, Any]:
    reason = error if isinstance(error, str) else repr(error)
    return {"id": event.get("id"), "type": event.get("type"), "reason": reason}


def _event_of(message: func.QueueMessage) -> Event:
    """Returns the JSON object of a message; for any other message an object with its text."""
    body = message.get_body().decode(errors="replace")
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"text": body}


def _dropped(event: Event) -> str:
    """Returns the name of the blob. An event has it percent-encoded in the blob's URL, after the
    container.
    """
    if "name" in event:
        return str(event["name"])
    return unquote(urlsplit(event["data"]["url"]).path.partition(f"/{CHAIN_CONTAINER}/")[2])
