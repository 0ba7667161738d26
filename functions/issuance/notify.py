"""Telling people: every event once on every channel it is meant for, and a failing channel delays only itself.

An event is put to those that wait on each of its channels, and each channel sends what waits there with a back-off of
its own: the platform, which brought the event, has long had its answer.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.csr_files import csrs_of
from functions.issuance.describe import printed
from functions.issuance.errors import BadSettings, Unavailable
from functions.issuance.events import ISSUANCE, NOTICE_REFUSED, Event
from functions.issuance.journal import record
from functions.issuance.mail_plan import HOUR, entry_of, gathered, in_turn, planned, window_of
from functions.issuance.notices import notice_of, refusal_of, shorter
from functions.issuance.outbox import AT_MOST, publish
from functions.issuance.overtaken import overtaken
from functions.issuance.queues import CHANNELS
from functions.issuance.recipients import addressed, as_mailed, default_to, mails_of
from functions.issuance.rules import EMAIL, ESCALATED_TO, Rule, destinations
from functions.issuance.setting_faults import tell_mail_is_behind
from functions.issuance.telling import LATEST_TIME, Attachment, Channel, DeliveryRefused, Limits, Notice, Sent, Waiting
from functions.issuance.timing import LONGEST_PAUSE
from functions.issuance.trouble import note_failure

LEFT_BEHIND = timedelta(minutes=1)
A_SECOND = timedelta(seconds=1)  # between the end of a wait and the message that comes after it
LONGEST_WAIT = timedelta(hours=24)  # as long as Event Grid tries
TAKEN_OUT = timedelta(minutes=10)  # not at once: while settings change, an instance may not have a new channel yet
MOST_READ = 1000  # of what waits on a channel: one request's worth (Learn, "Query timeout and pagination")
WRITTEN_AT_ONCE = 20  # rows
MOST_WHY = 500  # characters of what hindered a message
AT_ONCE = 4  # mails under way; cards, which tell of several things each, go one by one
SENDING, HELD = timedelta(minutes=1), timedelta(minutes=2)  # on one channel, and a little longer than that
# A notice that could not be delivered is tried again after as long as it has waited, within these.
SOONEST_AGAIN, LATEST_AGAIN = timedelta(seconds=10), timedelta(minutes=15)
# After so many messages in a row that failed it is the channel, and not a full mailbox: it is left alone, for as long
# as the first of those waits. Not for longer than this, unless it asks for that: it may be a few mailboxes after all.
IN_A_ROW, LONGEST_QUIET = 3, timedelta(minutes=2)
# Pauses (seconds) between tries to record what a channel has taken: if that is not recorded, people get it twice. So it
# is tried for about as long as the claim is ours.
RECORD_AGAIN = (1, 2, 5, 10, 20)


async def notify(
    certflow: Certflow, event_id: str, type_: str, data: dict[str, Any], at: datetime | None = None
) -> None:
    """Puts an event to those that wait on every channel that it is meant for. Safe to repeat. `at` is when it happened;
    None: now.

    Raises Unavailable if the storage does not answer.
    """
    notice = notice_of(event_id, type_, data, certflow.links)
    if notice is not None:
        await tell(certflow, replace(notice, at=at or certflow.now()))
    if type_ == f"{ISSUANCE}Failed":
        await note_failure(certflow, data, certflow.now())


async def tell(certflow: Certflow, notice: Notice) -> None:
    """Has a notice delivered where the rules send it. Raises Unavailable as above."""
    rules, notice = await _rules(certflow, notice)
    to, notice = _there(certflow, destinations(rules, notice, default_to(certflow, notice)), notice)
    to, notice = addressed(certflow, to, notice)
    if not to:
        record("notice-left-to-a-list", id=notice.event_id)
        return
    mails = mails_of(to, certflow.mailboxes)
    channels = _meant(certflow, notice, to, mails)
    if not channels and notice.not_on == EMAIL:  # mail is all there is, and it has refused the owner's address
        channels, mails = list(certflow.channels), certflow.mailboxes
    if not channels:
        record("notice-to-nobody", level=logging.ERROR, id=notice.event_id, to=list(to))
    await _all(_hand_over(certflow, channel, notice, mails) for channel in channels)


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
        quiet, again = await _send_all(certflow, channel)
    finally:
        await certflow.watchbook.let_go(what, token)
    if quiet:  # who brings a notice, and the timer, find it held until then
        await certflow.watchbook.hold(what, certflow.now(), certflow.now() + quiet - A_SECOND)
        await certflow.work.put(CHANNELS, {"channel": name}, quiet)
        return
    messages, room = await next_messages(certflow, channel)
    if messages:  # left, or came while it was held: whoever brought it has left
        await certflow.work.put(CHANNELS, {"channel": name})
        return
    if again:
        await certflow.work.put(CHANNELS, {"channel": name}, max(again - certflow.now(), timedelta(0)) + A_SECOND)
    if room:
        await _call_at(certflow, name, room)


async def call_waiting(certflow: Certflow) -> None:
    """The timer's part: calls for what has been waiting too long, because a message was lost or a run was cut off; and
    has the others told what waits on a channel that is set no more.
    """
    now, there = certflow.now(), {channel.name for channel in certflow.channels}
    for name in await certflow.deliveries.waited_on():
        if name.startswith("urls:") and "urls" in there:
            continue  # none of the URLs is known as long as their secret is not resolved
        if name not in there:
            waiting = await certflow.deliveries.waiting(name, LATEST_TIME, MOST_READ)
            long_gone = [one.notice for one in waiting if one.since < now - TAKEN_OUT]
            await _give_up(certflow, name, long_gone, "it is not set any more")
        elif await certflow.deliveries.waiting(name, now - LEFT_BEHIND, 1):
            await certflow.work.put(CHANNELS, {"channel": name})


async def _call_at(certflow: Certflow, name: str, at: datetime) -> None:
    """Calls for a channel when it has room again, by one message. Others find it called for; if they could send sooner,
    the timer calls before.
    """
    now = certflow.now()
    if await certflow.watchbook.hold(f"call:{name}", now, at) is not None:
        await certflow.work.put(CHANNELS, {"channel": name}, max(at - now, timedelta(0)) + A_SECOND)


async def next_messages(certflow: Certflow, channel: Channel) -> tuple[list[list[Waiting]], datetime | None]:
    """What is to go out on a channel now, message by message; and, if its limits keep any of it back, until when.

    Critical ones first, then what has not been tried yet (a mailbox that is full must not keep the others), the longest
    waiting first; what happens together is one message of each kind.
    """
    now = certflow.now()
    if channel.limits:
        return await _planned(certflow, channel, channel.limits)
    plan = gathered(
        await certflow.deliveries.waiting(channel.name, now, MOST_READ), channel.most, now, certflow.choices.gathers
    )
    return plan.go, plan.room


async def _planned(certflow: Certflow, channel: Channel, limits: Limits) -> tuple[list[list[Waiting]], datetime | None]:
    now = certflow.now()
    sent = await certflow.deliveries.sent(channel.name, now - HOUR)
    while True:
        waiting = await certflow.deliveries.waiting(channel.name, now, MOST_READ)
        all_of_it = len(waiting) < MOST_READ
        # If it is not, half a message may be among what was read, and what is tried again has to be the same.
        fresh = waiting if all_of_it else [one for one in waiting if one.batch is None]
        plan = planned(fresh or waiting, sent, limits, channel.most, now, certflow.choices.gathers)
        since = min((one.since for _, message in plan.later for one in message), default=now)
        if since < now - LONGEST_WAIT:  # it is not given up, but whoever runs the app has to know
            await tell_mail_is_behind(certflow, since)
        if all_of_it:
            return plan.go, plan.room
        put_off = list(in_turn(plan, limits))  # or nothing else would be read
        for some in itertools.batched(put_off, WRITTEN_AT_ONCE, strict=False):
            await _all(certflow.deliveries.put_off(channel.name, one) for one in some)
        if plan.go or not put_off:
            return plan.go, plan.room


async def _send_all(certflow: Certflow, channel: Channel) -> tuple[timedelta, datetime | None]:
    """Sends what waits, for a while. Returns for how long the channel is to be left alone, if it is, and when the first
    of what was put off is due.
    """
    ends, in_a_row, dues = certflow.now() + SENDING, list[timedelta](), list[datetime]()
    while messages := (await next_messages(certflow, channel))[0]:
        if certflow.now() >= ends:
            return timedelta(0), None
        # No more of them before it is seen what has come meanwhile, which may be critical.
        some, asked = messages[: AT_ONCE if channel.most == 1 or channel.limits else 1], timedelta(0)
        for fault, put_off in await _all(_deliver(certflow, channel, message) for message in some):
            dues += put_off
            if fault is None:
                in_a_row.clear()
            else:
                in_a_row.append(min(put_off) - certflow.now())
                asked = max(asked, _asked(fault))
        down = max(min([*in_a_row, LONGEST_QUIET]), SOONEST_AGAIN) if len(in_a_row) >= IN_A_ROW else timedelta(0)
        if quiet := max(asked, down):
            return quiet, None
    return timedelta(0), min(dues, default=None)


async def _all[T](work: Iterable[Awaitable[T]]) -> list[T]:
    """What all of it returns, when all of it is through; then raises what any of it raised."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]


