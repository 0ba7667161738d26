"""Events on their way to the topic: written with the change that caused them, sent right after, or by a later sweep."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from functions.issuance.journal import record

# Younger ones are most likely being sent by the handler that wrote them.
LEFT_BEHIND = timedelta(seconds=30)
# Then the rest waits for the next run. A topic that does not answer takes seconds to say so, for each event, and a
# vault's looks come after these.
AT_MOST = timedelta(seconds=10)


async def publish(certflow: Certflow, events: Iterable[Event]) -> None:
    """Sends events that stand in the outbox and clears them. What cannot be sent now is left for the sweep.

    Each is kept before it is sent: nothing that comes from the topic is believed without that (provenance.py).
    """
    for event in events:
        try:
            await certflow.ledger.vouch(event, certflow.now())
            await certflow.topic.publish(event)
            await certflow.ledger.sent(event)
        except Unavailable as error:
            waited = int((certflow.now() - event.time).total_seconds())
            told = {"id": event.id, "type": event.type, "reason": str(error)}
            record("event-left-in-outbox", level=logging.WARNING, queue="outbox", waited=waited, **told)
        else:
            record("event-published", id=event.id, type=event.type)


async def send(certflow: Certflow, *events: Event) -> None:
    """Sends events that come with no change of a request. They are written first, so that none gets lost on the way.
    Raises Unavailable if they cannot be written.
    """
    for event in events:
        await certflow.ledger.add_event(event)
    await publish(certflow, events)


async def publish_left_behind(certflow: Certflow, vault: str | None = None) -> None:
    """Sends what a crash or an outage left in the outbox of a vault, or (None) of what belongs to none; no more than
    fits into some seconds. One that cannot be sent for a reason nobody foresaw keeps neither the others nor the vault's
    looks, which come after these.
    """
    unsent, began = await certflow.ledger.unsent(vault), certflow.now()
    for event in unsent:
        if certflow.now() - began >= AT_MOST:
            return
        if event.time < began - LEFT_BEHIND:
            try:
                await publish(certflow, (event,))
            except Exception as error:  # noqa: BLE001  as said above
                waited = int((certflow.now() - event.time).total_seconds())
                told = {"id": event.id, "type": event.type, "reason": repr(error)}
                record("event-left-in-outbox", level=logging.ERROR, queue="outbox", waited=waited, **told)
