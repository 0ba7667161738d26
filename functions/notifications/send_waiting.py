"""One run of a channel: sends what waits on it, as few messages as possible, and calls the next
run.

Each channel has a run and pauses of its own, so a channel that fails delays no other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.app.contexts import NotificationsContext
from functions.app.gather_all import gather_all
from functions.app.setting_faults import tell_mail_is_behind
from functions.notifications.claims import give_up
from functions.notifications.deliver import (
    MAX_NOTICE_WAIT,
    MIN_NOTICE_AGE,
    MIN_RETRY_PAUSE,
    deliver,
    requested_pause,
)
from functions.notifications.mail_plan import AN_HOUR, Plan, gathered, in_turn, planned
from functions.notifications.routing import ALL_URLS
from functions.ports.notifications import LATEST_TIME, Channel, Limits, QueuedNotice
from functions.ports.work_queue import CHANNEL_QUEUE

# Between the end of a wait and the call that comes after it: not a moment too early.
A_SECOND = timedelta(seconds=1)
# A channel that is not set is given up after this time, not at once: while settings change, an
# instance may not have a new channel yet.
TAKEN_OUT = timedelta(minutes=10)
# Waiting notices that are read at a time: one request's worth (Learn, "Query timeout and
# pagination").
MAX_READ = 1000
WRITTEN_AT_ONCE = 20  # rows
MAX_PARALLEL_MESSAGES = 4  # mails under way; cards hold several notices each, and go one by one
# How long one run sends on a channel, and its lease, which is a little longer.
SENDING, HELD = timedelta(minutes=1), timedelta(minutes=2)
# After so many messages in a row that failed, the channel itself is taken to fail, rather than one
# full mailbox. It then pauses as long as the message that is tried again first, but no longer than
# this unless it asks for more: it may be a few mailboxes after all.
IN_A_ROW, MAX_CHANNEL_PAUSE = 3, timedelta(minutes=2)


async def send_queued(certflow: NotificationsContext, name: str) -> None:
    """Sends what waits on a channel, as few messages as possible. What cannot be sent now goes on
    waiting. Raises Unavailable if the storage does not answer.

    One run at a time sends on a channel. Another that meets it ends, and the first looks once more
    for what came meanwhile.
    """
    channel = next((one for one in certflow.channels if one.name == name), None)
    if channel is None:
        return
    what = f"channel:{name}"
    token = await certflow.monitoring_store.acquire(what, certflow.now(), certflow.now() + HELD)
    if token is None:
        return
    try:
        quiet, again = await _send_all(certflow, channel)
    finally:
        await certflow.monitoring_store.release(what, token)
    if quiet:  # the lease keeps whoever brings a notice, and the timer, from sending until then
        await certflow.monitoring_store.acquire(
            what, certflow.now(), certflow.now() + quiet - A_SECOND
        )
        await certflow.work_queue.put(CHANNEL_QUEUE, {"channel": name}, quiet)
        return
    await _call_for_the_rest(certflow, channel, again)


async def queue_overdue_channels(certflow: NotificationsContext) -> None:
    """Calls, from the timer, for channels on which a notice has waited too long: a message was lost
    or a run was cut off. What waits on a channel that is not set any more is given up, and the
    other channels are told. Raises Unavailable if the storage does not answer.
    """
    now, there = certflow.now(), {channel.name for channel in certflow.channels}
    for name in await certflow.deliveries.channels_with_queue():
        if name.startswith(f"{ALL_URLS}:") and ALL_URLS in there:
            continue  # no URL is known as long as the secret with them is not resolved
        if name not in there:
            waiting = await certflow.deliveries.queued(name, LATEST_TIME, MAX_READ)
            long_gone = [one for one in waiting if one.since < now - TAKEN_OUT]
            await give_up(certflow, name, long_gone, "it is not set any more")
        elif await certflow.deliveries.queued(name, now - MIN_NOTICE_AGE, 1):
            await certflow.work_queue.put(CHANNEL_QUEUE, {"channel": name})


async def _call_for_the_rest(
    certflow: NotificationsContext, channel: Channel, again: datetime | None
) -> None:
    """Calls the next run: at once for what is left, else when something is due (`again`: tried
    before) or has room among the mails of an hour.
    """
    messages, room = await next_messages(certflow, channel)
    if messages:  # left over, or stored while the lease was held, when no other run could send it
        await certflow.work_queue.put(CHANNEL_QUEUE, {"channel": channel.name})
        return
    if again:
        await certflow.work_queue.put(
            CHANNEL_QUEUE, {"channel": channel.name}, _until(again, certflow.now()) + A_SECOND
        )
    if room:
        await _call_once_at(certflow, channel.name, room)


async def _call_once_at(certflow: NotificationsContext, name: str, at: datetime) -> None:
    """Calls for a channel when it has room again, by one message: a lease tells other runs that it
    is called for. If they could send sooner, the timer calls before.
    """
    now = certflow.now()
    if await certflow.monitoring_store.acquire(f"call:{name}", now, at) is not None:
        await certflow.work_queue.put(CHANNEL_QUEUE, {"channel": name}, _until(at, now) + A_SECOND)


def _until(at: datetime, now: datetime) -> timedelta:
    return max(at - now, timedelta(0))


async def next_messages(
    certflow: NotificationsContext, channel: Channel
) -> tuple[list[list[QueuedNotice]], datetime | None]:
    """The messages that are to go out on a channel now, and, if its limits keep any of it back, the
    time until when (UTC). Raises Unavailable if the storage does not answer.

    Critical ones come first, then what has not been tried yet (a full mailbox must not delay the
    others), the longest waiting first. What happens together is one message of each kind.
    """
    now = certflow.now()
    if channel.limits:
        return await _next_within(certflow, channel, channel.limits)
    waiting = await certflow.deliveries.queued(channel.name, now, MAX_READ)
    plan = gathered(waiting, channel.max_notices, now, certflow.options.gathers)
    return plan.go, plan.room


async def _next_within(
    certflow: NotificationsContext, channel: Channel, limits: Limits
) -> tuple[list[list[QueuedNotice]], datetime | None]:
    """The same for a channel with limits. If more waits than is read at a time, what has no room
    now is put off, so that the rest is read.
    """
    now = certflow.now()
    sent = await certflow.deliveries.sent_since(channel.name, now - AN_HOUR)
    while True:
        waiting = await certflow.deliveries.queued(channel.name, now, MAX_READ)
        is_all = len(waiting) < MAX_READ
        read = waiting if is_all else _without_tried(waiting)
        plan = planned(read, sent, limits, channel.max_notices, now, certflow.options.gathers)
        await _tell_if_behind(certflow, plan)
        if is_all:
            return plan.go, plan.room
        put_off = list(in_turn(plan, limits))
        for some in itertools.batched(put_off, WRITTEN_AT_ONCE, strict=False):
            await gather_all(certflow.deliveries.postpone(channel.name, one) for one in some)
        if plan.go or not put_off:
            return plan.go, plan.room


def _without_tried(waiting: Sequence[QueuedNotice]) -> Sequence[QueuedNotice]:
    """The notices that are in no message yet; all, if each is in one. Where not all was read, part
    of a message that was tried may be missing, and what is tried again has to be the same.
    """
    return [one for one in waiting if one.batch is None] or waiting


async def _tell_if_behind(certflow: NotificationsContext, plan: Plan) -> None:
    """Tells the operators if a message has waited for room for too long. It is not given up."""
    now = certflow.now()
    since = min((one.since for _, message in plan.later for one in message), default=now)
    if since < now - MAX_NOTICE_WAIT:
        await tell_mail_is_behind(certflow, since)


async def _send_all(
    certflow: NotificationsContext, channel: Channel
) -> tuple[timedelta, datetime | None]:
    """Sends what waits, for SENDING at most. Returns for how long the channel is to pause (0: not),
    and when the first notice that was put off is due.
    """
    ends, in_a_row, dues = certflow.now() + SENDING, list[timedelta](), list[datetime]()
    while messages := (await next_messages(certflow, channel))[0]:
        if certflow.now() >= ends:
            return timedelta(0), None
        # No more at a time, so that what has come meanwhile, and may be critical, is seen.
        some = messages[
            : MAX_PARALLEL_MESSAGES if channel.max_notices == 1 or channel.limits else 1
        ]
        asked = timedelta(0)
        for fault, put_off in await gather_all(deliver(certflow, channel, one) for one in some):
            dues += put_off
            if fault is None:
                in_a_row.clear()
            else:
                in_a_row.append(min(put_off) - certflow.now())
                asked = max(asked, requested_pause(fault))
        if quiet := max(asked, _pause_after(in_a_row)):
            return quiet, None
    return timedelta(0), min(dues, default=None)


def _pause_after(in_a_row: Sequence[timedelta]) -> timedelta:
    """How long a channel pauses after failures in a row, each with its time until the next try."""
    if len(in_a_row) < IN_A_ROW:
        return timedelta(0)
    return max(min([*in_a_row, MAX_CHANNEL_PAUSE]), MIN_RETRY_PAUSE)
