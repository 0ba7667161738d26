"""Telling people: every event once on every channel, and a failing channel never repeats another."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.journal import record
from functions.issuance.notices import notice_of
from functions.issuance.ports import Channel, DeliveryRefused, Notice


async def notify(certflow: Certflow, event_id: str, type_: str, data: dict[str, Any]) -> None:
    """Delivers an event on every channel that has not had it yet.

    Raises Unavailable if a channel failed in passing: Event Grid then delivers the event again (for 24 hours).
    """
    notice = notice_of(event_id, type_, data)
    if notice is None:
        return
    outcomes = await asyncio.gather(
        *(_deliver(certflow, channel, notice) for channel in certflow.channels), return_exceptions=True
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    if failures:
        raise failures[0]


async def _deliver(certflow: Certflow, channel: Channel, notice: Notice) -> None:
    if not await certflow.deliveries.claim(notice.event_id, channel.name, certflow.now()):
        return
    try:
        await channel.send(notice)
    except DeliveryRefused as error:
        record("notice-refused", level=logging.ERROR, id=notice.event_id, channel=channel.name, reason=str(error))
        await certflow.deliveries.settle(notice.event_id, channel.name, f"refused: {error}", certflow.now())
    except Unavailable as error:
        record("notice-put-off", level=logging.WARNING, id=notice.event_id, channel=channel.name, reason=str(error))
        await certflow.deliveries.release(notice.event_id, channel.name, str(error))
        raise
    else:
        record("notice-delivered", id=notice.event_id, channel=channel.name)
        await certflow.deliveries.settle(notice.event_id, channel.name, "delivered", certflow.now())