def _asked(fault: Unavailable | BadSettings) -> timedelta:
    """How long a channel wants to be left alone: longer than where it does not say. Settings are not mended sooner."""
    if isinstance(fault, BadSettings):
        return LEFT_BEHIND
    asked = timedelta(seconds=fault.retry_after)
    return min(asked, LONGEST_PAUSE) if asked > SOONEST_AGAIN else timedelta(0)


async def _put_off(
    certflow: Certflow, channel: Channel, waiting: Sequence[Waiting], fault: Unavailable | BadSettings
) -> list[datetime]:
    """Writes when each is tried again, and returns that. What was tried for a day the other channels hear of."""
    now, dues, too_long = certflow.now(), list[datetime](), list[Notice]()
    for one in waiting:
        # Where there are limits, it may have waited for room before, and that says nothing of its address.
        first = one.tried if channel.limits else one.since
        pause = max(_asked(fault), min(max(now - (first or now), SOONEST_AGAIN), LATEST_AGAIN))
        await certflow.deliveries.put_off(
            channel.name, replace(one, due=now + pause, why=printed(str(fault), MOST_WHY))
        )
        dues.append(now + pause)
        if first and first < now - LONGEST_WAIT:
            too_long.append(one.notice)
    await _give_up(certflow, channel.name, too_long, f"not delivered within 24 hours: {fault}")
    return dues


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


