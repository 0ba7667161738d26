"""From an event to its channels: who is told, and on which channels the notice then waits.

The notice is stored as waiting on each of its channels, and send_waiting.py sends it from there.
So the platform, which delivered the event, has its answer before anything is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.app.context_parts import HasChannels, HasRules
from functions.app.contexts import NotificationsContext
from functions.app.gather_all import gather_all
from functions.model.errors import BadSettings, Unavailable
from functions.model.log import record
from functions.notifications.mail_plan import window_of
from functions.notifications.notice import notice_of
from functions.notifications.recipients import addressed, as_mailed, default_to, mails_of
from functions.notifications.routing import ALL_URLS, EMAIL, ESCALATED_TO, destinations
from functions.ports.notifications import Channel, Notice, QueuedNotice
from functions.ports.rules import Rule
from functions.ports.work_queue import CHANNEL_QUEUE


async def queue_event(
    certflow: NotificationsContext,
    event_id: str,
    type_: str,
    data: Mapping[str, object],
    at: datetime | None = None,
) -> None:
    """Stores the notice of an event as waiting on every channel that it is meant for. Safe to
    repeat. `at` is when the event happened (UTC); None: now.

    Raises Unavailable if the storage does not answer.
    """
    notice = notice_of(event_id, type_, data, certflow.links)
    if notice is not None:
        await queue_notice(certflow, replace(notice, at=at or certflow.now()))


async def queue_notice(certflow: NotificationsContext, notice: Notice) -> None:
    """Stores a notice as waiting on every channel that the rules name. Raises Unavailable if the
    storage does not answer.
    """
    rules, notice = await _rules(certflow, notice)
    default = default_to(certflow, rules, notice)
    to, notice = _with_default_for_unknown(
        certflow, destinations(rules or (), notice, default), default, notice
    )
    to, notice = addressed(certflow, to, notice)
    if not to:
        record("notice-left-to-a-list", id=notice.event_id)
        return
    mails = mails_of(to, certflow.mailboxes)
    channels = _channels_for(certflow, notice, to, mails)
    if not channels and notice.not_on == EMAIL:
        # Mail is the only channel, and it has refused the owner's address: the default mailboxes
        # are told.
        channels, mails = list(certflow.channels), certflow.mailboxes
    if not channels:
        record("notice-to-nobody", level=logging.ERROR, id=notice.event_id, to=list(to))
    await gather_all(_put_to_wait(certflow, channel, notice, mails) for channel in channels)


async def _put_to_wait(
    certflow: NotificationsContext, channel: Channel, notice: Notice, mails: Sequence[str]
) -> None:
    """Stores a notice as waiting on a channel, and calls for that channel to be sent."""
    shown = as_mailed(certflow, notice, mails) if channel.name == EMAIL else notice
    gathers = channel.max_notices > 1
    to = () if gathers and channel.limits is None else tuple(mails or certflow.mailboxes)
    await certflow.deliveries.enqueue(channel.name, QueuedNotice(shown, certflow.now(), to))
    window = window_of(notice, certflow.options.gathers) if gathers else timedelta(0)
    try:
        await certflow.work_queue.put(CHANNEL_QUEUE, {"channel": channel.name}, window)
    except Unavailable as error:  # the notice is stored, so the timer calls for it
        record("channel-not-called", level=logging.WARNING, channel=channel.name, reason=str(error))


async def _rules(certflow: HasRules, notice: Notice) -> tuple[tuple[Rule, ...] | None, Notice]:
    """The table of rules; None if it is invalid: the notice then goes to the default, and says
    why.
    """
    try:
        return await certflow.rules.read(), notice
    except BadSettings as error:
        record("rules-unreadable", level=logging.ERROR, reason=str(error))
        return None, replace(notice, facts=(*notice.facts, ("Rules", str(error))))


def _with_default_for_unknown(
    certflow: HasChannels, to: tuple[str, ...], default: tuple[str, ...], notice: Notice
) -> tuple[tuple[str, ...], Notice]:
    """`to` as the rules name it. Where that names a channel that does not exist, the default is
    added, and the notice says why.
    """
    known = {*ESCALATED_TO, EMAIL, *(channel.name for channel in certflow.channels)}
    lost = [one for one in to if "@" not in one and one not in known]
    if not lost:
        return to, notice
    reason = f"a rule names {', '.join(lost)}, and there is no such channel"
    record("rules-unreadable", level=logging.ERROR, reason=reason)
    return (*to, *default), replace(notice, facts=(*notice.facts, ("Rules", reason)))


def _channels_for(
    certflow: HasChannels, notice: Notice, to: Sequence[str], mails: Sequence[str]
) -> list[Channel]:
    """The channels that `to` names, or all if it names none that exists; never the channel that has
    refused what the notice is about (`not_on`).
    """
    there = [channel for channel in certflow.channels if channel.name != notice.not_on]
    named = [
        channel
        for channel in there
        if not _names_of(channel).isdisjoint(to) or (channel.name == EMAIL and mails)
    ]
    return named or there


def _names_of(channel: Channel) -> set[str]:
    """What a rule can call a channel: `urls` means each of the notification URLs, `urls:2` one."""
    kind = channel.name.partition(":")[0]
    return {channel.name, kind} if kind == ALL_URLS else {channel.name}
