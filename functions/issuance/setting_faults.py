"""Settings that cannot work as they are: named with their cure, told once, and nothing else stops for them."""

from __future__ import annotations

import hashlib
import logging

from functions.issuance.certflow import Certflow
from functions.issuance.events import SETTING_WRONG, Event
from functions.issuance.journal import record
from functions.issuance.outbox import publish


async def tell_setting_faults(certflow: Certflow) -> None:
    """Tells the operators of each such setting, once a week. Safe to repeat: what is told is known by its id.

    Raises Unavailable.
    """
    for fault in certflow.setting_faults:
        name, _, cure = fault.partition(": ")
        record("setting-wrong", level=logging.ERROR, setting=name, reason=cure)
        event = Event(
            id=f"settings:{certflow.now():%G-W%V}:{hashlib.sha256(fault.encode()).hexdigest()[:32]}",  # once a week
            type=SETTING_WRONG,
            subject=f"settings/{name}",
            time=certflow.now(),
            data={"setting": name, "sentence": cure},
        )
        await certflow.ledger.add_event(event)
        await publish(certflow, (event,))