async def _hand_over(certflow: Certflow, channel: Channel, notice: Notice, mails: Sequence[str]) -> None:
    shown = as_mailed(certflow, notice, mails) if channel.name == EMAIL else notice
    gathers = channel.most > 1
    to = () if gathers and channel.limits is None else tuple(mails or certflow.mailboxes)
    await certflow.deliveries.wait(channel.name, Waiting(shown, certflow.now(), to))
    try:
        await certflow.work.put(
            CHANNELS,
            {"channel": channel.name},
            window_of(notice, certflow.choices.gathers) if gathers else timedelta(0),
        )
    except Unavailable as error:  # it is written down, and the timer calls for it
        record("channel-not-called", level=logging.WARNING, channel=channel.name, reason=str(error))


async def _deliver(
    certflow: Certflow, channel: Channel, waiting: Sequence[Waiting]
) -> tuple[Unavailable | BadSettings | None, list[datetime]]:
    """One message of those notices that this channel has not had. Returns why it failed in passing, if it did, and when
    what has to wait is tried again.
    """
    mine, busy = await _claimed(certflow, channel.name, [one.notice for one in waiting])
    mine = await _without_overtaken(certflow, channel, mine, waiting)
    left, dues = None, list[datetime]()
    if mine:
        left, waiting = await _hand_to(certflow, channel, mine, waiting)
    if left:
        dues += await _put_off(certflow, channel, [one for one in waiting if one.notice in mine], left)
    if busy:  # all until the same time: of a mail that was cut off, a part alone would be another mail
        others = [one for one in waiting if any(one.notice is notice for notice, _ in busy)]
        dues += await _put_off(certflow, channel, others, busy[0][1])
    return left, dues


