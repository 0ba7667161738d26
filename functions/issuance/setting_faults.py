"""Settings that cannot work as they are: named with their cure, told once, and nothing else stops for them."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.events import SETTING_WRONG, Event
from functions.issuance.journal import record
from functions.issuance.outbox import send

A_DAY = timedelta(hours=24)


async def tell_mail_is_behind(certflow: Certflow, since: datetime) -> None:
    """Tells the operators, once a week, that mails have been waiting for room since then. Raises Unavailable."""
    now = certflow.now()
    if await certflow.watchbook.hold("mail-behind", now, now + A_DAY) is None:
        return  # whoever sends mail asks again and again
    record("mail-behind", level=logging.ERROR, since=since.isoformat())
    cure = (
        f"mails wait that were to go out at {since:%Y-%m-%d %H:%M} UTC, since no more may. None is lost. Have more "
        "granted by the service and raise this, take a domain of your own, or send less by rules."
    )
    await _tell(certflow, "mail-behind", "CERTFLOW_MAIL_LIMITS", cure)


async def tell_setting_faults(certflow: Certflow) -> None:
    """Tells the operators of each such setting, once a week. Safe to repeat: what is told is known by its id.

    Raises Unavailable.
    """
    for fault in certflow.setting_faults:
        name, _, cure = fault.partition(": ")
        record("setting-wrong", level=logging.ERROR, setting=name, reason=cure)
        await _tell(certflow, fault, name, cure)


async def _tell(certflow: Certflow, fault: str, setting: str, cure: str) -> None:
    event = Event(
        id=f"settings:{certflow.now():%G-W%V}:{hashlib.sha256(fault.encode()).hexdigest()[:32]}",  # once a week
        type=SETTING_WRONG,
        subject=f"settings/{setting}",
        time=certflow.now(),
        data={"setting": setting, "sentence": cure},
    )
    await send(certflow, event)
