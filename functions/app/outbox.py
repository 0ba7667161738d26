"""Publishes events to the topic. An event is stored with the change that caused it, and published
right after that, or by a later run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from functions.app.contexts import Outbox
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.model.log import record
from functions.ports.ledger import LeftBehind

# The handler that stored a younger event is most likely publishing it right now.
MIN_EVENT_AGE = timedelta(seconds=30)
# After this the rest waits for the next run: with a topic that does not answer each event takes
# seconds to fail, and the checks of a vault come after its events.
SEND_TIME = timedelta(seconds=10)
# An outbox is read in each fifth run: only a process that was killed leaves what nobody knows of,
# and each reading asks sixteen partitions. A little less than five minutes, so that it is the fifth
# run and not the sixth.
EMPTY_FOR = timedelta(minutes=4, seconds=30)


async def publish(certflow: Outbox, events: Iterable[Event]) -> None:
    """Publishes events that are stored in the outbox, and clears them from it. What cannot be
    published now is left for a later run.

    Each event is recorded before it is published: the notifications ignore what comes from the
    topic without such a record (notifications/provenance.py). The next run reads the outbox again:
    for what is left, and for the acts that were stored with the events.
    """
    for event in events:
        certflow.empty_outboxes.pop(event.vault, None)
        try:
            await certflow.ledger.keep_sent(event, certflow.now())
            await certflow.topic.publish(event)
            await certflow.ledger.mark_sent(event)
        except Unavailable as error:
            _log_left(certflow, event, str(error), logging.WARNING)
        else:
            record("event-published", id=event.id, type=event.type)


async def send(certflow: Outbox, *events: Event) -> None:
    """Publishes events that do not come with a change of a request. They are stored in the outbox
    first, so that none is lost. Raises Unavailable if they cannot be stored.
    """
    for event in events:
        await certflow.ledger.add_event(event)
    await publish(certflow, events)


async def watch_outbox(certflow: Outbox, vault: str | None = None) -> LeftBehind:
    """Does as publish_left_behind, unless this process has found the outbox empty within EMPTY_FOR
    and has left nothing in it since. A process that has just started looks. Returns what it found
    there; nothing where it has not looked.
    """
    began, empty = certflow.now(), certflow.empty_outboxes.get(vault)
    if empty is not None and began - empty < EMPTY_FOR:
        return LeftBehind([], [])
    certflow.empty_outboxes.pop(vault, None)
    left = await publish_left_behind(certflow, vault)
    if not left.events and left.fault is None:
        certflow.empty_outboxes[vault] = began
    return left


async def publish_left_behind(certflow: Outbox, vault: str | None = None) -> LeftBehind:
    """Publishes the events that a crash or an outage left in the outbox of a vault (alias), or
    those that belong to no vault (None). Stops after SEND_TIME. Returns what there was.

    An event that fails for an unforeseen reason stops neither the others nor the checks of the
    vault, which come after this. Raises Unavailable if the outbox cannot be read.
    """
    left, began = await certflow.ledger.left_behind(vault), certflow.now()
    for event in left.events:
        if certflow.now() - began >= SEND_TIME:
            break
        if event.time < began - MIN_EVENT_AGE:
            try:
                await publish(certflow, (event,))
            except Exception as error:  # noqa: BLE001  as the docstring says
                _log_left(certflow, event, repr(error), logging.ERROR)
    return left


def _log_left(certflow: Outbox, event: Event, reason: str, level: int) -> None:
    record(
        "event-left-in-outbox",
        level=level,
        queue="outbox",
        waited=int((certflow.now() - event.time).total_seconds()),
        id=event.id,
        type=event.type,
        reason=reason,
    )