async def _without_overtaken(
    certflow: Certflow, channel: Channel, mine: Sequence[Notice], waiting: Sequence[Waiting]
) -> list[Notice]:
    """What is still worth telling. What was tried before stays: what is tried again is the same message."""
    # Where there are limits, what has not been tried may have been put off for want of room.
    tried = {one.notice.event_id for one in waiting if one.batch or (one.due and not channel.limits)}
    fresh = [notice for notice in mine if notice.event_id not in tried]
    late = await overtaken(certflow, fresh)
    for notice in late:
        record("notice-overtaken", id=notice.event_id, channel=channel.name)
        await _settle(certflow, channel.name, notice, "overtaken")
        await certflow.deliveries.done_waiting(channel.name, notice)
    return [notice for notice in mine if notice not in late]


async def _hand_to(
    certflow: Certflow, channel: Channel, mine: Sequence[Notice], waiting: Sequence[Waiting]
) -> tuple[Unavailable | BadSettings | None, Sequence[Waiting]]:
    """Hands a message to its channel, and records how that ended. Returns why it failed in passing, if it did, and
    `waiting` as it is written now.
    """
    sent: Sent | None = None
    left: Unavailable | BadSettings
    ids, waited = _ids(mine), int((certflow.now() - min(one.since for one in waiting)).total_seconds())
    try:
        if channel.limits:
            waiting, sent = await _counted(certflow, channel, mine, waiting)
        # It may have begun to wait while CERTFLOW_MAIL_TO could not be read.
        files = await csrs_of(certflow, mine) if channel.limits else ()
        await _send(channel, mine, waiting[0].to or certflow.mailboxes, files)
    except DeliveryRefused as error:
        await _reached_nobody(certflow, channel.name, sent)
        if len(mine) > 1 and not error.whatever:
            return None, await _halved(certflow, channel.name, mine, waiting, str(error))
        for notice in mine:
            await _refused(certflow, channel.name, notice, str(error))
        return None, waiting
    except (Unavailable, BadSettings) as error:
        level = logging.ERROR if isinstance(error, BadSettings) else logging.WARNING
        record("notice-put-off", level=level, channel=channel.name, waited=waited, reason=str(error), ids=ids)
        left = error
    except Exception as error:  # noqa: BLE001  a notice that no channel can write must not keep the others
        if len(mine) > 1:
            await _reached_nobody(certflow, channel.name, sent)
            return None, await _halved(certflow, channel.name, mine, waiting, repr(error))
        record("notice-put-off", level=logging.ERROR, channel=channel.name, waited=waited, reason=repr(error), ids=ids)
        left = Unavailable(channel.name, f"an unforeseen error ({type(error).__name__}); the log has it")
    else:
        record("notice-delivered", channel=channel.name, ids=ids)
        await asyncio.gather(*(_settle(certflow, channel.name, notice, "delivered") for notice in mine))
        await asyncio.gather(*(certflow.deliveries.done_waiting(channel.name, notice) for notice in mine))
        return None, waiting
    await asyncio.gather(*(_release(certflow, channel.name, notice, str(left)) for notice in mine))
    if sent:  # it counts for the service, and nobody has got it
        await certflow.deliveries.count(channel.name, replace(sent, to=(), by=()))
    return left, waiting


