"""The record of deliveries: a run claims a notice on a channel, and records how that ended.

A notice is claimed before it is handed over, so that two runs never send it twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from functions.app.context_parts import HasDeliveries
from functions.app.contexts import DeliveryContext
from functions.app.outbox import SEND_TIME, publish
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.model.events.operators import NoticeRefused
from functions.model.log import record
from functions.notifications.notice import refusal_of
from functions.ports.notifications import Notice

# Pauses (seconds) between tries to record what a channel has taken: if that is not recorded, people
# get it twice. So it is tried for about as long as the claim is ours.
RECORD_AGAIN = (1, 2, 5, 10, 20)


async def claim(
    certflow: DeliveryContext, channel: str, notices: Sequence[Notice]
) -> tuple[list[Notice], list[tuple[Notice, Unavailable]]]:
    """Claims notices on a channel. Returns those that this run is to deliver, and those that have
    to wait, each with the reason; those that were delivered or refused already are in neither.
    """
    deliveries, now = certflow.deliveries, certflow.now
    outcomes = await asyncio.gather(
        *(deliveries.claim(notice.event_id, channel, now()) for notice in notices),
        return_exceptions=True,
    )
    mine, busy = list[Notice](), list[tuple[Notice, Unavailable]]()
    for notice, outcome in zip(notices, outcomes, strict=True):
        if isinstance(outcome, Unavailable):
            busy.append((notice, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        elif outcome:
            mine.append(notice)
        else:  # delivered already; a run that was cut off has left it among those that wait
            await certflow.deliveries.dequeue(channel, notice)
    return mine, busy


async def settle(certflow: DeliveryContext, channel: str, notice: Notice, outcome: str) -> None:
    """Records how a delivery ended (`delivered`, `overtaken`, `refused: ...`), with several tries.
    Raises Unavailable after the last.
    """
    deliveries, id_ = certflow.deliveries, notice.event_id
    await _with_tries(
        certflow, channel, id_, lambda: deliveries.settle(id_, channel, outcome, certflow.now())
    )


async def settle_all(certflow: DeliveryContext, channel: str, notices: Sequence[Notice]) -> None:
    """Records that the notices of a message were delivered, and takes them from those that wait.
    Raises Unavailable.
    """
    await asyncio.gather(*(settle(certflow, channel, one, "delivered") for one in notices))
    await asyncio.gather(*(certflow.deliveries.dequeue(channel, one) for one in notices))


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


async def refuse(certflow: DeliveryContext, channel: str, notice: Notice, reason: str) -> None:
    """Records a refusal, and has it told on the other channels: by an event, which cannot get lost
    on the way either. Raises Unavailable.
    """
    id_, level = notice.event_id, logging.ERROR
    record("notice-refused", level=level, id=id_, channel=channel, reason=reason)
    events: tuple[Event, ...] = ()
    if notice.type != NoticeRefused.type:  # a refusal of a refusal would go round in circles
        events = (refusal_of(notice, channel, reason, certflow.now()),)
        await certflow.ledger.add_event(events[0])
    await settle(certflow, channel, notice, f"refused: {reason}")
    await certflow.deliveries.dequeue(channel, notice)
    await publish(certflow, events)


async def give_up(
    certflow: DeliveryContext, channel: str, notices: Sequence[Notice], reason: str
) -> None:
    """Records notices as refused by a channel, except those that another run is delivering now, and
    has the other channels told. Raises Unavailable if the storage does not answer.

    It stops after some seconds (SEND_TIME): each refusal is an event, and a topic that does not
    answer would keep the timer from calling the runs of vaults.
    """
    ends = certflow.now() + SEND_TIME
    for notice in notices:
        if certflow.now() >= ends:
            return
        for mine in (await claim(certflow, channel, [notice]))[0]:
            await refuse(certflow, channel, mine, reason)
