"""The test of notifications: one sample of each message on every channel, so that people see them
before a real one is sent.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.app.context_parts import HasLinks
from functions.app.contexts import SamplesContext
from functions.model.errors import CertflowError, InvalidRequest, Unavailable
from functions.model.events.event import Scene
from functions.model.events.registry import TOLD
from functions.model.events.wire import as_json
from functions.model.messages import Severity
from functions.notifications.mail_plan import AN_HOUR, SendHistory, entry_of
from functions.notifications.notice import notice_of
from functions.ports.notifications import Channel, DeliveryRefused, Notice, QueuedNotice
from functions.ports.rules import EVENT_PREFIX

SAMPLE_PAUSE = timedelta(minutes=1)  # between two tests
FEW = 5  # samples


async def send_samples(certflow: SamplesContext, wanted: Sequence[str]) -> dict[str, Any]:
    """Sends samples of the events (all, if none are named) on every channel; mail goes to the
    default mailboxes.

    Returns the types of events that were sent (`events`), and for each channel (`channels`) its
    name and the outcome. A channel that fails does not stop the others. Raises InvalidRequest for
    an event that no message is made of, and Unavailable within a minute of the last test: real
    messages would be lost among samples, and mail services accept few messages an hour.
    """
    samples = samples_of(certflow)
    types = _types_of(wanted, samples)
    now = certflow.now()
    if await certflow.monitoring_store.acquire("rehearsal", now, now + SAMPLE_PAUSE) is None:
        raise Unavailable(
            "The test of notifications",
            "the last one was less than a minute ago",
            retry_after=int(SAMPLE_PAUSE.total_seconds()),
        )
    notices = [_notice(certflow, one, samples[one]) for one in types]
    outcomes = [
        {"channel": one.name, "outcome": await _send_on_channel(certflow, one, notices)}
        for one in certflow.channels
    ]
    return {"events": types, "channels": outcomes}


def _types_of(wanted: Sequence[str], samples: Iterable[str]) -> list[str]:
    """The types of events to send, each once; all if none are wanted."""
    known = list(samples)
    named = dict.fromkeys(
        one if one.startswith(EVENT_PREFIX) else EVENT_PREFIX + one for one in wanted
    )
    for one in named:
        if one not in known:
            names = ", ".join(name.removeprefix(EVENT_PREFIX) for name in known)
            raise InvalidRequest(
                "events", f"'{one[:100]}' is no event that makes a message. There are {names}."
            )
    return list(named) or known


async def _send_on_channel(
    certflow: SamplesContext, channel: Channel, notices: Sequence[Notice]
) -> str:
    try:
        for some in itertools.batched(notices, _together(channel, len(notices)), strict=False):
            await _count_samples(certflow, channel, some)
            await channel.send(some, certflow.mailboxes)
    except DeliveryRefused as error:
        return f"refused: {error}"
    except CertflowError as error:
        return f"failed: {error}"
    return "delivered"


def _together(channel: Channel, samples: int) -> int:
    """How many samples go into one message. A few samples are a message each, as real notices of
    different kinds are. More would be more mails than a service accepts, so they are put together,
    FEW on a card at most so that it can be read.
    """
    if samples <= FEW:
        return 1
    return min(channel.max_notices, FEW) if channel.limits is None else channel.max_notices


async def _count_samples(
    certflow: SamplesContext, channel: Channel, notices: Sequence[Notice]
) -> None:
    """Counts a message within the limits of its channel. Raises Unavailable if it has no room now.

    Samples count as not critical, so that they do not use up what is kept for critical messages.
    """
    if channel.limits is None:
        return
    now = certflow.now()
    message = [
        QueuedNotice(replace(notice, severity=Severity.INFO), now, certflow.mailboxes)
        for notice in notices
    ]
    free = SendHistory(
        await certflow.deliveries.sent_since(channel.name, now - AN_HOUR), channel.limits
    ).free(message)
    if free > now:
        raise Unavailable(
            "Mail", f"no more may go out before {free:%H:%M:%S} UTC: CERTFLOW_MAIL_LIMITS"
        )
    await certflow.deliveries.add_sent(channel.name, entry_of(message, now))


def _notice(certflow: HasLinks, type_: str, data: Mapping[str, object]) -> Notice:
    notice = notice_of(f"test:{secrets.token_hex(8)}", type_, data, certflow.links)
    if notice is None:
        raise AssertionError(f"no message is made of {type_}")
    return replace(notice, title=f"[Test] {notice.title}")


def samples_of(certflow: SamplesContext) -> dict[str, dict[str, Any]]:
    """The data of a sample event by type, for each type that people are told of, as if it happened
    in the first vault.
    """
    scene = Scene(certflow.now(), next(iter(certflow.vaults)), certflow.csr_store.returns_to)
    return {type_: as_json(told.sample(scene)) for type_, told in TOLD.items()}
