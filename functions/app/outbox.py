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

# The handler that stored a younger event is most likely publishing it right now.
MIN_EVENT_AGE = timedelta(seconds=30)
# After this the rest waits for the next run: with a topic that does not answer each event takes
# seconds to fail, and the checks of a vault come after its events.
SEND_TIME = timedelta(seconds=10)


async def publish(certflow: Outbox, events: Iterable[Event]) -> None:
    """Publishes events that are stored in the outbox, and clears them from it. What cannot be
    published now is left for a later run.

    Each event is recorded before it is published: the notifications ignore what comes from the
    topic without such a record (notifications/provenance.py).
    """
    for event in events:
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


async def publish_left_behind(certflow: Outbox, vault: str | None = None) -> None:
    """Publishes the events that a crash or an outage left in the outbox of a vault (alias), or
    those that belong to no vault (None). Stops after SEND_TIME.

    An event that fails for an unforeseen reason stops neither the others nor the checks of the
    vault, which come after this. Raises Unavailable if the outbox cannot be read.
    """
    unsent, began = await certflow.ledger.unsent(vault), certflow.now()
    for event in unsent:
        if certflow.now() - began >= SEND_TIME:
            return
        if event.time < began - MIN_EVENT_AGE:
            try:
                await publish(certflow, (event,))
            except Exception as error:  # noqa: BLE001  as the docstring says
                _log_left(certflow, event, repr(error), logging.ERROR)


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
