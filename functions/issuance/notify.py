"""Telling people: every event once on every channel it is meant for, and a failing channel never repeats another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import BadSettings, Unavailable
from functions.issuance.events import ISSUANCE, NOTICE_REFUSED, Event
from functions.issuance.journal import record
from functions.issuance.notices import notice_of, refusal_of
from functions.issuance.outbox import AT_MOST, publish
from functions.issuance.queues import CHANNELS
from functions.issuance.recipients import addressed, as_mailed
from functions.issuance.rules import DEFAULT_TO, EMAIL, Rule, destinations
from functions.issuance.telling import Channel, DeliveryRefused, Notice, Waiting
from functions.issuance.timing import LONGEST_PAUSE
from functions.issuance.trouble import note_failure

GATHERING = timedelta(seconds=5)  # how long a notice waits for others of the same sweep
LEFT_BEHIND = timedelta(minutes=1)
A_SECOND = timedelta(seconds=1)  # between the end of a hold and the message that comes after it
LONGEST_WAIT = timedelta(hours=24)  # as long as Event Grid tries
TAKEN_OUT = timedelta(minutes=10)  # not at once: while settings change, an instance may not have a new channel yet
MOST_AT_ONCE = 10  # of what waits on a channel, in each run of the timer
SENDING, HELD = timedelta(minutes=1), timedelta(minutes=2)  # on one channel, and a little longer than that
# Pauses (seconds) between tries to record what a channel has taken: if that is not recorded, people get it twice. So it
# is tried for about as long as the claim is ours.
RECORD_AGAIN = (1, 2, 5, 10, 20)


async def notify(certflow: Certflow, event_id: str, type_: str, data: dict[str, Any]) -> None:
    """Delivers an event on every channel that has not had it yet; or puts it to those that wait there.

    Raises Unavailable if a channel failed in passing: Event Grid then delivers the event again (for 24 hours).
    """
    if type_ == f"{ISSUANCE}Failed":
        await note_failure(certflow, data, certflow.now())
    notice = notice_of(event_id, type_, data, certflow.links)
    if notice is not None:
        await tell(certflow, notice)


async def tell(certflow: Certflow, notice: Notice) -> None:
    """Delivers a notice where the rules send it. Raises Unavailable as above."""
    rules, notice = await _rules(certflow, notice)
    to, notice = _there(certflow, destinations(rules, notice), notice)
    mails, notice = addressed(certflow, to, notice)
    channels = _meant(certflow, notice, to, mails)
    if not channels and notice.not_on == EMAIL:  # mail is all there is, and it has refused the owner's address
        channels, mails = list(certflow.channels), certflow.mailboxes
    if not channels:
        record("notice-to-nobody", level=logging.ERROR, id=notice.event_id, to=list(to))
    outcomes = await asyncio.gather(
        *(_hand_over(certflow, channel, notice, mails) for channel in channels), return_exceptions=True
    )
    for failure in outcomes:
        if isinstance(failure, BaseException):
            raise failure


async def send_waiting(certflow: Certflow, name: str) -> None:
    """Sends what waits on a channel, as few messages as it can be. What cannot be sent now waits on.

    One run at a time and channel: another one that meets it leaves, and the first looks once more when it is through.
    """
    channel = next((one for one in certflow.channels if one.name == name), None)
    if channel is None:
        return
    what = f"channel:{name}"
    token = await certflow.watchbook.hold(what, certflow.now(), certflow.now() + HELD)
    if token is None:
        return
    try:
        pause = await _send_all(certflow, channel)
    finally:
        await certflow.watchbook.let_go(what, token)
    if pause > GATHERING:  # the channel's Retry-After: who brings a notice, and the timer, find it held until then
        await certflow.watchbook.hold(what, certflow.now(), certflow.now() + pause - A_SECOND)
    if await certflow.deliveries.waiting(name, 1):  # or came while it was held: whoever brought it has left
        await certflow.work.put(CHANNELS, {"channel": name}, pause)


async def call_waiting(certflow: Certflow) -> None:
    """The timer's part: calls for what has been waiting too long, because a message was lost or a run was cut off; and
    has the others told what waits on a channel that is set no more.
    """
    now, there = certflow.now(), {channel.name for channel in certflow.channels}
    for name in await certflow.deliveries.waited_on():
        waiting = await certflow.deliveries.waiting(name, MOST_AT_ONCE)
        if name not in there:
            await _give_up(certflow, name, _older(waiting, now - TAKEN_OUT), "it is not set any more")
        elif _older(waiting, now - LEFT_BEHIND):
            await certflow.work.put(CHANNELS, {"channel": name})


async def _send_all(certflow: Certflow, channel: Channel) -> timedelta:
    """Sends what waits, for a while; returns how long to wait with what cannot be sent now."""
    ends = certflow.now() + SENDING
    while certflow.now() < ends and (waiting := await certflow.deliveries.waiting(channel.name, channel.most)):
        try:
            await _deliver(certflow, channel, [one.notice for one in waiting], ())
        except (Unavailable, BadSettings) as error:
            # Event Grid has handed them over, so its end of all tries is ours to keep: then the other channels hear.
            too_long = _older(waiting, certflow.now() - LONGEST_WAIT)
            await _give_up(certflow, channel.name, too_long, f"not delivered within 24 hours: {error}")
            if isinstance(error, BadSettings):
                raise
            # One that asks for longer is asked again all the same.
            return min(max(timedelta(seconds=error.retry_after), GATHERING), LONGEST_PAUSE)
    return timedelta(0)


async def _give_up(certflow: Certflow, channel: str, notices: Sequence[Notice], reason: str) -> None:
    """Refuses notices in a channel's name, but for those that another run is delivering now; no more than fit into some
    seconds. Each is an event, and a topic that does not answer would keep the timer from calling shifts.
    """
    ends = certflow.now() + AT_MOST
    for notice in notices:
        if certflow.now() >= ends:
            return
        for mine in (await _claimed(certflow, channel, [notice]))[0]:
            await _refused(certflow, channel, mine, reason)


def _older(waiting: Sequence[Waiting], than: datetime) -> list[Notice]:
    return [one.notice for one in waiting if one.since < than]


async def _hand_over(certflow: Certflow, channel: Channel, notice: Notice, mails: Sequence[str]) -> None:
    if channel.most == 1:
        shown = as_mailed(certflow, notice, mails) if channel.name == EMAIL else notice
        await _deliver(certflow, channel, [shown], mails or certflow.mailboxes)
        return
    await certflow.deliveries.wait(channel.name, notice, certflow.now())
    await certflow.work.put(CHANNELS, {"channel": channel.name}, GATHERING)


async def _deliver(certflow: Certflow, channel: Channel, notices: Sequence[Notice], mails: Sequence[str]) -> None:
    """One message of those notices that this channel has not had. Raises Unavailable if any of them has to wait."""
    mine, busy = await _claimed(certflow, channel.name, notices)
    if mine:
        try:
            await channel.send(mine, mails)
        except DeliveryRefused as error:
            for notice in mine:
                await _refused(certflow, channel.name, notice, str(error))
        except (Unavailable, BadSettings) as error:
            record("notice-put-off", level=logging.WARNING, channel=channel.name, reason=str(error), ids=_ids(mine))
            await asyncio.gather(*(_release(certflow, channel.name, notice, str(error)) for notice in mine))
            raise
        else:
            record("notice-delivered", channel=channel.name, ids=_ids(mine))
            await asyncio.gather(*(_settle(certflow, channel.name, notice, "delivered") for notice in mine))
            if channel.most > 1:
                await asyncio.gather(*(certflow.deliveries.done_waiting(channel.name, one.event_id) for one in mine))
    if busy:
        raise busy


async def _claimed(
    certflow: Certflow, channel: str, notices: Sequence[Notice]
) -> tuple[list[Notice], Unavailable | None]:
    """Those that are ours to deliver now; and why, if others have to wait."""
    outcomes = await asyncio.gather(
        *(certflow.deliveries.claim(notice.event_id, channel, certflow.now()) for notice in notices),
        return_exceptions=True,
    )
    busy: Unavailable | None = None
    for notice, outcome in zip(notices, outcomes, strict=True):
        if isinstance(outcome, Unavailable):
            busy = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
        elif not outcome:  # it has had it; a run that was cut off has left it among those that wait
            await certflow.deliveries.done_waiting(channel, notice.event_id)
    return [notice for notice, outcome in zip(notices, outcomes, strict=True) if outcome is True], busy


async def _settle(certflow: Certflow, channel: str, notice: Notice, outcome: str) -> None:
    for pause in (*RECORD_AGAIN, None):
        try:
            await certflow.deliveries.settle(notice.event_id, channel, outcome, certflow.now())
            break
        except Unavailable as error:
            if pause is None:
                raise
            record("record-put-off", level=logging.WARNING, id=notice.event_id, channel=channel, reason=str(error))
            await certflow.sleep(pause)


async def _release(certflow: Certflow, channel: str, notice: Notice, reason: str) -> None:
    await certflow.deliveries.release(notice.event_id, channel, reason)


async def _refused(certflow: Certflow, channel: str, notice: Notice, reason: str) -> None:
    """Recorded, and told on the other channels: by an event, so that this cannot get lost on the way either."""
    record("notice-refused", level=logging.ERROR, id=notice.event_id, channel=channel, reason=reason)
    events: tuple[Event, ...] = ()
    if notice.type != NOTICE_REFUSED:  # what is refused there, too, would go round in circles
        events = (refusal_of(notice, channel, reason, certflow.now()),)
        await certflow.ledger.add_event(events[0])
    await _settle(certflow, channel, notice, f"refused: {reason}")
    await certflow.deliveries.done_waiting(channel, notice.event_id)
    await publish(certflow, events)


async def _rules(certflow: Certflow, notice: Notice) -> tuple[tuple[Rule, ...], Notice]:
    """The table of rules; if nobody can understand it, the default hears, and hears why."""
    try:
        return await certflow.rules.read(), notice
    except BadSettings as error:
        record("rules-unreadable", level=logging.ERROR, reason=str(error))
        return (), replace(notice, facts=(*notice.facts, ("Rules", str(error))))


def _there(certflow: Certflow, to: tuple[str, ...], notice: Notice) -> tuple[tuple[str, ...], Notice]:
    """What a rule names; where that is a channel that there is none of, the default hears too, and hears why."""
    known = {*DEFAULT_TO, EMAIL, *(channel.name for channel in certflow.channels)}
    lost = [one for one in to if "@" not in one and one not in known]
    if not lost:
        return to, notice
    reason = f"a rule names {', '.join(lost)}, and there is no such channel"
    record("rules-unreadable", level=logging.ERROR, reason=reason)
    return (*to, *DEFAULT_TO), replace(notice, facts=(*notice.facts, ("Rules", reason)))


def _meant(certflow: Certflow, notice: Notice, to: Sequence[str], mails: Sequence[str]) -> list[Channel]:
    """The channels; all of them if a rule names none that there is. Never the one that has refused it."""

    def is_meant(channel: Channel) -> bool:
        names = (channel.name, channel.name.partition(":")[0]) if channel.name.startswith("urls:") else (channel.name,)
        return any(name in to for name in names) or (channel.name == EMAIL and bool(mails))

    there = [channel for channel in certflow.channels if channel.name != notice.not_on]
    return [channel for channel in there if is_meant(channel)] or there


def _ids(notices: Sequence[Notice]) -> list[str]:
    return [notice.event_id for notice in notices]
