"""Delivering one message on one channel, and what follows when that fails.

A passing failure puts each of its notices off; a refusal is told on the other channels.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.app.context_parts import HasDeliveries
from functions.app.contexts import DeliveryContext, NotificationsContext
from functions.app.gather_all import gather_all
from functions.model.errors import BadSettings, Unavailable
from functions.model.log import record
from functions.model.timing import MAX_CHECK_PAUSE
from functions.notifications.claims import (
    claim,
    give_up,
    message_id,
    record_message,
    refuse,
    release,
    settle,
)
from functions.notifications.csr_attachments import csrs_of
from functions.notifications.mail_plan import entry_of
from functions.notifications.notice import shorter
from functions.notifications.superseded import superseded_among
from functions.ports.notifications import (
    Channel,
    DeliveryRefused,
    Notice,
    QueuedNotice,
    SentMessage,
)
from functions.x509.describe import printed

MIN_NOTICE_AGE = timedelta(minutes=1)
MAX_NOTICE_WAIT = timedelta(hours=24)  # as long as Event Grid tries
MAX_FAILURE_LETTERS = 500  # characters of the reason why a message was not delivered
# A notice that could not be delivered is tried again after as long as it has waited, within these.
MIN_RETRY_PAUSE, MAX_RETRY_WAIT = timedelta(seconds=10), timedelta(minutes=15)

type Fault = Unavailable | BadSettings


@dataclass
class Message:
    """One message under way: the notices that this run has claimed, all that were to be in it as
    they are stored now, and how it was counted among the mails of the channel, once it is.
    """

    channel: Channel
    notices: Sequence[Notice]
    waiting: Sequence[QueuedNotice]
    sent: SentMessage | None = None

    @property
    def ours(self) -> list[QueuedNotice]:
        """The claimed notices as they are stored now."""
        return [one for one in self.waiting if one.notice in self.notices]


async def deliver(
    certflow: NotificationsContext, channel: Channel, waiting: Sequence[QueuedNotice]
) -> tuple[Fault | None, list[datetime]]:
    """Sends, as one message, those notices that this channel has not had. Returns the passing fault
    that kept it back, if one did, and when each notice that has to wait is tried again (UTC).

    Raises Unavailable if the storage does not answer.
    """
    if await _was_sent(certflow, channel, waiting):
        return None, []
    mine, busy = await claim(certflow, channel.name, waiting)
    mine = await _without_superseded(certflow, channel, mine, waiting)
    message, dues = Message(channel, mine, waiting), list[datetime]()
    fault = await _hand_over(certflow, message) if mine else None
    if fault:
        dues += await _postpone(certflow, channel, message.ours, fault)
    if busy:
        # All until the same time: of a mail that was cut off, a part alone would be another mail.
        others = [one for one in message.waiting if any(one.notice is of for of, _ in busy)]
        dues += await _postpone(certflow, channel, others, busy[0][1])
    return fault, dues


async def _was_sent(
    certflow: NotificationsContext, channel: Channel, waiting: Sequence[QueuedNotice]
) -> bool:
    """Whether this message went out before, and only not all of it was recorded because the run was
    cut off; records the rest. Notices that were tried before have a batch.
    """
    tried = [one for one in waiting if one.batch]
    if len(tried) < max(2, len(waiting)):
        return False
    notices = [one.notice for one in tried]
    if not await certflow.deliveries.was_sent(message_id(notices), channel.name):
        return False
    await settle(certflow, channel.name, tried, "delivered")
    record("notice-recorded-late", channel=channel.name, ids=_ids(notices))
    return True


def requested_pause(fault: Fault) -> timedelta:
    """How long a channel asks not to be used, or 0 if it does not ask for longer than the shortest
    pause. Faulty settings are not corrected within MIN_NOTICE_AGE.
    """
    if isinstance(fault, BadSettings):
        return MIN_NOTICE_AGE
    asked = timedelta(seconds=fault.retry_after)
    return min(asked, MAX_CHECK_PAUSE) if asked > MIN_RETRY_PAUSE else timedelta(0)


async def _hand_over(certflow: NotificationsContext, message: Message) -> Fault | None:
    """Hands a message to its channel, and records the outcome. Returns the passing fault that kept
    it back, if one did.
    """
    channel, notices = message.channel, message.notices
    try:
        if channel.limits:
            await _count(certflow, message)
        await _send_message(certflow, message)
    except DeliveryRefused as error:
        await _after_refusal(certflow, message, error)
        return None
    except (Unavailable, BadSettings) as error:
        level = logging.ERROR if isinstance(error, BadSettings) else logging.WARNING
        await _give_back(certflow, message, error, level=level, reason=str(error))
        return error
    except Exception as error:  # noqa: BLE001  a notice that no channel can write must not keep the others
        return await _after_unforeseen(certflow, message, error)
    record("notice-delivered", channel=channel.name, ids=_ids(notices))
    if channel.limits and len(notices) > 1:
        await record_message(certflow, channel.name, notices)
    await settle(certflow, channel.name, message.ours, "delivered")
    return None


async def _after_refusal(
    certflow: DeliveryContext, message: Message, error: DeliveryRefused
) -> None:
    """Halves a message of which one notice may be the reason; otherwise refuses all its notices."""
    await _count_without_addresses(certflow, message)
    if len(message.notices) > 1 and not error.whatever:
        await _halve(certflow, message, str(error))
        return
    for one in message.ours:
        await refuse(certflow, message.channel.name, one, str(error))


async def _after_unforeseen(
    certflow: DeliveryContext, message: Message, error: Exception
) -> Fault | None:
    """Halves a message after an error of our own code; one of a single notice is tried again."""
    if len(message.notices) > 1:
        await _count_without_addresses(certflow, message)
        await _halve(certflow, message, repr(error))
        return None
    reason = f"an unforeseen error ({type(error).__name__}); the log has it"
    fault = Unavailable(message.channel.name, reason)
    await _give_back(certflow, message, fault, level=logging.ERROR, reason=repr(error))
    return fault


async def _give_back(
    certflow: DeliveryContext, message: Message, fault: Fault, *, level: int, reason: str
) -> None:
    """Gives the claims of a message back after a passing failure, and logs the failure."""
    channel, notices = message.channel.name, message.notices
    waited = int((certflow.now() - min(one.since for one in message.waiting)).total_seconds())
    record(
        "notice-put-off",
        level=level,
        channel=channel,
        waited=waited,
        reason=reason,
        ids=_ids(notices),
    )
    await asyncio.gather(*(release(certflow, channel, one, str(fault)) for one in notices))
    if message.sent:  # it counts for the service, but nobody has got it
        await certflow.deliveries.add_sent(channel, replace(message.sent, to=(), by=()))


async def _send_message(certflow: NotificationsContext, message: Message) -> None:
    """Sends a message. A single notice that the channel cannot write as it is goes out shortened
    rather than not at all.
    """
    channel, notices = message.channel, message.notices
    files = await csrs_of(certflow, notices) if channel.limits else ()
    # Notices may have begun to wait while CERTFLOW_MAIL_TO could not be read: without addresses.
    to = message.waiting[0].to or certflow.mailboxes
    try:
        await channel.send(notices, to, files)
    except (DeliveryRefused, Unavailable, BadSettings):
        raise
    except Exception as error:
        if len(notices) > 1:  # the message is halved until it is known which notice it is
            raise
        level, ids = logging.ERROR, _ids(notices)
        record("notice-shortened", level=level, channel=channel.name, reason=repr(error), ids=ids)
        await channel.send([shorter(notices[0])], to)


async def _count(certflow: DeliveryContext, message: Message) -> None:
    """Counts a message before it goes out, so that a run that is cut off has counted one too many
    rather than one too few; and stores what is in it, so that it is tried again as it is.
    """
    now, channel, ours = certflow.now(), message.channel.name, message.ours
    sent, batch = entry_of(ours, now), ours[0].notice.event_id
    await certflow.deliveries.add_sent(channel, sent)
    fresh = [one for one in ours if one.batch is None]
    new = {one.notice.event_id: replace(one, batch=batch, tried=now) for one in fresh}
    await gather_all(certflow.deliveries.postpone(channel, one) for one in new.values())
    message.waiting = [new.get(one.notice.event_id, one) for one in message.waiting]
    message.sent = sent


async def _count_without_addresses(certflow: HasDeliveries, message: Message) -> None:
    """Counts a refused message for the service and its callers only: no address has got it."""
    if message.sent:
        await certflow.deliveries.add_sent(message.channel.name, replace(message.sent, to=()))


async def _halve(certflow: HasDeliveries, message: Message, reason: str) -> None:
    """Makes two messages of one that cannot be sent, to be sent at once, and so on until each has
    one notice: a faulty notice keeps no other back.
    """
    channel, mine = message.channel.name, message.notices
    record("message-halved", level=logging.WARNING, channel=channel, reason=reason, ids=_ids(mine))
    batch = dict[str, str]()
    for half in (mine[: len(mine) // 2], mine[len(mine) // 2 :]):
        batch |= dict.fromkeys(_ids(half), half[0].event_id)
    halved = [
        replace(one, batch=batch.get(one.notice.event_id, one.batch)) for one in message.waiting
    ]
    await gather_all(certflow.deliveries.postpone(channel, one) for one in halved)
    await asyncio.gather(*(release(certflow, channel, one, reason) for one in mine))
    message.waiting = halved


async def _postpone(
    certflow: DeliveryContext, channel: Channel, waiting: Sequence[QueuedNotice], fault: Fault
) -> list[datetime]:
    """Stores when each notice is tried again, and returns these times. What was tried for a day is
    given up, and the other channels are told.
    """
    now, dues, too_long = certflow.now(), list[datetime](), list[QueuedNotice]()
    for one in waiting:
        # Where there are limits, the notice may have waited for room before its first try, and that
        # says nothing of its address.
        first = one.tried if channel.limits else one.since
        pause = max(
            requested_pause(fault), min(max(now - (first or now), MIN_RETRY_PAUSE), MAX_RETRY_WAIT)
        )
        later = replace(one, due=now + pause, why=printed(str(fault), MAX_FAILURE_LETTERS))
        await certflow.deliveries.postpone(channel.name, later)
        dues.append(now + pause)
        if first and first < now - MAX_NOTICE_WAIT:
            too_long.append(one)
    await give_up(certflow, channel.name, too_long, f"not delivered within 24 hours: {fault}")
    return dues


async def _without_superseded(
    certflow: DeliveryContext,
    channel: Channel,
    mine: Sequence[Notice],
    waiting: Sequence[QueuedNotice],
) -> list[Notice]:
    """The notices that are still worth telling. What was tried before stays: what is tried again is
    the same message.
    """
    tried = _tried(channel, waiting)
    fresh = [notice for notice in mine if notice.event_id not in tried]
    late = await superseded_among(certflow, fresh)
    for one in waiting:
        if one.notice in late:
            record("notice-overtaken", id=one.notice.event_id, channel=channel.name)
            await settle(certflow, channel.name, [one], "overtaken")
    return [notice for notice in mine if notice not in late]


def _tried(channel: Channel, waiting: Sequence[QueuedNotice]) -> set[str]:
    """The events of which a message was tried before. Where there are limits, what has not been
    tried may have been put off for want of room.
    """
    return {one.notice.event_id for one in waiting if one.batch or (one.due and not channel.limits)}


def _ids(notices: Sequence[Notice]) -> list[str]:
    return [notice.event_id for notice in notices]