async def _send(
    channel: Channel, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]
) -> None:
    """Sends a message; one notice that the channel cannot write as it is goes out shorter rather than not at all."""
    try:
        await channel.send(notices, to, attachments)
    except (DeliveryRefused, Unavailable, BadSettings):
        raise
    except Exception as error:
        if len(notices) > 1:  # two messages are made of it, until it is known which notice it is
            raise
        record("notice-shortened", level=logging.ERROR, channel=channel.name, reason=repr(error), ids=_ids(notices))
        await channel.send([shorter(notices[0])], to)


async def _reached_nobody(certflow: Certflow, channel: str, sent: Sent | None) -> None:
    """Counts a message that is refused for the service and its callers alone: its addresses have not got it."""
    if sent:
        await certflow.deliveries.count(channel, replace(sent, to=()))


async def _halved(
    certflow: Certflow, channel: str, mine: Sequence[Notice], waiting: Sequence[Waiting], reason: str
) -> list[Waiting]:
    """Makes two messages of one that cannot be sent, at once and until each is of one notice: what is wrong with one
    keeps no other.
    """
    record("message-halved", level=logging.WARNING, channel=channel, reason=reason, ids=_ids(mine))
    batch = dict[str, str]()
    for half in (mine[: len(mine) // 2], mine[len(mine) // 2 :]):
        batch |= dict.fromkeys(_ids(half), half[0].event_id)
    halved = [replace(one, batch=batch.get(one.notice.event_id, one.batch)) for one in waiting]
    await _all(certflow.deliveries.put_off(channel, one) for one in halved)
    await asyncio.gather(*(_release(certflow, channel, notice, reason) for notice in mine))
    return halved


async def _counted(
    certflow: Certflow, channel: Channel, mine: Sequence[Notice], waiting: Sequence[Waiting]
) -> tuple[list[Waiting], Sent]:
    """Counts a message before it goes out, so that a run that is cut off has counted one too many, and writes down what
    is in it, so that it is tried again as it is. Returns `waiting` as it is written, and the count.
    """
    now, ours = certflow.now(), [one for one in waiting if one.notice in mine]
    sent, batch = entry_of(ours, now), ours[0].notice.event_id
    await certflow.deliveries.count(channel.name, sent)
    new = {one.notice.event_id: replace(one, batch=batch, tried=now) for one in ours if one.batch is None}
    await _all(certflow.deliveries.put_off(channel.name, one) for one in new.values())
    return [new.get(one.notice.event_id, one) for one in waiting], sent


async def _claimed(
    certflow: Certflow, channel: str, notices: Sequence[Notice]
) -> tuple[list[Notice], list[tuple[Notice, Unavailable]]]:
    """Those that are ours to deliver now; and those that have to wait, each with the reason."""
    outcomes = await asyncio.gather(
        *(certflow.deliveries.claim(notice.event_id, channel, certflow.now()) for notice in notices),
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
        else:  # it has had it; a run that was cut off has left it among those that wait
            await certflow.deliveries.done_waiting(channel, notice)
    return mine, busy


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
    await certflow.deliveries.done_waiting(channel, notice)
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
    known = {*ESCALATED_TO, EMAIL, *(channel.name for channel in certflow.channels)}
    lost = [one for one in to if "@" not in one and one not in known]
    if not lost:
        return to, notice
    reason = f"a rule names {', '.join(lost)}, and there is no such channel"
    record("rules-unreadable", level=logging.ERROR, reason=reason)
    return (*to, *default_to(certflow, notice)), replace(notice, facts=(*notice.facts, ("Rules", reason)))


def _meant(certflow: Certflow, notice: Notice, to: Sequence[str], mails: Sequence[str]) -> list[Channel]:
    """The channels; all of them if a rule names none that there is. Never the one that has refused it."""

    def is_meant(channel: Channel) -> bool:
        names = (channel.name, channel.name.partition(":")[0]) if channel.name.startswith("urls:") else (channel.name,)
        return any(name in to for name in names) or (channel.name == EMAIL and bool(mails))

    there = [channel for channel in certflow.channels if channel.name != notice.not_on]
    return [channel for channel in there if is_meant(channel)] or there


def _ids(notices: Sequence[Notice]) -> list[str]:
    return [notice.event_id for notice in notices]
