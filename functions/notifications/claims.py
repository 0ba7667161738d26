"""The record of deliveries: a run claims a notice on a channel, and records how that ended.

A notice is claimed before it is handed over, so that two runs never send it twice. What became of
it is added to the list of messages after that, and before the notice ceases to wait: so a run that
is cut off leaves none out.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from functions.app.context_parts import HasDeliveries
from functions.app.contexts import DeliveryContext, MessagesContext
from functions.app.outbox import SEND_TIME, publish
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.model.events.operators import NoticeRefused
from functions.model.log import record
from functions.model.people.message_record import MessageRecord
from functions.notifications.notice import refusal_of
from functions.notifications.provenance import SENT_EVENT_TTL
from functions.notifications.routing import EMAIL
from functions.ports.notifications import Notice, QueuedNotice
from functions.x509.describe import printed

# Pauses (seconds) between tries to record what a channel has taken: if that is not recorded, people
# get it twice. So it is tried for about as long as the claim is ours.
RECORD_AGAIN = (1, 2, 5, 10, 20)
DELIVERIES = "deliveries"  # under which it is kept how far the last run came with them
FORGET_PAGES, FORGET_TIME = 20, timedelta(minutes=2)  # of one run
MAX_REASON_LETTERS = 500  # characters of the reason of a refusal, as it is listed


async def claim(
    certflow: DeliveryContext, channel: str, waiting: Sequence[QueuedNotice]
) -> tuple[list[Notice], list[tuple[Notice, Unavailable]]]:
    """Claims notices on a channel. Returns those that this run is to deliver, and those that have
    to wait, each with the reason; those that were delivered or refused already are in neither.
    """
    deliveries, now = certflow.deliveries, certflow.now
    outcomes = await asyncio.gather(
        *(deliveries.claim(one.notice.event_id, channel, now()) for one in waiting),
        return_exceptions=True,
    )
    mine, busy = list[Notice](), list[tuple[Notice, Unavailable]]()
    for one, outcome in zip(waiting, outcomes, strict=True):
        if isinstance(outcome, Unavailable):
            busy.append((one.notice, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        elif outcome:
            mine.append(one.notice)
        else:  # delivered already; a run that was cut off has left it among those that wait
            await _list_message(certflow, channel, one)
            await certflow.deliveries.dequeue(channel, one.notice)
    return mine, busy


async def settle(
    certflow: DeliveryContext, channel: str, waiting: Sequence[QueuedNotice], outcome: str
) -> None:
    """Records how the deliveries of the notices of a message ended (`delivered`, `overtaken`,
    `refused: ...`), with several tries, lists them, and takes them from those that wait. Raises
    Unavailable.
    """
    deliveries, notices = certflow.deliveries, [one.notice for one in waiting]
    message = message_id(notices) if len(notices) > 1 else None
    await asyncio.gather(*(_settle(certflow, channel, one.event_id, outcome) for one in notices))
    await asyncio.gather(*(_list_message(certflow, channel, one, message) for one in waiting))
    await asyncio.gather(*(deliveries.dequeue(channel, one) for one in notices))


async def forget_messages(certflow: MessagesContext) -> None:
    """Deletes from the list of messages what is too old. Raises Unavailable."""
    if kept := certflow.options.keep_messages:
        await certflow.message_records.forget((certflow.now() - kept).date())


async def forget_deliveries(certflow: MessagesContext) -> None:
    """Deletes some of the deliveries that are too old, from where the last run stopped. None goes
    before its event, which could come again until then and would be told again. Raises Unavailable.
    """
    kept, began = certflow.options.keep_messages, certflow.now()
    if not kept:
        return
    before = began - max(kept, SENT_EVENT_TTL)
    place = await certflow.retention.place(DELIVERIES)
    for _ in range(FORGET_PAGES):
        place = await certflow.deliveries.forget(before, place)
        await certflow.retention.save_place(DELIVERIES, place)
        if place is None or certflow.now() - began >= FORGET_TIME:
            break


async def record_message(
    certflow: DeliveryContext, channel: str, notices: Sequence[Notice]
) -> None:
    """Records that a message of several notices was delivered as a whole, with several tries:
    before each of them, because a run that is cut off between two must not leave the others to be
    told once more, in another message. Raises Unavailable after the last try.
    """
    deliveries, id_ = certflow.deliveries, message_id(notices)
    await _with_tries(
        certflow, channel, id_, lambda: deliveries.record_message(id_, channel, certflow.now())
    )


def message_id(notices: Sequence[Notice]) -> str:
    """The id of a message of several notices: the same for the same notices, in any order."""
    content = "\n".join(sorted(one.event_id for one in notices))
    return hashlib.sha256(content.encode()).hexdigest()


async def _settle(certflow: DeliveryContext, channel: str, id_: str, outcome: str) -> None:
    settle_it = certflow.deliveries.settle
    await _with_tries(
        certflow, channel, id_, lambda: settle_it(id_, channel, outcome, certflow.now())
    )


async def _list_message(
    certflow: DeliveryContext, channel: str, waiting: QueuedNotice, message: str | None = None
) -> None:
    """Adds to the list of messages how a delivery has ended. Safe to repeat: it is the same record,
    because the time in its key is that of the event. Raises Unavailable.
    """
    notice = waiting.notice
    end = await certflow.deliveries.settlement(notice.event_id, channel)
    if end is None:
        return
    outcome, _, reason = end.outcome.partition(": ")
    mailed = (waiting.to or certflow.mailboxes) if channel == EMAIL else ()
    await certflow.message_records.put(
        MessageRecord(
            event_id=notice.event_id,
            channel=channel,
            type=notice.type,
            happened=notice.at or waiting.since,
            settled=end.at,
            outcome=outcome,
            attempts=end.attempts,
            vault=notice.vault,
            name=notice.name,
            to=mailed,
            reason=printed(reason, MAX_REASON_LETTERS) or None,
            message=message,
        )
    )


async def _with_tries(
    certflow: DeliveryContext, channel: str, id_: str, write: Callable[[], Awaitable[None]]
) -> None:
    for pause in (*RECORD_AGAIN, None):
        try:
            await write()
            break
        except Unavailable as error:
            if pause is None:
                raise
            reason = str(error)
            record("record-put-off", level=logging.WARNING, id=id_, channel=channel, reason=reason)
            await certflow.sleep(pause)


async def release(certflow: HasDeliveries, channel: str, notice: Notice, reason: str) -> None:
    """Gives a claim back after a passing failure. Raises Unavailable."""
    await certflow.deliveries.release(notice.event_id, channel, reason)


async def refuse(
    certflow: DeliveryContext, channel: str, waiting: QueuedNotice, reason: str
) -> None:
    """Records a refusal, and has it told on the other channels: by an event, which cannot get lost
    on the way either. Raises Unavailable.
    """
    notice = waiting.notice
    id_, level = notice.event_id, logging.ERROR
    record("notice-refused", level=level, id=id_, channel=channel, reason=reason)
    events: tuple[Event, ...] = ()
    if notice.type != NoticeRefused.type:  # a refusal of a refusal would go round in circles
        events = (refusal_of(notice, channel, reason, certflow.now()),)
        await certflow.ledger.add_event(events[0])
    await settle(certflow, channel, [waiting], f"refused: {reason}")
    await publish(certflow, events)


async def give_up(
    certflow: DeliveryContext, channel: str, waiting: Sequence[QueuedNotice], reason: str
) -> None:
    """Records notices as refused by a channel, except those that another run is delivering now, and
    has the other channels told. Raises Unavailable if the storage does not answer.

    It stops after some seconds (SEND_TIME): each refusal is an event, and a topic that does not
    answer would keep the timer from calling the runs of vaults.
    """
    ends = certflow.now() + SEND_TIME
    for one in waiting:
        if certflow.now() >= ends:
            return
        if (await claim(certflow, channel, [one]))[0]:
            await refuse(certflow, channel, one, reason)
