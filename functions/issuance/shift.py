"""One vault's shift: what is due there, then a piece of its survey, within its budget, by one instance at a time."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.errors import CertflowError, Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.outbox import publish_left_behind
from functions.issuance.pace import at_pace, is_stopped, was_heard
from functions.issuance.queues import VAULTS
from functions.issuance.survey import survey
from functions.issuance.sweep import sweep

SHIFT = timedelta(seconds=50)  # the timer comes every minute; what is left then is still due for the next shift
HELD = timedelta(seconds=75)  # a look that began at the end of a shift is answered by then; ETags are for what is not
CALLED = timedelta(minutes=2)  # what nobody took by then has been called again: calls must not pile up for a week
# A survey takes a quarter of the budget, so that it goes on for minutes rather than taking a vault's attention whole.
SURVEY_SHARE = 0.25
HEARD = timedelta(minutes=5)  # a vault that has not answered for so long is asked for a sign of life


async def call_shifts(certflow: Certflow) -> None:
    """Calls a shift for each vault: one message each, so that all instances of the app share them."""
    minute = f"{certflow.now():%H:%M}"
    # In another order each minute: if calls are not answered before they are gone, it is not always the same vaults'.
    vaults = sorted(certflow.vaults, key=lambda alias: hashlib.sha256(f"{minute} {alias}".encode()).digest())
    await asyncio.gather(*(certflow.work.put(VAULTS, {"vault": alias}, lasts=CALLED) for alias in vaults))


async def work_shift(certflow: Certflow, alias: str) -> None:
    """Works one vault, unless another instance does so now. The next shift takes up what this one leaves.

    Raises Unavailable if the storage does not answer.
    """
    if alias not in certflow.vaults:  # renamed since the message was written
        return
    what = f"vault:{alias}"
    token = await certflow.watchbook.hold(what, certflow.now(), certflow.now() + HELD)
    if token is None:
        record("shift-met-another", vault=alias)
        return
    try:
        await _work(certflow, alias)
    finally:
        await certflow.watchbook.let_go(what, token)


async def _work(certflow: Certflow, alias: str) -> None:
    ends = certflow.now() + SHIFT
    await publish_left_behind(certflow, alias)
    if is_stopped(certflow, alias):
        record("shift-put-off", level=logging.WARNING, vault=alias, reason="Key Vault asked for quiet.")
        return
    good = await sweep(at_pace(certflow, alias), alias, ends)
    try:
        await survey(at_pace(certflow, alias, SURVEY_SHARE), alias, ends)
    except CertflowError as error:
        good = False  # with nothing due, this is all that the vault was asked: it may forbid us
        record("survey-put-off", level=logging.WARNING, vault=alias, reason=str(error))
    if good and await _answers(certflow, alias):
        await certflow.watchbook.beat(alias, certflow.now())
        record("beat", vault=alias)  # an alert waits for the absence of these


async def _answers(certflow: Certflow, alias: str) -> bool:
    """Whether the vault has answered of late, or does so now: what it refuses is put off, and then nothing is due."""
    if was_heard(certflow, alias, HEARD):
        return True
    try:
        await at_pace(certflow, alias).vault(alias).page()
    except (Refused, Unavailable) as error:
        record("vault-silent", level=logging.WARNING, vault=alias, reason=str(error))
        return False
    return True
